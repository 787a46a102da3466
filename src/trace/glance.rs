//! A segment in which nothing is unusual but, perhaps, its flags and numbers: what there is to know of it, in a few octets
//! that need the packet no more. It can be made in another thread than the tracer's.

use std::net::SocketAddr;

use super::fingerprint::Imprint;
use super::flows::Flow;
use super::is_group;
use super::key::KeyHasher;
use super::orderly::Plain;
use crate::tcp::{Arriving, Seq};
use crate::wire::{
    self, Checksum, Content, Decoded, Ip, OptionSummary, Options, Packet, Segment, Straight, TcpOption, Time,
};

/// A segment that came in one piece with its whole header, which neither contradicts itself nor fails its checksum, and
/// with the options that most have: on a SYN those of an [`Offer`], otherwise timestamps in the layout that all use.
#[derive(Clone, Copy, Debug)]
pub struct Glance {
    pub(super) flow: Flow,
    pub(super) plain: Plain,
    /// The other options of a SYN.
    pub(super) offer: Offer,
}

/// What a SYN offers, but for timestamps; nothing in any other segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) mss: Option<u16>,
    pub(super) window_scale: Option<u8>,
    pub(super) sack_permitted: bool,
}

/// Makes glances for one tracer.
#[derive(Clone, Debug)]
pub struct Lookout(pub(super) KeyHasher);

/// What a segment needs to be looked at, wherever it was read.
struct Seen<'a> {
    time: Time,
    segment: Segment<'a>,
    ttl: u8,
    identification: Option<u32>,
}

impl Lookout {
    /// The segment of `packet`, if a glance at it can be enough.
    #[must_use]
    #[inline]
    pub fn glance(&self, packet: &Packet<'_>) -> Option<Glance> {
        let Some(straight) = Straight::read(packet) else { return self.decoded(packet, &wire::decode(packet)) };
        let segment = straight.segment();
        let (ttl, identification) = (straight.ttl(), Some(u32::from(straight.identification())));
        let source = (straight.source(), segment.source_port);
        let destination = (straight.destination(), segment.destination_port);
        let seen = Seen { time: packet.time, segment, ttl, identification };
        let sockets = || (SocketAddr::from(source), SocketAddr::from(destination));
        seen.glance(sockets, || Flow::v4(source, destination, &self.0))
    }

    /// The same of a packet that is `decoded`.
    pub(super) fn decoded(&self, packet: &Packet<'_>, decoded: &Decoded<'_>) -> Option<Glance> {
        let (Some(ip), Content::Segment(segment)) = (&decoded.ip, &decoded.content) else { return None };
        if decoded.stopped.is_some() || ip.fragment.is_some() {
            return None;
        }
        let source = SocketAddr::new(ip.source, segment.source_port);
        let destination = SocketAddr::new(ip.destination, segment.destination_port);
        let Ip { ttl, identification, .. } = *ip;
        let seen = Seen { time: packet.time, segment: *segment, ttl, identification };
        seen.glance(|| (source, destination), || Flow::new(source, destination, &self.0))
    }
}

impl Seen<'_> {
    /// The glance, if one can be enough.
    #[inline]
    fn glance(
        &self,
        sockets: impl FnOnce() -> (SocketAddr, SocketAddr),
        flow: impl FnOnce() -> Flow,
    ) -> Option<Glance> {
        let segment = &self.segment;
        if !matches!(segment.checksum_state, Checksum::Good | Checksum::Unknown) || segment.reserved != 0 {
            return None;
        }
        let (offer, stamps) = match segment.options.only_timestamps() {
            Some(stamps) if !segment.flags.syn() => (Offer::default(), stamps),
            _ if segment.flags.syn() && is_usual(sockets()) => Offer::of(segment.options)?,
            _ => return None,
        };
        Some(Glance { flow: flow(), plain: self.plain(stamps), offer })
    }

    #[inline]
    fn plain(&self, stamps: Option<(u32, u32)>) -> Plain {
        let Segment { flags, window, checksum, payload_len: len, .. } = self.segment;
        let arriving = Arriving { seq: Seq(self.segment.seq), ack: Seq(self.segment.ack), flags, len, signed: false };
        let imprint = Imprint::with_id(&arriving, window, checksum, self.ttl, self.identification);
        Plain { time: self.time, arriving, window, stamps, imprint }
    }
}

/// Whether two sockets are ones between which connections usually are.
fn is_usual((source, destination): (SocketAddr, SocketAddr)) -> bool {
    let usual = |socket: SocketAddr| socket.port() != 0 && !is_group(socket.ip());
    usual(source) && usual(destination) && source != destination
}

impl Offer {
    /// Offer and timestamps of such options; none if there are others.
    fn of(options: Options<'_>) -> Option<(Self, Option<(u32, u32)>)> {
        let (mut offer, mut stamps) = (Self::default(), None);
        for option in options.iter() {
            match option.ok()? {
                TcpOption::End | TcpOption::Nop => {}
                TcpOption::Mss(size) => offer.mss = Some(size),
                TcpOption::WindowScale(shift) => offer.window_scale = Some(shift),
                TcpOption::SackPermitted => offer.sack_permitted = true,
                TcpOption::Timestamps { value, echo } => stamps = Some((value, echo)),
                _ => return None,
            }
        }
        Some((offer, stamps))
    }

    /// The options of a SYN with this offer and these timestamps.
    pub(super) fn summary(self, timestamps: Option<(u32, u32)>) -> OptionSummary {
        let Self { mss, window_scale, sack_permitted } = self;
        OptionSummary { mss, window_scale, sack_permitted, timestamps, ..OptionSummary::default() }
    }
}
