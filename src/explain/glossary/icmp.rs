//! ICMP errors: what they say stands in `explain::icmp`; here is which there are, and their pages.

use super::entry::statement;
use super::page::{Kind, Page};
use super::picture::{Row, from, to};
use crate::explain::{icmp_advice, icmp_words};

/// The errors that have a meaning of their own, in IPv4: type, and the codes from 0 on.
const V4: [(u8, u8); 5] = [(3, 16), (4, 1), (5, 4), (11, 2), (12, 3)];
/// The same in IPv6.
const V6: [(u8, u8); 4] = [(1, 7), (2, 1), (3, 2), (4, 4)];

const PICTURE: &[Row] = &[to("a packet").at("", "(router or host)"), from("ICMP error, quoting its start")];

/// One ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) v6: bool,
    pub(super) kind: u8,
    pub(super) code: u8,
}

impl Message {
    /// Every one that has a page.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let of = |v6, (kind, codes)| (0..codes).map(move |code| Self { v6, kind, code });
        V4.into_iter().flat_map(move |row| of(false, row)).chain(V6.into_iter().flat_map(move |row| of(true, row)))
    }

    /// `ICMP 3/1`.
    pub(super) fn name(self) -> String {
        format!("{} {}/{}", if self.v6 { "ICMPv6" } else { "ICMP" }, self.kind, self.code)
    }

    /// Where it is specified.
    const fn rfc(self) -> &'static str {
        match (self.v6, self.kind, self.code) {
            (true, 1, _) => "RFC 4443 3.1",
            (true, 2, _) => "RFC 4443 3.2",
            (true, 3, _) => "RFC 4443 3.3",
            (true, 4, 3) => "RFC 7112 5",
            (true, ..) => "RFC 4443 3.4",
            (false, 3, 0..=5) => "RFC 792",
            (false, 3, 6..=12) => "RFC 1122 3.2.2.1",
            (false, 3, _) => "RFC 1812 5.2.7.1",
            (false, 4, _) => "RFC 792; RFC 6633",
            (false, ..) => "RFC 792",
        }
    }

    /// What more its code says than the words of its type.
    const fn detail(self) -> &'static str {
        match (self.v6, self.kind, self.code) {
            (false, 5, 0) => " (code 0: for the network)",
            (false, 5, 1) => " (code 1: for the host)",
            (false, 5, 2) => " (code 2: for the network and this service)",
            (false, 5, 3) => " (code 3: for the host and this service)",
            (false, 12, 0) => " (code 0: the pointer says where)",
            (false, 12, 1) => " (code 1: an option is missing)",
            (false, 12, 2) => " (code 2: a wrong length)",
            (true, 4, 0) => " (code 0: a field is wrong)",
            (true, 4, 1) => " (code 1: the next header is unknown)",
            (true, 4, 2) => " (code 2: an option is unknown)",
            _ => "",
        }
    }

    /// What it does to a connection on Linux.
    fn effect(self) -> String {
        match icmp_words(self.v6, self.kind, self.code).errno {
            Some(errno) => format!(
                "While SYN-SENT connect() fails with {errno} at once (Linux; RFC 9293 asks to go on for most of them). An \
                 open connection takes it as a hint, and lives on."
            ),
            None => "A connection goes on, whatever its state; only the size of packets may change for it.".to_owned(),
        }
    }

    /// A few words.
    pub(super) fn gloss(self) -> String {
        format!("{}{}", icmp_words(self.v6, self.kind, self.code).says, self.detail())
    }

    /// How many messages share its words: then only the numbers name it.
    fn is_named_alone(self) -> bool {
        let same = |other: &Self| other.v6 == self.v6 && other.says() == self.says();
        Self::all().filter(same).count() == 1
    }

    fn says(self) -> &'static str {
        icmp_words(self.v6, self.kind, self.code).says
    }

    /// What else it is called.
    pub(super) fn also(self) -> Vec<String> {
        let own = if self.is_named_alone() { vec![self.says().to_owned()] } else { Vec::new() };
        let short = format!("{}/{}", self.kind, self.code);
        own.into_iter().chain((!self.v6).then_some(short)).collect()
    }

    /// The command that shows it, or what is nearest to it.
    const fn command(self) -> &'static str {
        match (self.v6, self.kind, self.code) {
            (false, 3, 3) => "send --lab --udp -p 9",
            (true, 1, 4) => "send --lab -6 --udp -p 9",
            (false, 11, 0) => "replay captures/ttl-exceeded.pcap",
            (false, 3, 4) | (true, 2, _) => "replay captures/path-mtu.pcap",
            (false, 3, 1) => "replay captures/icmp-soft-error.pcap",
            _ => "replay captures/icmp-error.pcap",
        }
    }

    /// The page.
    pub(super) fn page(self) -> Page {
        let advice = icmp_advice(self.v6, self.kind, self.code);
        let gloss = self.gloss();
        let says = if self.v6 { format!("In IPv6: {gloss}") } else { gloss[..1].to_uppercase() + &gloss[1..] };
        let is = format!("{says}: {advice}.");
        let when = "A router on the way, or the host itself, sends it and quotes the start of the packet that it is about: \
                    ports and sequence number tell whose that was.";
        let beware = "Anybody can send one: it counts only if the number that it quotes is on its way.";
        let paragraphs =
            [("Is", is), ("Does", self.effect()), ("When", when.to_owned()), ("Beware", beware.to_owned())];
        Page {
            kind: Kind::Icmp,
            name: self.name(),
            also: self.also(),
            gloss: self.gloss(),
            terms: Vec::new(),
            paragraphs: paragraphs.into_iter().filter_map(|(subject, text)| statement(subject, text)).collect(),
            picture: PICTURE.to_vec(),
            outcomes: Vec::new(),
            rfc: self.rfc().to_owned(),
            command: self.command().to_owned(),
            homonyms: Vec::new(),
        }
    }
}
