//! The words for UDP and ICMP exchanges.

use std::time::Duration;

use super::icmp::icmp_words;
use super::words::{count, duration, grouped, ordinal, payload};
use super::{Names, Reason, Statement, Topic, Weight};
use crate::trace::exchange::{Began, ExchangeError, ExchangeSummary, Message, MessageKind, Oddity, Outcome, Protocol};
use crate::trace::{Pair, Side};
use crate::wire::Time;
use crate::wire::icmp::is_advice;

/// Something of an exchange that needs to be explained once only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExchangeTopic {
    /// What a first datagram, or a first request, is.
    First(Side),
    /// Whom a group's answers come from.
    Group,
    /// An oddity.
    Oddity(Oddity),
}

impl Reason {
    fn exchange(topic: ExchangeTopic, text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Once(Topic::Exchange(topic)) }
    }
}

/// What an exchange is called: `UDP`, `ICMP echo`.
#[must_use]
pub const fn exchange_name(protocol: Protocol, v6: bool) -> &'static str {
    match (protocol, v6) {
        (Protocol::Udp, _) => "UDP",
        (Protocol::Echo, false) => "ICMP echo",
        (Protocol::Echo, true) => "ICMPv6 echo",
        (Protocol::Timestamp, _) => "ICMP timestamp",
        (Protocol::Information, _) => "ICMP information",
        (Protocol::AddressMask, _) => "ICMP address mask",
    }
}

/// What is asked for, without the protocol's name.
const fn query(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Udp => "UDP",
        Protocol::Echo => "echo",
        Protocol::Timestamp => "timestamp",
        Protocol::Information => "information",
        Protocol::AddressMask => "address mask",
    }
}

/// What the messages of one side are: `datagram`, `echo request`.
fn thing(protocol: Protocol, side: Side) -> String {
    match (protocol, side) {
        (Protocol::Udp, _) => "datagram".to_owned(),
        (_, Side::Client) => format!("{} request", query(protocol)),
        (_, Side::Server) => format!("{} reply", query(protocol)),
    }
}

/// So many of them; only `reply` has a plural of its own.
fn things(number: u64, protocol: Protocol, side: Side) -> String {
    match (protocol, side, number) {
        (Protocol::Udp, ..) | (_, Side::Client, _) | (_, _, 1) => count(number, &thing(protocol, side)),
        _ => format!("{} {} replies", grouped(number), query(protocol)),
    }
}

/// The parts of a message's label: `echo request`, `seq 1`, `56 bytes`.
#[must_use]
pub fn message_label(message: &Message, protocol: Protocol) -> Vec<String> {
    let name = match message.kind {
        MessageKind::Datagram => "UDP".to_owned(),
        MessageKind::Request | MessageKind::Reply => thing(protocol, message.from),
    };
    let mut parts = vec![name];
    parts.extend(message.seq.map(|seq| format!("seq {seq}")));
    parts.push(count(u64::from(message.len), "byte"));
    parts
}

/// All that can be said of a message, the most important first. `ascii`: no other characters from the wire.
#[must_use]
pub fn message_reasons(message: &Message, protocol: Protocol, began: &Began, ascii: bool) -> Vec<Reason> {
    let mut reasons: Vec<_> = message.oddities.iter().map(|oddity| odd_reason(oddity, message, began)).collect();
    if began.group && message.from == Side::Client {
        let text = "to a group: who answers does so from an address of its own";
        reasons.push(Reason::exchange(ExchangeTopic::Group, text));
    }
    let took = message.response.map(|time| duration(time.0));
    match message.kind {
        MessageKind::Datagram => reasons.extend(datagram(message, took, ascii)),
        MessageKind::Request => {
            let id = began.id.map_or_else(String::new, |id| format!("id {id}: "));
            let text = format!("{id}the reply carries it back, with seq and data");
            let words =
                if protocol == Protocol::Echo { text } else { format!("{id}the reply carries it back, with seq") };
            reasons.push(Reason::exchange(ExchangeTopic::First(Side::Client), words));
        }
        MessageKind::Reply => reasons.extend(took.map(|took| Reason::key(format!("round trip {took}")))),
    }
    reasons.push(Reason::detail(format!("time to live {}", message.ttl)));
    reasons
}

