//! What a segment is answered with, in flags and in the rules behind the numbers, so that it can be held against what
//! comes back.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Arriving, Event, Reply, Response, Seq, State, Variables, respond};
use crate::wire::Flags;

/// Where an end is: its state, and whether a program still holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// The program has called close(): nobody can read what still comes. RFC 9293 makes no difference; kernels do.
    pub orphan: bool,
}

impl Standing {
    /// In this state, with a program.
    #[must_use]
    pub const fn held(state: State) -> Self {
        Self { state, orphan: false }
    }
}

/// The rule that makes a number of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Number {
    /// Zero.
    Zero,
    /// The initial number that has been sent before.
    Iss,
    /// An initial number chosen now.
    NewIss,
    /// SND.NXT.
    SndNxt,
    /// RCV.NXT, after the segment has been taken.
    RcvNxt,
    /// The acknowledgment number of the segment.
    SegAck,
    /// The number behind its SYN.
    SegSeqPlus1,
    /// The number behind all that it takes.
    SegEnd,
}

impl Number {
    /// In the words of RFC 9293.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::Iss => "ISS",
            Self::NewIss => "new ISS",
            Self::SndNxt => "SND.NXT",
            Self::RcvNxt => "RCV.NXT",
            Self::SegAck => "SEG.ACK",
            Self::SegSeqPlus1 => "SEG.SEQ+1",
            Self::SegEnd => "SEG.SEQ+SEG.LEN",
        }
    }

    /// The number itself, from the variables of the end after the segment; none for one that only the end knows.
    #[must_use]
    pub fn value(self, after: &Variables, segment: &Arriving) -> Option<Seq> {
        Some(match self {
            Self::Zero => Seq(0),
            Self::Iss => after.iss,
            Self::NewIss => return None,
            Self::SndNxt => after.snd_nxt,
            Self::RcvNxt => after.rcv_nxt,
            Self::SegAck => segment.ack,
            Self::SegSeqPlus1 => segment.seq + 1,
            Self::SegEnd => segment.end(),
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The flags of an answer and the rules of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its flags.
    pub flags: Flags,
    /// The rule of SEG.SEQ.
    pub seq: Number,
    /// The rule of SEG.ACK; none without the ACK flag.
    pub ack: Option<Number>,
}

impl Reply {
    /// What it looks like where it leaves an end in `state`; none where nothing is sent.
    #[must_use]
    pub const fn shape(self, state: State) -> Option<Shape> {
        let (flags, seq, ack) = match self {
            Self::Nothing => return None,
            Self::Syn => (Flags::SYN, Number::Iss, None),
            Self::SynAck if matches!(state, State::SynSent | State::SynReceived) => {
                (Flags::SYN.with(Flags::ACK), Number::Iss, Some(Number::SegSeqPlus1))
            }
            Self::SynAck => (Flags::SYN.with(Flags::ACK), Number::NewIss, Some(Number::SegSeqPlus1)),
            Self::Ack | Self::ChallengeAck => (Flags::ACK, Number::SndNxt, Some(Number::RcvNxt)),
            Self::Fin => (Flags::FIN.with(Flags::ACK), Number::SndNxt, Some(Number::RcvNxt)),
            Self::Reset => (Flags::RST, Number::SegAck, None),
            Self::ResetAck => (Flags::RST.with(Flags::ACK), Number::Zero, Some(Number::SegEnd)),
        };
        Some(Shape { flags, seq, ack })
    }
}

/// What comes of a segment: what is sent, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is sent.
    pub reply: Reply,
    /// The state afterwards.
    pub state: State,
}

/// What RFC 9293 asks of an end, and where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What is sent, and the state afterwards.
    pub answer: Answer,
    /// The section.
    pub section: &'static str,
    /// The variables of the end afterwards.
    pub after: Variables,
}

/// Section of RFC 9293 on the checksum.
const CHECKSUM_SECTION: &str = "3.1";

/// What RFC 9293 asks of an end in `state` that gets `segment`; none for a segment whose checksum or header is wrong,
/// which is dropped before any rule sees it.
#[must_use]
pub fn expected(state: State, variables: &Variables, segment: Option<&Arriving>) -> Expected {
    let Some(segment) = segment else {
        let answer = Answer { reply: Reply::Nothing, state };
        return Expected { answer, section: CHECKSUM_SECTION, after: *variables };
    };
    let response = respond(state, variables, segment);
    let answer = Answer { reply: response.reply, state: response.state };
    Expected { answer, section: response.section, after: after(state, variables, segment, &response) }
}

/// The variables once the segment has been taken, as far as an answer tells them.
fn after(state: State, variables: &Variables, segment: &Arriving, response: &Response) -> Variables {
    let mut after = *variables;
    if state == State::SynSent && (response.events.has(Event::SynAck) || response.events.has(Event::Syn)) {
        (after.irs, after.rcv_nxt) = (segment.seq, segment.seq + 1);
    }
    let takes = |event| response.events.has(event);
    // CLOSE-WAIT and TIME-WAIT answer what comes behind the FIN, and take none of it.
    let receives = !matches!(state, State::CloseWait | State::TimeWait);
    if receives && (takes(Event::Text) || takes(Event::Fin)) {
        let edge = variables.rcv_nxt + variables.rcv_wnd;
        let end = if segment.end().after(edge) { edge } else { segment.end() };
        after.rcv_nxt = after.rcv_nxt.max(end);
    }
    after
}
