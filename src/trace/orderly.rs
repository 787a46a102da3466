//! A connection in which everything so far went by the book: the handshake of RFC 9293 figure 6, octets in their order,
//! and then the FIN of each side and its acknowledgment. Most connections are like that to their end.
//!
//! Where nothing but the end of a connection is told, such a one is not followed through the transition table: its
//! segments are kept, in a few octets each, and it is only looked at whether they still go by the book. The first that
//! does not has the connection followed from its beginning, as if nothing had been put off ([`Orderly::expand`]); of one
//! that comes to its end by the book the verdict is known without. It is the tracer's own: debug builds compare the two
//! for every connection.

use std::net::SocketAddr;

use super::appearance::{SMALLEST_MSS, largest_payload};
use super::completeness::Completeness;
use super::connection::Connection;
use super::end::{Facts, MAX_SHIFT};
use super::fingerprint::Imprint;
use super::glance::{Glance, Offer};
use super::half_open::HalfOpen;
use super::history::CLOSE_DELAY;
use super::key::Key;
use super::late::{Late, Rest};
use super::reading::is_held;
use super::{
    Belief, Certainty, ConnState, Event, EventKind, Handshake, History, Marks, Millis, Origin, Pair, Side, Summary,
    Termination,
};
use crate::tcp::{Arriving, Seq, State};
use crate::wire::{Flags, OptionSummary, Time};

/// Segments that are kept; a connection that has more is followed.
const MOST: usize = 16;

/// A segment that has nothing unusual but, perhaps, its flags and numbers, and no options but timestamps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    pub(super) time: Time,
    pub(super) arriving: Arriving,
    pub(super) window: u16,
    pub(super) stamps: Option<(u32, u32)>,
    pub(super) imprint: Imprint,
}

/// What is kept of a segment: all that the tracer needs of it, but for its number, which is the next of its side.
#[derive(Clone, Copy, Debug)]
struct Kept {
    time: Time,
    ack: Seq,
    stamps: (u32, u32),
    sum: u32,
    len: u16,
    window: u16,
    /// The lower eight flags; it has not the ninth.
    flags: u8,
    ttl: u8,
    from: Side,
    numbered: bool,
}

impl Kept {
    fn new(from: Side, plain: &Plain, len: u16) -> Self {
        let Plain { time, arriving, window, stamps, imprint } = *plain;
        Self {
            time,
            ack: arriving.ack,
            stamps: stamps.unwrap_or_default(),
            sum: imprint.sum,
            len,
            window,
            flags: arriving.flags.bits() as u8,
            ttl: imprint.ttl,
            from,
            numbered: imprint.numbered,
        }
    }

    fn flags(&self) -> Flags {
        Flags::from_bits(u16::from(self.flags))
    }

    fn arriving(&self, seq: Seq) -> Arriving {
        Arriving { seq, ack: self.ack, flags: self.flags(), len: u32::from(self.len), signed: false }
    }
}

/// The options of a SYN or SYN,ACK, but for the values of timestamps, which are kept with the segment.
#[derive(Clone, Copy, Debug)]
struct Offered {
    offer: Offer,
    timestamps: bool,
}

impl Offered {
    /// None where the offer gives a mark.
    fn new(offer: Offer, timestamps: bool) -> Option<Self> {
        offer.mss.is_none_or(|mss| mss >= SMALLEST_MSS).then_some(Self { offer, timestamps })
    }

    fn summary(&self, stamps: (u32, u32)) -> OptionSummary {
        self.offer.summary(self.timestamps.then_some(stamps))
    }

    /// Whether this offer of a client and the `answer` are sure not to look like a SYN cookie's: that has nothing but
    /// the maximum segment size.
    const fn is_no_cookie(&self, answer: &Self) -> bool {
        let more = answer.offer.window_scale.is_some() || answer.offer.sack_permitted || answer.timestamps;
        more || self.offer.window_scale.is_none() && !self.offer.sack_permitted
    }

    /// The shift of the windows of who offers this, to a peer that offers `other`.
    fn shift(&self, other: &Self) -> u8 {
        self.offer.window_scale.filter(|_| other.offer.window_scale.is_some()).unwrap_or(0).min(MAX_SHIFT)
    }
}

/// What one side has sent so far.
#[derive(Clone, Copy, Debug)]
struct Way {
    iss: Seq,
    nxt: Seq,
    /// When it sent its highest number.
    nxt_time: Time,
    last_ack: Seq,
    /// The number behind the last one that it offers to receive.
    edge: Seq,
    stamp: u32,
    /// Sum of its last packet.
    sum: u32,
    /// Payload that a segment to it may have.
    largest: u32,
    shift: u8,
}

impl Way {
    /// The way of who sent this SYN; `peer_iss`: the number of the other one.
    fn of(syn: &Plain, peer_iss: Seq, offered: &Offered, other: &Offered) -> Self {
        let Plain { time, arriving, window, stamps, imprint } = syn;
        let stamped = offered.timestamps && other.timestamps;
        Self {
            iss: arriving.seq,
            nxt: arriving.end(),
            nxt_time: *time,
            last_ack: if arriving.flags.ack() { arriving.ack } else { peer_iss },
            edge: arriving.ack + u32::from(*window), // that of a SYN is not scaled
            stamp: stamps.filter(|_| stamped).map_or(0, |(value, _)| value),
            sum: imprint.sum,
            largest: largest_payload(offered.offer.mss),
            shift: offered.shift(other),
        }
    }

