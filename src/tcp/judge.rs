//! What came back, held against what RFC 9293 asks for, and against what Linux is known to do.

use super::{
    Answer, Arriving, Cause, Expected, Number, Seq, Shape, Standing, State, Variables, expected, linux_differs,
};
use crate::wire::Flags;

/// The flags by which answers are told apart: an answer may carry data or a FIN with it.
const TELLING: Flags = Flags::SYN.with(Flags::RST).with(Flags::ACK);

/// What came back first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A segment of the connection.
    Segment {
        /// Its flags.
        flags: Flags,
        /// SEG.SEQ.
        seq: Seq,
        /// SEG.ACK; significant only with the ACK flag.
        ack: Seq,
    },
    /// An ICMP error about the segment.
    Error,
}

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The answer; none for silence.
    pub heard: Option<Heard>,
    /// The rule that its sequence number follows; none where it follows none that we know.
    pub seq: Option<Number>,
    /// The same of its acknowledgment number.
    pub ack: Option<Number>,
    /// The state afterwards, where somebody could tell.
    pub state: Option<State>,
}

/// How far the observation agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what RFC 9293 asks for.
    Agrees,
    /// It is not, but it is what Linux is known to do.
    Known(Cause),
    /// It is neither.
    Differs,
    /// An ICMP error came: the segment did not get as far as the TCP of the peer, of which alone RFC 9293 speaks.
    NotJudged,
}

/// A crafted segment, what it was to bring, and what it brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Where the peer was.
    pub standing: Standing,
    /// What RFC 9293 asks for.
    pub expected: Expected,
    /// What Linux is known to do, where it is something else, and why.
    pub linux: Option<(Answer, Cause)>,
    /// What was observed.
    pub observed: Observed,
    /// How far it agrees.
    pub verdict: Verdict,
}

/// Why a segment must be dropped before its numbers and flags count for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// The checksum of the IPv4 header (RFC 791 section 3.1).
    IpChecksum,
    /// It is a part of a packet whose other parts never come.
    Fragment,
    /// The length in the IP header is not that of the packet.
    IpLength,
    /// The data offset is not where the data begins.
    DataOffset,
    /// The checksum over the segment (RFC 9293 section 3.1).
    Checksum,
    /// Its header cannot be made out.
    Header,
}

/// A crafted segment, the peer that it was for, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What was sent.
    pub sent: Arriving,
    /// Its source and destination port.
    pub ports: (u16, u16),
    /// Why the peer must drop it; none for a whole segment.
    pub damage: Option<Damage>,
    /// The variables of the peer's end when it came.
    pub variables: Variables,
    /// What came of it.
    pub judgement: Judgement,
    /// How the state of the peer is known.
    pub basis: Basis,
}

/// Judges what came of `segment` (none for one that must be dropped) at a peer with these `variables`. `state` is its
/// state afterwards where somebody could tell.
#[must_use]
pub fn judge(
    standing: Standing,
    variables: &Variables,
    segment: Option<&Arriving>,
    heard: Option<Heard>,
    state: Option<State>,
) -> Judgement {
    let asked = expected(standing.state, variables, segment);
    let linux = linux_differs(standing, variables, segment);
    let scene = Scene { before: standing.state, after: asked.after, segment, heard, state };
    let verdict = match linux {
        _ if heard == Some(Heard::Error) => Verdict::NotJudged,
        _ if scene.is(&asked.answer) => Verdict::Agrees,
        Some((answer, cause)) if scene.is(&answer) => Verdict::Known(cause),
        _ => Verdict::Differs,
    };
    let answers = [Some(asked.answer), linux.map(|(answer, _)| answer)];
    let observed = scene.observed(answers.into_iter().flatten());
    Judgement { standing, expected: asked, linux, observed, verdict }
}

