//! Conversations from segments, held against others, and played.

mod comparing;
mod playing;
mod recording;

use std::ops::Range;
use std::time::Duration;

use super::{Act, Conversation, Ignore, Recorder, Refusal, Role};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

use Role::{Client, Server};

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const FIN: Flags = Flags::FIN;
const RST: Flags = Flags::RST;

/// First sequence numbers: those of the client wrap around within the conversation.
const ISN: [u32; 2] = [u32::MAX - 3, 7000];

/// One captured segment: milliseconds, sender, flags, numbers counted from the SYNs, payload, octets cut off behind it.
type Row<'a> = (u64, Role, Flags, u32, u32, &'a [u8], u32);

const HANDSHAKE: [Row<'_>; 3] =
    [(0, Client, SYN, 0, 0, b"", 0), (1, Server, SYN_ACK, 0, 1, b"", 0), (2, Client, ACK, 1, 1, b"", 0)];
const SYN_ACK: Flags = SYN.with(ACK);

fn start() -> Time {
    Time::from_parts(1000, 0)
}

fn record(rows: &[Row<'_>]) -> Result<Conversation, Refusal> {
    record_within(Recorder::LIMIT, rows)
}

fn record_within(limit: usize, rows: &[Row<'_>]) -> Result<Conversation, Refusal> {
    let mut recorder = Recorder::new(limit);
    for (at, from, flags, seq, ack, payload, cut) in rows {
        let (ours, theirs) = if *from == Client { (ISN[0], ISN[1]) } else { (ISN[1], ISN[0]) };
        let fields = SegmentFields {
            seq: ours.wrapping_add(*seq),
            ack: if flags.ack() { theirs.wrapping_add(*ack) } else { 0 },
            flags: *flags,
            payload: [payload, &*vec![b'?'; *cut as usize]].concat(),
            ..SegmentFields::default()
        };
        let ends = ["192.0.2.1:40000", "192.0.2.2:80"].map(|end| end.parse().unwrap());
        let bytes = emit::segment(ends[0], ends[1], &IpFields::default(), &fields).unwrap();
        let captured = &bytes[..bytes.len() - *cut as usize];
        let time = start() + Duration::from_millis(*at);
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes: captured };
        recorder.segment(time, *from, decode(&packet).segment().unwrap().1);
    }
    recorder.finish()
}

/// `client 5 ms after 0: 0..5`, for each line of both scripts.
fn scripts(conversation: &Conversation) -> Vec<String> {
    let mut lines = Vec::new();
    for role in [Client, Server] {
        for line in conversation.script(role) {
            let act = match line.act {
                Act::Say(octets) => format!("{octets:?}"),
                Act::Shut => "FIN".to_owned(),
                Act::Reset => "RST".to_owned(),
            };
            let fin = if line.heard.fin { " and FIN" } else { "" };
            let (name, think, heard) = (role.name(), line.think.as_millis(), line.heard.octets);
            lines.push(format!("{name} {think} ms after {heard}{fin}: {act}"));
        }
    }
    lines
}

/// What stands between `<` and `>`.
struct Brackets;

impl Ignore for Brackets {
    fn ranges(&self, octets: &[u8]) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        while let Some(start) = octets[from..].iter().position(|octet| *octet == b'<').map(|at| from + at) {
            let Some(end) = octets[start..].iter().position(|octet| *octet == b'>').map(|at| start + at + 1) else {
                break;
            };
            ranges.push(start..end);
            from = end;
        }
        ranges
    }
}
