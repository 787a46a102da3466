//! What the peer makes of what it gets: where it stands, and why it answers so.

use crate::craft::{Arrived, Peer, Sent};
use crate::explain::Case;
use crate::tcp::{Heard, Ruling, Seq};
use crate::wire::{Decoded, Segment};

/// The peer, and whether it has yet to answer what somebody changed.
#[derive(Default)]
pub(super) struct Consequence {
    peer: Peer,
    /// A changed segment is about to be seen to leave.
    leaves: bool,
    /// It has left, and nothing has come since.
    is_open: bool,
}

impl Consequence {
    pub(super) const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// A changed segment is on its way: the next of ours that is seen.
    pub(super) const fn changed(&mut self) {
        self.leaves = true;
    }

    /// A segment of ours was seen.
    pub(super) fn left(&mut self, segment: &Segment<'_>) {
        self.peer.get(&Sent::whole(segment));
        self.is_open |= std::mem::take(&mut self.leaves);
    }

    /// A segment of the peer came; says what it is to the changed one, where it is the first behind it.
    pub(super) fn came(&mut self, decoded: &Decoded<'_>) -> Option<Case> {
        let arrived = Arrived::of(decoded)?;
        let ruling = if std::mem::take(&mut self.is_open) { self.peer.judge(Some(arrived.heard())) } else { None };
        self.peer.say(&arrived);
        ruling.map(|ruling| case(ruling, None))
    }

    /// An ICMP error came, `error` in words.
    pub(super) fn complained(&mut self, error: String) -> Option<Case> {
        let is_open = std::mem::take(&mut self.is_open);
        let ruling = if is_open { self.peer.judge(Some(Heard::Error)) } else { None };
        ruling.map(|ruling| case(ruling, Some(error)))
    }

    /// Nothing more is waited for.
    pub(super) fn silence(&mut self) -> Option<Case> {
        let is_open = std::mem::take(&mut self.is_open);
        let ruling = if is_open { self.peer.judge(None) } else { None };
        ruling.map(|ruling| case(ruling, None))
    }

    /// The number that the peer expects, where it still has a connection.
    pub(super) fn held_open(&self) -> Option<Seq> {
        self.peer.next().filter(|_| self.peer.is_connected())
    }
}

const fn case(ruling: Ruling, error: Option<String>) -> Case {
    Case { ruling, how: Some("by what was seen"), error }
}
