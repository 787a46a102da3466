//! The kernel's account of connections: its records, put together so that each says of which connection it is.

mod existing;
mod ledger;
mod names;
mod tasks;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::sys;
use crate::sys::tracefs::{Callers, Ends, KernelTrace};
use crate::sys::{clock, processes};
use crate::trace::{CallEvent, KernelKind};
use crate::wire::Time;
use existing::{Existing, accepting, existing};
use ledger::Ledger;
pub use ledger::is_at;
use names::errno;
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

/// A system call on a datagram socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramCall {
    /// Which socket: a number of ours. Several descriptors and processes may have it.
    pub socket: u64,
    /// When it was entered, by the clock that packets are stamped with.
    pub entered: Time,
    /// When it returned, and what; none where it has not.
    pub returned: Option<(Time, i64)>,
    /// Which call, and whose.
    pub call: CallEvent,
    /// All arguments.
    pub arguments: [u64; 6],
    /// The ends of what is sent within it, or to which the socket is connected, as the kernel's look-up of the way told. The own
    /// address may be that of any.
    pub ends: Option<Ends>,
}

impl DatagramCall {
    /// What there is to be told, each with its time.
    pub fn told(&self) -> impl Iterator<Item = (Time, KernelKind)> {
        let returned = |(time, result)| (time, KernelKind::Returned { call: self.call, result, errno: errno(result) });
        [(self.entered, KernelKind::Called(self.call))].into_iter().chain(self.returned.map(returned))
    }
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
        Ok(Self { trace: KernelTrace::start(Callers::Tasks(&tasks.numbers()))?, ledger: Ledger::new(tasks) })
    }

    /// Begins one of the sockets of the machine, and of the calls of the processes that listen at `server` now, and of all
    /// that they will make.
    ///
    /// # Errors
    /// The kernel's tracing is not to be had, or its sockets cannot be listed.
    pub fn open_for(server: SocketAddr) -> Result<Self, sys::Error> {
        let found = existing(|ends, listens| listens && is_at(server, ends.local))?;
        let processes: BTreeSet<u32> = found.iter().map(|it| it.process).collect();
        let tasks = Tasks::of(&processes.into_iter().collect::<Vec<_>>());
        let numbers = tasks.numbers();
        Self::of_existing(KernelTrace::start(Callers::Tasks(&numbers))?, tasks, &found)
    }

    /// Begins one of the sockets of the machine, and of the calls of all its processes but this one.
    ///
    /// # Errors
    /// As [`Self::open_for`].
    pub fn open_machine() -> Result<Self, sys::Error> {
        let trace = KernelTrace::start(Callers::Others)?;
        let own = std::process::id();
        let found = existing(|_, _| true)?;
        let others: Vec<u32> = processes::all().into_iter().filter(|process| *process != own).collect();
        Self::of_existing(trace, Tasks::of(&others), &found)
    }

    fn of_existing(trace: KernelTrace, tasks: Tasks, found: &[Existing]) -> Result<Self, sys::Error> {
        let waiting = accepting(&tasks.numbers());
        let mut ledger = Ledger::new(tasks);
        ledger.adopt(found);
        let now = clock::now();
        waiting.into_iter().for_each(|(task, call, arguments)| ledger.waits(now, task, call, &arguments));
        Ok(Self { trace, ledger })
    }

    /// Tells calls on datagram sockets as well, which is only worth it where somebody takes them.
    #[must_use]
    pub const fn with_datagrams(mut self) -> Self {
        self.ledger.want_datagrams();
        self
    }

    /// The calls on datagram sockets that [`Self::read`] has met with since the last time; in the `end` those that have not
    /// returned as well.
    pub fn datagrams(&mut self, end: bool) -> Vec<DatagramCall> {
        self.ledger.take_datagrams(end)
    }

    /// As [`KernelTrace::is_taken_care_of`].
    #[must_use]
    pub const fn is_taken_care_of(&self) -> bool {
        self.trace.is_taken_care_of()
    }

    /// Whether there is any process whose calls can be told.
    #[must_use]
    pub fn knows_callers(&self) -> bool {
        self.ledger.knows_callers()
    }

    /// There is a connection between these ends: of those that are not known, none can be what accept() returned.
    pub fn watch(&mut self, one: SocketAddr, other: SocketAddr) {
        self.ledger.watch(one, other);
    }

    /// The connection between these ends is over.
    pub fn leave(&mut self, one: SocketAddr, other: SocketAddr) {
        self.ledger.leave_alone(one, other);
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