/// The same where it cannot be known whether a program still holds the peer's end: what differs with one may be what is
/// known without.
#[must_use]
pub fn judge_with_or_without_program(
    state: State,
    variables: &Variables,
    segment: Option<&Arriving>,
    heard: Option<Heard>,
    after: Option<State>,
) -> Judgement {
    let held = judge(Standing::held(state), variables, segment, heard, after);
    if held.verdict != Verdict::Differs {
        return held;
    }
    let orphan = judge(Standing { state, orphan: true }, variables, segment, heard, after);
    if matches!(orphan.verdict, Verdict::Known(_)) { orphan } else { held }
}

/// The same where nothing is known of the peer but that it has no connection: the state that answers so, LISTEN or
/// CLOSED, and how sure that is.
#[must_use]
pub fn judge_by_answer(variables: &Variables, segment: Option<&Arriving>, heard: Option<Heard>) -> (Judgement, Basis) {
    let [listen, closed] =
        [State::Listen, State::Closed].map(|state| judge(Standing::held(state), variables, segment, heard, None));
    let fits = |judgement: &Judgement| matches!(judgement.verdict, Verdict::Agrees | Verdict::Known(_));
    match (fits(&listen), fits(&closed)) {
        (true, true) => (listen, Basis::Either),
        (true, false) => (listen, Basis::Answer),
        (false, true) => (closed, Basis::Answer),
        (false, false) => (listen, Basis::Neither),
    }
}

/// How the state of the peer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// We brought the peer into it, and its kernel says so, too.
    Told,
    /// We brought the peer into it, by what was seen on the wire.
    Made,
    /// By the answer: of the two states without a connection only one answers so.
    Answer,
    /// Both states without a connection answer so.
    Either,
    /// No state without a connection answers so.
    Neither,
}

/// The state afterwards, from what a kernel says of the connection: where it has no such socket any more, the end is
/// back where it came from.
#[must_use]
pub fn state_after(before: State, socket: Option<State>) -> State {
    let origin = if matches!(before, State::Listen | State::SynReceived) { State::Listen } else { State::Closed };
    socket.unwrap_or(origin)
}

/// What was fired, and what came.
struct Scene<'a> {
    before: State,
    after: Variables,
    segment: Option<&'a Arriving>,
    heard: Option<Heard>,
    state: Option<State>,
}

impl Scene<'_> {
    /// Whether this is what came.
    fn is(&self, answer: &Answer) -> bool {
        let same_state = self.state.is_none_or(|state| state == answer.state);
        let same_reply = match (answer.reply.shape(self.before), self.heard) {
            (None, None) => true,
            (Some(shape), Some(Heard::Segment { flags, seq, ack })) => {
                flags.bits() & TELLING.bits() == shape.flags.bits() & TELLING.bits()
                    && self.follows(shape.seq, seq)
                    && shape.ack.is_none_or(|rule| self.follows(rule, ack))
            }
            _ => false,
        };
        same_state && same_reply
    }

    fn follows(&self, rule: Number, number: Seq) -> bool {
        match (rule, self.segment) {
            (Number::NewIss, _) => true,
            (rule, Some(segment)) => rule.value(&self.after, segment) == Some(number),
            (_, None) => false,
        }
    }

    /// Names the rules behind the numbers: those of the `answers` that were likely, else the first that fits.
    fn observed(&self, answers: impl Iterator<Item = Answer>) -> Observed {
        let Some(Heard::Segment { flags, seq, ack }) = self.heard else {
            return Observed { heard: self.heard, seq: None, ack: None, state: self.state };
        };
        let shapes: Vec<Shape> = answers.filter_map(|answer| answer.reply.shape(self.before)).collect();
        let alike = |shape: &&Shape| shape.flags.bits() & TELLING.bits() == flags.bits() & TELLING.bits();
        let likely = shapes.iter().find(alike);
        let usual = [Number::SndNxt, Number::RcvNxt, Number::SegAck, Number::SegEnd, Number::Iss, Number::Zero];
        let rule =
            |likely: Option<Number>, number| likely.into_iter().chain(usual).find(|rule| self.follows(*rule, number));
        Observed {
            heard: self.heard,
            seq: rule(likely.map(|shape| shape.seq), seq),
            ack: flags.ack().then(|| rule(likely.and_then(|shape| shape.ack), ack)).flatten(),
            state: self.state,
        }
    }
}
