//! The fields of a packet that a lesson can name.

use super::Value;
use super::scene::{Carried, Shot};
use crate::tcp::State;
use crate::trace::{Belief, SegmentEvent, Side};

/// How a field is read off a packet; `near` is whether the host `you` sent it.
type Read = fn(&Shot, near: bool) -> Option<Value>;

/// One field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    read: Read,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Field {}

impl Field {
    pub(super) fn named(name: &str) -> Option<Self> {
        FIELDS.into_iter().find(|field| field.name == name)
    }

    pub(super) fn of(self, shot: &Shot, near: bool) -> Option<Value> {
        (self.read)(shot, near)
    }
}

const fn field(name: &'static str, read: Read) -> Field {
    Field { name, read }
}

/// Every field. `seq` and `ack` are counted from the initial numbers, as in a ladder; `wait` is the time since the packet
/// before, `later` since the same was first sent. `you` and `server` are the states of both hosts behind the segment.
const FIELDS: [Field; 27] = [
    field("number", |shot, _| number(shot.number)),
    field("time", |shot, _| Some(Value::Time(shot.since_start))),
    field("wait", |shot, _| Some(Value::Time(shot.wait))),
    field("from", |shot, _| Some(Value::Word(shot.from.ip().to_string()))),
    field("to", |shot, _| Some(Value::Word(shot.to.ip().to_string()))),
    field("port", |shot, _| port(shot.from.port())),
    field("to-port", |shot, _| port(shot.to.port())),
    field("type", |shot, _| icmp(shot).and_then(|(kind, _)| number(kind))),
    field("code", |shot, _| icmp(shot).and_then(|(_, code)| number(code))),
    field("len", |shot, _| len(shot)),
    field("connection", |shot, _| shot.told.and_then(|(connection, _)| number(connection))),
    field("flags", |shot, _| told(shot, |segment| Some(Value::Flags(segment.flags)))),
    field("seq", |shot, _| told(shot, |segment| number(segment.relative_seq))),
    field("ack", |shot, _| told(shot, |segment| segment.relative_ack.and_then(number))),
    field("absolute-seq", |shot, _| told(shot, |segment| number(segment.seq.0))),
    field("absolute-ack", |shot, _| told(shot, |segment| segment.relative_ack.and_then(|_| number(segment.ack.0)))),
    field("window", |shot, _| told(shot, |segment| number(segment.window))),
    field("ttl", |shot, _| told(shot, |segment| number(segment.ttl))),
    field("mss", |shot, _| told(shot, |segment| segment.options.mss.and_then(number))),
    field("copy", |shot, _| told(shot, |segment| number(segment.copy))),
    field("later", |shot, _| told(shot, |segment| Some(Value::Time(segment.since_first)))),
    field("text", |shot, _| told(shot, |segment| Some(Value::Word(escaped(segment))))),
    field("you", |shot, near| told(shot, |segment| state(segment, near, After))),
    field("server", |shot, near| told(shot, |segment| state(segment, !near, After))),
    field("you-before", |shot, near| told(shot, |segment| state(segment, near, Before))),
    field("server-before", |shot, near| told(shot, |segment| state(segment, !near, Before))),
    field("rfc", |shot, _| told(shot, |segment| Some(Value::Word(segment.rfc_section.to_owned())))),
];

fn number(number: impl Into<u64>) -> Option<Value> {
    Some(Value::Number(number.into()))
}

/// Where there are no ports, there is none.
fn port(port: u16) -> Option<Value> {
    (port > 0).then_some(Value::Number(port.into()))
}

fn told(shot: &Shot, read: impl FnOnce(&SegmentEvent) -> Option<Value>) -> Option<Value> {
    shot.told.as_ref().and_then(|(_, segment)| read(segment))
}

const fn icmp(shot: &Shot) -> Option<(u8, u8)> {
    match shot.carried {
        Carried::Icmp(kind, code) => Some((kind, code)),
        Carried::Segment | Carried::Datagram(_) => None,
    }
}

fn len(shot: &Shot) -> Option<Value> {
    match shot.carried {
        Carried::Segment => told(shot, |segment| number(segment.len)),
        Carried::Datagram(len) => number(len),
        Carried::Icmp(..) => None,
    }
}

fn escaped(segment: &SegmentEvent) -> String {
    segment.preview.octets().escape_ascii().to_string()
}

/// Before the segment left and before it arrived, or behind both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}
use When::{After, Before};

/// The state of its sender, or else of its receiver.
fn state(segment: &SegmentEvent, of_sender: bool, when: When) -> Option<Value> {
    let beliefs = if when == Before { segment.before } else { segment.after };
    let side: Side = if of_sender { segment.from } else { segment.from.other() };
    let belief: Belief = beliefs[side];
    belief.state.map(|state: State| Value::Word(state.name().to_owned()))
}
