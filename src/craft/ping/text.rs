//! The lines of iputils ping.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::{Answer, Config, End, ErrorReply, Event, Probe, Reply, Statistics, TIMESTAMP_LEN, WrongData, names};
use crate::wire::is_right_to_left;

/// What the first line says beside the configuration. All texts must be safe to print: see [`printable`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// The host as the person wrote it.
    pub host: String,
    /// Its address, with the scope where it needs one.
    pub address: String,
    /// Its name and address, as [`label`] gives them.
    pub label: String,
    /// The source address, where a source address or an interface was asked for.
    pub source: Option<IpAddr>,
    /// The interface, where one was asked for.
    pub interface: Option<String>,
}

/// The lines before the first reply.
#[must_use]
pub fn introduction(introduction: &Introduction, config: &Config, quiet: bool) -> String {
    let Introduction { host, address, label, source, interface } = introduction;
    let mut text = String::new();
    if !quiet && !config.pattern.is_default() {
        let _ = writeln!(text, "PATTERN: 0x{}", config.pattern);
    }
    let interface = interface.as_deref().unwrap_or_default();
    let from = source.map_or_else(String::new, |source| format!("from {source} {interface}: "));
    let size = config.size;
    if let Some(port) = config.probe.port() {
        let what = match config.probe {
            Probe::Syn { end: End::Reset, .. } => "a SYN, and a RST for what it opens".to_owned(),
            Probe::Syn { end: End::Fin, .. } => "a SYN, and a FIN for what it opens".to_owned(),
            Probe::Datagram { .. } | Probe::Echo => format!("{size} data bytes"),
        };
        let protocol = config.probe.word().to_uppercase();
        let _ = writeln!(text, "PING {host} ({address}) {from}{protocol} port {port}: {what}");
        return text;
    }
    let _ = match config.destination {
        IpAddr::V4(_) => {
            let options = if config.record_route { 40 } else { 0 };
            writeln!(text, "PING {host} ({address}) {from}{size}({}) bytes of data.", size + 28 + options)
        }
        IpAddr::V6(_) => writeln!(text, "PING {host}({label}) {from}{size} data bytes"),
    };
    text
}

/// A host with its name, where it has one. The name comes from anybody's name server: only what is safe to print stays.
#[must_use]
pub fn label(name: Option<&str>, address: &str) -> String {
    name.map_or_else(|| address.to_owned(), |name| format!("{} ({address})", printable(name)))
}

/// The text with everything escaped that could steer a terminal, hide itself, or turn round what stands beside it.
#[must_use]
pub fn printable(text: &str) -> String {
    let escape = |c: char| match c {
        c if c.is_ascii_graphic() || c.is_alphanumeric() && !is_right_to_left(c) => c.to_string(),
        c => c.escape_unicode().to_string(),
    };
    text.chars().map(escape).collect()
}

/// How events become lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The time stands before each line.
    pub timestamps: bool,
    /// Only requests without a reply are told.
    pub quiet: bool,
    /// Round trips have all their microseconds.
    pub precise: bool,
}

/// The line for an event, with the line break; nothing where iputils has none. `from` is the [`label`] of its host, and
/// `route` the [`route`] that it recorded.
#[must_use]
pub fn event(event: &Event, config: &Config, style: Style, from: &str, route: &str) -> Option<String> {
    let (time, line) = match event {
        Event::Outstanding(request) => {
            (request.time, format!("no answer yet for {}_seq={}", config.probe.word(), request.seq))
        }
        Event::Timeout(_) | Event::Unsent(_) | Event::Local(_) => return None,
        _ if style.quiet => return None,
        Event::Reply(reply) => (reply.time, self::reply(reply, config, style, from)),
        Event::Error(error) => (error.time, self::error(error, config, from)),
    };
    let micros = time.as_nanos().div_euclid(1_000);
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let stamp = if style.timestamps { format!("[{seconds}.{micros:06}] ") } else { String::new() };
    Some(format!("{stamp}{line}{route}\n"))
}

