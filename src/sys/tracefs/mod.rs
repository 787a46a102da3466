//! The kernel's own account of its TCP sockets, from its tracepoints: every change of state of every socket of the
//! machine, resets, repetitions and drops, and the system calls of chosen processes, each with its time.
//!
//! sock_diag tells the state of one moment; this tells all of them. It needs root (not only a user namespace). What the
//! tracepoint of states does not show: a connection request before its socket exists (so a passive end begins in SYN_RECV
//! when the handshake is over), and TIME_WAIT, for which the kernel closes the socket and keeps a smaller record: the
//! change is one to CLOSE, and [`super::sockdiag`] finds the record. An orphan in FIN_WAIT2 is made such a record too,
//! unless `net.ipv4.tcp_fin_timeout` is more than 60 seconds.

mod buffer;
mod format;
mod instance;
mod page;
mod points;
mod reader;
mod record;
mod remover;

use std::net::SocketAddr;

#[cfg(doc)]
use super::Error;
use super::Result;
use super::sockdiag::KernelState;
use crate::wire::Time;
use buffer::Buffer;
use points::{DROP, NOISE, RESET, SOCKETS, STATE, TASKS};
use reader::Reader;
use remover::Remover;

pub use record::{Ends, Record, What};

/// A socket changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// When, by the clock that packets are stamped with.
    pub time: Time,
    /// Which socket: its place in the kernel's memory, which another socket may take after it.
    pub socket: u64,
    /// Its own address and port.
    pub local: SocketAddr,
    /// Those of its peer; all zero where it has none, and port 0 where a connection has just come out of a listener.
    pub remote: SocketAddr,
    /// The state before.
    pub old: KernelState,
    /// The state after.
    pub new: KernelState,
}

/// A running record of state changes. Nothing of it is left when it is dropped.
#[derive(Debug)]
pub struct StateTrace(Buffer);

/// KiB of buffer for each CPU: some 50,000 changes.
const STATES: usize = 4096;
/// The same where more is recorded, but read all the time: some 10,000 records.
const SOCKET_RECORDS: usize = 1024;
/// The same for the calls of few processes.
const CALL_RECORDS: usize = 1024;
/// The same for the calls of all.
const ALL_CALL_RECORDS: usize = 4096;

/// Whose system calls are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers<'a> {
    /// Those of these threads, and of all that they will make; none where there are none.
    Tasks(&'a [u32]),
    /// Those of the whole machine, but for this process.
    Others,
}

impl StateTrace {
    /// Begins to record.
    ///
    /// # Errors
    /// [`Error::NoTrace`]: not root, or a kernel without tracefs or without this tracepoint (before 4.16).
    pub fn start() -> Result<Self> {
        let mut buffer = Buffer::create(STATES)?;
        buffer.add(&[STATE])?;
        Ok(Self(buffer))
    }

    /// Takes out what was recorded since the last call, of TCP over IPv4 and IPv6, in the order of time.
    ///
    /// The kernel stamps by CLOCK_MONOTONIC; the difference to the wall clock is taken now, so the wall clock should not
    /// be set while it runs.
    ///
    /// # Errors
    /// The buffer cannot be read.
    pub fn read(&mut self) -> Result<Vec<StateChange>> {
        let mut records = Vec::new();
        self.0.read(&mut records)?;
        let mut changes: Vec<_> = records.into_iter().filter_map(change).collect();
        changes.sort_by_key(|change| change.time);
        Ok(changes)
    }

    /// How many changes were lost because the buffer was full.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn lost(&self) -> Result<u64> {
        self.0.lost()
    }
}

fn change(Record { time, what, .. }: Record) -> Option<StateChange> {
    match what {
        What::State { socket, ends, old, new } => {
            Some(StateChange { time, socket, local: ends.local, remote: ends.remote, old, new })
        }
        _ => None,
    }
}

/// A running record of all that [`What`] names. Nothing of it is left when it is dropped.
#[derive(Debug)]
pub struct KernelTrace {
    reader: Reader,
    reasons: Reasons,
    /// Dropped behind the reader, which has the buffers open.
    remover: Option<Remover>,
}

impl KernelTrace {
    /// Begins to record the sockets of the machine, and the system calls of `callers`. A kernel built without a
    /// tracepoint for system calls tells none.
    ///
    /// # Errors
    /// [`Error::NoTrace`]: not root, or a kernel without tracefs or the tracepoint of states (before 4.16).
    pub fn start(callers: Callers<'_>) -> Result<Self> {
        // Before anything is recorded, and before there is a thread.
        let remover = Remover::start()?;
        // What happens to sockets happens whoever runs, so the filter for processes must not stand there.
        let sockets = Buffer::create(SOCKET_RECORDS)?;
        let calls = Buffer::create(if callers == Callers::Others { ALL_CALL_RECORDS } else { CALL_RECORDS })?;
        match callers {
            Callers::Tasks(tasks) => calls.only_of(tasks)?,
            Callers::Others => calls.not_this_process()?,
        }
        let reasons = Reasons { dropping: sockets.reasons(DROP), resetting: sockets.reasons(RESET) };
        sockets.leave_out(DROP, &NOISE)?;
        let begin = if callers == Callers::Tasks(&[]) { begin_sockets } else { begin_all };
        let reader = Reader::start(sockets, calls, begin)?;
        Ok(Self { reader, reasons, remover })
    }

    /// Whether another process takes its buffers away in the end, so that this one need not be root any more. That cannot be
    /// where it was begun by a process of several threads.
    #[must_use]
    pub const fn is_taken_care_of(&self) -> bool {
        self.remover.is_some()
    }

    /// Takes out what was recorded before this call and was not given yet, in the order of time.
    ///
    /// # Errors
    /// A buffer cannot be read.
    pub fn read(&mut self) -> Result<Vec<Record>> {
        let mut records = self.reader.records()?;
        records.sort_by_key(|record| record.time);
        Ok(records)
    }

    /// How many records were lost because a buffer was full.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn lost(&self) -> Result<u64> {
        self.reader.lost()
    }

    /// The names of its reasons.
    #[must_use]
    pub const fn reasons(&self) -> &Reasons {
        &self.reasons
    }
}

fn begin_all(sockets: &mut Buffer, calls: &mut Buffer) -> Result<()> {
    calls.add(&TASKS)?;
    calls.add_calls()?;
    sockets.add(&SOCKETS)
}

fn begin_sockets(sockets: &mut Buffer, _: &mut Buffer) -> Result<()> {
    sockets.add(&SOCKETS)
}

/// What a kernel calls the reasons that it gives by number.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    dropping: Vec<(u64, String)>,
    resetting: Vec<(u64, String)>,
}

impl Reasons {
    /// The reason of [`What::Dropped`].
    #[must_use]
    pub fn of_drop(&self, number: u64) -> Option<&str> {
        name(&self.dropping, number)
    }

    /// The reason of [`What::ResetSent`].
    #[must_use]
    pub fn of_reset(&self, number: u64) -> Option<&str> {
        name(&self.resetting, number)
    }
}

fn name(names: &[(u64, String)], number: u64) -> Option<&str> {
    names.iter().find(|(known, _)| *known == number).map(|(_, name)| name.as_str())
}
