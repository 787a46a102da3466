//! What somebody thinks the next segment will be, and how right that is.

use crate::quiz::{Answer, Choice, Judged, read_flags, read_number};
use crate::tcp::State;
use crate::wire::Flags;

/// What a prediction looks like.
pub const READABLE: &str = "a prediction, as in SA seq 0 ack 1, or ESTABLISHED for the sender's next state";

/// Any of: flags, numbers and the state that the sender is in afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    flags: Option<Flags>,
    seq: Option<u32>,
    ack: Option<u32>,
    len: Option<u32>,
    state: Option<State>,
}

/// What the segment really is; numbers as they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its flags.
    pub flags: Flags,
    /// Its sequence number.
    pub seq: u32,
    /// Its acknowledgment number; none without the ACK flag.
    pub ack: Option<u32>,
    /// Octets of payload.
    pub len: u32,
    /// The state of its sender once it has left; none where that is not known.
    pub state: Option<State>,
}

/// One part of a prediction, marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether it is right.
    pub is_right: bool,
    /// `flags SYN ACK: right`, `ack 5: wrong, it is 6`.
    pub text: String,
}

impl Prediction {
    /// Reads `SA seq 0 ack 1`, `syn+ack`, `seq=1`, `state FIN-WAIT-1`; none where any part of it cannot be read.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let spaced = typed.replace(['=', ':'], " ");
        let mut words = spaced.split_whitespace().peekable();
        let (mut this, mut flags) = (Self::default(), Vec::new());
        while let Some(word) = words.next() {
            let field = match word.to_ascii_lowercase().as_str() {
                "seq" => Some(&mut this.seq),
                "ack" => Some(&mut this.ack),
                "len" => Some(&mut this.len),
                "flags" | "state" => continue,
                _ => None,
            };
            match (field, words.peek().and_then(|next| read_number(next.trim_end_matches(',')))) {
                (Some(field), Some(number)) => {
                    *field = Some(number);
                    words.next();
                }
                _ => match state(word) {
                    Some(state) => this.state = Some(state),
                    None => flags.push(word.trim_end_matches(',')),
                },
            }
        }
        if !flags.is_empty() {
            this.flags = Some(read_flags(&flags.join(" "))?);
        }
        (this != Self::default()).then_some(this)
    }

    /// Each part that was predicted, marked. Who names an acknowledgment number means the ACK flag as well.
    #[must_use]
    pub fn marks(&self, fact: &Fact) -> Vec<Mark> {
        let flags = self.flags.map(|flags| if self.ack.is_some() { flags.with(Flags::ACK) } else { flags });
        let number = |name, said: Option<u32>, is: Option<u32>| {
            said.map(|said| match is {
                Some(is) => mark(name, &Answer::Number(is), &said.to_string()),
                None => Mark { is_right: false, text: format!("{name} {said}: wrong, it has none") },
            })
        };
        let marks = [
            flags.map(|flags| mark("flags", &Answer::Flags(fact.flags), &flags_words(flags))),
            number("seq", self.seq, Some(fact.seq)),
            number("ack", self.ack, fact.ack),
            number("len", self.len, Some(fact.len)),
            self.state.and_then(|said| Some(mark_state(said, fact.state?))),
        ];
        marks.into_iter().flatten().collect()
    }
}

fn flags_words(flags: Flags) -> String {
    if flags == Flags::NONE { "none".to_owned() } else { flags.to_string() }
}

fn state(word: &str) -> Option<State> {
    let word = word.trim_end_matches(',').replace('_', "-");
    State::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(&word))
}

fn mark_state(said: State, is: State) -> Mark {
    let choices = State::ALL.map(|state| Choice { text: state.name().to_owned(), also: &[] }).to_vec();
    mark("state", &Answer::Choice(choices, is as usize), said.name())
}

fn mark(name: &str, answer: &Answer, said: &str) -> Mark {
    let is_right = answer.judge(said) == Judged::Right;
    let right = match answer {
        Answer::Choice(choices, right) => choices[*right].text.clone(),
        Answer::Flags(flags) => flags_words(*flags),
        answer => answer.words(),
    };
    let verdict = if is_right { "right".to_owned() } else { format!("wrong, it is {right}") };
    Mark { is_right, text: format!("{name} {said}: {verdict}") }
}
