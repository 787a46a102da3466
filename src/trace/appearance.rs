//! Marks that a segment's own octets give it, with what both ends said when they opened.

use super::end::End;
use super::sighting::Sighting;
use super::{Mark, Marks, Origin, Pair, Side, is_group};
use crate::tcp::Seq;
use crate::wire::{Checksum, Flags, OptionSummary, Segment};

/// The largest payload that any network cuts by itself; taken where the receiver's maximum segment size is unknown.
const JUMBO: u32 = 9216;

/// The smallest payload that a kernel cuts data into, whatever it is asked for: that of Linux (tcp_min_snd_mss).
const LEAST_CUT: u32 = 48;
/// What an IPv4 and a TCP header leave of the smallest packet that every link must take: 68 octets (RFC 791).
pub(super) const SMALLEST_MSS: u16 = 28;

/// What a segment looks like, whoever gets it.
pub(super) fn appearance(sighting: &Sighting<'_>, options: &OptionSummary, from: Side, ends: &Pair<End>) -> Marks {
    let mut marks: Marks = header(sighting, &ends[from]).collect();
    marks.extend(of_options(sighting, options));
    marks.extend(lacks_timestamp(sighting, options, ends).then_some(Mark::TimestampMissing));
    marks.extend(odd_flags(sighting.segment.flags, sighting.segment.payload_len));
    let flags = sighting.segment.flags;
    if flags.syn() && !flags.rst() {
        marks.extend(opening(sighting, options, &ends[from.other()]));
    } else {
        marks.extend(later(sighting, from, ends));
    }
    marks
}

type Rows<const N: usize> = [(bool, Mark); N];

fn those<const N: usize>(rows: Rows<N>) -> impl Iterator<Item = Mark> {
    rows.into_iter().filter_map(|(holds, mark)| holds.then_some(mark))
}

fn header(sighting: &Sighting<'_>, sender: &End) -> impl Iterator<Item = Mark> {
    let segment = sighting.segment;
    let (flags, checksum) = (segment.flags, segment.checksum_state);
    those([
        (sighting.malformed, Mark::Malformed),
        (checksum == Checksum::Bad && !sender.offloads, Mark::BadChecksum),
        (checksum == Checksum::Bad && sender.offloads, Mark::OffloadedChecksum),
        (checksum == Checksum::Partial, Mark::OffloadedChecksum),
        (segment.reserved != 0, Mark::ReservedBits),
        (segment.source_port == 0 || segment.destination_port == 0, Mark::PortZero),
        (is_group(sighting.ip.destination) || is_group(sighting.ip.source), Mark::NotUnicast),
        (sighting.fragmented, Mark::Fragmented),
        (flags.contains(Flags::URG.with(Flags::ACK)) && segment.urgent > 0, Mark::Urgent),
        (flags.fin() && segment.payload_len > 0, Mark::FinWithData),
        (flags.rst() && segment.payload_len > 0, Mark::ResetWithData),
        (flags.rst() && sighting.origin == Origin::OwnKernel, Mark::OwnKernelReset),
    ])
}

fn of_options(sighting: &Sighting<'_>, options: &OptionSummary) -> impl Iterator<Item = Mark> {
    let segment = sighting.segment;
    let whole = has_all_options(segment);
    let blocks = options.sack.as_slice();
    let twice = segment.flags.ack() && reports_duplicate(segment.ack, blocks);
    those([
        (options.malformed && whole && !sighting.malformed, Mark::MalformedOptions),
        (options.md5, Mark::Md5Signature),
        (options.ao, Mark::AuthenticationOption),
        (options.unknown.is_some(), Mark::UnknownOption),
        (twice, Mark::DuplicateSack),
        (blocks.len() > usize::from(twice), Mark::Sack),
    ])
}

/// Whether the capture has the whole header.
pub(super) fn has_all_options(segment: &Segment<'_>) -> bool {
    segment.options.0.len() + 20 >= usize::from(segment.data_offset) * 4
}

/// Whether both ends agreed on timestamps, and this segment has none; a reset need not have one (RFC 7323 section 3.2).
fn lacks_timestamp(sighting: &Sighting<'_>, options: &OptionSummary, ends: &Pair<End>) -> bool {
    let segment = sighting.segment;
    let offers = |end: &End| end.offered.is_some_and(|offered| offered.timestamps.is_some());
    let agreed = !segment.flags.intersects(Flags::SYN | Flags::RST) && offers(&ends.client) && offers(&ends.server);
    agreed && options.timestamps.is_none() && !options.malformed && !sighting.malformed && has_all_options(segment)
}

/// Whether the first block tells of octets that arrived twice: it lies below the acknowledgment, or within the second
/// (RFC 2883 section 4).
fn reports_duplicate(ack: u32, blocks: &[(u32, u32)]) -> bool {
    let Some(first) = blocks.first() else { return false };
    let within = |outer: &(u32, u32)| !Seq(first.0).before(Seq(outer.0)) && !Seq(first.1).after(Seq(outer.1));
    !Seq(first.1).after(Seq(ack)) || blocks.get(1).is_some_and(within)
}

