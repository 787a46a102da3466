//! A script of segments, one a line, with what is expected of each:
//!
//! ```text
//! C SA 0 1 len=5 | SYN-SENT LISTEN | syn-with-data
//! ```
//!
//! Sender (`C`, `S`), flags (letters of hping3), SEQ and ACK counted from the sender's and the receiver's ISN (`-` for
//! none), then `name=value`; behind the bars the states of client and server afterwards (`?` where the certainty is
//! unknown, `-` where nothing can be said), and all marks. `+250` at the start lets so many milliseconds pass, else 1.

use std::net::SocketAddr;

use crate::tcp::Call;
use crate::trace::{
    Belief, CallRole, Certainty, Event, EventKind, Hint, IcmpEvent, Origin, SegmentEvent, Side, Summary, Tracer,
    TracerOptions,
};
use crate::wire::{
    FLAG_NAMES, Flags, IpFields, LinkType, Packet, SackBlocks, SegmentFields, TcpOption, Time, decode, emit,
    ip::protocol,
};

/// The window field, where no other is given.
const WINDOW: u16 = 500;
pub(super) const CLIENT: &str = "192.0.2.1:40000";
pub(super) const SERVER: &str = "192.0.2.2:80";
/// The client's numbers wrap on the way.
const CLIENT_ISN: u32 = u32::MAX - 2;
const SERVER_ISN: u32 = 7000;

pub(super) const HANDSHAKE: &str = "
    C S 0 - ws=7   | SYN-SENT SYN-RECEIVED
    S SA 0 1 ws=7  | ESTABLISHED SYN-RECEIVED
    C A 1 1        | ESTABLISHED ESTABLISHED";

/// A tracer, and everything that it said.
pub(super) struct Stage {
    tracer: Tracer,
    time: Time,
    number: u64,
    pub(super) events: Vec<Event>,
}

impl Stage {
    pub(super) fn new(options: TracerOptions) -> Self {
        Self { tracer: Tracer::new(options), time: Time::from_nanos(0), number: 0, events: Vec::new() }
    }

    /// Plays the script and checks each line.
    pub(super) fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut parts = line.split('|').map(str::trim);
            let sent = parts.next().unwrap_or_default();
            let at = self.events.len();
            self.send(sent);
            let segment = last_segment(&self.events[at..]).unwrap_or_else(|| panic!("no segment came of {line:?}"));
            let (client, server) = (show(segment.after.client), show(segment.after.server));
            let expected = parts.next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(format!("{client} {server}"), expected, "states after {line:?}");
            let marks = segment.marks.iter().map(|mark| mark.name()).collect::<Vec<_>>().join(" ");
            assert_eq!(marks, parts.next().unwrap_or_default(), "marks of {line:?}");
        }
    }

    fn send(&mut self, line: &str) {
        let mut words = line.split_whitespace().peekable();
        let pause = words.next_if(|word| word.starts_with('+')).map_or(1, |word| word[1..].parse::<i64>().unwrap());
        self.time = self.time + std::time::Duration::from_millis(pause as u64);
        let spec = Spec::read(words);
        let bytes = spec.bytes();
        self.packet(&bytes, Hint { origin: spec.origin, calls: spec.calls, ..Hint::default() });
    }

    /// The bytes of a line, without time.
    pub(super) fn raw(&self, line: &str) -> Vec<u8> {
        Spec::read(line.split_whitespace()).bytes()
    }

    pub(super) fn packet(&mut self, bytes: &[u8], hint: Hint) {
        self.number += 1;
        let packet = Packet { time: self.time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
        let events = &mut self.events;
        self.tracer.packet(self.number, &packet, &decode(&packet), hint, &mut |event| events.push(*event));
    }

    /// An ICMP error from a router, about the client's packet that `line` describes.
    pub(super) fn icmp(&mut self, kind: u8, code: u8, line: &str) -> IcmpEvent {
        let quoted = self.raw(line);
        let router = "192.0.2.254".parse().unwrap();
        let mut message = vec![kind, code, 0, 0, 0, 0, 0, 0];
        message.extend_from_slice(&quoted[..28]);
        let checksum = crate::wire::checksum::Sum::default().with(&message).finish();
        message[2..4].copy_from_slice(&checksum.to_be_bytes());
        let client = socket(Side::Client).ip();
        let mut bytes = emit::header(router, client, &IpFields::default(), protocol::ICMP, message.len()).unwrap();
        bytes.extend_from_slice(&message);
        self.packet(&bytes, Hint::default());
        match self.events.last().map(|event| event.kind) {
            Some(EventKind::Icmp(event)) => event,
            other => panic!("no ICMP event but {other:?}"),
        }
    }

    /// The segments so far.
    pub(super) fn segments(&self) -> Vec<SegmentEvent> {
        self.events.iter().filter_map(|event| last_segment(std::slice::from_ref(event))).collect()
    }

    /// Ends the trace; the verdict on each connection.
    pub(super) fn end(mut self) -> Vec<Summary> {
        let events = &mut self.events;
        self.tracer.finish(&mut |event| events.push(*event));
        let ended = |event: &Event| match event.kind {
            EventKind::Ended(summary) => Some(summary),
            _ => None,
        };
        self.events.iter().filter_map(ended).collect()
    }

    /// Calls beside the last segment, as `C connect()`, with `✓` where the call returns.
    pub(super) fn calls(&self) -> String {
        let segment = last_segment(&self.events).unwrap();
        let name = |side| if side == Side::Client { "C" } else { "S" };
        let show = |note: crate::trace::CallNote| {
            let role = if note.role == CallRole::Returns { "✓" } else { "" };
            let seen = if note.certainty == Certainty::Observed { "!" } else { "" };
            format!("{} {}{role}{seen}", name(note.side), note.call)
        };
        segment.calls.into_iter().flatten().map(show).collect::<Vec<_>>().join(", ")
    }
}

