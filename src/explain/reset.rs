//! The end that a reset makes: whose, how far the connection had got, what was cut off, and whether the reset counts.

use super::Names;
use super::words::{count, duration};
use crate::trace::{CutOff, Mark, ResetNumber, Side, Stage, Summary};

/// Who sent the reset: one in your name may be your kernel's doing.
pub(super) fn resetter(summary: &Summary, names: &Names) -> String {
    match summary.reset_by {
        None => "one end".to_owned(),
        side if side == names.you() && summary.marks.has(Mark::OwnKernelReset) => "your own kernel".to_owned(),
        Some(side) => names.the(side),
    }
}

/// How the reset ended a connection that had been open.
pub(super) fn ending(summary: &Summary, names: &Names) -> String {
    let by = resetter(summary, names);
    // Where the reset is all that was seen, nothing is before it.
    let time = summary.termination_time.filter(|time| !time.0.is_zero());
    let after = time.map_or_else(String::new, |time| format!(" after {}", duration(time.0)));
    let reached = summary.stage.and_then(reached).map_or_else(String::new, |stage| format!(", {stage}"));
    let peer = summary.reset_by.map(Side::other);
    let lost = peer.zip(summary.cut_off).and_then(|(peer, cut)| cut_off(cut, &names.the(peer)));
    let lost = lost.map_or_else(String::new, |lost| format!(", with {lost}"));
    let why = why(summary, names);
    let unfinished = summary.closed_first.filter(|side| Some(*side) != summary.reset_by);
    let fin = unfinished.map_or_else(String::new, |side| format!("; {} had closed before", names.the(side)));
    let number = peer
        .zip(summary.reset_number)
        .map_or_else(String::new, |(peer, number)| format!("; {}", counts(number, &names.whose(peer))));
    format!("by a reset from {by}{after}{reached}{lost}{why}{fin}{number}")
}

/// What the reset tells of its reason. Why you sent one you know; and one that left bytes unread says so by their number.
fn why(summary: &Summary, names: &Names) -> &'static str {
    const WHY: [(Mark, &str); 6] = [
        (Mark::ResetByThirdParty, ", or from somebody else in its name"),
        (Mark::DataAfterClose, ": data came for a program that had closed"),
        (Mark::LateRefusal, ": its queue was full, or its listener had closed"),
        (Mark::ListenerClosed, ": its listener closed, or it chose to"),
        (Mark::GaveUp, ": nobody answered what it asked"),
        (Mark::HalfOpen, ": it knew of no such connection any more"),
    ];
    let yours = summary.reset_by.is_some() && summary.reset_by == names.you();
    // Data that came after the reset are no reason for it: who answers data so has sent its FIN.
    let had_closed = summary.has_fin() && summary.closed_first == summary.reset_by;
    let holds = |mark: Mark| summary.marks.has(mark) && (mark != Mark::DataAfterClose || had_closed);
    let found = WHY.iter().find(|(mark, _)| !yours && holds(*mark));
    found.map_or("", |(_, words)| words)
}

const fn reached(stage: Stage) -> Option<&'static str> {
    match stage {
        // How it opened says it.
        Stage::AfterSyn => None,
        Stage::AfterAck => Some("before any data"),
        Stage::AfterFirstData => Some("right after the first data"),
        Stage::Later => Some("after data had flowed"),
    }
}

/// The octets of `peer` that nobody reads any more, as far as the wire tells: what a program has read of those that its
/// kernel acknowledged cannot be seen.
fn cut_off(cut: CutOff, peer: &str) -> Option<String> {
    let rows = [
        (u64::from(cut.unread), "unread"),
        (u64::from(cut.unacknowledged), "not acknowledged"),
        (cut.unanswered, "unread or unanswered"),
    ];
    let (octets, how) = rows.into_iter().find(|(octets, _)| *octets > 0)?;
    Some(format!("{} from {peer} {how}", count(octets, "byte")))
}

/// RFC 9293 section 3.5.3 with RFC 5961 section 3.2.
fn counts(number: ResetNumber, whose: &str) -> String {
    match number {
        ResetNumber::Exact => "its number is exact, so it counts".to_owned(),
        ResetNumber::InWindow => {
            format!("its number is in {whose} window but not exact, which calls for a challenge ACK")
        }
        ResetNumber::Outside => format!("its number is outside {whose} window, so it does not count"),
    }
}
