//! What is unusual about a segment, in words: one row for each mark.

use super::reasons::is_by_hand;
use super::voice::to;
use super::words::{count, duration, ordinal};
use super::{Reason, Topic, Voice, Weight};
use crate::tcp::State;
use crate::trace::{Mark, Marks, Origin, SegmentEvent};

/// Marks of segments that their receiver passes over.
const IGNORED: [Mark; 14] = [
    Mark::SecondSynAck,
    Mark::BadChecksum,
    Mark::Malformed,
    Mark::NoFlags,
    Mark::BareFin,
    Mark::Xmas,
    Mark::WithoutAck,
    Mark::SpuriousRetransmission,
    Mark::DuplicatePacket,
    Mark::OutsideWindow,
    Mark::ResetInexact,
    Mark::ResetOutsideWindow,
    Mark::UnacceptableAck,
    Mark::SynFin,
];

/// Those among them that only an end with a socket passes over: from CLOSED they bring a reset (RFC 9293 section 3.10.7.1).
const ANSWERED_WHEN_CLOSED: [Mark; 6] =
    [Mark::NoFlags, Mark::BareFin, Mark::Xmas, Mark::WithoutAck, Mark::UnacceptableAck, Mark::SynFin];

/// Marks that say why a reset ends a connection.
pub(super) const ABORTS: [Mark; 5] =
    [Mark::Abort, Mark::AbortUnread, Mark::GaveUp, Mark::ListenerClosed, Mark::LateRefusal];

/// Marks that need no words beside another: what an ACK for another connection acknowledges was sent there; with a cookie,
/// data on a SYN do not wait.
const SAID: [(Mark, Mark); 2] = [(Mark::UnacceptableAck, Mark::HalfOpen), (Mark::SynWithData, Mark::FastOpen)];

/// Whether others of these marks say all that there is to say of this one.
pub(super) fn is_said(mark: Mark, marks: Marks) -> bool {
    SAID.into_iter().any(|(other, by)| mark == other && marks.has(by))
}

/// Whether the words of a mark say why a reset came.
pub(super) fn tell_why(reset: &SegmentEvent) -> bool {
    let others = [Mark::HalfOpen, Mark::DataAfterClose];
    ABORTS.into_iter().chain(others).any(|mark| reset.marks.has(mark))
}

/// Whether the receiver takes nothing from `segment` and changes no state for it.
#[must_use]
pub fn is_ignored(segment: &SegmentEvent) -> bool {
    let stale = segment.marks.has(Mark::OldTimestamp) && segment.len > 0;
    let receiver = segment.before[to(segment)];
    // Of an end of which nothing is known it may be CLOSED.
    let answers = matches!(receiver.state, None | Some(State::Closed));
    let passed_over = |mark: Mark| segment.marks.has(mark) && !(answers && ANSWERED_WHEN_CLOSED.contains(&mark));
    (stale || IGNORED.into_iter().any(passed_over)) && receiver == segment.after[to(segment)]
}

/// How often the words of `mark` are worth saying.
fn weight(mark: Mark, ignored: bool) -> Weight {
    match mark {
        // The gap has a row of its own; resets and options have reasons of their own.
        Mark::OffloadedChecksum | Mark::Gap | Mark::Refused | Mark::HandshakeReset => Weight::Detail,
        Mark::FinWithData | Mark::Urgent | Mark::Sack => Weight::Detail,
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            Weight::Key
        }
        Mark::OwnKernelReset | Mark::PortReuse | Mark::OldDuplicateSyn => Weight::Key,
        _ if ABORTS.contains(&mark) => Weight::Once(Topic::Reset),
        _ if ignored => Weight::Key,
        _ => Weight::Once(Topic::Mark(mark)),
    }
}

/// The reason that goes with `mark`.
pub(super) fn reason(mark: Mark, segment: &SegmentEvent, voice: &Voice<'_>) -> Reason {
    let by_hand = ABORTS.contains(&mark) && is_by_hand(segment);
    let weight =
        if by_hand || is_said(mark, segment.marks) { Weight::Detail } else { weight(mark, is_ignored(segment)) };
    Reason { text: text(mark, segment, voice), weight }
}

/// `again, 2nd time, after 1.0 s`.
fn again(segment: &SegmentEvent) -> String {
    match segment.copy {
        0 | 1 => "again: some of it was sent before".to_owned(),
        // The first time is not in this capture.
        copy if segment.since_first.is_zero() => format!("again, {} time", ordinal(u64::from(copy))),
        copy => format!("again, {} time, after {}", ordinal(u64::from(copy)), duration(segment.since_first)),
    }
}