/// Sends segments, with semicolons between them and nothing expected of each; the verdict on their only connection.
pub(super) fn sent(segments: &str) -> Summary {
    let mut stage = Stage::new(TracerOptions::default());
    segments.split(';').for_each(|segment| stage.send(segment));
    let summaries = stage.end();
    assert_eq!(summaries.len(), 1, "{segments}");
    summaries[0]
}

/// Plays a script on a fresh stage and gives the verdict on its only connection.
pub(super) fn verdict(script: &str) -> Summary {
    let mut stage = Stage::new(TracerOptions::default());
    stage.play(script);
    let summaries = stage.end();
    assert_eq!(summaries.len(), 1);
    summaries[0]
}

/// The same after a handshake.
pub(super) fn opened(script: &str) -> Summary {
    verdict(&format!("{HANDSHAKE}\n{script}"))
}

pub(super) fn socket(side: Side) -> SocketAddr {
    match side {
        Side::Client => CLIENT,
        Side::Server => SERVER,
    }
    .parse()
    .unwrap()
}

fn last_segment(events: &[Event]) -> Option<SegmentEvent> {
    events.iter().rev().find_map(|event| match event.kind {
        EventKind::Segment(segment) => Some(segment),
        _ => None,
    })
}

fn show(belief: Belief) -> String {
    let doubt = if belief.certainty == Certainty::Unknown { "?" } else { "" };
    belief.state.map_or("-".to_owned(), |state| format!("{state}{doubt}"))
}

/// One line of a script.
struct Spec {
    side: Side,
    fields: SegmentFields,
    corrupt: bool,
    origin: Origin,
    calls: [Option<Call>; 2],
}

impl Spec {
    fn read<'a>(mut words: impl Iterator<Item = &'a str>) -> Self {
        let side = if words.next() == Some("C") { Side::Client } else { Side::Server };
        let mut spec = Self::new(side, words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        words.for_each(|word| spec.set(word));
        spec
    }

    fn new(side: Side, flags: &str, seq: &str, ack: &str) -> Self {
        let (own, peer) = match side {
            Side::Client => (CLIENT_ISN, SERVER_ISN),
            Side::Server => (SERVER_ISN, CLIENT_ISN),
        };
        let number = |text: &str, base: u32| text.parse::<i64>().map_or(0, |number| base.wrapping_add(number as u32));
        let fields = SegmentFields {
            seq: number(seq, own),
            ack: number(ack, peer),
            flags: flags.chars().map(flag).fold(Flags::NONE, Flags::with),
            window: WINDOW,
            ..SegmentFields::default()
        };
        Self { side, fields, corrupt: false, origin: Origin::Wire, calls: [None; 2] }
    }

    fn set(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<u16>().unwrap_or_else(|_| panic!("{word:?} needs a number"));
        match name {
            "len" => self.fields.payload = vec![b'x'; usize::from(number())],
            "win" => self.fields.window = number(),
            "ws" => {
                self.fields.push_option(TcpOption::WindowScale(number() as u8));
                self.fields.window = WINDOW << number(); // that of a SYN is not scaled
            }
            "sack" => {
                let edges = value.split('-').map(|edge| edge.parse::<u32>().unwrap() + self.peer_isn());
                let octets: Vec<u8> = edges.flat_map(u32::to_be_bytes).collect();
                self.fields.push_option(TcpOption::Sack(SackBlocks(octets.leak())));
            }
            "tfo" => self.fields.push_option(TcpOption::FastOpen(&[7; 8])),
            "isn" => self.fields.seq = self.fields.seq.wrapping_add(u32::from(number())),
            "raw" => self.fields.seq = u32::from(number()),
            "corrupt" => self.corrupt = true,
            "kernel" => self.origin = Origin::OwnKernel,
            "by-hand" => self.origin = Origin::HandMade,
            "send" => self.calls[0] = Some(Call::Send(u32::from(number()))),
            "shutdown" => self.calls[1] = Some(Call::ShutdownWrite),
            _ => panic!("what is {word:?}?"),
        }
    }

    const fn peer_isn(&self) -> u32 {
        match self.side {
            Side::Client => SERVER_ISN,
            Side::Server => CLIENT_ISN,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (source, destination) = (socket(self.side), socket(self.side.other()));
        let mut bytes = emit::segment(source, destination, &IpFields::default(), &self.fields).unwrap();
        if self.corrupt {
            bytes[36] ^= 0x55;
        }
        bytes
    }
}

fn flag(letter: char) -> Flags {
    let row = FLAG_NAMES.iter().find(|(_, _, short, _)| *short == letter);
    match row {
        Some((flag, ..)) => *flag,
        None if letter == '0' => Flags::NONE,
        None => panic!("no flag {letter:?}"),
    }
}