/// A glimpse of the payload, and what a datagram is.
fn datagram(message: &Message, took: Option<String>, ascii: bool) -> Option<Reason> {
    let octets = message.preview.octets();
    let glimpse = (!octets.is_empty()).then(|| payload(octets, message.len, ascii));
    let first = message.from == Side::Client;
    let words = match (took, first) {
        (_, true) => Some("no handshake, a datagram stands alone".to_owned()),
        (Some(took), false) => Some(format!("answers after {took}")),
        (None, false) => None,
    };
    let text = glimpse.into_iter().chain(words).collect::<Vec<_>>().join(": ");
    (!text.is_empty()).then(|| Reason::exchange(ExchangeTopic::First(message.from), text))
}

fn odd_reason(oddity: Oddity, message: &Message, began: &Began) -> Reason {
    let seq = message.seq.unwrap_or(0);
    let text = match oddity {
        Oddity::Again => {
            let why = match message.from {
                Side::Client if began.group => "",
                Side::Client => ": no answer was seen",
                // Some servers wait for an answer to theirs, most do not.
                Side::Server => ": sent again, or doubled on the way",
            };
            return Reason::key(format!("the same again, {} time{why}", ordinal(u64::from(message.copy))));
        }
        Oddity::SecondReply => format!("seq {seq} was replied to before: one of the two was duplicated"),
        Oddity::RequestUnseen => "no request for it in this capture; one to a group brings such replies".to_owned(),
        Oddity::DataDiffers => "the data is not what the request carried".to_owned(),
        Oddity::BadChecksum => "wrong checksum: dropped without a word, unless it was captured too early".to_owned(),
        Oddity::OffloadedChecksum => return Reason::detail("the network interface will fill in the checksum"),
        Oddity::Malformed => "its length field contradicts the IP header's".to_owned(),
    };
    Reason::exchange(ExchangeTopic::Oddity(oddity), text)
}

/// The name of an oddity in a verdict; none for what is said elsewhere.
const fn odd_words(oddity: Oddity) -> Option<&'static str> {
    Some(match oddity {
        Oddity::Again => "the same sent again",
        Oddity::SecondReply => "second replies",
        Oddity::RequestUnseen => "replies without a request",
        Oddity::DataDiffers => "replies with other data",
        Oddity::BadChecksum => "wrong checksum",
        Oddity::Malformed => "wrong length field",
        Oddity::OffloadedChecksum => return None,
    })
}

/// The parts of an error's label: `ICMP port unreachable`, `from 192.0.2.2`.
#[must_use]
pub fn error_label(error: &ExchangeError) -> Vec<String> {
    let mut parts = vec![format!("{} {}", icmp(error), icmp_words(error.v6, error.kind, error.code).says)];
    parts.extend(error.mtu.filter(|mtu| *mtu > 0).map(|mtu| format!("mtu {mtu}")));
    parts.push(format!("from {}", error.from));
    parts
}

const fn icmp(error: &ExchangeError) -> &'static str {
    if error.v6 { "ICMPv6" } else { "ICMP" }
}

/// Whether the error is advice, and what it quotes was passed on all the same: source quench and redirect.
#[must_use]
pub const fn error_is_advice(error: &ExchangeError) -> bool {
    is_advice(error.v6, error.kind)
}

/// What the error quotes and means, the most important first.
#[must_use]
pub fn error_reasons(error: &ExchangeError, protocol: Protocol, names: &Names) -> Vec<Reason> {
    let which = error.quoted_seq.map_or_else(String::new, |seq| format!(" with seq {seq}"));
    let quotes = format!("it quotes {} {}{which}", names.whose(error.about), thing(protocol, error.about));
    let meaning = match (error.mtu, icmp_words(error.v6, error.kind, error.code).errno, protocol) {
        _ if !error.plausible => "ignored: wrong checksum, dropped without a word".to_owned(),
        (Some(0), ..) => "a smaller packet is needed; how small, it does not say".to_owned(),
        (Some(mtu), ..) => format!("packets above {} do not get through", count(u64::from(mtu), "byte")),
        (None, Some(errno), Protocol::Udp) => format!("a connected socket's next call fails with {errno}"),
        (None, Some(_), _) => "no reply will come".to_owned(),
        (None, None, _) => "a hint only".to_owned(),
    };
    let after = error.response.map_or_else(String::new, |time| format!(", {} after it", duration(time.0)));
    let detail = format!("type {}, code {}{after}", error.kind, error.code);
    vec![Reason::key(quotes), Reason::key(meaning), Reason::detail(detail)]
}

