//! What can happen to one end of a connection: a user call, something in an arriving segment, a timeout
//! (RFC 9293 section 3.10).

use super::Call;

/// Something that the transition table has rules for.
///
/// An arriving segment is a short sequence of these, in the order in which section 3.10.7.4 looks at it: a
/// SYN-RECEIVED end that gets `FIN,ACK` sees [`Event::AckOfSyn`], then [`Event::Fin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The OPEN call, passive (section 3.10.1).
    PassiveOpen,
    /// The OPEN call, active (section 3.10.1).
    ActiveOpen,
    /// The SEND call (section 3.10.2).
    Send,
    /// The CLOSE call (section 3.10.4).
    Close,
    /// The ABORT call (section 3.10.5).
    Abort,

    /// A segment none of whose numbers lie in the window.
    OutsideWindow,
    /// A RST that is to be believed.
    Reset,
    /// A RST in the window, but not at its left edge (RFC 5961 section 3).
    ResetInWindow,
    /// A RST that is to be passed over.
    ResetAside,
    /// A SYN that opens, or that finds a passive end not yet synchronized; in SYN-SENT one without an acknowledgment.
    Syn,
    /// A SYN where the connection is open already (RFC 5961 section 4).
    SynAgain,
    /// A SYN with an acknowledgment of ours.
    SynAck,
    /// A segment without the ACK flag, where there should be one.
    WithoutAck,
    /// An acknowledgment of something that was never sent, or of something too old.
    AckUnacceptable,
    /// An acknowledgment that changes no state.
    Ack,
    /// The first acknowledgment of our SYN.
    AckOfSyn,
    /// An acknowledgment of our FIN.
    AckOfFin,
    /// Octets, the next in order.
    Text,
    /// Octets or a FIN that come too early: something before them is missing.
    OutOfOrder,
    /// A FIN, the next in order.
    Fin,

    /// The user timeout (section 3.10.8).
    UserTimeout,
    /// The retransmission timeout.
    RetransmissionTimeout,
    /// Two maximum segment lifetimes have passed in TIME-WAIT.
    TimeWaitTimeout,
}

impl Event {
    /// The event that a socket call is to the connection; none where it is none to it.
    #[must_use]
    pub const fn of_call(call: Call) -> Option<Self> {
        match call {
            Call::Listen => Some(Self::PassiveOpen),
            Call::Connect => Some(Self::ActiveOpen),
            Call::Send(_) => Some(Self::Send),
            Call::ShutdownWrite | Call::Close => Some(Self::Close),
            Call::Abort => Some(Self::Abort),
            Call::Accept | Call::Recv(_) => None,
        }
    }
}
