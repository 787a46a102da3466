//! The events of the kernel's account: plain data of fixed size, as all events.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Comparison;
use crate::tcp::State;
use crate::trace::Side;

/// A short text of the kernel's: a name of a process, a reason. Untrusted octets: escape them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// The first octets of `text`, up to a zero.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut octets = [0; N];
        let length = text.iter().position(|octet| *octet == 0).unwrap_or(text.len()).min(N);
        octets[..length].copy_from_slice(&text[..length]);
        Self(octets)
    }

    /// As UTF-8, with a replacement for what is none; control characters are still in it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let end = self.0.iter().position(|octet| *octet == 0).unwrap_or(N);
        String::from_utf8_lossy(&self.0[..end]).into_owned()
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text(), f)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

/// Who called: a thread of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// The process's number.
    pub process: u32,
    /// The thread's; the same where there is only one.
    pub thread: u32,
    /// What the thread is called.
    pub name: Text<16>,
}

/// What matters among the arguments of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Of listen().
    Backlog(i32),
    /// Of shutdown(): `SHUT_WR`.
    How(&'static str),
    /// Of setsockopt(): `SO_REUSEADDR`.
    Option(&'static str),
    /// Of dup2() and dup3(): the descriptor that is to be the same.
    Onto(i32),
    /// Of close_range(): the last descriptor.
    Last(u32),
    /// Of fcntl(): `F_DUPFD`.
    Command(&'static str),
}

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CallEvent {
    /// Its name in the kernel: `accept4`.
    pub call: &'static str,
    /// The descriptor that it is about; none for socket().
    pub descriptor: Option<i32>,
    /// An argument that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// Who called.
    #[serde(flatten)]
    pub process: Process,
}

/// How the kernel told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teller {
    /// By a tracepoint, when it happened.
    Tracepoint,
    /// When it was asked (sock_diag): it happened before, and states in between were not seen.
    SockDiag,
}

/// Something that the kernel of one end told. It is observed, all of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KernelEvent {
    /// Whose kernel.
    pub side: Side,
    /// How.
    pub teller: Teller,
    /// What.
    #[serde(flatten)]
    pub kind: KernelKind,
}

/// What a kernel counts of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Segments that were sent again, since the connection began.
    pub retransmitted: u32,
    /// The congestion window, in segments.
    pub cwnd: u32,
    /// The smoothed round-trip time, in microseconds; 0 where none was measured.
    pub rtt_us: u32,
}

/// What the kernel told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum KernelKind {
    /// A program entered a system call.
    Called(CallEvent),
    /// It returned.
    Returned {
        /// The call.
        #[serde(flatten)]
        call: CallEvent,
        /// What it returned; a negative number is an error's.
        result: i64,
        /// The error's name, where it is one that sockets are known for.
        #[serde(skip_serializing_if = "Option::is_none")]
        errno: Option<&'static str>,
    },
    /// A socket came into another state.
    State {
        /// The state before; none where it was not told.
        #[serde(serialize_with = "kernel_name_or_none")]
        old: Option<State>,
        /// The state after.
        #[serde(serialize_with = "kernel_name")]
        new: State,
    },
    /// It sent a reset.
    ResetSent {
        /// Why, in the kernel's words.
        reason: Text<40>,
    },
    /// It received a reset, and believed it.
    ResetReceived,
    /// It sent something again.
    Again {
        /// It was a SYN,ACK.
        syn_ack: bool,
    },
    /// It dropped a packet.
    Dropped {
        /// Why, in the kernel's words.
        reason: Text<40>,
    },
    /// What it counts of the connection, when it was asked (`struct tcp_info`, tcp(7)).
    Counted(Counts),
    /// The accept queue of the listening socket, when it was asked.
    Queue {
        /// Connections that accept() has not fetched.
        waiting: u32,
        /// What listen() was told; Linux takes one more.
        allowed: u32,
    },
    /// The buffers were full: so many records are missing, of whatever.
    Lost {
        /// How many.
        records: u64,
    },
    /// What follows from the segments is not what the kernel told.
    Contradiction {
        /// The state that follows; none where the kernel told one more.
        inferred: Option<State>,
        /// The state that the kernel told; none where it never told the one that follows.
        #[serde(serialize_with = "kernel_name_or_none")]
        observed: Option<State>,
    },
    /// The end of the account.
    Compared(Comparison),
}

fn kernel_name<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.kernel_name())
}

fn kernel_name_or_none<S: Serializer>(state: &Option<State>, serializer: S) -> Result<S::Ok, S::Error> {
    state.map(State::kernel_name).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_end_at_a_zero() {
        assert_eq!(Text::<4>::of(b"curl").to_text(), "curl");
        assert_eq!(Text::<4>::of(b"curly").to_text(), "curl");
        assert_eq!(Text::<4>::of(b"c\0rl").to_text(), "c");
        assert_eq!(Text::<4>::of(b"\xff").to_text(), "\u{fffd}");
    }

    #[test]
    fn states_are_told_in_the_kernels_spelling() {
        let kind = KernelKind::State { old: Some(State::SynReceived), new: State::CloseWait };
        let event = KernelEvent { side: Side::Server, teller: Teller::Tracepoint, kind };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"side":"server","teller":"tracepoint","what":"state","old":"SYN_RECV","new":"CLOSE_WAIT"}"#
        );
    }

    #[test]
    fn a_call_tells_who_what_and_how_it_ended() {
        let process = Process { process: 7, thread: 9, name: Text::of(b"server") };
        let call = CallEvent { call: "listen", descriptor: Some(3), detail: Some(Detail::Backlog(1)), process };
        let kind = KernelKind::Returned { call, result: -98, errno: Some("EADDRINUSE") };
        let event = KernelEvent { side: Side::Server, teller: Teller::Tracepoint, kind };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"side":"server","teller":"tracepoint","what":"returned","call":"listen","descriptor":3,"detail":{"backlog":1},"process":7,"thread":9,"name":"server","result":-98,"errno":"EADDRINUSE"}"#
        );
    }
}
