//! What kernels told, among the other items of a connection.

use super::super::Verbosity;
use super::super::item::{KernelItem, What};
use super::Builder;
use crate::explain::Told;
use crate::trace::{KernelEvent, KernelKind};
use crate::wire::Time;

/// Calls that move data: many of them are alike.
const DATA: [&str; 11] = [
    "sendto",
    "sendmsg",
    "sendmmsg",
    "write",
    "writev",
    "sendfile64",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "read",
    "readv",
];

impl Builder {
    pub(super) fn kernel(&mut self, time: Time, event: &KernelEvent) {
        match &event.kind {
            KernelKind::Compared(result) => self.compared[event.side] = Some(*result),
            KernelKind::Called(_) | KernelKind::Returned { .. } => {
                self.watched[event.side] |= matches!(event.kind, KernelKind::Called(_));
                let quiet = self.settings.verbosity < Verbosity::Verbose;
                let rows = self.calls.take(time, event, quiet);
                rows.into_iter().flatten().for_each(|(time, item)| self.keep(time, item));
            }
            _ => {
                self.pass_on_call();
                self.keep(time, KernelItem { event: *event, told: Told::Whole });
            }
        }
    }

    /// A call that was entered, if it is known by now that something else happens before it returns.
    pub(super) fn pass_on_call(&mut self) {
        if let Some((time, item)) = self.calls.pass_on() {
            self.keep(time, item);
        }
    }

    fn keep(&mut self, time: Time, kernel: KernelItem) {
        // What was before the first segment has no time of its own: all times count from there.
        let is_before = self.last.is_none();
        let mut item = self.item(time, What::Kernel(kernel));
        if is_before {
            self.last = None;
            item.after = None;
        }
        if is_data(&kernel.event) && self.settings.verbosity < Verbosity::Verbose {
            self.run.push(item, &mut self.items);
        } else {
            self.run.end(&mut self.items);
            self.items.push(item);
        }
    }
}

/// Whether it is like many others: octets were moved.
pub(in crate::ladder) fn is_data(event: &KernelEvent) -> bool {
    matches!(&event.kind, KernelKind::Returned { call, result: 1.., .. } if DATA.contains(&call.call))
}

/// Whether it is a call that moves octets, and has not returned.
pub(in crate::ladder) fn is_data_to_be(event: &KernelEvent) -> bool {
    matches!(&event.kind, KernelKind::Called(call) if DATA.contains(&call.call))
}
