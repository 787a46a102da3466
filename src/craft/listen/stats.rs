//! What a listener has to say of itself: counts, notes, and a row for each socket.

use serde::Serialize;

use crate::craft::{Outcome, Sockets};
use crate::tcp::State;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// SYNs that asked for a new connection, those taken as lost not among them.
    pub syns: u64,
    /// SYNs taken as lost on their way, as asked.
    pub lost: u64,
    /// SYNs sent again by clients that had no answer yet.
    pub duplicate_syns: u64,
    /// SYN-ACKs sent again, unasked.
    pub syn_acks_again: u64,
    /// SYN-ACKs with a cookie.
    pub cookies_sent: u64,
    /// Connections taken over by their cookie.
    pub cookies_taken: u64,
    /// SYNs, or third segments of a handshake, dropped for lack of a place.
    pub overflow_dropped: u64,
    /// The same, refused with a RST.
    pub overflow_refused: u64,
    /// Connections that stayed in SYN-RECEIVED until we gave up.
    pub half_open_expired: u64,
    /// Connections that the client reset in SYN-RECEIVED.
    pub half_open_reset: u64,
    /// RSTs that answered segments of no connection.
    pub strays_reset: u64,
    /// Handshakes completed.
    pub accepted: u64,
    /// Connections that ended in good order: both FINs acknowledged, or reset by us as asked.
    pub ended: u64,
    /// Of those, the ones that were reset by us as asked.
    pub aborted: u64,
    /// Connections that ended otherwise.
    pub broken: u64,
}

/// What became of a SYN that was not answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SynFate {
    /// Taken as lost, as asked.
    Lost,
    /// There was no place for it: dropped, or refused.
    NoPlace,
    /// Its SYN-ACK is held back, as asked.
    Held,
}

/// Something that happened to one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A SYN for a new connection was not answered as usual.
    Syn(Sockets, SynFate),
    /// Its handshake is complete.
    Established(Sockets),
    /// It is over; none where it never got beyond SYN-RECEIVED.
    Ended(Sockets, Option<Outcome>),
}

/// A socket of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Between which sockets.
    pub sockets: Sockets,
    /// Its state.
    pub state: State,
}