fn text(mark: Mark, segment: &SegmentEvent, voice: &Voice<'_>) -> String {
    let receiver = voice.receiver(segment);
    let ignored = if is_ignored(segment) { "ignored: " } else { "" };
    let seq = voice.seq(segment);
    let ack = voice.ack(segment).map_or_else(|| "0".to_owned(), |ack| ack.to_string());
    match mark {
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            again(segment)
        }
        Mark::SecondSynAck => format!("{ignored}a second answer, with ISN {}: another host, or forged", segment.seq),
        Mark::BacklogOverflow => "acknowledged already: lost, or the queue is full".to_owned(),
        Mark::DeferredAccept => "acknowledged long ago: it waits for data, it seems".to_owned(),
        Mark::LateAnswer => "it answers now: a SYN was lost, or the queue was full".to_owned(),
        Mark::AckWithData => "data ride on the ACK of the handshake already".to_owned(),
        Mark::SynWithData => "data on a SYN waits until the handshake is done".to_owned(),
        Mark::FastOpenRequest => "Fast Open: asks for a cookie for next time".to_owned(),
        Mark::FastOpenCookie => "Fast Open: here is a cookie for next time".to_owned(),
        Mark::FastOpen => "Fast Open: with a cookie, data on a SYN counts at once".to_owned(),
        Mark::FastOpenRefused => format!("Fast Open refused: ack {ack} leaves the data out"),
        Mark::EcnSetup if segment.flags.ack() => "ECE alone: agreed, marks instead of drops".to_owned(),
        Mark::EcnSetup => "ECE and CWR on a SYN: can you do ECN?".to_owned(),
        Mark::AccEcnSetup if segment.flags.ack() => "AccECN: agreed, and the mark on the SYN echoed".to_owned(),
        Mark::AccEcnSetup => "AE, CWR and ECE: can you count ECN marks?".to_owned(),
        Mark::Mptcp => "MPTCP: may this connection use several paths?".to_owned(),
        Mark::MptcpJoin => "MPTCP: one more path for a connection that exists".to_owned(),
        Mark::Md5Signature => "signed with MD5: a wrong key meets with silence".to_owned(),
        Mark::AuthenticationOption => "signed (TCP-AO): a wrong key meets with silence".to_owned(),
        Mark::PossibleSynCookie => "took no option but MSS: an old stack, or a SYN cookie".to_owned(),
        Mark::SynFlood => "many clients at once leave it unanswered: a SYN flood?".to_owned(),
        Mark::SimultaneousOpen => "both SYNs cross: nobody is the server".to_owned(),
        Mark::SplitHandshake => "a SYN in answer to a SYN: the roles turn round".to_owned(),
        Mark::SelfConnect => "from a socket to itself; over a network, an attack".to_owned(),
        Mark::Refused => format!("{} refuses: nothing listens there", voice.names.the(segment.from)),
        Mark::HandshakeReset => "a reset where the last ACK was to come".to_owned(),
        Mark::OldDuplicateSyn => "the SYN before was a ghost: the reset vetoed it".to_owned(),
        Mark::LateRefusal => "refused after all: queue full, or listener closed".to_owned(),
        Mark::HalfOpen if segment.flags.rst() && segment.origin == Origin::HandMade => {
            "reads like: no such connection here, only the other end has it".to_owned()
        }
        Mark::HalfOpen if segment.flags.rst() => "no such connection here: only the other end has it".to_owned(),
        Mark::HalfOpen if segment.is_seq_older => "of the old connection, which goes on".to_owned(),
        Mark::HalfOpen => "acknowledges an old connection, not this SYN".to_owned(),
        Mark::PortReuse => "same ports, new initial number: a new connection".to_owned(),
        Mark::TimeWaitReuse => "into TIME-WAIT: a SYN that is surely newer may end it".to_owned(),
        Mark::FastRetransmission => "at once, since repeated ACKs asked for it: no timer".to_owned(),
        Mark::SpuriousRetransmission => "ignored: all of it was acknowledged before".to_owned(),
        Mark::TailLossProbe => "the last bytes again, to find out what was lost".to_owned(),
        Mark::OutOfOrder => format!("out of order: seq {seq} was sent before what came first"),
        Mark::DuplicateAck => format!("ack {ack} again: that byte is missing, later ones came"),
        Mark::DelayedAck => "a delayed ACK: it waited for data to ride on".to_owned(),
        Mark::Sack => "SACK: these later bytes arrived, beyond a hole".to_owned(),
        Mark::DuplicateSack => "D-SACK: these numbers arrived twice".to_owned(),
        Mark::Gap => format!("sent, since seq {seq} comes after it, but not seen"),
        Mark::LostSegment => "fills the gap: the first copy was lost on its way here".to_owned(),
        Mark::GapInCapture => format!("ack {ack} covers the gap: only the capture missed it"),
        Mark::AckUnseen => format!("ack {ack} is for data not captured, or never sent"),
        Mark::DuplicatePacket => "the very same packet: captured, or delivered, twice".to_owned(),
        Mark::KeepAlive => format!("keep-alive: seq {seq} is one too low, to get an answer"),
        Mark::KeepAliveAck => "answers the keep-alive: this end is still there".to_owned(),
        Mark::ZeroWindow => format!("window 0: no room left, {receiver} must wait"),
        Mark::ZeroWindowProbe => "asks whether the window is still closed".to_owned(),
        Mark::ZeroWindowProbeAck => "answers the probe: see the window".to_owned(),
        Mark::WindowUpdate => match segment.scaled_window {
            Some(window) => format!("nothing new but the window: room for {}", count(u64::from(window), "byte")),
            None => "nothing new but the window".to_owned(),
        },
        Mark::WindowFull => format!("fills the window that {receiver} offered to its end"),
        Mark::OldTimestamp => "a timestamp older than one that arrived: PAWS drops it".to_owned(),
        Mark::TimestampMissing => "no timestamp, though both agreed: some drop this".to_owned(),
        Mark::Urgent => "urgent data: up to the pointer".to_owned(),
        Mark::EcnEcho => "ECE: a router marked congestion".to_owned(),
        Mark::EcnReduced => "CWR: heard, and sending slower".to_owned(),
        Mark::PathMtu => "too big for a link on the path".to_owned(),
        Mark::IcmpError => "an ICMP error came about it".to_owned(),
        Mark::IcmpForged => "an ICMP error came that cannot be about it".to_owned(),
        Mark::FinWithData => "data and FIN in one segment".to_owned(),
        Mark::SimultaneousClose => "both FINs cross: neither end closed first".to_owned(),
        Mark::HalfClose => format!("{receiver} closed its direction: data still flows"),
        Mark::DataAfterClose if segment.flags.rst() => "data came for a program that has closed".to_owned(),
        Mark::DataAfterClose => format!("{receiver} closed already: nobody will read this"),
        Mark::Abort => "an abort: SO_LINGER, unread data, or a third party".to_owned(),
        Mark::AbortUnread => "an abort: close() with bytes unread, or SO_LINGER".to_owned(),
        Mark::GaveUp => "gives up: nobody answered what it asked".to_owned(),
        Mark::ListenerClosed => "before any data: the listener closed, or SO_LINGER".to_owned(),
        Mark::TimeWaitAssassination => "a reset ends TIME-WAIT before its time".to_owned(),
        Mark::ChallengeAck if segment.marks.has(Mark::HalfOpen) => {
            "challenge ACK: a RST with this ack would end that one".to_owned()
        }
        Mark::ChallengeAck => format!("challenge ACK: whoever meant it sends a RST with seq {ack}"),
        Mark::OutsideWindow => format!("ignored: seq {seq} is outside the window"),
        Mark::ResetOutsideWindow => "ignored: a reset outside the window does not count".to_owned(),
        Mark::ResetInexact => format!("ignored: a reset must carry the very next number, not {seq}"),
        Mark::ResetWithData => "a reset with data: it may say why".to_owned(),
        Mark::ResetByThirdParty => "its TTL differs: somebody else may have sent this".to_owned(),
        Mark::UnacceptableAck => format!("{ignored}ack {ack} is for something never sent"),
        Mark::NoFlags => format!("{ignored}no flag at all, as scanners send it"),
        Mark::BareFin => format!("{ignored}FIN without ACK, as scanners send it"),
        Mark::Xmas => format!("{ignored}FIN, PSH and URG, lit up like a tree: a scanner"),
        Mark::SynFin => format!("{ignored}SYN and FIN: open and close at once, a scanner"),
        Mark::SynReset => "SYN and RST: the reset alone counts".to_owned(),
        Mark::OddFlags => "contradictory flags: no socket call sends this".to_owned(),
        Mark::WithoutAck => format!("{ignored}data without ACK counts for nothing"),
        Mark::BadChecksum => "ignored: wrong checksum, dropped without a word".to_owned(),
        Mark::OffloadedChecksum => "the network interface will fill in the checksum".to_owned(),
        Mark::Malformed => "ignored: the header contradicts itself".to_owned(),
        Mark::MalformedOptions => "an option with a length that cannot be".to_owned(),
        Mark::UnknownOption => "an option unknown here: who does not know it skips it".to_owned(),
        Mark::TinyMss => "a maximum segment size that no link asks for".to_owned(),
        Mark::PortZero => "port 0 is reserved: no socket has it".to_owned(),
        Mark::NotUnicast => "not from one host to one host: TCP drops it".to_owned(),
        Mark::ReservedBits => "reserved bits are set: receivers ignore them".to_owned(),
        Mark::SuperSegment => "more than one segment: the interface cuts it up".to_owned(),
        Mark::Fragmented => "IP cut it into fragments".to_owned(),
        Mark::OwnKernelReset => "your own kernel sent this: it knows of no such socket".to_owned(),
    }
}
