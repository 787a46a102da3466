//! Replies and summaries in words.

use std::net::IpAddr;

use super::blind;
use crate::craft::packet::Transport;
use crate::craft::ping::text::printable;
use crate::craft::probe::{Answer, Reply, Series, Session, Tally};
use crate::explain;
use crate::trace::exchange::Protocol;

/// One reply in one line: what was asked, what came, from whom, how long it took, and the state that answers so.
pub(super) fn reply(series: &Series, reply: &Reply) -> String {
    let spec = series.spec(reply.index);
    let asked = match &spec.transport {
        Transport::Tcp(tcp) => format!("{}/tcp", tcp.destination_port),
        Transport::Udp(udp) => format!("{}/udp", udp.destination_port),
        Transport::Icmp(icmp) => format!("icmp {}", u16::from_be_bytes([icmp.rest[2], icmp.rest[3]])),
    };
    let again = if reply.first { "" } else { "  again" };
    let time = explain::brief_duration(reply.rtt);
    let case = blind::is_judged(series, reply.index).then(|| blind::case(&spec, Some(&reply.answer)));
    let state = case.and_then(Result::ok).filter(|_| reply.first).and_then(|case| case.brief());
    let state = state.map_or_else(String::new, |state| format!("  {state}"));
    format!("{asked:<10} {:<24} {time:>7}  {}  ttl {}{state}{again}", answer(&reply.answer), reply.from, reply.ttl)
}

/// What came, in few words.
pub(super) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Segment { flags, .. } => flags.to_string(),
        Answer::Datagram { len } => format!("{} {}", Protocol::Udp.name(), explain::count(*len as u64, "octet")),
        Answer::Message { kind, code } => format!("icmp type {kind} code {code}"),
        Answer::Error { v6, kind, code } => explain::icmp_words(*v6, *kind, *code).says.to_owned(),
    }
}

/// What came of all, in two lines at most.
pub(super) fn summary(session: &mut Session) -> String {
    let Tally { sent, answered, extra, errors } = *session.tally();
    let mut line = format!("{} sent, {} answered", explain::count(sent, "packet"), explain::grouped(answered));
    if errors > 0 {
        line += &format!(" ({} by ICMP errors)", explain::grouped(errors));
    }
    if extra > 0 {
        line += &format!(", {}", explain::count(extra, "further reply").replace("replys", "replies"));
    }
    let times = session.times();
    let Some((min, max)) = times.extremes() else { return line + "\n" };
    let percentiles = [50, 90, 99].map(|percent| {
        let time = times.percentile(percent).map(explain::duration).unwrap_or_default();
        format!("{percent} % within {time}")
    });
    let [min, max] = [min, max].map(explain::duration);
    format!("{line}\nReply times: {min} to {max}; {}\n", percentiles.join(", "))
}

/// What went otherwise than hoped for; none where something came back.
pub(super) fn complaint(tally: &Tally, unseen: usize, packets: u64, peer: IpAddr, interface: &str) -> Option<String> {
    if tally.answered > 0 {
        return None;
    }
    let silence = || format!("no reply from {peer} to {}", explain::count(tally.sent, "packet"));
    Some(nothing_left(unseen, packets, peer, interface).unwrap_or_else(silence))
}

/// Why nothing went out, where of the `packets` that are shown all are `unseen`; otherwise none.
pub(super) fn nothing_left(unseen: usize, packets: u64, peer: IpAddr, interface: &str) -> Option<String> {
    (packets as usize <= unseen && unseen > 0).then(|| {
        format!(
            "nothing left interface {interface}, since no neighbour there answers for {peer}, or for the router to it; \
             is it up?"
        )
    })
}

/// A text of somebody else, blanks and all, without what a terminal would obey.
pub(super) fn visible(text: &str) -> String {
    text.split(' ').map(printable).collect::<Vec<_>>().join(" ")
}
