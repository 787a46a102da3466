//! Filters in the language of pcap-filter(7).

use super::Error;
use super::bpf::Program;
use super::link::{DLT_RAW, to_dlt};
use crate::wire::{LinkType, Packet};

/// Octets before the IP header in the two BSD loopback encapsulations.
const FAMILY: usize = 4;
/// An expression must fit one of these, or it is refused before any packet is seen.
const TRIED: [LinkType; 4] = [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2, LinkType::RAW];

/// A filter expression, compiled for each link type when the first packet of that type comes.
///
/// Lengths in the expression are those on the wire, also where a packet was cut. On BSD loopback packets offsets into
/// the link layer count from the IP header, because the byte order and the numbers before it are those of the machine
/// that captured.
#[derive(Debug)]
pub struct Expression {
    text: String,
    /// No program for a link type that the expression does not fit.
    programs: Vec<(LinkType, Option<Program>)>,
}

impl Expression {
    /// Compiles the expression. Host names in it are looked up by libpcap.
    ///
    /// # Errors
    /// An expression that libpcap does not accept.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let mut programs = Vec::new();
        let mut first_message = None;
        for link in TRIED {
            match compile(&text, link) {
                Ok(program) => {
                    programs.push((link, Some(program)));
                    break;
                }
                Err(message) => _ = first_message.get_or_insert(message),
            }
        }
        match first_message.filter(|_| programs.is_empty()) {
            Some(message) => Err(Error::Filter { expression: text, link: None, message }),
            None => Ok(Self { text, programs }),
        }
    }

    /// Whether the packet passes.
    ///
    /// # Errors
    /// An expression that does not fit the packet's link type, once for each link type; after that no packet of the
    /// type passes.
    pub fn accepts(&mut self, packet: &Packet<'_>) -> Result<bool, Error> {
        let position = match self.programs.iter().position(|(link, _)| *link == packet.link) {
            Some(position) => position,
            None => self.fit(packet.link)?,
        };
        let bytes = match packet.link {
            LinkType::NULL | LinkType::LOOP => packet.bytes.get(FAMILY..).unwrap_or_default(),
            _ => packet.bytes,
        };
        Ok(self.programs[position].1.as_ref().is_some_and(|program| program.accepts(bytes, packet.original_len)))
    }

    /// Compiles for one more link type and answers the program's place.
    fn fit(&mut self, link: LinkType) -> Result<usize, Error> {
        let compiled = compile(&self.text, link);
        let (program, failure) = match compiled {
            Ok(program) => (Some(program), None),
            Err(message) => (None, Some(message)),
        };
        self.programs.push((link, program));
        match failure {
            Some(message) => Err(Error::Filter { expression: self.text.clone(), link: Some(link), message }),
            None => Ok(self.programs.len() - 1),
        }
    }
}

/// Compiles for one link type; the error is libpcap's message.
fn compile(text: &str, link: LinkType) -> Result<Program, String> {
    let dlt = match link {
        LinkType::NULL | LinkType::LOOP => DLT_RAW,
        _ => to_dlt(link),
    };
    let capture = pcap::Capture::dead(pcap::Linktype(dlt)).map_err(message)?;
    let program = capture.compile(text, true).map_err(message)?;
    Program::parse(program.get_instructions()).ok_or_else(|| "libpcap's program is not understood".to_owned())
}

/// `char` as it may stand in a message of libpcap's, whose quotes are its own: only what could steer a terminal is
/// escaped.
fn visible(char: char) -> String {
    if char.is_control() { char.escape_default().to_string() } else { char.to_string() }
}

/// What libpcap said, without the prefix of the crate between us.
pub(super) fn message(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message.chars().map(visible).collect(),
        pcap::Error::InvalidInputString => "it contains a NUL byte".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
