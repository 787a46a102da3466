//! The verdict: a few lines on how a connection opened, what was agreed and sent, how it closed, what remains.

use super::agreement::agreement;
use super::probed::{is_probe, probed};
use super::reset::{self, resetter};
use super::words::{count, duration};
use super::{Names, icmp, marks, oddities, one_way};
use crate::tcp::State;
use crate::trace::{Handshake, Mark, Reception, Side, Summary, Termination};

/// One line of the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its first word, such as `Opened`.
    pub subject: &'static str,
    /// The rest.
    pub text: String,
}

/// How long TIME-WAIT lasts: on Linux (fixed), and by RFC 9293 (section 3.4.2: twice the MSL of two minutes).
const TIME_WAIT: &str = "60 s on Linux, 4 min by RFC 9293";

/// SYNs without an answer from which on chance is no likely cause: the first, and two repetitions (on Linux 3 s).
const TELLING_SYNS: u16 = 3;

/// The verdict on one connection, in the order in which things happened.
#[must_use]
pub fn verdict(summary: &Summary, names: &Names) -> Vec<Statement> {
    let never_open = matches!(
        summary.handshake,
        Handshake::Refused | Handshake::Unanswered | Handshake::Unreachable | Handshake::Aborted
    ) || is_probe(summary);
    let opened = opened(summary, names);
    let agreed = (!never_open).then(|| agreement(summary, names)).flatten();
    let closed = if never_open { None } else { closed(summary, names) };
    let mut statements = vec![opened];
    statements.extend(agreed.map(|text| Statement { subject: "Agreed", text }));
    statements.extend(sent(summary, names));
    statements.extend(closed);
    if !never_open && summary.one_way.is_none() {
        statements.extend(left(summary, names).into_iter().map(|text| Statement { subject: "Left", text }));
    }
    statements.extend(odd(summary, names));
    statements
}

fn opened(summary: &Summary, names: &Names) -> Statement {
    if is_to_itself(summary) && summary.handshake == Handshake::ThreeWay {
        let text = "from a socket to itself: a simultaneous open with one end".to_owned();
        return Statement { subject: "Opened", text };
    }
    if let Some(captured) = summary.one_way.filter(|_| !is_probe(summary)) {
        return Statement { subject: "Opened", text: one_way::opened(summary, captured, names) };
    }
    let (whose, server) = (names.whose(Side::Client), names.the(Side::Server));
    let rtt = summary.handshake_rtt.map(|millis| duration(millis.0));
    let took = summary.handshake_time.map_or_else(String::new, |millis| format!(" in {}", duration(millis.0)));
    let answered = rtt.as_ref().map_or_else(String::new, |rtt| format!("; {server} answered after {rtt}"));
    let (subject, text) = match summary.handshake {
        Handshake::ThreeWay => ("Opened", format!("three-way handshake{took}{answered}")),
        Handshake::SimultaneousOpen => {
            ("Opened", format!("simultaneous open{took}: each end sent a SYN before it saw the other's"))
        }
        Handshake::Split => {
            ("Opened", format!("split handshake{took}: {server} answered the SYN with a SYN of its own, no SYN ACK"))
        }
        Handshake::FastOpen => {
            ("Opened", format!("Fast Open{took}: data rode on the SYN and counted at once{answered}"))
        }
        _ if is_probe(summary) => ("Probed", probed(summary, names)),
        Handshake::Refused => ("Refused", refused(summary, names)),
        Handshake::Unanswered if summary.marks.has(Mark::HalfOpen) => ("Unopened", met_older(names)),
        Handshake::Unanswered => ("Unanswered", unanswered(summary, names)),
        Handshake::Unreachable => ("Unreachable", unreachable(summary, names)),
        Handshake::SynReceived => {
            ("Opened", format!("only half: SYN and SYN ACK were seen, {whose} ACK was not{answered}"))
        }
        Handshake::Aborted => ("Aborted", aborted(summary, names)),
        Handshake::MidStream if is_lone_answer(summary) => ("Opened", "not in this capture, if ever".to_owned()),
        Handshake::MidStream if summary.offered.server.is_some() => {
            ("Opened", format!("by a SYN that is not in this capture; {} SYN ACK is", names.whose(Side::Server)))
        }
        Handshake::OneWay | Handshake::MidStream | Handshake::Probe => {
            ("Opened", "before the capture began".to_owned())
        }
    };
    Statement { subject, text }
}

/// Whether there is one end only: then nothing is the other's.
fn is_to_itself(summary: &Summary) -> bool {
    summary.client == summary.server
}

