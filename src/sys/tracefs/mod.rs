//! The kernel's own account of its TCP sockets, from the tracepoint `sock:inet_sock_set_state`: every change of state of
//! every socket of the machine, in all network namespaces, in its order and with its time.
//!
//! sock_diag tells the state of one moment; this tells all of them. It needs root (not only a user namespace). What the
//! tracepoint does not show: a connection request before its socket exists (so a passive end begins in SYN_RECV when the
//! handshake is over), and TIME_WAIT, for which the kernel closes the socket and keeps a smaller record: the change is
//! one to CLOSE, and [`super::sockdiag`] finds the record. An orphan in FIN_WAIT2 is made such a record too, unless
//! `net.ipv4.tcp_fin_timeout` is more than 60 seconds.

mod format;
mod instance;
mod page;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::sockdiag::KernelState;
use super::{Error, Result, clock};
use crate::wire::Time;
use format::Format;
use instance::Instance;

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
pub struct StateTrace {
    instance: Instance,
    format: Format,
}

const EVENT: &str = "events/sock/inet_sock_set_state";
const FIELDS: [&str; 11] = [
    "skaddr", "oldstate", "newstate", "sport", "dport", "family", "protocol", "saddr", "daddr", "saddr_v6", "daddr_v6",
];
/// KiB of buffer for each CPU: some 50,000 changes.
const BUFFER: usize = 4096;

impl StateTrace {
    /// Begins to record.
    ///
    /// # Errors
    /// [`Error::NoTrace`]: not root, or a kernel without tracefs or without this tracepoint (before 4.16).
    pub fn start() -> Result<Self> {
        let instance = Instance::create(BUFFER)?;
        let failed = |source| Error::NoTrace { source };
        let text = instance.read(&format!("{EVENT}/format")).map_err(failed)?;
        let strange = |what: &str| failed(io::Error::new(ErrorKind::InvalidData, what.to_owned()));
        let format = Format::parse(&text).ok_or_else(|| strange("the tracepoint has no number"))?;
        if let Some(field) = format.lacks(&FIELDS) {
            return Err(strange(&format!("the tracepoint inet_sock_set_state has no field {field}")));
        }
        instance.write(&format!("{EVENT}/enable"), "1").map_err(failed)?;
        Ok(Self { instance, format })
    }

    /// Takes out what was recorded since the last call, of TCP over IPv4 and IPv6, in the order of time.
    ///
    /// The kernel stamps by CLOCK_MONOTONIC; the difference to the wall clock is taken now, so the wall clock should not
    /// be set while it runs.
    ///
    /// # Errors
    /// The buffer cannot be read.
    pub fn read(&mut self) -> Result<Vec<StateChange>> {
        let mut changes = Vec::new();
        let offset = clock::offset_of_monotonic();
        let read = self.instance.drain(|time, record| {
            let time = Time::from_nanos(i64::try_from(time).unwrap_or(i64::MAX).saturating_add(offset));
            changes.extend(change(&self.format, time, record));
        });
        read.map_err(|source| Error::os("read the kernel's trace", source))?;
        changes.sort_by_key(|change| change.time);
        Ok(changes)
    }

    /// How many changes were lost because the buffer was full.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn lost(&self) -> Result<u64> {
        self.instance.lost().map_err(|source| Error::os("ask how much of the kernel's trace was lost", source))
    }
}

fn change(format: &Format, time: Time, record: &[u8]) -> Option<StateChange> {
    let number = |name| format.number(record, name);
    let state = |name| Some(KernelState(u8::try_from(number(name)?).unwrap_or(0)));
    if !format.describes(record) || number("protocol")? != libc::IPPROTO_TCP as u64 {
        return None;
    }
    let v6 = number("family")? == libc::AF_INET6 as u64;
    let address = |v4: &str, v6_name: &str| -> Option<IpAddr> {
        Some(if v6 {
            Ipv6Addr::from(*format.get(record, v6_name)?.first_chunk::<16>()?).to_canonical()
        } else {
            IpAddr::from(*format.get(record, v4)?.first_chunk::<4>()?)
        })
    };
    let port = |name| u16::try_from(number(name)?).ok();
    Some(StateChange {
        time,
        socket: number("skaddr")?,
        local: SocketAddr::new(address("saddr", "saddr_v6")?, port("sport")?),
        remote: SocketAddr::new(address("daddr", "daddr_v6")?, port("dport")?),
        old: state("oldstate")?,
        new: state("newstate")?,
    })
}
