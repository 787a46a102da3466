//! The eleven states of a connection (RFC 9293 section 3.3.2).

use std::fmt;

use serde::{Serialize, Serializer};

/// A state of one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // what each means to a learner stands in `explain`
pub enum State {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// Every state: its name in RFC 9293, its name in the Linux kernel (tracepoints, `include/net/tcp_states.h`), and the
/// kernel's number for it.
const NAMES: [(State, &str, &str, u8); 11] = [
    (State::Closed, "CLOSED", "CLOSE", 7),
    (State::Listen, "LISTEN", "LISTEN", 10),
    (State::SynSent, "SYN-SENT", "SYN_SENT", 2),
    (State::SynReceived, "SYN-RECEIVED", "SYN_RECV", 3),
    (State::Established, "ESTABLISHED", "ESTABLISHED", 1),
    (State::FinWait1, "FIN-WAIT-1", "FIN_WAIT1", 4),
    (State::FinWait2, "FIN-WAIT-2", "FIN_WAIT2", 5),
    (State::CloseWait, "CLOSE-WAIT", "CLOSE_WAIT", 8),
    (State::Closing, "CLOSING", "CLOSING", 11),
    (State::LastAck, "LAST-ACK", "LAST_ACK", 9),
    (State::TimeWait, "TIME-WAIT", "TIME_WAIT", 6),
];

/// The kernel's number for a request socket that has not become a connection yet; to RFC 9293 it is SYN-RECEIVED.
const KERNEL_NEW_SYN_RECV: u8 = 12;

impl State {
    /// Every state, in the order of RFC 9293 section 3.3.2 but for CLOSED, which comes first.
    pub const ALL: [Self; 11] = {
        let mut all = [Self::Closed; 11];
        let mut index = 0;
        while index < 11 {
            all[index] = NAMES[index].0;
            index += 1;
        }
        all
    };

    const fn row(self) -> (Self, &'static str, &'static str, u8) {
        NAMES[self as usize]
    }

    /// The name in RFC 9293, with hyphens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// The name in the Linux kernel, with underscores.
    #[must_use]
    pub const fn kernel_name(self) -> &'static str {
        self.row().2
    }

    /// The state behind the Linux kernel's number, as TCP_INFO and sock_diag give it.
    #[must_use]
    pub fn from_kernel(number: u8) -> Option<Self> {
        let number = if number == KERNEL_NEW_SYN_RECV { Self::SynReceived.row().3 } else { number };
        NAMES.iter().find(|row| row.3 == number).map(|row| row.0)
    }

    /// Whether the SYNs of both sides have met: ESTABLISHED and all that follows but CLOSED (RFC 9293 section 3.5.2
    /// calls these the synchronized states).
    #[must_use]
    pub const fn is_synchronized(self) -> bool {
        !matches!(self, Self::Closed | Self::Listen | Self::SynSent | Self::SynReceived)
    }

    /// Whether this side may still send data.
    #[must_use]
    pub const fn may_send(self) -> bool {
        matches!(self, Self::Established | Self::CloseWait)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_place() {
        for (index, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, index);
            assert_eq!(State::from_kernel(state.row().3), Some(state));
        }
        assert_eq!(State::from_kernel(12), Some(State::SynReceived));
        assert_eq!(State::from_kernel(0), None);
    }
}
