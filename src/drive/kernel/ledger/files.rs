//! Descriptors of processes, as far as sockets stand behind them: who has which, what another number for one is, and what is
//! left of them in another program.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::trace::KernelKind;
use crate::wire::Time;

/// Descriptors that are remembered.
const MOST: usize = 65_536;

/// A descriptor of a process.
pub(super) type Descriptor = (u32, i32);

/// What is known of a descriptor.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) socket: Option<u64>,
    /// The number of the datagram socket behind it.
    pub(super) datagrams: Option<u64>,
    /// What was called before that was known.
    pub(super) history: Vec<(Time, KernelKind)>,
    /// It is known to be open in the program that the process runs next (execve(2)).
    pub(super) stays: bool,
}

impl File {
    /// One of a known socket.
    pub(super) const fn of(socket: u64, stays: bool) -> Self {
        Self { socket: Some(socket), datagrams: None, history: Vec::new(), stays }
    }
}

/// All that are known.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<Descriptor, File>);

impl Files {
    pub(super) fn get(&self, descriptor: Descriptor) -> Option<&File> {
        self.0.get(&descriptor)
    }

    pub(super) fn get_mut(&mut self, descriptor: Descriptor) -> Option<&mut File> {
        self.0.get_mut(&descriptor)
    }

    /// Which socket stands behind it.
    pub(super) fn socket(&self, descriptor: Descriptor) -> Option<u64> {
        self.0.get(&descriptor).and_then(|file| file.socket)
    }

    /// Remembers it, where there is room; what it was before is gone.
    pub(super) fn insert(&mut self, descriptor: Descriptor, file: File) {
        if self.0.len() < MOST || self.0.contains_key(&descriptor) {
            self.0.insert(descriptor, file);
        }
    }

    pub(super) fn remove(&mut self, descriptor: Descriptor) -> Option<File> {
        self.0.remove(&descriptor)
    }

    /// Those of a process with these numbers, in their order.
    pub(super) fn of(&self, process: u32, numbers: &RangeInclusive<i32>) -> Vec<Descriptor> {
        let is_one = |(owner, number): &Descriptor| *owner == process && numbers.contains(number);
        let mut found: Vec<_> = self.0.keys().copied().filter(is_one).collect();
        found.sort_unstable();
        found
    }

    /// A new process has what its parent has.
    pub(super) fn inherit(&mut self, parent: u32, child: u32) {
        for own in self.of(parent, &(0..=i32::MAX)) {
            if let Some(file) = self.0.get(&own) {
                let copy = File { history: Vec::new(), ..*file };
                self.insert((child, own.1), copy);
            }
        }
    }

    /// The process runs another program, with what stays open.
    pub(super) fn executed(&mut self, process: u32) {
        self.0.retain(|(owner, _), file| *owner != process || file.stays);
    }
}
