//! Packets that belong to no connection and to no exchange: no ladder can show them, so they are told in words.

use std::io::{self, Write};

use crate::cmd::output::Format;
use crate::craft::packet::{PacketSpec, SpecError, Transport, build};
use crate::craft::probe::Series;
use crate::craft::trial::damage;
use crate::explain::{self, damage_words};
use crate::ladder::{Settings, wrap};
use crate::trace::exchange::Exchanges;
use crate::trace::{Hint, Origin, SCHEMA, Tracer, TracerOptions};
use crate::wire::{Content, Icmp, LinkType, Packet, Time, decode};

/// Packets of a run that are told at most.
const MOST: u64 = 1000;

/// Tells those of the first `sent` packets of `series` that nothing else shows.
///
/// # Errors
/// They could not be told.
pub(super) fn tell(
    format: Format,
    settings: &Settings,
    series: &Series,
    sent: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    (0..sent.min(MOST)).try_for_each(|index| tell_one(format, settings, (index + 1, &series.spec(index)), out))
}

/// The same of one packet, by its number in the run, from 1.
///
/// # Errors
/// It could not be told.
pub(super) fn tell_one(
    format: Format,
    settings: &Settings,
    (number, spec): (u64, &PacketSpec),
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let bytes = in_one(spec)?;
    if is_followed(&bytes) {
        return Ok(());
    }
    let (what, why) = (what(spec), why(spec, &bytes));
    Ok(match format {
        Format::Ladder | Format::Lines => {
            let octets = explain::count(bytes.len() as u64, "octet");
            let line = format!("Sent: {what}, {octets} in all: {why}");
            let width = if format == Format::Ladder { settings.width } else { usize::MAX };
            writeln!(out, "{}", wrap(&line, width).join("\n"))
        }
        Format::Json => {
            let object = serde_json::json!({
                "schema": SCHEMA, "event": "packet", "number": number, "source": spec.source,
                "destination": spec.destination, "octets": bytes.len(), "sent": what, "why": why,
            });
            writeln!(out, "{object}")
        }
        Format::Csv | Format::Picture(_) => io::Result::Ok(()),
    }?)
}

/// Whether nobody may answer `spec`, whatever it meets; a segment is judged by its own rules.
pub(super) fn is_unanswerable(spec: &PacketSpec) -> bool {
    let is_other = !matches!(spec.transport, Transport::Tcp(_));
    is_other && (damage(spec).is_some() || in_one(spec).is_ok_and(|bytes| is_icmp_error(&bytes)))
}

/// What is sent in fragments arrives as one.
fn in_one(spec: &PacketSpec) -> Result<Vec<u8>, SpecError> {
    let mut spec = spec.clone();
    spec.ip.fragment_size = None;
    Ok(build(&spec)?.swap_remove(0))
}

fn packet(bytes: &[u8]) -> Packet<'_> {
    let original_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    Packet { time: Time::default(), link: LinkType::RAW, original_len, bytes }
}

/// Whether those who follow connections and exchanges have something to say of it.
fn is_followed(bytes: &[u8]) -> bool {
    let packet = packet(bytes);
    let (decoded, mut events) = (decode(&packet), 0);
    let hint = Hint { origin: Origin::HandMade, ..Hint::default() };
    Tracer::new(TracerOptions::default()).packet(1, &packet, &decoded, hint, &mut |_| events += 1);
    Exchanges::new(1).packet(1, &packet, &decoded, &mut |_| events += 1);
    events > 0
}

fn is_icmp_error(bytes: &[u8]) -> bool {
    matches!(decode(&packet(bytes)).content, Content::Icmp(icmp) if Icmp::is_error(&icmp))
}

/// What was asked for.
fn what(spec: &PacketSpec) -> String {
    let host = spec.destination;
    match &spec.transport {
        Transport::Tcp(tcp) if tcp.flags.names().next().is_none() => {
            format!("a segment without flags to port {} of {host}", tcp.destination_port)
        }
        Transport::Tcp(tcp) => format!("{} to port {} of {host}", tcp.flags, tcp.destination_port),
        Transport::Udp(udp) => format!("a datagram to port {} of {host}", udp.destination_port),
        Transport::Icmp(icmp) => format!("ICMP type {} code {} to {host}", icmp.kind, icmp.code),
    }
}

/// Why no answer is to come, or none that is told.
fn why(spec: &PacketSpec, bytes: &[u8]) -> String {
    match (damage(spec), &spec.transport) {
        (Some(damage), _) => format!("to be dropped: {}", damage_words(damage)),
        (None, Transport::Icmp(icmp)) if is_icmp_error(bytes) => {
            let v6 = spec.destination.is_ipv6();
            let rule = if v6 { "RFC 4443 section 2.4" } else { "RFC 1122 section 3.2.2" };
            let says = explain::icmp_words(v6, icmp.kind, icmp.code).says;
            format!("the ICMP error \"{says}\", which nobody may answer ({rule})")
        }
        _ => "part of no connection and of no exchange".to_owned(),
    }
}
