//! Replies and summaries in words.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use super::blind;
use crate::craft::packet::{PacketSpec, Transport};
use crate::craft::probe::{Answer, Reply, Series, Session, Tally};
use crate::explain;
use crate::trace::SCHEMA;
use crate::trace::exchange::Protocol;

/// What was sent, in the columns of a list: the hop, where there are several, protocol and port.
fn asked(series: &Series, spec: &PacketSpec) -> String {
    let asked = match &spec.transport {
        Transport::Tcp(tcp) => format!("{}/tcp", tcp.destination_port),
        Transport::Udp(udp) => format!("{}/udp", udp.destination_port),
        Transport::Icmp(icmp) => format!("icmp {}", u16::from_be_bytes([icmp.rest[2], icmp.rest[3]])),
    };
    let hop = if series.hops() > 1 { format!("{:>3}  ", spec.ip.ttl) } else { String::new() };
    format!("{hop}{asked:<10}")
}

/// One reply in one line: what was asked, what came, from whom, how long it took, and the state that answers so.
pub(super) fn reply(series: &Series, reply: &Reply) -> String {
    let spec = series.spec(reply.index);
    let asked = asked(series, &spec);
    let again = if reply.first || reply.answer.is_advice() { "" } else { "  again" };
    let time = explain::brief_duration(reply.rtt);
    let case = blind::is_judged(series, reply.index).then(|| blind::case(&spec, Some(&reply.answer)));
    let state = case.and_then(Result::ok).filter(|_| reply.first).and_then(|case| case.brief());
    let state = state.map_or_else(String::new, |state| format!("  {state}"));
    format!("{asked} {:<24} {time:>7}  {}  ttl {}{state}{again}", answer(&reply.answer), reply.from, reply.ttl)
}

/// The line of a packet that nothing came to.
pub(super) fn silence(series: &Series, index: u64) -> String {
    format!("{} no reply", asked(series, &series.spec(index)))
}

/// Replies to ICMP and ICMPv6 queries (RFC 792, RFC 950, RFC 4443), whose types do not overlap.
const MESSAGES: [(u8, &str); 4] =
    [(0, "echo reply"), (14, "timestamp reply"), (18, "address mask reply"), (129, "echo reply")];

/// What came, in few words.
pub(super) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Segment { flags, .. } => flags.to_string(),
        Answer::Datagram { len } => format!("{} {}", Protocol::Udp.name(), explain::count(*len as u64, "octet")),
        Answer::Message { kind, code } => match MESSAGES.iter().find(|(known, _)| (*known, 0) == (*kind, *code)) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("icmp type {kind} code {code}"),
        },
        Answer::Error { v6, kind, code } => explain::icmp_words(*v6, *kind, *code).says.to_owned(),
    }
}

/// The percentiles of reply times that are told.
const PERCENTILES: [u8; 3] = [50, 90, 99];

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
    let percentiles = PERCENTILES.map(|percent| {
        let time = times.percentile(percent).map(explain::brief_duration).unwrap_or_default();
        format!("{percent} % in {time}")
    });
    // Five times in one line of 80 columns.
    let [min, max] = [min, max].map(explain::brief_duration);
    format!("{line}\nReply times: {min} to {max}; {}\n", percentiles.join(", "))
}

/// The same as one object: `"event":"series"`.
pub(super) fn summary_in_json(session: &mut Session, out: &mut dyn Write) -> io::Result<()> {
    let Tally { sent, answered, extra, errors } = *session.tally();
    let times = session.times();
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let times_ns = times.extremes().map(|(min, max)| {
        let percentiles =
            PERCENTILES.map(|percent| (format!("p{percent}"), times.percentile(percent).map_or(0, nanos)));
        let ends = [("min".to_owned(), nanos(min)), ("max".to_owned(), nanos(max))];
        percentiles.into_iter().chain(ends).collect::<BTreeMap<_, _>>()
    });
    let object = serde_json::json!({
        "schema": SCHEMA, "event": "series", "packets": sent, "answered": answered, "extra": extra, "errors": errors,
        "times_ns": times_ns,
    });
    writeln!(out, "{object}")
}

/// That nothing came back.
pub(super) fn no_reply(tally: &Tally, peer: IpAddr) -> String {
    format!("no reply from {peer} to {}", explain::count(tally.sent, "packet"))
}

/// Why nothing went out, where of the `packets` that are shown all are `unseen`; otherwise none.
pub(super) fn nothing_left(unseen: usize, packets: u64, peer: IpAddr, interface: &str) -> Option<String> {
    (packets as usize <= unseen && unseen > 0)
        .then(|| format!("nothing left {interface}: no neighbour answers for {peer}, or for its router"))
}
