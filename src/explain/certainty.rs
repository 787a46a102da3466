//! The line that says what was observed and what was inferred.

use super::Names;
use crate::trace::{Certainty, Pair, Side};

/// How the statements of one kind are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    observed: bool,
    inferred: bool,
    unknown: bool,
}

impl Sources {
    /// Takes note of one statement.
    pub const fn note(&mut self, certainty: Certainty) {
        match certainty {
            Certainty::Observed => self.observed = true,
            Certainty::Inferred => self.inferred = true,
            Certainty::Unknown => self.unknown = true,
        }
    }
}

/// What stands where the state of an end would, if nobody keeps one.
pub const NO_STATE: &str = "no state";

/// Asks whether some statement is known in one way.
type Has = fn(&Sources) -> bool;

/// How all that stands in the margins is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Of each end's states.
    pub states: Pair<Sources>,
    /// Of each end's calls.
    pub calls: Pair<Sources>,
    /// The end at which nobody keeps a state.
    pub stateless: Option<Side>,
    /// Something was told by a kernel.
    pub kernel: bool,
}

impl Known {
    /// The line at the top: `your states: observed · server's states and calls: inferred`.
    #[must_use]
    pub fn line(&self, names: &Names) -> String {
        let mut parts = Vec::new();
        let ways: [(Has, &str); 2] = [(|known| known.observed, "observed"), (|known| known.inferred, "inferred")];
        for (has, words) in ways {
            if let Some(things) = self.things(names, has) {
                parts.push(format!("{things}: {words}"));
            }
        }
        if let Some(side) = self.stateless {
            parts.push(format!("{}: by hand, {NO_STATE}", names.label(side)));
        }
        if self.kernel {
            parts.push("◆ told by the kernel: observed".to_owned());
        }
        if self.all().any(|known| known.unknown) {
            parts.push("? means unknown".to_owned());
        }
        parts.join(" · ")
    }

    fn all(&self) -> impl Iterator<Item = Sources> {
        [self.states.client, self.states.server, self.calls.client, self.calls.server].into_iter()
    }

    /// `server's states, all calls`: what is known in the way that `has` asks for.
    fn things(&self, names: &Names, has: Has) -> Option<String> {
        let sides = |known: &Pair<Sources>| Side::BOTH.map(|side| has(&known[side]));
        let (states, calls) = (sides(&self.states), sides(&self.calls));
        let whose = |sides: [bool; 2]| match sides {
            [true, true] => Some("all".to_owned()),
            [true, false] => Some(names.whose_label(Side::Client)),
            [false, true] => Some(names.whose_label(Side::Server)),
            [false, false] => None,
        };
        match (whose(states), whose(calls)) {
            (Some(states), Some(calls)) if states == calls => Some(format!("{states} states and calls")),
            (Some(states), Some(calls)) => Some(format!("{states} states, {calls} calls")),
            (Some(states), None) => Some(format!("{states} states")),
            (None, Some(calls)) => Some(format!("{calls} calls")),
            (None, None) => None,
        }
    }
}