/// What stands above an error whose message was not captured.
#[must_use]
pub const fn quoted_unseen() -> &'static str {
    "what it quotes is not in this capture"
}

/// The verdict on one exchange.
#[must_use]
pub fn exchange_verdict(summary: &ExchangeSummary, protocol: Protocol, names: &Names) -> Vec<Statement> {
    let mut statements = vec![sent(summary, protocol, names)];
    statements.extend(came(summary, protocol, names));
    statements.extend(odd(summary));
    statements
}

fn sent(summary: &ExchangeSummary, protocol: Protocol, names: &Names) -> Statement {
    let by = |side: Side| match summary.messages[side] {
        0 => None,
        number => {
            let octets = count(summary.octets[side], "byte");
            Some(format!("{} with {octets} by {}", things(number, protocol, side), names.the(side)))
        }
    };
    let parts: Vec<_> = Side::BOTH.into_iter().filter_map(by).collect();
    let text = if parts.is_empty() { "nothing that was captured".to_owned() } else { parts.join(", ") };
    Statement { subject: "Sent", text }
}

/// What came back.
fn came(summary: &ExchangeSummary, protocol: Protocol, names: &Names) -> Vec<Statement> {
    let one = |subject, text: String| vec![Statement { subject, text }];
    match summary.outcome {
        Outcome::Answered => answered(summary, protocol),
        Outcome::Unanswered => one("Unanswered", silence(summary, protocol)),
        Outcome::OneWay => {
            one("Answered", "not here: members of a group answer from addresses of their own".to_owned())
        }
        Outcome::Unasked => one("Answered", "what was asked is not in this capture".to_owned()),
        Outcome::Refused => one("Refused", refused(summary, protocol)),
        Outcome::Unreachable => one("Unreachable", unreachable(summary, names)),
    }
}

fn answered(summary: &ExchangeSummary, protocol: Protocol) -> Vec<Statement> {
    let mut statements = Vec::new();
    let times = summary.responses;
    let text = match (protocol, times) {
        (Protocol::Udp, Some(times)) if times.count > 1 => format!(
            "first after {}; {}, after {} on average",
            duration(times.first.0),
            count(times.count, "time"),
            duration(times.mean.0)
        ),
        (Protocol::Udp, Some(times)) => format!("after {}", duration(times.first.0)),
        (_, Some(times)) if times.count > 1 => format!(
            "{}; round trip {} at least, {} on average, {} at most",
            count(times.count, "time"),
            duration(times.min.0),
            duration(times.mean.0),
            duration(times.max.0)
        ),
        (_, Some(times)) => format!("round trip {}", duration(times.first.0)),
        (_, None) => "both ends were heard; what answers what cannot be told".to_owned(),
    };
    statements.push(Statement { subject: "Answered", text });
    if let Some(unanswered) = summary.unanswered.filter(|number| *number > 0) {
        let asked = things(summary.messages.client, protocol, Side::Client);
        let text = format!("{} of {asked}: lost, or the reply was", grouped(unanswered));
        statements.push(Statement { subject: "Unanswered", text });
    }
    statements
}

fn silence(summary: &ExchangeSummary, protocol: Protocol) -> String {
    let time = summary.last.since(summary.first);
    let within = if time.is_zero() { String::new() } else { format!(" in {}", duration(time)) };
    match protocol {
        Protocol::Udp => format!("nothing came back{within}: lost, ignored, or none was asked for; UDP does not tell"),
        _ => format!("no reply{within}: the host is down, or a firewall drops requests or replies"),
    }
}

