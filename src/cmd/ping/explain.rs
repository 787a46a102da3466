//! What `-v` adds: the clocks behind a round trip, and what an ICMP error quotes and means.

use super::report::Means;
use crate::craft::ping::{ErrorReply, Quoted, QuotedRequest, Statistics};
use crate::explain::{count, icmp_advice};

/// The clock of all stamps.
pub(super) const CLOCK: &str = "CLOCK_REALTIME";

/// Between which moments round trips are measured, and by which clock.
pub(super) fn clocks(means: Means) -> String {
    let Means { socket, departure, receipt } = means;
    let departure = departure.map_or_else(
        || "our own stamp before sending (this kernel stamps no departures)".to_owned(),
        |stamp| format!("the kernel's stamp of departure ({stamp})"),
    );
    format!("{socket} socket; round trips run from {departure} to its stamp of receipt ({receipt}), both by {CLOCK}")
}

/// How many round trips the kernel has measured at both ends.
pub(super) fn stamped(statistics: &Statistics) -> String {
    let all = statistics.received + statistics.duplicates;
    let ours = all.saturating_sub(statistics.stamped);
    let trips = count(all, "round trip");
    match ours {
        _ if all == 0 => "no round trip to measure".to_owned(),
        0 => format!("{trips}, measured by the kernel at both ends"),
        ours => format!("{trips}; {ours} of them from our own stamp before sending, as the kernel gave none"),
    }
}

/// What an error quotes and what it means for the sender, in lines of their own.
pub(super) fn error(error: &ErrorReply) -> String {
    let ErrorReply { v6, kind, code, .. } = *error;
    let protocol = if v6 { "ICMPv6" } else { "ICMP" };
    let advice = icmp_advice(v6, kind, code);
    let quote = error.quoted.as_ref().map_or_else(|| HIDDEN.to_owned(), quoted);
    format!("    {protocol} type {kind}, code {code}: {advice}\n    {quote}\n")
}

const HIDDEN: &str = "what it quotes is kept by the kernel: an ICMP datagram socket does not see it";

fn quoted(quoted: &Quoted) -> String {
    let Quoted { source, destination, ttl, tos, id, len, kept, request } = *quoted;
    let hops = if source.is_ipv4() { "ttl" } else { "hop limit" };
    let class = if source.is_ipv4() { "tos" } else { "traffic class" };
    let id = id.map_or_else(String::new, |id| format!(", id {id}"));
    let kept = count(kept as u64, "byte");
    let request = match request {
        QuotedRequest::Echo { echo_id } => format!("your echo request with identifier {echo_id}"),
        QuotedRequest::Ports { source_port, destination_port } => {
            format!("your request from port {source_port} to port {destination_port}")
        }
    };
    format!(
        "it quotes {source} > {destination}, {hops} {ttl}, {class} {tos:#04x}{id}, length {len}: {request}; {kept} of its payload came back"
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::wire::Time;

    fn reply(quoted: Option<Quoted>) -> ErrorReply {
        let from = "192.0.2.254".parse().unwrap();
        ErrorReply { time: Time::default(), seq: 1, from, v6: false, kind: 11, code: 0, info: 0, lost: true, quoted }
    }

    #[test]
    fn an_error_shows_its_quote_and_says_what_it_means() {
        let [source, destination] = ["192.0.2.1", "198.51.100.1"].map(|address| address.parse().unwrap());
        let request = QuotedRequest::Echo { echo_id: 4_660 };
        let quoted = Quoted { source, destination, ttl: 1, tos: 0xb8, id: Some(54_321), len: 84, kept: 8, request };
        assert_snapshot!(error(&reply(Some(quoted))) + &error(&reply(None)), @r"
            ICMP type 11, code 0: its hops were used up on the way: a small -t, or routers that send it in a circle
            it quotes 192.0.2.1 > 198.51.100.1, ttl 1, tos 0xb8, id 54321, length 84: your echo request with identifier 4660; 8 bytes of its payload came back
            ICMP type 11, code 0: its hops were used up on the way: a small -t, or routers that send it in a circle
            what it quotes is kept by the kernel: an ICMP datagram socket does not see it
        ");
    }

    #[test]
    fn who_measured_is_said() {
        let some = Statistics { received: 3, duplicates: 1, stamped: 3, ..Statistics::default() };
        let all = Statistics { stamped: 4, ..some.clone() };
        assert_eq!(stamped(&Statistics::default()), "no round trip to measure");
        assert_snapshot!([stamped(&all), stamped(&some)].join("\n"), @r"
        4 round trips, measured by the kernel at both ends
        4 round trips; 1 of them from our own stamp before sending, as the kernel gave none
        ");
    }
}
