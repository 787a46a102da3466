//! What tells that a packet is the one before once more, in eight octets.

use std::time::Duration;

use super::end::Facts;
use super::sighting::Sighting;
use crate::tcp::Arriving;
use crate::wire::Time;

/// How long after the first its copy comes: a capture that sees a packet twice sees it at once, a network that doubles
/// one needs little longer.
const SOON: Duration = Duration::from_millis(100);
/// The same where the identification of IP does not tell one packet from the next.
const AT_ONCE: Duration = Duration::from_micros(500);

/// A time to the microsecond, of which 71 minutes are kept: for spans that are short, or long enough not to matter.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment(u32);

impl Moment {
    /// Whether it was so long, or longer, behind `time`.
    pub(super) fn follows(self, time: Time, by: Duration) -> bool {
        let micros = self.0.wrapping_sub(Self::of(time).0);
        micros <= i32::MAX as u32 && Duration::from_micros(u64::from(micros)) >= by
    }

    pub(super) fn of(time: Time) -> Self {
        Self((time.as_nanos() / 1000) as u32)
    }

    /// How long before `now` it was.
    pub(super) fn before(self, now: Time) -> Duration {
        Duration::from_micros(u64::from(Self::of(now).0.wrapping_sub(self.0)))
    }
}

/// What is kept of the octets of a packet that carries a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Imprint {
    /// A sum of its fields, identification included.
    pub(super) sum: u32,
    /// Time to live.
    pub(super) ttl: u8,
    /// It has an identification of its own.
    pub(super) numbered: bool,
    /// Another packet of the same sender would have another sum.
    telling: bool,
}

impl Imprint {
    pub(super) fn of(sighting: &Sighting<'_>) -> Self {
        let (ip, segment) = (sighting.ip, sighting.segment);
        let (checksum, ttl, id) = (segment.checksum, ip.ttl, ip.identification);
        Self::with_id(&sighting.arriving(), segment.window, checksum, ttl, id)
    }

    /// Of a segment in a packet with this time to live and identification.
    #[inline]
    pub(super) fn with_id(segment: &Arriving, window: u16, checksum: u16, ttl: u8, id: Option<u32>) -> Self {
        let fields = [
            segment.seq.0,
            segment.ack.0,
            u32::from(segment.flags.bits()) << 16 | u32::from(window),
            segment.len,
            u32::from(checksum) << 16 | u32::from(ttl),
            id.unwrap_or(0),
        ];
        // The prime of the FNV hash: every bit of a field reaches those above it.
        let sum = fields.into_iter().fold(1, |sum: u32, field| (sum.rotate_left(13) ^ field).wrapping_mul(0x0100_0193));
        Self::new(sum, ttl, id.is_some_and(|id| id != 0), segment.sequence_len() > 0 || segment.flags.rst())
    }

    /// `counts`: the segment takes a number, or is a reset. Without identification, one repeated acknowledgment looks like
    /// the next.
    pub(super) const fn new(sum: u32, ttl: u8, numbered: bool, counts: bool) -> Self {
        Self { sum, ttl, numbered, telling: numbered || counts }
    }
}

/// The last packet of one end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprint {
    sum: u32,
    seen: Moment,
}

impl Fingerprint {
    /// Of the packet with such a segment.
    pub(super) fn of(facts: &Facts) -> Self {
        Self { sum: facts.imprint.sum, seen: Moment::of(facts.time) }
    }

    /// Whether this is the same packet again, and not the same segment sent again.
    pub(super) fn is_again(self, facts: &Facts) -> bool {
        let Imprint { sum, numbered, telling, .. } = facts.imprint;
        let within = if numbered { SOON } else { AT_ONCE };
        telling && self.sum == sum && self.seen.before(facts.time) < within
    }

    /// Whether there was none yet.
    pub(super) const fn is_none(self) -> bool {
        self.sum == 0 && self.seen.0 == 0
    }

    /// When the packet was seen.
    pub(super) const fn seen(self) -> Moment {
        self.seen
    }
}