fn refused(summary: &ExchangeSummary, protocol: Protocol) -> String {
    let numbers = summary.error.map_or_else(String::new, |error| told(&error));
    match (protocol, summary.server.socket()) {
        (Protocol::Udp, Some(server)) => {
            format!("no socket is bound to port {} of {}, says that host{numbers}", server.port(), server.ip())
        }
        _ => format!("by {}{numbers}", summary.server),
    }
}

/// ` (ICMP type 3, code 3)`.
fn told(error: &ExchangeError) -> String {
    format!(" ({} type {}, code {})", icmp(error), error.kind, error.code)
}

fn unreachable(summary: &ExchangeSummary, names: &Names) -> String {
    summary.error.map_or_else(
        || "an ICMP error came back".to_owned(),
        |error| {
            let says = icmp_words(error.v6, error.kind, error.code).says;
            format!("{} tells {}: {says}{}", error.from, names.the(error.about), told(&error))
        },
    )
}

fn odd(summary: &ExchangeSummary) -> Option<Statement> {
    // Otherwise the error is the outcome.
    let error = summary.error.filter(|_| !matches!(summary.outcome, Outcome::Refused | Outcome::Unreachable));
    let errors = error.map(|error| {
        let says = icmp_words(error.v6, error.kind, error.code).says;
        let last = if summary.errors > 1 { "the last: " } else { "" };
        format!("{} ({last}{says})", count(summary.errors, "ICMP error"))
    });
    let list: Vec<_> = summary.oddities.iter().filter_map(odd_words).map(str::to_owned).chain(errors).collect();
    (!list.is_empty()).then(|| Statement { subject: "Odd", text: list.join(", ") })
}

/// What stands behind a folded row of an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExchangeTally {
    /// Messages of each side.
    pub messages: Pair<u64>,
    /// Octets of payload of each side.
    pub octets: Pair<u64>,
    /// ICMP errors.
    pub errors: u64,
    /// System calls.
    pub calls: u64,
    /// Time of the first and of the last event.
    pub span: Option<(Time, Time)>,
}

impl ExchangeTally {
    /// Counts a message.
    pub fn add(&mut self, time: Time, message: &Message) {
        self.messages[message.from] += 1;
        self.octets[message.from] += u64::from(message.len);
        self.stretch(time);
    }

    /// Counts an ICMP error.
    pub fn add_error(&mut self, time: Time) {
        self.errors += 1;
        self.stretch(time);
    }

    /// Counts a system call.
    pub fn add_call(&mut self, time: Time) {
        self.calls += 1;
        self.stretch(time);
    }

    /// Adds another tally, which follows this one in time.
    pub fn merge(&mut self, other: &Self) {
        for side in Side::BOTH {
            self.messages[side] += other.messages[side];
            self.octets[side] += other.octets[side];
        }
        self.errors += other.errors;
        self.calls += other.calls;
        if let Some((first, last)) = other.span {
            self.stretch(first);
            self.stretch(last);
        }
    }

    fn stretch(&mut self, time: Time) {
        let first = self.span.map_or(time, |(first, _)| first);
        self.span = Some((first, time));
    }

    /// `34 datagrams from client`, `48,020 bytes`, `1.3 ms`; `17 echo requests`, `17 echo replies`.
    #[must_use]
    pub fn words(&self, protocol: Protocol, names: &Names) -> Vec<String> {
        let from = |side: Side| {
            let messages = things(self.messages[side], protocol, side);
            let whose = if protocol.is_icmp() { String::new() } else { format!(" from {}", names.label(side)) };
            (self.messages[side] > 0).then(|| messages + &whose)
        };
        let mut parts: Vec<_> = Side::BOTH.into_iter().filter_map(from).collect();
        let octets = self.octets.client.saturating_add(self.octets.server);
        parts.extend((!protocol.is_icmp()).then(|| count(octets, "byte")));
        parts.extend((self.errors > 0).then(|| count(self.errors, "ICMP error")));
        parts.extend((self.calls > 0).then(|| count(self.calls, "call")));
        parts.push(duration(self.span.map_or(Duration::ZERO, |(first, last)| last.since(first))));
        parts
    }
}
