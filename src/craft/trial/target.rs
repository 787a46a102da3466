//! The states that a peer can be brought into, and how.

use super::{Deed, Step};
use crate::tcp::{Standing, State};
use Deed::{Close, Connect, ShutdownWrite};
use Step::{Act, Await, Send};

/// A state to bring the peer into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the table below says what each is
pub enum Target {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    FinWait2Orphan,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// A segment of ours on the way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// SYN.
    Syn,
    /// ACK of all that came.
    Ack,
    /// What the peer's program answers, and closes after; left out where there is nothing to ask.
    Request,
    /// ACK of the octets that came, but not of a FIN.
    Reading,
    /// FIN,ACK that acknowledges all that came.
    Fin,
    /// FIN,ACK that does not acknowledge the peer's FIN, as if the two had crossed.
    CrossingFin,
}

/// Something of the peer's on the way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its SYN.
    Syn,
    /// Its SYN,ACK.
    SynAck,
    /// Its acknowledgment of all that we sent.
    Ack,
    /// Its FIN.
    Fin,
}

/// What moves the peer's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The driver's stage: it does what it is told.
    Obeys,
    /// What we send, and nothing else: it answers a request and closes, or closes because we did, as programs do.
    Reacts,
}

/// A way into a state.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// For a person.
    pub how: &'static str,
    pub(super) steps: &'static [Step],
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The state.
    pub target: Target,
    /// Its name on the command line.
    pub name: &'static str,
    /// The state of the peer, and whether it has a program.
    pub standing: Standing,
    /// The way with a program that obeys.
    pub told: Way,
    /// The way with a program that only reacts; none where no segment of ours brings the state about, or where it cannot be
    /// known that it does.
    pub reacting: Option<Way>,
}

impl Row {
    /// The way with such a program.
    #[must_use]
    pub const fn way(&self, program: Program) -> Option<&Way> {
        match program {
            Program::Obeys => Some(&self.told),
            Program::Reacts => self.reacting.as_ref(),
        }
    }
}

const SYN: [Step; 2] = [Send(Part::Syn), Await(Sign::SynAck)];
const OPEN: [Step; 3] = [SYN[0], SYN[1], Send(Part::Ack)];
/// The program has what it needs to answer and to close, and closes.
const ASKED: [Step; 5] = [OPEN[0], OPEN[1], OPEN[2], Send(Part::Request), Await(Sign::Fin)];

const fn way(how: &'static str, steps: &'static [Step]) -> Way {
    Way { how, steps }
}

const fn row(target: Target, name: &'static str, state: State, told: Way, reacting: Option<Way>) -> Row {
    let standing = Standing { state, orphan: matches!(target, Target::FinWait2Orphan) };
    Row { target, name, standing, told, reacting }
}

/// A state that our side alone brings about.
const fn ours(target: Target, name: &'static str, state: State, way: Way) -> Row {
    row(target, name, state, way, Some(way))
}

/// Every state, in the order of a connection's life.
#[rustfmt::skip]
pub const TARGETS: [Row; 12] = [
    ours(Target::Closed, "closed", State::Closed, way("nothing listens on the port", &[])),
    ours(Target::Listen, "listen", State::Listen, way("a program listens, and there is no connection yet", &[])),
    row(Target::SynSent, "syn-sent", State::SynSent,
        way("its program calls connect(); we do not answer its SYN", &[Act(Connect), Await(Sign::Syn)]),
        None),
    ours(Target::SynReceived, "syn-received", State::SynReceived, way("our SYN; we do not acknowledge its SYN,ACK", &SYN)),
    ours(Target::Established, "established", State::Established, way("the three-way handshake", &OPEN)),
    row(Target::FinWait1, "fin-wait-1", State::FinWait1,
        way("its program calls shutdown(); we do not acknowledge its FIN",
            &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin)]),
        Some(way("its program closes after our request; we do not acknowledge its FIN", &ASKED))),
    row(Target::FinWait2, "fin-wait-2", State::FinWait2,
        way("its program calls shutdown(); we acknowledge its FIN",
            &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin), Send(Part::Ack)]),
        Some(way("its program closes after our request; we acknowledge its FIN",
            &[ASKED[0], ASKED[1], ASKED[2], ASKED[3], ASKED[4], Send(Part::Ack)]))),
    row(Target::FinWait2Orphan, "fin-wait-2-orphan", State::FinWait2,
        way("its program calls close(), so nobody can read; we acknowledge its FIN",
            &[OPEN[0], OPEN[1], OPEN[2], Act(Close), Await(Sign::Fin), Send(Part::Ack)]),
        None),
    row(Target::CloseWait, "close-wait", State::CloseWait,
        way("our FIN; its program does not close", &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack)]),
        Some(way("our FIN; its program has not closed yet", &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack)]))),
    row(Target::Closing, "closing", State::Closing,
        way("its program calls shutdown(), and our FIN crosses its own",
            &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin), Send(Part::CrossingFin), Await(Sign::Ack)]),
        Some(way("its program closes after our request, and our FIN crosses its own",
            &[ASKED[0], ASKED[1], ASKED[2], ASKED[3], ASKED[4], Send(Part::CrossingFin), Await(Sign::Ack)]))),
    row(Target::LastAck, "last-ack", State::LastAck,
        way("our FIN, then its program calls close(); we do not acknowledge its FIN",
            &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack), Act(Close), Await(Sign::Fin)]),
        Some(way("our FIN, because of which its program closes; we do not acknowledge its FIN",
            &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack), Await(Sign::Fin)]))),
    row(Target::TimeWait, "time-wait", State::TimeWait,
        way("its program calls close(); our FIN follows",
            &[OPEN[0], OPEN[1], OPEN[2], Act(Close), Await(Sign::Fin), Send(Part::Fin), Await(Sign::Ack)]),
        Some(way("its program closes after our request; our FIN follows",
            &[ASKED[0], ASKED[1], ASKED[2], ASKED[3], ASKED[4], Send(Part::Fin), Await(Sign::Ack)]))),
];

impl Target {
    /// Its row of the table.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        &TARGETS[self as usize]
    }

    /// The state of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TARGETS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.target)
    }

    /// Whether a program that only reacts comes into it by a request of ours.
    #[must_use]
    pub fn needs_request(self) -> bool {
        self.row().reacting.is_some_and(|way| way.steps.contains(&Send(Part::Request)))
    }

    /// Whether it is a state of a connection; CLOSED and LISTEN are none.
    #[must_use]
    pub const fn is_connection(self) -> bool {
        !matches!(self, Self::Closed | Self::Listen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_own_place() {
        for (index, row) in TARGETS.iter().enumerate() {
            assert_eq!((row.target as usize, Target::from_name(row.name)), (index, Some(row.target)));
        }
        assert_eq!(Target::from_name("ESTABLISHED"), Some(Target::Established));
        assert_eq!(Target::from_name("estab"), None);
    }

    #[test]
    fn what_a_program_of_anybody_comes_into() {
        let names = |holds: fn(&Row) -> bool| -> Vec<_> {
            TARGETS.iter().filter(|row| holds(row)).map(|row| row.name).collect()
        };
        assert_eq!(names(|row| row.reacting.is_none()), ["syn-sent", "fin-wait-2-orphan"]);
        assert_eq!(names(|row| row.target.needs_request()), ["fin-wait-1", "fin-wait-2", "closing", "time-wait"]);
        let obeys = |row: &Row| row.reacting.is_some_and(|way| way.steps.iter().any(|step| matches!(step, Act(_))));
        assert!(!TARGETS.iter().any(obeys));
    }
}