/// One segment of a connection that was not seen, and a reset for it.
fn is_lone_answer(summary: &Summary) -> bool {
    summary.segments == 2 && is_empty(summary) && summary.termination == Termination::Reset
}

const fn is_empty(summary: &Summary) -> bool {
    summary.bytes_client == 0 && summary.bytes_server == 0
}

fn refused(summary: &Summary, names: &Names) -> String {
    if summary.reception.is_some_and(|reception| reception.no_place > 0) {
        let by = names.the(Side::Server);
        return format!("by {by}, as asked: the backlog was full; connect() would fail with ECONNREFUSED");
    }
    let (host, port, address) = (names.whose(Side::Server), summary.server.port(), summary.server.ip());
    format!(
        "by {host} host: nothing listens on port {port} of {address}, or a firewall says so; connect() would fail with \
         ECONNREFUSED"
    )
}

fn unanswered(summary: &Summary, names: &Names) -> String {
    let syns = count(u64::from(summary.syns), "SYN");
    let time = summary.last.since(summary.first);
    let within = if time.is_zero() { String::new() } else { format!(" in {}", duration(time)) };
    let (host, port) = (summary.server.ip(), summary.server.port());
    if summary.syns == 0 {
        return format!("every SYN to port {port} of {host} was damaged, and to be dropped without an answer");
    }
    let conclusion = if let Some(reception) = summary.reception {
        ignored(reception, &names.the(Side::Server))
    } else if summary.syns < TELLING_SYNS {
        "no answer was seen: too few to tell a lost SYN from a host that is down".to_owned()
    } else {
        "no reply: the host is down, a firewall drops them, or its backlog is full; connect() would fail with ETIMEDOUT"
            .to_owned()
    };
    format!("{syns} to port {port} of {host}{within}, {conclusion}")
}

/// Why our own listener did not answer.
fn ignored(reception: Reception, by: &str) -> String {
    let reason = match (reception.lost, reception.no_place) {
        (_, 0) => format!("taken as lost by {by}, as asked"),
        (0, _) => format!("dropped by {by}: the backlog was full"),
        (lost, dropped) => {
            format!("{lost} taken as lost by {by}, as asked, and {dropped} dropped: the backlog was full")
        }
    };
    reason + "; connect() would fail with ETIMEDOUT"
}

/// A SYN that was answered with an ACK of something else.
fn met_older(names: &Names) -> String {
    let server = names.the(Side::Server);
    format!("the SYN met an older connection between these sockets: {server} answered with an ACK for that one")
}

fn unreachable(summary: &Summary, names: &Names) -> String {
    summary
        .icmp
        .as_ref()
        .map_or_else(|| "an ICMP error answered the SYN".to_owned(), |error| icmp::unreachable(error, names))
}

fn aborted(summary: &Summary, names: &Names) -> String {
    let by = resetter(summary, names);
    format!("SYN and SYN ACK, then a reset by {by}: there never was a connection")
}

fn sent(summary: &Summary, names: &Names) -> Option<Statement> {
    let octets = [summary.bytes_client, summary.bytes_server];
    if octets == [0, 0] {
        return None;
    }
    if let Some(captured) = summary.one_way {
        return Some(Statement { subject: "Sent", text: one_way::sent(summary, captured, names) });
    }
    let by = |(side, octets)| match octets {
        0 => format!("nothing by {}", names.the(side)),
        octets => format!("{} by {}", count(octets, "byte"), names.the(side)),
    };
    let [client, server] = [by((Side::Client, octets[0])), by((Side::Server, octets[1]))];
    Some(Statement {
        subject: "Sent",
        text: format!("{client}, {server}; {} in all", count(summary.segments, "segment")),
    })
}

fn closed(summary: &Summary, names: &Names) -> Option<Statement> {
    if let (Some(captured), None) = (summary.one_way, summary.reset_by) {
        return Some(Statement { subject: "Closed", text: one_way::closed(summary, captured, names) });
    }
    let took = summary.termination_time.map_or_else(String::new, |millis| format!(" in {}", duration(millis.0)));
    let first = summary.closed_first.map_or_else(String::new, |side| format!("; {} closed first", names.the(side)));
    let half = if summary.half_close { ", and data still flowed the other way" } else { "" };
    let text = match summary.termination {
        Termination::FourSegment => format!("four segments{took}{first}{half}"),
        Termination::ThreeSegment => format!("three segments{took}: ACK and FIN shared one{first}{half}"),
        Termination::SimultaneousClose => {
            format!("simultaneous close{took}: each end sent a FIN before it saw the other's")
        }
        Termination::OneSided if is_to_itself(summary) => "by the one end that there is: its FIN is its own".to_owned(),
        Termination::OneSided => one_sided(summary, names) + half,
        Termination::Reset => reset(summary, names),
        Termination::None if summary.handshake == Handshake::SynReceived => return None,
        Termination::None => unfinished(summary, names),
    };
    Some(Statement { subject: "Closed", text })
}

