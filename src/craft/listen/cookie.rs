//! Initial sequence numbers: derived from a secret (RFC 6528), and as cookies that hold all that must be known of a SYN
//! (RFC 4987 section 3.6).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::craft::Sockets;
use crate::craft::open::PeerSyn;
use crate::tcp::Seq;
use crate::wire::{Segment, Time};

/// The segment sizes that a cookie can tell; the largest that is not above the client's counts.
const SIZES: [u16; 8] = [216, 536, 940, 1220, 1400, 1440, 1460, 8960];
/// A cookie changes once in so many seconds.
const PERIOD: u64 = 64;
/// Periods for which it holds: a client answers within one or two minutes.
const LIFE: u32 = 2;
/// Bits of the hash, behind five of the period and three of the size.
const HASH_BITS: u32 = 24;

/// What sequence numbers are made from.
#[derive(Clone, Copy)]
pub(super) struct Secret(pub(super) u128);

impl Secret {
    /// SipHash over the secret and `what`.
    fn hash(self, sockets: &Sockets, what: (u8, u32, u32)) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, sockets, what).hash(&mut hasher);
        hasher.finish()
    }

    /// ISS of RFC 6528: a hash of the 4-tuple, and a clock that ticks every four microseconds.
    pub(super) fn isn(self, sockets: &Sockets, now: Time) -> Seq {
        let clock = (now.as_nanos() / 4000) as u32;
        Seq((self.hash(sockets, (0, 0, 0)) as u32).wrapping_add(clock))
    }

    /// Where the timestamps of this connection begin.
    pub(super) fn timestamp_base(self, sockets: &Sockets) -> u32 {
        self.hash(sockets, (1, 0, 0)) as u32
    }

    /// The ISS that answers `syn` where nothing of it is kept.
    pub(super) fn cookie(self, sockets: &Sockets, syn: &PeerSyn, now: Time) -> Seq {
        let mss = syn.mss.unwrap_or(SIZES[1]);
        let size = SIZES.iter().rposition(|size| *size <= mss).unwrap_or(0) as u32;
        self.bake(sockets, syn.seq, period(now), size)
    }

    fn bake(self, sockets: &Sockets, irs: Seq, period: u32, size: u32) -> Seq {
        let hash = self.hash(sockets, (2, irs.0, period << 3 | size)) as u32;
        Seq((period % 32) << (HASH_BITS + 3) | size << HASH_BITS | hash >> (32 - HASH_BITS))
    }

    /// The SYN behind an acknowledgment of a cookie of ours, as far as the cookie holds it; none where it is none.
    pub(super) fn taste(self, sockets: &Sockets, segment: &Segment<'_>, now: Time) -> Option<PeerSyn> {
        let (cookie, irs) = (Seq(segment.ack) - 1, Seq(segment.seq) - 1);
        let age = period(now).wrapping_sub(cookie.0 >> (HASH_BITS + 3)) % 32;
        let size = cookie.0 >> HASH_BITS & 7;
        let honest = age < LIFE && self.bake(sockets, irs, period(now).wrapping_sub(age), size) == cookie;
        honest.then(|| PeerSyn {
            seq: irs,
            ack: Seq(0),
            window: segment.window,
            mss: Some(SIZES[size as usize]),
            window_scale: None,
            sack_permitted: false,
            timestamp: None,
            ecn: false,
        })
    }
}

fn period(now: Time) -> u32 {
    (now.as_nanos().unsigned_abs() / 1_000_000_000 / PERIOD) as u32
}
