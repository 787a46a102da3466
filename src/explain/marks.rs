//! What is unusual about a segment, in words: one row for each mark.

use super::voice::to;
use super::words::{duration, ordinal};
use super::{Reason, Topic, Voice, Weight};
use crate::trace::{Mark, SegmentEvent};

/// Whether the receiver takes nothing from `segment` and changes no state for it.
#[must_use]
pub fn is_ignored(segment: &SegmentEvent) -> bool {
    use Mark::{BadChecksum, Malformed, NoFlags, OldDuplicate, OutsideWindow, ResetInexact, ResetOutsideWindow};
    let marks = [BadChecksum, Malformed, NoFlags, OldDuplicate, OutsideWindow, ResetInexact, ResetOutsideWindow];
    marks.into_iter().chain([Mark::UnacceptableAck]).any(|mark| segment.marks.has(mark))
        && segment.before[to(segment)] == segment.after[to(segment)]
}

/// The name of a mark among the oddities of a verdict; none for what is part of an ordinary connection, or is said
/// elsewhere.
#[must_use]
pub const fn oddity(mark: Mark) -> Option<&'static str> {
    Some(match mark {
        // Counted, and said with the number.
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            return None;
        }
        Mark::OffloadedChecksum | Mark::WindowUpdate | Mark::KeepAliveAck | Mark::FastOpen => return None,
        Mark::OutOfOrder => "segments out of order",
        Mark::DuplicateAck => "duplicate ACKs",
        Mark::Gap => "data missing in the capture",
        Mark::AckUnseen => "ACK of data not in the capture",
        Mark::KeepAlive => "keep-alive probes",
        Mark::ZeroWindow => "window closed to 0",
        Mark::ZeroWindowProbe => "probes of a closed window",
        Mark::ChallengeAck => "challenge ACK",
        Mark::OldDuplicate => "old duplicates",
        Mark::OutsideWindow => "segments outside the window",
        Mark::ResetOutsideWindow => "reset outside the window",
        Mark::ResetInexact => "reset with an inexact number",
        Mark::UnacceptableAck => "ACK of what was never sent",
        Mark::BadChecksum => "wrong checksum",
        Mark::Malformed => "malformed header",
        Mark::NoFlags => "segment without flags",
        Mark::OddFlags => "flags that contradict each other",
        Mark::SynWithData => "data on the SYN",
        Mark::OwnKernelReset => "reset by your own kernel",
        Mark::DataAfterClose => "data sent to a closed end",
        Mark::PortReuse => "port used again",
    })
}

/// How often the words of `mark` are worth saying.
fn weight(mark: Mark, ignored: bool) -> Weight {
    match mark {
        // The gap has a row of its own.
        Mark::OffloadedChecksum | Mark::Gap => Weight::Detail,
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            Weight::Key
        }
        Mark::OwnKernelReset | Mark::PortReuse => Weight::Key,
        _ if ignored => Weight::Key,
        _ => Weight::Once(Topic::Mark(mark)),
    }
}

/// The reason that goes with `mark`.
pub(super) fn reason(mark: Mark, segment: &SegmentEvent, voice: &Voice<'_>) -> Reason {
    Reason { text: text(mark, segment, voice), weight: weight(mark, is_ignored(segment)) }
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
    let (seq, ack) = (voice.seq(segment), voice.ack(segment).unwrap_or(0));
    match mark {
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            again(segment)
        }
        Mark::OutOfOrder => format!("out of order: seq {seq} was sent before what came first"),
        Mark::DuplicateAck => format!("ack {ack} again: that byte is missing, later ones came"),
        Mark::Gap => format!("sent, since seq {seq} comes after it, but not seen"),
        Mark::AckUnseen => format!("ack {ack} covers data that is not in this capture"),
        Mark::KeepAlive => format!("keep-alive: seq {seq} is one too low, to get an answer"),
        Mark::KeepAliveAck => "answers the keep-alive: this end is still there".to_owned(),
        Mark::ZeroWindow => format!("window 0: no room left, {receiver} must wait"),
        Mark::ZeroWindowProbe => "asks whether the window is still closed".to_owned(),
        Mark::WindowUpdate => "nothing new but the window: there is room again".to_owned(),
        Mark::ChallengeAck => "challenge ACK: if it was meant, send the exact number".to_owned(),
        Mark::OldDuplicate => "ignored: an old duplicate, all of it arrived before".to_owned(),
        Mark::OutsideWindow => format!("ignored: seq {seq} is outside the window"),
        Mark::ResetOutsideWindow => "ignored: a reset outside the window does not count".to_owned(),
        Mark::ResetInexact => format!("ignored: a reset must carry the very next number, not {seq}"),
        Mark::UnacceptableAck => format!("{ignored}ack {ack} is for something never sent"),
        Mark::BadChecksum => "ignored: wrong checksum, dropped without a word".to_owned(),
        Mark::OffloadedChecksum => "the network interface will fill in the checksum".to_owned(),
        Mark::Malformed => "ignored: the header contradicts itself".to_owned(),
        Mark::NoFlags => format!("{ignored}no flag at all, as scanners send it"),
        Mark::OddFlags => "contradictory flags: no socket call sends this".to_owned(),
        Mark::SynWithData => "data on a SYN waits until the handshake is done".to_owned(),
        Mark::FastOpen => "Fast Open: with a cookie, data on a SYN counts at once".to_owned(),
        Mark::OwnKernelReset => "your own kernel sent this: it knows of no such socket".to_owned(),
        Mark::DataAfterClose => format!("{receiver} closed already: nobody will read this"),
        Mark::PortReuse => "same ports, new initial number: a new connection".to_owned(),
    }
}