/// No close that both ends know of.
fn unfinished(summary: &Summary, names: &Names) -> String {
    let gone = |side: &Side| summary.states[*side].state == Some(State::Closed);
    match *Side::BOTH.into_iter().filter(gone).collect::<Vec<_>>() {
        [] if names.you().is_some() => "not yet: open when the run ended".to_owned(),
        [] => "not yet: open at the last of these segments".to_owned(),
        [side] => format!("at {} only; {} took no notice of it", at(names, side), names.the(side.other())),
        _ => "at both ends, by no close that was seen".to_owned(),
    }
}

fn one_sided(summary: &Summary, names: &Names) -> String {
    summary.closed_first.map_or_else(
        || "one direction only".to_owned(),
        |side| format!("by {} only; no finished close from {} was seen", names.the(side), names.the(side.other())),
    )
}

fn reset(summary: &Summary, names: &Names) -> String {
    if summary.handshake == Handshake::MidStream && is_lone_answer(summary) {
        return format!("by a reset from {}, which knows of no such connection", resetter(summary, names));
    }
    reset::ending(summary, names)
}

/// What remains when the last segment has arrived.
fn left(summary: &Summary, names: &Names) -> Vec<String> {
    match (summary.time_wait.client, summary.time_wait.server) {
        (true, true) => vec![format!("TIME-WAIT at both ends ({TIME_WAIT})")],
        (true, false) => vec![format!("TIME-WAIT at {} ({TIME_WAIT})", at(names, Side::Client))],
        (false, true) => vec![format!("TIME-WAIT at {} ({TIME_WAIT})", at(names, Side::Server))],
        (false, false) if summary.termination == Termination::Reset || is_to_itself(summary) => Vec::new(),
        (false, false) => Side::BOTH.into_iter().filter_map(|side| remains(summary, names, side)).collect(),
    }
}

/// `your end`, `the server`.
fn at(names: &Names, side: Side) -> String {
    if names.you() == Some(side) { "your end".to_owned() } else { names.the(side) }
}

/// Why an end that stays in `state` stays there.
const fn waits_for(state: State) -> Option<&'static str> {
    Some(match state {
        State::SynReceived => "repeats its SYN ACK, gone after about 63 s on Linux",
        State::FinWait1 => "repeats its FIN, then gives up",
        State::FinWait2 => "waits for the other FIN, 60 s on Linux if its program has gone",
        State::CloseWait => "waits for its program to call close(); no timer ends that",
        State::Closing | State::LastAck => "waits for the ACK of its FIN",
        State::Closed | State::Listen | State::SynSent | State::Established | State::TimeWait => return None,
    })
}

fn remains(summary: &Summary, names: &Names, side: Side) -> Option<String> {
    let state = summary.states[side].state?;
    // A FIN that nobody acknowledged may not have arrived.
    let unproven = state == State::CloseWait && summary.states[side.other()].state == Some(State::FinWait1);
    waits_for(state).filter(|_| !unproven).map(|why| format!("{state} at {}, which {why}", at(names, side)))
}

/// What other tools call a connection like this.
#[must_use]
pub fn elsewhere(summary: &Summary) -> Statement {
    let Summary { conn_state, history, completeness, .. } = summary;
    let history = if history.as_str().is_empty() { String::new() } else { format!(", history {history}") };
    let text = format!("conn_state {}{history} (Zeek); tcp.completeness {completeness} (Wireshark)", conn_state.name());
    Statement { subject: "Briefly", text }
}

fn odd(summary: &Summary, names: &Names) -> Option<Statement> {
    let mut list: Vec<String> = Side::BOTH
        .into_iter()
        .filter(|side| summary.retransmissions[*side] > 0)
        .map(|side| {
            format!("{} sent again by {}", count(u64::from(summary.retransmissions[side]), "segment"), names.the(side))
        })
        .collect();
    let told = summary.marks.iter().filter(|mark| !marks::is_said(*mark, summary.marks));
    list.extend(told.filter_map(oddities::oddity).map(ToOwned::to_owned));
    (!list.is_empty()).then(|| Statement { subject: "Odd", text: list.join(", ") })
}
