//! `--hex`: every octet of what passed, with its field, its value and what that means.

use std::fmt::Write as _;
use std::io;

use colored::Colorize as _;
use serde::Serialize;

use crate::cmd::output::Format;
use crate::drive::Seen;
use crate::explain::{self, Field};
use crate::sink;
use crate::trace::{Origin, SCHEMA};

/// Packets that are kept to be shown in the end.
const MOST: usize = 1000;

/// Keeps what passes until the picture of it is drawn.
pub(super) struct Hex {
    width: usize,
    json: bool,
    text: String,
    packets: usize,
}

/// One packet in JSON.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    event: &'static str,
    number: u64,
    sent: bool,
    octets: usize,
    fields: &'a [Field],
}

impl Hex {
    pub(super) fn new(format: Format, width: usize) -> Self {
        Self { width, json: format == Format::Json, text: String::new(), packets: 0 }
    }

    /// Takes a packet, if it is one that passed.
    pub(super) fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let is_made_whole = !seen.captured && seen.origin != Origin::HandMade;
        self.packets += 1;
        if is_made_whole || self.packets > MOST {
            return Ok(());
        }
        let octets = seen.packet.bytes.get(seen.decoded.link_len..).unwrap_or_default();
        let octets = trimmed(octets);
        let fields = explain::anatomy(octets);
        let sent = seen.origin != Origin::Wire;
        if self.json {
            let line = Line {
                schema: SCHEMA,
                event: "octets",
                number: seen.number,
                sent,
                octets: octets.len(),
                fields: &fields,
            };
            self.text += &serde_json::to_string(&line)?;
            self.text.push('\n');
        } else {
            self.draw(seen.number, sent, octets, &fields);
        }
        Ok(())
    }

    /// What is to be shown under the picture.
    pub(super) fn finish(mut self) -> String {
        if self.packets > MOST {
            let _ = writeln!(
                self.text,
                "\nOnly the first {} are shown octet by octet.",
                explain::count(MOST as u64, "packet")
            );
        }
        self.text
    }

    fn draw(&mut self, number: u64, sent: bool, octets: &[u8], fields: &[Field]) {
        let way = if sent { "sent" } else { "received" };
        let length = explain::count(octets.len() as u64, "octet");
        let _ = writeln!(self.text, "\n{}", format!("Packet {number}, {way}: {length}").bold());
        self.text += &sink::octets(octets, fields, self.width);
    }
}

/// The IP packet without what an interface pads a short frame with.
fn trimmed(octets: &[u8]) -> &[u8] {
    const SHORTEST_FRAME: usize = 46;
    let said = match octets {
        [first, _, high, low, ..] if first >> 4 == 4 => usize::from(u16::from_be_bytes([*high, *low])),
        [first, _, _, _, high, low, ..] if first >> 4 == 6 => 40 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => octets.len(),
    };
    let is_padded =
        octets.len() <= SHORTEST_FRAME && said < octets.len() && octets[said..].iter().all(|octet| *octet == 0);
    if is_padded && said >= 20 { &octets[..said] } else { octets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

    fn drawn(width: usize, json: bool) -> String {
        let fields = SegmentFields {
            flags: crate::wire::Flags::SYN,
            options: vec![2, 4, 5, 180, 3, 3, 7, 0],
            payload: b"\x1b[31mred".to_vec(),
            ..SegmentFields::default()
        };
        let (from, to) = ("[2001:db8::1]:40000".parse().unwrap(), "[2001:db8::2]:80".parse().unwrap());
        let bytes = emit::segment(from, to, &IpFields::default(), &fields).unwrap();
        let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len: 0, bytes: &bytes };
        let decoded = decode(&packet);
        let seen = Seen {
            number: 1,
            packet: &packet,
            decoded: &decoded,
            origin: Origin::HandMade,
            captured: true,
            calls: [None, None],
        };
        let format = if json { Format::Json } else { Format::Ladder };
        let mut hex = Hex::new(format, width);
        colored::control::set_override(true);
        hex.packet(&seen).unwrap();
        hex.finish()
    }

    fn stripped(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_segment_octet_by_octet() {
        insta::assert_snapshot!("80", stripped(&drawn(80, false)));
        insta::assert_snapshot!("120", stripped(&drawn(120, false)));
        insta::assert_snapshot!("in-colour", drawn(80, false).replace('\u{1b}', "ESC"));
        for width in [80, 120] {
            let text = stripped(&drawn(width, false));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(!text.contains('\u{1b}'));
        }
    }

    #[test]
    fn in_json_it_is_one_line() {
        let line = drawn(80, true);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((line.lines().count(), &value["event"], &value["octets"]), (1, &"octets".into(), &76.into()));
        assert_eq!(value["fields"][0]["octets"], serde_json::json!([0, 4]));
    }
}
