//! A connection in which everything so far went by the book: the handshake of RFC 9293 figure 6, octets in their order,
//! and then the FIN of each side and its acknowledgment. Most connections are like that to their end.
//!
//! Where nothing but the end of a connection is told, such a one is not followed through the transition table: its
//! segments are kept, in a few octets each, and it is only looked at whether they still go by the book. The first that
//! does not has the connection followed from its beginning, as if nothing had been put off ([`Orderly::expand`]); of one
//! that comes to its end by the book the verdict is known without. It is the tracer's own: debug builds compare the two
//! for every connection.

mod verdict;
mod way;

use std::net::SocketAddr;

use super::connection::Connection;
use super::end::Facts;
use super::fingerprint::Imprint;
use super::glance::Glance;
use super::half_open::HalfOpen;
use super::key::Key;
use super::reading::is_held;
use super::{Marks, Origin, Pair, Side};
use crate::tcp::Arriving;
use crate::wire::{Flags, OptionSummary, Time};
use way::{Kept, Offered, Way};

pub(super) use way::Plain;

/// Segments that are kept; a connection that has more is followed.
const MOST: usize = 16;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// SYN, SYN-ACK.
    Answered,
    Open,
    /// The FIN of `first`.
    Closing {
        first: Side,
        acknowledged: bool,
    },
    /// The FINs of both; that of `first` was acknowledged before the other came, or with it.
    Closed {
        first: Side,
        before: bool,
    },
    /// And both acknowledged.
    Over {
        first: Side,
        before: bool,
    },
}

/// A connection that goes by the book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orderly {
    id: u32,
    stage: Stage,
    client_is_low: bool,
    /// Segments that are kept.
    len: u8,
    ways: Pair<Way>,
    offers: Pair<Offered>,
    /// The first is the SYN, the second the SYN,ACK.
    kept: [Kept; MOST],
}

impl Orderly {
    /// What `half_open` becomes by a SYN,ACK, if both go by the book.
    pub(super) fn begin(half_open: &HalfOpen, glance: &Glance) -> Option<Self> {
        let answer = &glance.plain;
        let (syn, offer) = half_open.plain().filter(|_| glance.flow.from_low != half_open.client_is_low())?;
        let arriving = &answer.arriving;
        let answers = arriving.flags == Flags::SYN | Flags::ACK && arriving.len == 0;
        let offers = Pair {
            client: Offered::new(offer, syn.stamps.is_some())?,
            server: Offered::new(glance.offer, answer.stamps.is_some())?,
        };
        let plain = syn.window > 0 && answer.window > 0 && offers.client.is_no_cookie(&offers.server);
        if !answers || !plain || arriving.ack != syn.arriving.end() || answer.time < syn.time {
            return None;
        }
        let ways = Pair {
            client: Way::of(&syn, arriving.seq, &offers.client, &offers.server),
            server: Way::of(answer, syn.arriving.seq, &offers.server, &offers.client),
        };
        let mut kept = [Kept::new(Side::Client, &syn, 0); MOST];
        kept[1] = Kept::new(Side::Server, answer, 0);
        let client_is_low = half_open.client_is_low();
        Some(Self { id: half_open.id(), stage: Stage::Answered, client_is_low, len: 2, ways, offers, kept })
    }

    /// Takes the next segment, if it goes by the book; otherwise says that it does not, and takes nothing.
    #[inline]
    pub(super) fn take(&mut self, from_low: bool, plain: &Plain) -> bool {
        let from = if from_low == self.client_is_low { Side::Client } else { Side::Server };
        let stamped = self.offers.client.timestamps && self.offers.server.timestamps;
        let goes_on = self.ways[from].goes_on_with(plain, &self.ways[from.other()]);
        if !goes_on || plain.stamps.is_some() != stamped || plain.time < self.last() {
            return false;
        }
        let (Some(stage), Ok(len)) = (self.next(from, plain), u16::try_from(plain.arriving.len)) else { return false };
        let Some(place) = self.kept.get_mut(usize::from(self.len)) else { return false };
        *place = Kept::new(from, plain, len);
        self.len += 1;
        self.ways[from].go_on(plain);
        self.stage = stage;
        true
    }

