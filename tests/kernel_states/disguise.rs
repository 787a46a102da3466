//! Ends that look like something else from where they are seen: nothing that came there tells one from the other. Each
//! kind is recognised by its evidence, in both captures and in the kernel's own report; nothing is taken on trust.

use rawshake::tcp::State;
use rawshake::trace::Side;

use super::span::Step;
use super::vantage::View;

/// Why an end cannot be told from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disguise {
    /// Its program closed before the peer's FIN arrived, but its FIN stood behind data and left later, so that it
    /// acknowledges the peer's and looks like an answer to it.
    FinWaited,
    /// Its FIN left before the peer's arrived, and was lost. The one that came is a repetition, which acknowledges the
    /// peer's and looks like an answer to it.
    FinLost,
    /// A RST to it was lost, and nobody repeats one to an end in TIME-WAIT.
    ResetLost,
    /// The last segment to be seen is its FIN once more, which the acknowledgment of the first has crossed: whether the
    /// acknowledgment was lost, or only late, another repetition would tell.
    FinCrossed,
    /// All its SYNs were lost. The first that is heard of it answers a SYN that was repeated, with a bare ACK, as an end does
    /// whose connection is half-open.
    SynsLost,
}

impl Disguise {
    const ALL: [Self; 5] = [Self::FinWaited, Self::FinLost, Self::ResetLost, Self::FinCrossed, Self::SynsLost];

    /// The state that the kernel reports, and the one that it looks like.
    const fn looks(self) -> &'static [(State, State)] {
        match self {
            Self::FinWaited | Self::FinLost => &[(State::Closing, State::LastAck), (State::TimeWait, State::Closed)],
            Self::ResetLost => &[(State::TimeWait, State::Closed)],
            Self::FinCrossed => &[
                (State::TimeWait, State::Closing),
                (State::FinWait2, State::FinWait1),
                (State::Closed, State::LastAck),
            ],
            Self::SynsLost => &[(State::SynReceived, State::Established)],
        }
    }
}

/// Those of the end, seen by `view` after so many segments.
pub(crate) fn of(view: &View<'_>, end: Side, seen: usize) -> Vec<Disguise> {
    let shows = |disguise: &Disguise| match disguise {
        Disguise::FinWaited => view.seems_to_answer(end) && !view.has_lost_fin(end),
        Disguise::FinLost => view.seems_to_answer(end) && view.has_lost_fin(end),
        Disguise::ResetLost => view.histories[end].has(State::TimeWait) && view.has_lost_reset(end),
        Disguise::FinCrossed => seen == view.steps[view.place].len() && view.has_crossed(end),
        Disguise::SynsLost => view.has_lost_syns(end, seen),
    };
    Disguise::ALL.into_iter().filter(shows).collect()
}

/// The disguise in which an end that is in `state` looks like `seen`.
pub(crate) fn between(disguises: &[Disguise], state: State, seen: State) -> Option<Disguise> {
    disguises.iter().copied().find(|disguise| disguise.looks().contains(&(state, seen)))
}

impl View<'_> {
    fn fins(&self, place: Side, from: Side) -> impl Iterator<Item = &Step> {
        self.steps[place].iter().filter(move |step| step.from == from && step.flags.fin())
    }

    /// The number behind the peer's FIN, as it got to the end.
    fn answers(&self, end: Side, fin: &Step) -> bool {
        fin.ack.is_some() && fin.ack == self.fins(end, end.other()).next().map(|step| step.end)
    }

    /// Whether the end's kernel closed before the peer's FIN (it was in CLOSING), but every FIN of it that came to the
    /// place acknowledges the peer's.
    fn seems_to_answer(&self, end: Side) -> bool {
        self.histories[end].has(State::Closing)
            && self.fins(self.place, end).count() > 0
            && self.fins(self.place, end).all(|fin| self.answers(end, fin))
    }

    /// Whether a FIN left the end that did not acknowledge the peer's. It never came to a place that seems to see answers
    /// only.
    fn has_lost_fin(&self, end: Side) -> bool {
        self.fins(end, end).any(|fin| !self.answers(end, fin))
    }

    /// Whether a RST that the place saw on its way to the end never got there.
    fn has_lost_reset(&self, end: Side) -> bool {
        let lost = |step: &Step| self.passages.arrived(end, self.packet(step), step.time).is_none();
        self.steps[self.place].iter().any(|step| step.from != end && step.flags.rst() && lost(step))
    }

    /// Whether SYNs left the end, but none of the first segments at the place, so many, was one, and the end is heard there by
    /// the one behind them.
    fn has_lost_syns(&self, end: Side, seen: usize) -> bool {
        let of_end = |place: Side, most: usize| self.steps[place].iter().take(most).filter(|step| step.from == end);
        of_end(end, usize::MAX).any(|step| step.flags.syn())
            && !of_end(self.place, seen).any(|step| step.flags.syn())
            && of_end(self.place, seen + 1).any(|step| !step.flags.syn())
    }

    /// Whether the last that is to be seen is a FIN of the end, and an acknowledgment of it arrived there after it left.
    fn has_crossed(&self, end: Side) -> bool {
        let steps = self.steps[self.place];
        let Some(last) = steps.last().filter(|last| last.from == end && last.flags.fin()) else { return false };
        let left = self.passages.left(end, self.packet(last));
        let later = |step: &Step| self.passages.arrived(end, self.packet(step), step.time) > Some(left);
        steps.iter().any(|step| step.from != end && step.ack == Some(last.end) && later(step))
    }
}
