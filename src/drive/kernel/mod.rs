//! The kernel's account of connections: its records, put together so that each says of which connection it is.

mod ledger;
mod names;
mod tasks;

use std::net::SocketAddr;

use crate::sys;
use crate::sys::tracefs::KernelTrace;
use crate::trace::KernelKind;
use crate::wire::Time;
use ledger::Ledger;
use tasks::Tasks;

/// Something that the kernel told of a connection, or of a listening socket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// When, by the clock that packets are stamped with.
    pub time: Time,
    /// The end whose kernel tells it; with port 0 it is of a socket that never had one, since its calls failed.
    pub local: SocketAddr,
    /// The other end; none where it is of a listening socket.
    pub remote: Option<SocketAddr>,
    /// The socket is known to be one of the programs that are watched. What is told of others may be of another network
    /// with the same addresses.
    pub ours: bool,
    /// What.
    pub kind: KernelKind,
}

/// A running account.
pub struct Account {
    trace: KernelTrace,
    ledger: Ledger,
}

impl Account {
    /// Begins one of the sockets of the machine, and of the calls of this process and of all that it will make.
    ///
    /// # Errors
    /// The kernel's tracing is not to be had.
    pub fn open() -> Result<Self, sys::Error> {
        let tasks = Tasks::of(&[std::process::id()]);
        Ok(Self { trace: KernelTrace::start(&tasks.numbers())?, ledger: Ledger::new(tasks) })
    }

    /// There is a connection between these ends: of those that are not known, none can be what accept() returned.
    pub fn watch(&mut self, one: SocketAddr, other: SocketAddr) {
        self.ledger.watch(one, other);
    }

    /// What was told since the last time, in its order. A program's calls before its socket had both addresses are told
    /// when it has them.
    ///
    /// # Errors
    /// The kernel's buffer cannot be read.
    pub fn read(&mut self) -> Result<Vec<Told>, sys::Error> {
        let records = self.trace.read()?;
        for record in &records {
            self.ledger.record(record, self.trace.reasons());
        }
        Ok(self.ledger.take())
    }

    /// How many records were lost.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn lost(&self) -> Result<u64, sys::Error> {
        self.trace.lost()
    }
}
