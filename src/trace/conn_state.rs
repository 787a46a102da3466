//! Zeek's `conn_state`: a connection in one word, by what its originator (our client) and its responder (our server) sent.
//!
//! Zeek looks at flags, hardly at numbers: it holds each end to be in one of a few standings, which are fewer than the
//! states of RFC 9293, and reads the word off the two at the end. So the word may differ from our own verdict, as where a
//! reset is outside the window: it is there for whoever works with Zeek's logs.

use serde::{Serialize, Serializer};

use super::history::History;
use super::{Pair, Side};
use crate::wire::Flags;

/// The words, and what each says.
macro_rules! conn_states {
    ($(#[doc = $meaning:literal] $state:ident $name:literal;)*) => {
        /// What Zeek's conn.log says of a connection in its column `conn_state`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ConnState {
            $(#[doc = $meaning] $state,)*
        }

        impl ConnState {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$state,)*];

            /// The word, in Zeek's spelling.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$state => $name,)*
                }
            }
        }
    };
}

conn_states! {
    /// A SYN, and nothing came back.
    S0 "S0";
    /// Open at both ends, and neither ended it.
    S1 "S1";
    /// It was open; only the client sent its FIN.
    S2 "S2";
    /// It was open; only the server sent its FIN.
    S3 "S3";
    /// Both sent their FIN.
    SF "SF";
    /// A reset answered the SYN.
    Rejected "REJ";
    /// The client reset it after the server had answered.
    ResetByClient "RSTO";
    /// The server reset it once it was open.
    ResetByServer "RSTR";
    /// The client sent a SYN and then a reset; the server's SYN,ACK was not seen.
    ResetAfterSyn "RSTOS0";
    /// The server sent a reset to a client whose SYN was not seen.
    ResetWithoutClient "RSTRH";
    /// The client sent its FIN; the server's SYN,ACK was not seen.
    HalfSeenClient "SH";
    /// The server sent its FIN; the client's SYN was not seen.
    HalfSeenServer "SHR";
    /// Anything else: the middle of a connection that nobody ended, for one.
    Other "OTH";
}

impl Serialize for ConnState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What Zeek holds an end to be, by what it has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing yet.
    #[default]
    Inactive,
    /// A SYN.
    SynSent,
    /// As client a SYN,ACK.
    SynAckSent,
    /// Something else, without a SYN before.
    Partial,
    Established,
    /// Its FIN.
    Closed,
    /// A reset.
    Reset {
        /// It had sent its FIN before.
        closed: bool,
    },
}

impl Standing {
    const fn is_unopened(self) -> bool {
        matches!(self, Self::Inactive | Self::Partial)
    }

    /// Of an end that first sends a segment with SYN, where `client` says whose it is.
    const fn of_syn(client: bool, ack: bool) -> Self {
        match (client, ack) {
            (true, false) => Self::SynSent,
            (true, true) => Self::SynAckSent,
            (false, _) => Self::Established,
        }
    }
}

impl Pair<Standing> {
    /// Follows a segment of `from` with `flags` and `len` octets of payload.
    pub(super) fn follow(&mut self, from: Side, flags: Flags, len: u32) {
        let control = flags.intersects(Flags::SYN.with(Flags::FIN).with(Flags::RST));
        if !control && self[from] != Standing::Inactive {
            return;
        }
        let (own, peer) = (self[from], self[from.other()]);
        self[from] = match own {
            Standing::Inactive => self.first(from, flags, len),
            Standing::Reset { .. } => own,
            Standing::Closed if flags.rst() && peer != Standing::Closed => Standing::Reset { closed: true },
            Standing::Closed => own,
            _ if flags.rst() => Standing::Reset { closed: false },
            _ if flags.fin() => Standing::Closed,
            Standing::Partial if flags.syn() && !flags.ack() && peer == Standing::Inactive => Standing::SynSent,
            _ => own,
        };
        let answers = from == Side::Server && own == Standing::Inactive && flags.syn();
        if answers && peer == Standing::SynSent {
            self.client = Standing::Established;
        }
        // A FIN and then a reset, and the peer's FIN on top: both ended it.
        if self[from] == Standing::Closed && own != Standing::Closed && peer == (Standing::Reset { closed: true }) {
            self[from.other()] = Standing::Closed;
        }
    }

    /// Whether a reset ended it, or each end that was heard sent its FIN.
    pub(super) fn is_over(&self) -> bool {
        use Standing::{Closed, Inactive, Reset};
        matches!(
            (self.client, self.server),
            (Reset { .. }, _) | (_, Reset { .. }) | (Closed, Closed | Inactive) | (Inactive, Closed)
        )
    }

    /// What an end is after its first segment.
    fn first(&self, from: Side, flags: Flags, len: u32) -> Standing {
        let peer = self[from.other()];
        // Some answer a SYN with an ACK before their SYN,ACK.
        let early = from == Side::Server && len == 0 && peer == Standing::SynSent;
        match peer {
            _ if flags.rst() => Standing::Reset { closed: false },
            _ if flags.fin() => Standing::Closed,
            _ if flags.syn() => Standing::of_syn(from == Side::Client, flags.ack()),
            _ if early => Standing::Inactive,
            Standing::Established if flags.ack() => Standing::Established,
            _ => Standing::Partial,
        }
    }

    /// The word for it; `empty`: no octet of payload was seen.
    pub(super) fn word(&self, history: &History, empty: bool) -> ConnState {
        use Standing::{Closed, Established, Inactive, Reset, SynAckSent, SynSent};
        match (self.client, self.server) {
            (SynSent | SynAckSent, Reset { .. }) => ConnState::Rejected,
            (Reset { .. }, Reset { .. }) if empty => ConnState::Rejected,
            (client, Reset { .. }) if client.is_unopened() => ConnState::ResetWithoutClient,
            (_, Reset { .. }) => ConnState::ResetByServer,
            (Reset { .. }, server) if !server.is_unopened() => ConnState::ResetByClient,
            (Reset { .. }, _) if history.is_abandoned_syn() => ConnState::ResetAfterSyn,
            (Closed, Closed) => ConnState::SF,
            (Closed, server) if server.is_unopened() => ConnState::HalfSeenClient,
            (Closed, _) => ConnState::S2,
            (client, Closed) if client.is_unopened() => ConnState::HalfSeenServer,
            (_, Closed) => ConnState::S3,
            (SynSent, Inactive) => ConnState::S0,
            (Established, Established) => ConnState::S1,
            _ => ConnState::Other,
        }
    }
}
