//! A connection of which nothing but its SYN was seen, in a tenth of the room of a whole one: there may be very many.

use std::net::SocketAddr;

use super::appearance::{SMALLEST_MSS, appearance};
use super::connection::Connection;
use super::end::{End, Facts};
use super::fingerprint::{Fingerprint, Imprint};
use super::glance::{Glance, Offer};
use super::key::Key;
use super::orderly::Plain;
use super::sighting::Sighting;
use super::{Marks, Origin, Pair, Side};
use crate::tcp::{Arriving, Seq};
use crate::wire::{Checksum, Flags, OptionSummary, Time};

/// Repetitions of a SYN that are counted here; a connection with more takes the room of a whole one.
const MAX_COPIES: u8 = 16;

/// What is known after a SYN without octets. Field by field, because padding is memory too.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfOpen {
    /// When it came first, and when last.
    first: Time,
    last: Time,
    /// Marks that its bytes gave it, and those of what had the same sockets before.
    marks: Marks,
    options: OptionSummary,
    seq: Seq,
    ack: Seq,
    /// Of the last one.
    imprint: Imprint,
    stamp: u32,
    id: u32,
    flags: Flags,
    window: u16,
    /// How often it came.
    copies: u8,
    client_is_low: bool,
}

impl HalfOpen {
    /// What to remember of a connection that begins with `sighting`; none where it begins with anything but a plain SYN.
    /// `unknown` are two ends of which nothing is known.
    pub(super) fn of(
        id: u32,
        key: &Key,
        source: SocketAddr,
        sighting: &Sighting<'_>,
        unknown: &Pair<End>,
        succession: Marks,
    ) -> Option<Self> {
        let Facts { time, arriving, window, options, imprint } = sighting.facts();
        let flags = arriving.flags;
        let bare = flags.syn() && !flags.intersects(Flags::ACK | Flags::RST | Flags::FIN) && arriving.len == 0;
        let sound = !sighting.malformed && sighting.segment.checksum_state != Checksum::Bad;
        (bare && sound && sighting.origin == Origin::Wire).then(|| Self {
            first: time,
            last: time,
            marks: appearance(sighting, &options, Side::Client, unknown) | succession,
            options,
            seq: arriving.seq,
            ack: arriving.ack,
            imprint,
            stamp: stamp(&options),
            id,
            flags,
            window,
            copies: 1,
            client_is_low: key.sockets(true).client == source,
        })
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// When its SYN came last.
    pub(super) const fn last(&self) -> Time {
        self.last
    }

    pub(super) const fn client_is_low(&self) -> bool {
        self.client_is_low
    }

    /// A SYN at a glance, if it is plain enough: it gives no mark.
    pub(super) fn at_a_glance(id: u32, glance: &Glance) -> Option<Self> {
        let Glance { flow, offer, plain: Plain { time, arriving, window, stamps, imprint } } = *glance;
        let usual =
            arriving.flags == Flags::SYN && arriving.len == 0 && offer.mss.is_none_or(|mss| mss >= SMALLEST_MSS);
        usual.then(|| Self {
            first: time,
            last: time,
            marks: Marks::default(),
            options: offer.summary(stamps),
            seq: arriving.seq,
            ack: arriving.ack,
            imprint,
            stamp: stamps.map_or(0, |(value, _)| value),
            id,
            flags: arriving.flags,
            window,
            copies: 1,
            client_is_low: flow.from_low,
        })
    }

    /// The SYN and its offer, if it is all that was seen, and plain.
    pub(super) fn plain(&self) -> Option<(Plain, Offer)> {
        let OptionSummary { mss, window_scale, sack_permitted, timestamps, .. } = self.options;
        let offer = Offer { mss, window_scale, sack_permitted };
        let usual = self.copies == 1 && self.flags == Flags::SYN && self.marks.is_empty();
        let known = self.options == offer.summary(timestamps);
        let arriving = Arriving { seq: self.seq, ack: self.ack, flags: self.flags, len: 0, signed: false };
        let (time, window, imprint) = (self.first, self.window, self.imprint);
        let plain = Plain { time, arriving, window, stamps: timestamps, imprint };
        (usual && known).then_some((plain, offer))
    }

    pub(super) const fn sockets(&self, key: &Key) -> Pair<SocketAddr> {
        key.sockets(self.client_is_low)
    }

    /// Whether `sighting` is the same SYN, sent again, and there is room to count it. Its timestamp may be a later one.
    pub(super) fn is_repeated_by(&self, from: Side, sighting: &Sighting<'_>, unknown: &Pair<End>) -> bool {
        let facts = sighting.facts();
        let mut same = facts;
        same.imprint.sum = self.imprint.sum;
        from == Side::Client
            && !sighting.malformed
            && sighting.origin == Origin::Wire
            && self.facts(facts.time, stamp(&facts.options)) == same
            && !Fingerprint::of(&self.facts(self.last, self.stamp)).is_again(&facts)
            && self.appearance() == appearance(sighting, &facts.options, from, unknown)
            && self.copies < MAX_COPIES
    }

    /// Counts the same SYN once more.
    pub(super) fn count(&mut self, facts: &Facts) {
        self.last = facts.time;
        self.imprint = facts.imprint;
        self.stamp = stamp(&facts.options);
        self.copies += 1;
    }

    /// Whether a segment of `from` begins another connection: a SYN with another ISN.
    pub(super) fn is_followed_by(&self, from: Side, arriving: &Arriving) -> bool {
        let flags = arriving.flags;
        let bare = flags.syn() && !flags.ack() && !flags.rst();
        from == Side::Client && bare && arriving.seq != self.seq
    }

    /// The whole connection, as it came to be.
    pub(super) fn expand(&self, key: &Key) -> Connection {
        let first = self.facts(self.first, stamp(&self.options));
        let mut connection = Connection::new(self.id, self.sockets(key), None, self.first, &first.arriving);
        connection.follow(Side::Client, &first, self.appearance(), Origin::Wire);
        for _ in 1..self.copies {
            // Each was a packet of its own, though the sums of those before the last are forgotten.
            connection.ends.client.last_packet = Fingerprint::default();
            let again = self.facts(self.last, self.stamp);
            connection.follow(Side::Client, &again, self.appearance(), Origin::Wire);
        }
        connection.marks |= self.marks;
        connection
    }

    /// The marks of its own bytes.
    fn appearance(&self) -> Marks {
        self.marks.without(Connection::SUCCESSION)
    }

    /// The SYN as it came at this time, with this timestamp.
    fn facts(&self, time: Time, stamp: u32) -> Facts {
        let arriving = Arriving { seq: self.seq, ack: self.ack, flags: self.flags, len: 0, signed: false };
        let mut options = self.options;
        options.timestamps = options.timestamps.map(|(_, echo)| (stamp, echo));
        Facts { time, arriving, window: self.window, options, imprint: self.imprint }
    }
}

/// The timestamp of a segment; 0 where it has none.
fn stamp(options: &OptionSummary) -> u32 {
    options.timestamps.map_or(0, |(value, _)| value)
}