    /// Whether a segment carries on the numbers of this side, acknowledges what `peer` has sent, fits its window, and
    /// leaves it one to send into.
    fn goes_on_with(&self, plain: &Plain, peer: &Self) -> bool {
        let Plain { arriving: Arriving { seq, ack, flags, len, .. }, window, stamps, imprint, .. } = *plain;
        let stop = plain.arriving.end();
        let usual = flags.without(Flags::PSH | Flags::FIN) == Flags::ACK;
        let older = self.stamp != 0 && stamps.is_some_and(|(value, _)| Seq(value).before(Seq(self.stamp)));
        // It must not even fill the window.
        let fits = stop == seq || stop.before(peer.edge) && len <= peer.largest;
        let acknowledges = !ack.before(self.last_ack) && !ack.after(peer.nxt);
        usual && window > 0 && seq == self.nxt && fits && acknowledges && !older && imprint.sum != self.sum
    }

    fn go_on(&mut self, plain: &Plain) {
        let Plain { time, arriving, window, stamps, imprint } = plain;
        if arriving.end() != self.nxt {
            self.nxt = arriving.end();
            self.nxt_time = *time;
        }
        self.last_ack = arriving.ack;
        self.edge = arriving.ack + (u32::from(*window) << self.shift);
        self.stamp = stamps.map_or(0, |(value, _)| value);
        self.sum = imprint.sum;
    }
}

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
        let plain = answer.window > 0 && offers.client.is_no_cookie(&offers.server);
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

    /// What is to be told of it in the end.
    pub(super) fn ended(&self, key: &Key) -> Event {
        let Some(summary) = self.verdict(key) else { return self.expand(key).ended() };
        let event = Event { time: self.last(), connection: self.id, kind: EventKind::Ended(summary) };
        debug_assert_eq!(event, self.expand(key).ended());
        event
    }

    /// What is known of one that came to its end without following it.
    fn verdict(&self, key: &Key) -> Option<Summary> {
        let Stage::Over { first: closer, before } = self.stage else { return None };
        let [syn, answer, completed, ..] = &self.kept;
        let fin = self.kept.iter().find(|kept| kept.flags().fin())?;
        let Pair { client, server } = self.sockets(key);
        let octets = |side: Side| u64::from((self.ways[side].nxt - self.ways[side].iss).saturating_sub(2));
        let (bytes_client, bytes_server) = (octets(Side::Client), octets(Side::Server));
        let closed = |side: Side| Belief {
            state: Some(if side == closer { State::TimeWait } else { State::Closed }),
            certainty: Certainty::Inferred,
        };
        // What came later Zeek does not count to it.
        let second_fin = &self.kept[usize::from(self.len - 2)];
        if self.last().since(second_fin.time) > CLOSE_DELAY {
            return None;
        }
        Some(Summary {
            client,
            server,
            first: syn.time,
            last: self.last(),
            segments: u64::from(self.len),
            bytes_client,
            bytes_server,
            first_flags: Flags::SYN,
            handshake: Handshake::ThreeWay,
            termination: if before { Termination::FourSegment } else { Termination::ThreeSegment },
            half_close: false,
            closed_first: Some(closer),
            reset_by: None,
            reset_number: None,
            cut_off: None,
            stage: None,
            completeness: Completeness::in_order(bytes_client + bytes_server > 0).bits(),
            conn_state: ConnState::SF,
            history: History::in_order(self.segments().map(|(kept, arriving)| (kept.from, arriving))),
            handshake_rtt: Some(Millis(answer.time.since(syn.time))),
            handshake_time: Some(Millis(completed.time.since(syn.time))),
            termination_time: Some(Millis(self.last().since(fin.time))),
            syns: 1,
            offered: Pair {
                client: Some(self.offers.client.summary(syn.stamps)),
                server: Some(self.offers.server.summary(answer.stamps)),
            },
            ecn: Pair::both(false),
            states: Pair { client: closed(Side::Client), server: closed(Side::Server) },
            time_wait: Pair { client: closer == Side::Client, server: closer == Side::Server },
            icmp: None,
            marks: Marks::default(),
            retransmissions: Pair::both(0),
        })
    }

    /// What is remembered of one that is over, and told of.
    pub(super) fn late(&self, key: &Key, hash: u64) -> Late {
        let rest = |side: Side| {
            let Way { iss, nxt, .. } = self.ways[side];
            let closer = matches!(self.stage, Stage::Over { first, .. } if first == side);
            Rest::closed(iss, nxt, if closer { State::TimeWait } else { State::Closed })
        };
        let ends = Pair { client: rest(Side::Client), server: rest(Side::Server) };
        let late = Late::in_order(self.id, hash, self.last(), self.client_is_low, ends);
        debug_assert_eq!(late, Late::of(&self.expand(key), key, hash));
        late
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
