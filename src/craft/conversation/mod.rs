//! A recorded connection as a conversation: who said what, when, and after having heard how much; and one side of it, said
//! again to somebody else.
//!
//! Segments are of no interest here: [`Recorder`] puts both byte streams together and keeps what a program would have done,
//! [`Player`] does it again through an [`Endpoint`](super::Endpoint), and [`Comparison`] holds what the other side says
//! against what it said then.

mod compare;
mod player;
mod recorder;
mod stream;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use super::Offer;
use crate::wire::Time;

pub use compare::{Comparison, Difference, Ignore, Reach, excerpt};
pub use player::{Pace, Player, Playing};
pub use recorder::{Recorder, Refusal};

/// Which side of a conversation: the client called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Its SYN came first.
    Client,
    /// The one that was called.
    Server,
}

impl Role {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// What one side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It said these octets of its stream.
    Say(Range<usize>),
    /// FIN: it has no more to say.
    Shut,
    /// RST.
    Reset,
}

/// How much of the other side's stream had arrived, as the acknowledgment of the one who acted says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Octets.
    pub octets: usize,
    /// Its FIN, too.
    pub fin: bool,
}

/// Something that one side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When the capture showed it.
    pub at: Time,
    /// Who.
    pub by: Role,
    /// What.
    pub act: Act,
    /// After what.
    pub heard: Heard,
}

/// One side's stream, and what its SYN offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// All that it said.
    pub octets: Vec<u8>,
    /// Options of its SYN.
    pub offer: Offer,
}

/// One line of what one side is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Not before this much of the other side has come.
    pub heard: Heard,
    /// So long after that, and after the line before.
    pub think: Duration,
    /// What to do.
    pub act: Act,
}

/// Octets that one side said before the other one spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who spoke.
    pub by: Role,
    /// Which octets of its stream.
    pub octets: Range<usize>,
}

/// A whole conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The side that called.
    pub client: Part,
    /// The side that was called.
    pub server: Part,
    /// When the handshake was complete.
    pub opened: Time,
    /// What both did, in the order of the capture.
    pub steps: Vec<Step>,
}

impl Conversation {
    /// One side of it.
    #[must_use]
    pub const fn part(&self, role: Role) -> &Part {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }

    /// What `role` did, as something to be done again.
    #[must_use]
    pub fn script(&self, role: Role) -> Vec<Line> {
        let mut lines = Vec::new();
        // When the line before was done, and when the other side's octets had come that this one waited for.
        let mut ready = self.opened;
        let mut others = self.steps.iter().filter(|step| step.by != role).peekable();
        let (mut octets, mut fin) = (0, false);
        for step in self.steps.iter().filter(|step| step.by == role) {
            while (octets < step.heard.octets || step.heard.fin && !fin)
                && let Some(other) = others.next_if(|other| other.at <= step.at)
            {
                ready = ready.max(other.at);
                match &other.act {
                    Act::Say(said) => octets = said.end,
                    Act::Shut => fin = true,
                    Act::Reset => {}
                }
            }
            lines.push(Line { heard: step.heard, think: step.at.since(ready), act: step.act.clone() });
            ready = ready.max(step.at);
        }
        lines
    }

    /// Who spoke, in turns.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        for step in &self.steps {
            let Act::Say(octets) = &step.act else { continue };
            match turns.last_mut() {
                Some(turn) if turn.by == step.by => turn.octets.end = octets.end,
                _ => turns.push(Turn { by: step.by, octets: octets.clone() }),
            }
        }
        turns
    }

    /// The longest time in which neither side did anything.
    #[must_use]
    pub fn longest_silence(&self) -> Duration {
        let ends = self.steps.iter().map(|step| step.at);
        let begins = std::iter::once(self.opened).chain(ends.clone());
        begins.zip(ends).map(|(begin, end)| end.since(begin)).max().unwrap_or_default()
    }

    /// Who was the first to end its stream.
    #[must_use]
    pub fn closed_first(&self) -> Option<Role> {
        self.steps.iter().find(|step| !matches!(step.act, Act::Say(_))).map(|step| step.by)
    }
}