fn opening(sighting: &Sighting<'_>, options: &OptionSummary, receiver: &End) -> impl Iterator<Item = Mark> {
    let segment = sighting.segment;
    let answers = segment.flags.ack();
    let cookie = options.fast_open.is_some_and(|octets| octets > 0);
    let acks_data = receiver.iss.is_some_and(|iss| Seq(segment.ack).after(iss + 1));
    let (asked, says) = (receiver.ecn, Ecn::of(segment.flags));
    let offered = receiver.offered.unwrap_or_default();
    let had_room = (offered.window_scale.is_some() || offered.sack_permitted) && offered.timestamps.is_none();
    let only_mss = options.mss.is_some() && OptionSummary { mss: None, ..*options }.is_empty();
    those([
        (segment.payload_len > 0, Mark::SynWithData),
        (!answers && options.fast_open == Some(0), Mark::FastOpenRequest),
        (!answers && cookie, Mark::FastOpen),
        (answers && cookie, Mark::FastOpenCookie),
        (answers && receiver.sent_with_cookie() && !acks_data, Mark::FastOpenRefused),
        (if answers { asked.agrees_with(says) } else { says == Ecn::CLASSIC }, Mark::EcnSetup),
        (if answers { asked.counts_with(says) } else { says == Ecn::ACCURATE }, Mark::AccEcnSetup),
        (options.mptcp == Some(0), Mark::Mptcp),
        (options.mptcp == Some(1), Mark::MptcpJoin),
        (answers && had_room && only_mss, Mark::PossibleSynCookie),
        (options.mss.is_some_and(|mss| mss < SMALLEST_MSS), Mark::TinyMss),
        (sighting.is_to_itself(), Mark::SelfConnect),
    ])
}

/// The largest payload that a network carries to a receiver that offered this maximum segment size.
pub(super) fn largest_payload(mss: Option<u16>) -> u32 {
    mss.map_or(JUMBO, |mss| u32::from(mss).max(LEAST_CUT))
}

fn later(sighting: &Sighting<'_>, from: Side, ends: &Pair<End>) -> impl Iterator<Item = Mark> {
    let (segment, sender) = (sighting.segment, &ends[from]);
    let offered = ends[from.other()].offered.and_then(|options| options.mss);
    let marked = ends.client.ecn.agrees_with(ends.server.ecn);
    let other_ttl = sender.ttl != 0 && sender.ttl != sighting.ip.ttl;
    those([
        (segment.payload_len > largest_payload(offered), Mark::SuperSegment),
        (marked && segment.flags.contains(Flags::ECE), Mark::EcnEcho),
        (marked && segment.flags.contains(Flags::CWR), Mark::EcnReduced),
        (segment.flags.rst() && other_ttl, Mark::ResetByThirdParty),
    ])
}

/// What the three bits AE, CWR and ECE of a SYN or SYN,ACK say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ecn(u8);

impl Ecn {
    /// A SYN that asks for ECN (RFC 3168 section 6.1.1).
    const CLASSIC: Self = Self(0b011);
    /// The SYN,ACK that agrees.
    const AGREED: Self = Self(0b001);
    /// A SYN that asks for accurate ECN (RFC 9768 section 3.1.1).
    const ACCURATE: Self = Self(0b111);

    pub(super) const fn of(flags: Flags) -> Self {
        let (ae, cwr, ece) = (flags.contains(Flags::AE), flags.contains(Flags::CWR), flags.contains(Flags::ECE));
        Self((ae as u8) << 2 | (cwr as u8) << 1 | ece as u8)
    }

    /// Whether a SYN asks for ECN of either kind.
    pub(super) const fn asks(self) -> bool {
        self.0 == Self::CLASSIC.0 || self.0 == Self::ACCURATE.0
    }

    /// Whether `answer` agrees to classic ECN.
    pub(super) fn agrees_with(self, answer: Self) -> bool {
        self.asks() && answer == Self::AGREED
    }

    /// Whether `answer` agrees to accurate ECN: it tells which mark the SYN carried (RFC 9768, table 2).
    fn counts_with(self, answer: Self) -> bool {
        self == Self::ACCURATE && matches!(answer.0, 0b010 | 0b011 | 0b100 | 0b110)
    }
}

/// The mark of `flags` that no TCP sends so, together or alone, on a segment with `len` octets of payload.
#[must_use]
pub fn odd_flags(flags: Flags, len: u32) -> Option<Mark> {
    const XMAS: Flags = Flags::FIN.with(Flags::PSH).with(Flags::URG);
    const CONTROL: Flags = Flags::SYN.with(Flags::FIN).with(Flags::RST).with(Flags::ACK);
    const TEXT: Flags = Flags::PSH.with(Flags::URG);
    Some(match flags {
        _ if !flags.intersects(CONTROL.with(TEXT)) => Mark::NoFlags,
        _ if flags.contains(XMAS) && !flags.intersects(Flags::SYN.with(Flags::RST)) => Mark::Xmas,
        _ if flags.contains(Flags::SYN.with(Flags::RST)) => Mark::SynReset,
        _ if flags.contains(Flags::SYN.with(Flags::FIN)) => Mark::SynFin,
        _ if flags.contains(Flags::FIN.with(Flags::RST)) => Mark::OddFlags,
        _ if flags.ack() || flags.syn() || flags.rst() => return None,
        _ if flags.fin() => Mark::BareFin,
        _ if len > 0 => Mark::WithoutAck,
        _ => Mark::OddFlags,
    })
}