    /// The stage that a segment of `from`, which carries on its numbers, leads to.
    fn next(&self, from: Side, plain: &Plain) -> Option<Stage> {
        let Arriving { ack, flags, len, .. } = plain.arriving;
        let (way, peer) = (&self.ways[from], &self.ways[from.other()]);
        let (fin, bare) = (flags.fin(), len == 0 && flags == Flags::ACK);
        let all = ack == peer.nxt;
        if bare && all && self.stage != Stage::Answered && self.is_held_back(plain.time, peer) {
            return None;
        }
        match self.stage {
            Stage::Answered => (from == Side::Client && bare && all).then_some(Stage::Open),
            Stage::Open if fin => (len == 0).then_some(Stage::Closing { first: from, acknowledged: false }),
            Stage::Open if len > 0 => Some(Stage::Open),
            Stage::Open => (bare && ack.after(way.last_ack)).then_some(Stage::Open),
            Stage::Closing { first, acknowledged } if from != first && all => match (fin && len == 0, acknowledged) {
                (true, before) => Some(Stage::Closed { first, before }),
                (false, false) => bare.then_some(Stage::Closing { first, acknowledged: true }),
                (false, true) => None,
            },
            Stage::Closed { first, before } if from == first && all => bare.then_some(Stage::Over { first, before }),
            Stage::Closing { .. } | Stage::Closed { .. } | Stage::Over { .. } => None,
        }
    }

    /// Whether an acknowledgment that comes at `time`, for the last of what `peer` sent, may have been delayed.
    fn is_held_back(&self, time: Time, peer: &Way) -> bool {
        let [syn, _, completed, ..] = &self.kept;
        is_held(time.since(peer.nxt_time), completed.time.since(syn.time))
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// Whether the server waits for the last ACK of the handshake.
    pub(super) fn is_waited_for(&self) -> bool {
        self.stage == Stage::Answered
    }

    /// Whether both FINs were acknowledged.
    #[inline]
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over { .. })
    }

    /// The segments, each with its number.
    fn segments(&self) -> impl Iterator<Item = (&Kept, Arriving)> {
        let mut next = Pair { client: self.ways.client.iss, server: self.ways.server.iss };
        self.kept[..usize::from(self.len)].iter().map(move |kept| {
            let arriving = kept.arriving(next[kept.from]);
            next[kept.from] = arriving.end();
            (kept, arriving)
        })
    }

    /// When its last segment came.
    pub(super) fn last(&self) -> Time {
        self.kept[usize::from(self.len - 1)].time
    }

    fn sockets(&self, key: &Key) -> Pair<SocketAddr> {
        key.sockets(self.client_is_low)
    }

    /// The connection, followed from its beginning.
    #[cold]
    pub(super) fn expand(&self, key: &Key) -> Connection {
        let first = self.kept[0].arriving(self.ways.client.iss);
        let mut connection = Connection::new(self.id, self.sockets(key), None, self.kept[0].time, &first);
        for (kept, arriving) in self.segments() {
            let options = match (arriving.flags.syn(), kept.from) {
                (true, from) => self.offers[from].summary(kept.stamps),
                (false, _) => self.options(kept.stamps),
            };
            let Kept { time, window, sum, ttl, numbered, .. } = *kept;
            let imprint = Imprint::new(sum, ttl, numbered, arriving.sequence_len() > 0);
            let facts = Facts { time, arriving, window, options, imprint };
            connection.follow(kept.from, &facts, Marks::default(), Origin::Wire);
        }
        connection
    }

    /// The options of a segment without SYN.
    fn options(&self, stamps: (u32, u32)) -> OptionSummary {
        let stamped = self.offers.client.timestamps && self.offers.server.timestamps;
        OptionSummary { timestamps: stamped.then_some(stamps), ..OptionSummary::default() }
    }
}
