//! A packet octet by octet: which field each belongs to, its value, and what that means.

mod ip;
mod options;
mod transport;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Serialize;

use crate::wire::Checksum;
use crate::wire::checksum::{Sum, verify};

/// One field. Every octet of a packet belongs to exactly one; a field of bits within it follows with an empty range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its octets, counted from the start of the packet.
    #[serde(serialize_with = "start_and_end")]
    pub octets: Range<usize>,
    /// The header that it is in: `IPv4`, `TCP`, …
    pub layer: &'static str,
    /// What RFCs call it.
    pub name: &'static str,
    /// Its value as it would be typed.
    pub value: String,
    /// What that means; empty where the value says it all.
    pub meaning: String,
}

fn start_and_end<S: serde::Serializer>(range: &Range<usize>, serializer: S) -> Result<S::Ok, S::Error> {
    [range.start, range.end].serialize(serializer)
}

/// The fields of an IP packet, in their order, up to its last octet. Any bytes will do: what cannot be told apart is one
/// field. Nothing in the words can steer a terminal.
#[must_use]
pub fn anatomy(packet: &[u8]) -> Vec<Field> {
    let mut pen = Pen { packet, at: 0, layer: "", fields: Vec::new() };
    match packet.first().map(|octet| octet >> 4) {
        Some(4) => ip::v4(&mut pen),
        Some(6) => ip::v6(&mut pen),
        _ => pen.rest("octets", "no IP packet"),
    }
    pen.fields
}

/// The fields of an IP packet, or of a TCP segment without one: what its own header says of its length tells them apart.
#[must_use]
pub fn anatomy_of_either(octets: &[u8]) -> Vec<Field> {
    if is_packet(octets) {
        return anatomy(octets);
    }
    let mut pen = Pen { packet: octets, at: 0, layer: "", fields: Vec::new() };
    transport::segment(&mut pen);
    pen.fields
}

/// Whether these are an IP packet: its length is right, or the checksum of its header.
fn is_packet(octets: &[u8]) -> bool {
    let word = |at: usize| octets.get(at..at + 2).map_or(0, |pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
    match octets {
        [first, ..] if first >> 4 == 4 && octets.len() >= 20 => {
            let header = octets.get(..usize::from(first & 15) * 4).filter(|header| header.len() >= 20);
            let right = |header| verify(Sum::default(), header, word(10) as u16) == Checksum::Good;
            word(2) == octets.len() || header.is_some_and(right)
        }
        [first, ..] if first >> 4 == 6 => word(4) + 40 == octets.len(),
        _ => false,
    }
}

/// Writes fields from the start of a packet to its end.
struct Pen<'a> {
    packet: &'a [u8],
    at: usize,
    layer: &'static str,
    fields: Vec<Field>,
}

/// Value and meaning.
type Words = (String, String);

impl<'a> Pen<'a> {
    /// What no field has taken yet.
    fn left(&self) -> &'a [u8] {
        self.packet.get(self.at..).unwrap_or_default()
    }

    /// The next `N` octets as one field; where the packet ends before, what there is of it, and false.
    fn field<const N: usize>(&mut self, name: &'static str, words: impl FnOnce([u8; N]) -> Words) -> bool {
        match self.left().first_chunk::<N>() {
            Some(octets) => {
                let (value, meaning) = words(*octets);
                self.take(N, name, value, meaning);
                true
            }
            None => {
                self.rest(name, "the packet ends within this field");
                false
            }
        }
    }

    /// A field of bits within the last octets taken.
    fn bits(&mut self, name: &'static str, (value, meaning): Words) {
        let octets = self.at..self.at;
        self.fields.push(Field { octets, layer: self.layer, name, value, meaning });
    }

    fn take(&mut self, length: usize, name: &'static str, value: String, meaning: String) {
        let end = (self.at + length).min(self.packet.len());
        self.fields.push(Field { octets: self.at..end, layer: self.layer, name, value, meaning });
        self.at = end;
    }

    /// All that is left, as one field; nothing where nothing is left.
    fn rest(&mut self, name: &'static str, meaning: &str) {
        let length = self.left().len();
        if length > 0 {
            self.take(length, name, super::count(length as u64, "octet"), meaning.to_owned());
        }
    }

    /// What is left as a payload, with the start of it as text.
    fn payload(&mut self) {
        let left = self.left();
        let glimpse = super::payload(&left[..left.len().min(32)], left.len() as u32, false);
        self.rest("payload", &glimpse);
    }
}

/// A value that says it all.
fn plain(value: impl ToString) -> Words {
    (value.to_string(), String::new())
}

fn with(value: impl ToString, meaning: impl Into<String>) -> Words {
    (value.to_string(), meaning.into())
}
