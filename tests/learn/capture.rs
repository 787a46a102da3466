//! The numbers that are in a capture: read by etherparse, none of it by the program under test.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

/// What is in the captures of one lesson.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Every number that stands in a header, or follows from those of one connection.
    whole: HashSet<u64>,
    /// Every time between two packets of a capture, in nanoseconds.
    times: Vec<u64>,
}

/// One packet of IP.
#[derive(Debug)]
pub(crate) struct Seen {
    time: u64,
    /// Addresses and ports.
    pub(crate) flow: (String, u16, String, u16),
    /// Those of TCP; none of other protocols.
    pub(crate) flags: u16,
    /// The type of an ICMP message.
    pub(crate) icmp: Option<u8>,
    seq: u32,
    ack: u32,
    len: usize,
}

impl Numbers {
    /// Adds what is in the capture at `path`, and gives its packets.
    pub(crate) fn add(&mut self, path: &Path) -> Vec<Seen> {
        let file = fs::read(path).expect("a capture");
        let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 octets"));
        let unit = if long(0) == 0xa1b2_3c4d { 1 } else { 1000 };
        assert!(matches!(long(0), 0xa1b2_c3d4 | 0xa1b2_3c4d), "another kind of capture");
        // Without a packet there is no link that it could name.
        assert!(long(20) == 1 || file.len() == 24, "another kind of link");
        let mut seen = Vec::new();
        let mut at = 24;
        while at + 16 <= file.len() {
            let time = u64::from(long(at)) * 1_000_000_000 + u64::from(long(at + 4)) * unit;
            let end = at + 16 + long(at + 8) as usize;
            seen.extend(self.packet(&file[at + 16..end], time));
            at = end;
        }
        self.relations(&seen);
        seen
    }

    /// Takes what stands in the headers.
    fn packet(&mut self, frame: &[u8], time: u64) -> Option<Seen> {
        let packet = SlicedPacket::from_ethernet(frame).ok()?;
        let Some(NetSlice::Ipv4(ip)) = &packet.net else { return None };
        let (from, to) = (ip.header().source_addr(), ip.header().destination_addr());
        let octets = from.octets().into_iter().chain(to.octets()).map(u64::from);
        self.whole.extend(octets.chain([u64::from(ip.header().ttl())]));
        let flow = (from.to_string(), 0, to.to_string(), 0);
        let mut seen = Seen { time, flow, flags: 0, icmp: None, seq: 0, ack: 0, len: 0 };
        match packet.transport.as_ref()? {
            TransportSlice::Tcp(tcp) => {
                (seen.flow.1, seen.flow.3) = (tcp.source_port(), tcp.destination_port());
                seen.flags = u16::from_be_bytes([tcp.slice()[12], tcp.slice()[13]]) & 0x1ff;
                (seen.seq, seen.ack) = (tcp.sequence_number(), tcp.acknowledgment_number());
                seen.len = ip.payload().payload.len() - tcp.header_len();
                self.whole.extend([u64::from(seen.seq), u64::from(seen.ack), u64::from(tcp.window_size())]);
            }
            TransportSlice::Udp(udp) => {
                (seen.flow.1, seen.flow.3) = (udp.source_port(), udp.destination_port());
                seen.len = udp.payload().len();
            }
            TransportSlice::Icmpv4(icmp) => {
                seen.icmp = Some(icmp.type_u8());
                self.whole.extend([u64::from(icmp.type_u8()), u64::from(icmp.code_u8())]);
            }
            TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_) => return None,
        }
        self.whole.extend([u64::from(seen.flow.1), u64::from(seen.flow.3), seen.len as u64]);
        Some(seen)
    }

    /// Takes what follows from several packets: relative numbers and times.
    fn relations(&mut self, seen: &[Seen]) {
        let mut initial: HashMap<_, u32> = HashMap::new();
        for packet in seen {
            let back = (packet.flow.2.clone(), packet.flow.3, packet.flow.0.clone(), packet.flow.1);
            if packet.flags & 2 != 0 || !initial.contains_key(&packet.flow) {
                initial.insert(packet.flow.clone(), packet.seq);
            }
            self.whole.insert(packet.seq.wrapping_sub(initial[&packet.flow]).into());
            if let Some(first) = initial.get(&back).filter(|_| packet.flags & 16 != 0) {
                self.whole.insert(packet.ack.wrapping_sub(*first).into());
            }
        }
        let pairs = seen.iter().flat_map(|one| seen.iter().map(move |other| one.time.saturating_sub(other.time)));
        self.times.extend(pairs);
    }

    /// The numbers in `text` that are in no capture.
    pub(crate) fn strangers(&self, text: &str) -> Vec<String> {
        let mut words = text.split(|char: char| char.is_whitespace() || "()\"".contains(char)).peekable();
        let mut strangers = Vec::new();
        while let Some(word) = words.next() {
            let word = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
            if !word.starts_with(|char: char| char.is_ascii_digit()) {
                continue;
            }
            let unit = words.peek().map(|next| next.trim_end_matches(|char: char| !char.is_alphanumeric()));
            let is_known = match unit.and_then(nanos) {
                Some(unit) => self.has_time(word, unit),
                None => word.split(['.', ':', '/']).all(|part| part.parse().is_ok_and(|n| self.whole.contains(&n))),
            };
            if !is_known {
                strangers.push(format!("{word} {}", unit.unwrap_or_default()));
            }
        }
        strangers
    }

    /// Whether `text` of this unit is the time between two packets, rounded.
    fn has_time(&self, text: &str, unit: u64) -> bool {
        let Ok(told) = text.parse::<f64>() else { return false };
        let step = if text.contains('.') { 0.1 } else { 1.0 };
        self.times.iter().any(|time| (*time as f64 / unit as f64 - told).abs() <= step * 0.501)
    }
}

/// Nanoseconds in a unit.
fn nanos(unit: &str) -> Option<u64> {
    match unit {
        "\u{b5}s" | "us" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        _ => None,
    }
}
