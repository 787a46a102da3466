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

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The state.
    pub target: Target,
    /// Its name on the command line.
    pub name: &'static str,
    /// The state of the peer, and whether it has a program.
    pub standing: Standing,
    /// How the peer comes into it, for a person.
    pub how: &'static str,
    pub(super) steps: &'static [Step],
}

const SYN: [Step; 2] = [Send(Part::Syn), Await(Sign::SynAck)];
const OPEN: [Step; 3] = [SYN[0], SYN[1], Send(Part::Ack)];

const fn row(target: Target, name: &'static str, state: State, how: &'static str, steps: &'static [Step]) -> Row {
    Row { target, name, standing: Standing { state, orphan: matches!(target, Target::FinWait2Orphan) }, how, steps }
}

/// Every state, in the order of a connection's life.
#[rustfmt::skip]
pub const TARGETS: [Row; 12] = [
    row(Target::Closed, "closed", State::Closed, "nothing listens on the port", &[]),
    row(Target::Listen, "listen", State::Listen, "a program listens, and there is no connection yet", &[]),
    row(Target::SynSent, "syn-sent", State::SynSent, "its program calls connect(); we do not answer its SYN",
        &[Act(Connect), Await(Sign::Syn)]),
    row(Target::SynReceived, "syn-received", State::SynReceived, "our SYN; we do not acknowledge its SYN,ACK", &SYN),
    row(Target::Established, "established", State::Established, "the three-way handshake", &OPEN),
    row(Target::FinWait1, "fin-wait-1", State::FinWait1, "its program calls shutdown(); we do not acknowledge its FIN",
        &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin)]),
    row(Target::FinWait2, "fin-wait-2", State::FinWait2, "its program calls shutdown(); we acknowledge its FIN",
        &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin), Send(Part::Ack)]),
    row(Target::FinWait2Orphan, "fin-wait-2-orphan", State::FinWait2, "its program calls close(), so nobody can read; we acknowledge its FIN",
        &[OPEN[0], OPEN[1], OPEN[2], Act(Close), Await(Sign::Fin), Send(Part::Ack)]),
    row(Target::CloseWait, "close-wait", State::CloseWait, "our FIN; its program does not close",
        &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack)]),
    row(Target::Closing, "closing", State::Closing, "its program calls shutdown(), and our FIN crosses its own",
        &[OPEN[0], OPEN[1], OPEN[2], Act(ShutdownWrite), Await(Sign::Fin), Send(Part::CrossingFin), Await(Sign::Ack)]),
    row(Target::LastAck, "last-ack", State::LastAck, "our FIN, then its program calls close(); we do not acknowledge its FIN",
        &[OPEN[0], OPEN[1], OPEN[2], Send(Part::Fin), Await(Sign::Ack), Act(Close), Await(Sign::Fin)]),
    row(Target::TimeWait, "time-wait", State::TimeWait, "its program calls close(); our FIN follows",
        &[OPEN[0], OPEN[1], OPEN[2], Act(Close), Await(Sign::Fin), Send(Part::Fin), Await(Sign::Ack)]),
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

    /// Whether the peer's program has to do something for it; where not, our side alone brings it about.
    #[must_use]
    pub fn needs_program(self) -> bool {
        self.row().steps.iter().any(|step| matches!(step, Act(_)))
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
    fn our_side_alone_brings_about_five() {
        let alone: Vec<_> = TARGETS.iter().filter(|row| !row.target.needs_program()).map(|row| row.name).collect();
        assert_eq!(alone, ["closed", "listen", "syn-received", "established", "close-wait"]);
    }
}
