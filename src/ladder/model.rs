//! What a ladder is made of.

use std::time::Duration;

use crate::explain::{self, Statement};
use crate::trace::exchange::Endpoint;
use crate::trace::{Pair, Side};
use crate::wire::Flags;

/// What a piece of the picture means. Colours are the business of whoever draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// Nothing special.
    #[default]
    Plain,
    /// A segment with SYN.
    Opening,
    /// A segment with FIN.
    Closing,
    /// A segment with RST.
    Reset,
    /// A segment with data.
    Data,
    /// A segment that only acknowledges.
    BareAck,
    /// Something that went wrong, or must not be passed by.
    Warning,
    /// The name of a state.
    State,
    /// A socket call.
    Call,
    /// An explanation.
    Reason,
    /// A time.
    Time,
    /// A lifeline.
    Lifeline,
    /// What both ends are called, and the first word of a verdict line.
    Heading,
}

impl Style {
    /// The style of a segment with these flags and `len` octets of payload.
    #[must_use]
    pub const fn of(flags: Flags, len: u32) -> Self {
        if flags.rst() {
            Self::Reset
        } else if flags.syn() {
            Self::Opening
        } else if flags.fin() {
            Self::Closing
        } else if len > 0 {
            Self::Data
        } else if flags.ack() {
            Self::BareAck
        } else {
            Self::Warning
        }
    }
}

/// How the line under the name of one end is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lifeline {
    /// Dotted: the connection does not exist here, not yet or no more.
    #[default]
    Absent,
    /// Solid: it exists.
    Open,
    /// Dashed: this end has sent its FIN and may only listen.
    Listening,
}

/// When a row happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The first: everything else counts from here.
    Start,
    /// So long after the event before.
    After(Duration),
}

impl Moment {
    /// `0.000000`, `+48 µs`.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Start => "0.000000".to_owned(),
            Self::After(time) => format!("+{}", explain::duration(time)),
        }
    }
}

/// A word in the margin beside a lifeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub style: Style,
    /// The word.
    pub text: String,
}

/// How an arrow ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArrowEnd {
    /// It arrives.
    #[default]
    Arrives,
    /// It arrives, and its receiver takes no notice: an open head.
    Ignored,
    /// It was lost on the way, as what followed shows.
    Lost,
    /// Nothing that was seen answers it: lost, or its answer was.
    Unanswered,
}

/// A segment or an error on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Where it comes from; it points to the other end.
    pub from: Side,
    /// Its meaning.
    pub style: Style,
    /// How it ends.
    pub end: ArrowEnd,
    /// It begins on the way: a router sent it, not the end itself.
    pub midway: bool,
    /// How many of the arrows below it left before it arrived: it crosses them.
    pub crossed: u8,
}

/// What stands between the lifelines on one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Nothing.
    #[default]
    Empty,
    /// What a segment carries, above its arrow; the first part is its flags.
    Label {
        /// Of the first part.
        style: Style,
        /// Pieces that are kept together if they can be.
        parts: Vec<String>,
    },
    /// An arrow.
    Arrow(Arrow),
    /// Options, under the arrow; the first thing to go where there is no room.
    Options(Vec<String>),
    /// A reason, under the arrow.
    Reason(String),
    /// Rows that were folded into one.
    Fold(Vec<String>),
    /// Something the capture lacks.
    Gap(String),
    /// What must not be passed by, under the arrow: where two connections differ.
    Mark(String),
    /// What the kernel of one end told, beside the lifeline of that end.
    Kernel {
        /// Whose kernel.
        side: Side,
        /// What it is.
        style: Style,
        /// Pieces that are kept together if they can be.
        parts: Vec<String>,
    },
}

/// One row of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// When; none where nothing happened.
    pub time: Option<Moment>,
    /// Number of the packet behind an arrow.
    pub packet: Option<u64>,
    /// Beside each lifeline.
    pub margins: Pair<Option<Note>>,
    /// The lifelines.
    pub lifelines: Pair<Lifeline>,
    /// Between them.
    pub lane: Lane,
    /// Of an arrow: all that there is to say, be it worth a row or not.
    pub told: Vec<String>,
}

/// The head of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneHead {
    /// What this end is called.
    pub label: String,
    /// Its address, and its port where it has one, if they are known.
    pub end: Option<Endpoint>,
}

/// One connection, or one exchange, as a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// What it is a picture of: `Connection`, `UDP exchange`.
    pub kind: String,
    /// Its number, from 1; connections and exchanges are counted apart.
    pub number: u32,
    /// The two ends: the client is on the left.
    pub lanes: Pair<LaneHead>,
    /// What is observed and what is inferred.
    pub certainty: String,
    /// About how long each arrow is on its way: half of the handshake, if that was seen and no SYN of it was lost.
    pub flight: Option<Duration>,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// The verdict; empty if it was not asked for, or the connection has not ended.
    pub verdict: Vec<Statement>,
}

impl Ladder {
    /// Puts a mark under the arrow of this packet, behind what stands there already. False where there is no such arrow.
    pub fn mark(&mut self, packet: u64, text: &str) -> bool {
        let Some(arrow) = self.rows.iter().position(|row| row.packet == Some(packet)) else { return false };
        let lifelines = self.rows[arrow].lifelines;
        let is_under = |row: &&Row| matches!(row.lane, Lane::Options(_) | Lane::Reason(_) | Lane::Mark(_));
        let under = self.rows[arrow + 1..].iter().take_while(is_under).count();
        let lane = Lane::Mark(text.to_owned());
        self.rows.insert(arrow + 1 + under, Row { lane, lifelines, ..Row::default() });
        true
    }
}