fn reply(reply: &Reply, config: &Config, style: Style, from: &str) -> String {
    let what = match reply.answer {
        Answer::EchoReply | Answer::Datagram => format!("{} bytes", reply.bytes),
        Answer::SynAck => "SYN-ACK".to_owned(),
        Answer::Reset => "RST".to_owned(),
        Answer::PortUnreachable => "Port unreachable".to_owned(),
    };
    let mut line = format!("{what} from {from}: {}_seq={}", config.probe.word(), reply.seq);
    if let Some(ttl) = reply.ttl {
        let _ = write!(line, " ttl={ttl}");
    }
    if reply.truncated {
        return line + " (truncated)";
    }
    if config.has_timestamp() {
        let rtt = if style.precise { millis(reply.rtt) } else { round_trip(reply.rtt) };
        let _ = write!(line, " time={rtt} ms");
    }
    line += match reply.answer {
        Answer::EchoReply => "",
        Answer::SynAck | Answer::Datagram => " open",
        Answer::Reset | Answer::PortUnreachable => " closed",
    };
    // Several hosts reply to one request here, so it says nothing.
    if reply.duplicate && !config.is_multicast() {
        line += " (DUP!)";
    }
    if reply.bad_checksum {
        line += " (BAD CHECKSUM!)";
    }
    reply.wrong_data.iter().for_each(|wrong| line += &wrong_data(wrong));
    line
}

/// The octet that differs, and all that came back, 32 octets a line.
fn wrong_data(wrong: &WrongData) -> String {
    let WrongData { offset, expected, found, data } = wrong;
    let mut text = format!("\nwrong data byte #{offset} should be 0x{expected:x} but was 0x{found:x}");
    for (index, octets) in data.chunks(32).enumerate() {
        let _ = write!(text, "\n#{}\t", TIMESTAMP_LEN + 32 * index);
        octets.iter().for_each(|octet| text += &format!("{octet:x} "));
    }
    text
}

fn error(error: &ErrorReply, config: &Config, from: &str) -> String {
    let colon = if error.lost { "" } else { ":" };
    format!("From {from}{colon} {}_seq={} {}", config.probe.word(), error.seq, describe(error))
}

/// The route that a reply recorded, to follow its line; `labels` are those of its addresses. `same`: it is that of the
/// reply before.
#[must_use]
pub fn route(labels: &[String], same: bool) -> String {
    match labels {
        [] => String::new(),
        _ if same => "\t(same route)".to_owned(),
        labels => labels.iter().fold("\nRR: ".to_owned(), |text, label| text + "\t" + label + "\n"),
    }
}

/// A flood tells a request as a dot.
pub const FLOOD_REQUEST: &str = ".";

/// What a flood writes for an event: a reply wipes out a dot.
#[must_use]
pub fn flood(event: &Event) -> &'static str {
    match event {
        Event::Reply(reply) if reply.bad_checksum => "\u{8}C",
        Event::Reply(_) => "\u{8} \u{8}",
        Event::Error(error) if error.lost => "\u{8}E",
        Event::Unsent(_) | Event::Local(_) => "E",
        Event::Error(_) | Event::Outstanding(_) | Event::Timeout(_) => "",
    }
}

/// What an ICMP error says, in the words of iputils.
#[must_use]
pub fn describe(error: &ErrorReply) -> String {
    names::describe(error)
}

