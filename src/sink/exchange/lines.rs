//! One line for each message, as `tcpdump -nn -tt` writes it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use crate::explain;
use crate::sink::lines::{dotted, kernel_words, stamp};
use crate::trace::Side;
use crate::trace::exchange::{
    Began, Endpoint, ExchangeError, ExchangeEvent, ExchangeKind, Message, MessageKind, Protocol,
};

/// Octets of an ICMP header, which tcpdump counts.
const ICMP_HEADER: u32 = 8;

/// The ends of the exchanges that are not over.
#[derive(Default)]
pub(in crate::sink) struct ExchangeLines {
    open: HashMap<u32, Began>,
}

impl ExchangeLines {
    /// The line for an event; none where there is nothing to say.
    pub(in crate::sink) fn line(&mut self, event: &ExchangeEvent) -> Option<String> {
        let head = |lines: &Self, from: Side| {
            let mut line = stamp(event.time);
            let ends = lines.open.get(&event.exchange);
            let _ = match ends.map(|began| (end(began, from), end(began, from.other()))) {
                Some((from, to)) => write!(line, " {} {} > {}: ", family(from.ip()), shown(from), shown(to)),
                // The exchange was not announced: its number must do.
                None => write!(line, " exchange {} {from:?}: ", event.exchange),
            };
            line
        };
        match &event.kind {
            ExchangeKind::Began(began) => {
                self.open.insert(event.exchange, *began);
                None
            }
            ExchangeKind::Message(message) => {
                let began = self.open.get(&event.exchange);
                Some(head(self, message.from) + &fields(message, event.protocol, began))
            }
            ExchangeKind::Error(error) => {
                let about = self.open.get(&event.exchange).map(|began| end(began, error.about));
                Some(stamp(event.time) + &error_fields(error, about))
            }
            ExchangeKind::Kernel(kernel) => {
                let began = self.open.get(&event.exchange);
                let ends = began.map_or_else(
                    || format!("exchange {} {:?}", event.exchange, kernel.side),
                    |began| format!("{} > {}", shown(end(began, kernel.side)), shown(end(began, kernel.side.other()))),
                );
                Some(format!("{} KERNEL {ends}: {}", stamp(event.time), kernel_words(kernel)))
            }
            ExchangeKind::Ended(_) => {
                self.open.remove(&event.exchange);
                None
            }
        }
    }
}

const fn end(began: &Began, side: Side) -> Endpoint {
    match side {
        Side::Client => began.client,
        Side::Server => began.server,
    }
}

const fn family(address: IpAddr) -> &'static str {
    if address.is_ipv6() { "IP6" } else { "IP" }
}

fn shown(end: Endpoint) -> String {
    match end {
        Endpoint::Socket(socket) => dotted(socket),
        Endpoint::Host(address) => address.to_string(),
    }
}

/// `UDP, length 5`, `ICMP echo request, id 77, seq 1, length 64`, and in brackets what is odd.
fn fields(message: &Message, protocol: Protocol, began: Option<&Began>) -> String {
    let v6 = began.is_some_and(|began| began.server.ip().is_ipv6());
    let (id, seq) = (began.and_then(|began| began.id).unwrap_or(0), message.seq.unwrap_or(0));
    let way = if message.kind == MessageKind::Reply { "reply" } else { "request" };
    let mut line = match protocol {
        Protocol::Udp => format!("UDP, length {}", message.len),
        Protocol::Echo if v6 => {
            format!("ICMP6, echo {way}, id {id}, seq {seq}, length {}", message.len + ICMP_HEADER)
        }
        _ => {
            let what = match protocol {
                Protocol::Timestamp => "time stamp",
                Protocol::Information => "information",
                Protocol::AddressMask => "address mask",
                Protocol::Udp | Protocol::Echo => "echo",
            };
            format!("ICMP {what} {way}, id {id}, seq {seq}, length {}", message.len + ICMP_HEADER)
        }
    };
    let mut notes: Vec<_> = message.oddities.iter().map(|oddity| oddity.name().to_owned()).collect();
    notes.extend(message.response.map(|time| format!("answers after {}", explain::duration(time.0))));
    if !notes.is_empty() {
        let _ = write!(line, " [{}]", notes.join(", "));
    }
    line
}

/// `IP 192.0.2.2 > 192.0.2.1: ICMP port unreachable, type 3, code 3, about a message from 192.0.2.1.40000`.
fn error_fields(error: &ExchangeError, about: Option<Endpoint>) -> String {
    let mut line = format!(" {} {}", family(error.from), error.from);
    if let Some(about) = about {
        let _ = write!(line, " > {}", about.ip());
    }
    let words = explain::error_label(error).join(", ");
    let _ = write!(line, ": {words}, type {}, code {}", error.kind, error.code);
    if let Some(about) = about {
        let _ = write!(line, ", about a message from {}", shown(about));
    }
    if !error.plausible {
        line += " [not believed]";
    }
    line
}