/// Milliseconds to three digits, as far as there are so many behind the point.
pub(super) fn round_trip(rtt: Duration) -> String {
    let micros = rtt.as_micros();
    let ms = micros as f64 / 1e3;
    match micros {
        0..1_000 => format!("{ms:.3}"),
        1_000..9_995 => format!("{ms:.2}"),
        9_995..99_950 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

/// The lines after the last reply.
#[must_use]
pub fn summary(host: &str, statistics: &Statistics, config: &Config) -> String {
    let Statistics { transmitted, received, duplicates, corrupted, errors, .. } = statistics;
    let mut text = format!("\n--- {host} ping statistics ---\n{transmitted} packets transmitted, {received} received");
    for (count, what) in [(duplicates, "duplicates"), (corrupted, "corrupted"), (errors, "errors")] {
        if *count > 0 {
            let _ = write!(text, ", +{count} {what}");
        }
    }
    if *transmitted > 0 {
        let millis = (statistics.span.as_micros() + 500) / 1_000;
        let _ = write!(text, ", {}% packet loss, time {millis}ms", six_digits(statistics.loss()));
    }
    format!("{text}\n{}\n", last_line(statistics, config))
}

fn last_line(statistics: &Statistics, config: &Config) -> String {
    let Statistics { transmitted, received, pipe, rtt, .. } = statistics;
    let mut parts = Vec::new();
    if *received > 0 && config.has_timestamp() {
        let times = [rtt.min, rtt.mean(), rtt.max, rtt.deviation()].map(millis).join("/");
        parts.push(format!("rtt min/avg/max/mdev = {times} ms"));
    }
    if *pipe > 1 {
        parts.push(format!("pipe {pipe}"));
    }
    if *received > 0 && config.is_paced_by_replies() && *transmitted > 1 {
        parts.push(format!("ipg/ewma {}/{} ms", millis(statistics.mean_gap()), millis(rtt.ewma)));
    }
    parts.join(", ")
}

/// One line in the middle of a run.
#[must_use]
pub fn status(statistics: &Statistics, config: &Config) -> String {
    let Statistics { transmitted, received, rtt, .. } = statistics;
    let loss = statistics.loss().floor();
    let mut text = format!("\r{received}/{transmitted} packets, {loss:.0}% loss");
    if *received > 0 && config.has_timestamp() {
        let times = [rtt.min, rtt.mean(), rtt.ewma, rtt.max].map(millis).join("/");
        let _ = write!(text, ", min/avg/ewma/max = {times} ms");
    }
    text + "\n"
}

pub(super) fn millis(duration: Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// Six significant digits without trailing zeros, as printf's `%g` writes them.
fn six_digits(value: f64) -> String {
    let scientific = format!("{value:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let trim = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    match exponent.parse::<i32>() {
        Ok(small @ ..=-5) => format!("{}e-{:02}", trim(digits), -small),
        Ok(exponent) => trim(&format!("{value:.0$}", usize::try_from(5 - exponent).unwrap_or(0))),
        Err(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked against printf.
    #[test]
    fn percentages_have_six_digits() {
        let cases = [
            (0.0, "0"),
            (100.0, "100"),
            (12.5, "12.5"),
            (100.0 / 3.0, "33.3333"),
            (200.0 / 3.0, "66.6667"),
            (0.1, "0.1"),
            (0.000_123_456_7, "0.000123457"),
            (0.000_01, "1e-05"),
            (99.999_999_9, "100"),
        ];
        for (value, text) in cases {
            assert_eq!(six_digits(value), text);
        }
    }

    /// Where iputils changes the number of digits.
    #[test]
    fn round_trips_have_three_digits() {
        let cases = [
            (0, "0.000"),
            (999, "0.999"),
            (1_134, "1.13"),
            (9_994, "9.99"),
            (9_995, "10.0"),
            (99_949, "99.9"),
            (99_950, "100"),
            (1_234_567, "1235"),
        ];
        for (micros, text) in cases {
            assert_eq!(round_trip(Duration::from_micros(micros)), text, "{micros}");
        }
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        assert_eq!(label(Some("a\u{1b}[31m.example"), "192.0.2.2"), r"a\u{1b}[31m.example (192.0.2.2)");
        assert_eq!(printable("b\u{fc}cher.example \u{202e}\n"), "b\u{fc}cher.example\\u{20}\\u{202e}\\u{a}");
        assert_eq!(printable("\u{5d0}.example"), "\\u{5d0}.example", "it would stand behind what follows");
        assert_eq!(label(None, "::1"), "::1");
    }
}
