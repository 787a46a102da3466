//! A small picture of two ends and what passes between them, as data.

use serde::Serialize;

/// Which way a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// From the left end to the right one.
    Right,
    /// From the right end to the left one.
    Left,
    /// From the left end, and lost on its way.
    RightLost,
    /// From the right end, and lost on its way.
    LeftLost,
    /// Nothing passes.
    Nothing,
}

/// One row: a segment, and what stands beside both ends when it has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which way it goes.
    pub way: Way,
    /// What passes.
    pub label: &'static str,
    /// Beside the left end: a state or a call.
    pub left: &'static str,
    /// Beside the right end.
    pub right: &'static str,
}

impl Row {
    /// The same with these words beside both ends.
    pub(super) const fn at(self, left: &'static str, right: &'static str) -> Self {
        Self { left, right, ..self }
    }
}

const fn row(way: Way, label: &'static str) -> Row {
    Row { way, label, left: "", right: "" }
}

/// From the left end to the right one.
pub(super) const fn to(label: &'static str) -> Row {
    row(Way::Right, label)
}

/// From the right end to the left one.
pub(super) const fn from(label: &'static str) -> Row {
    row(Way::Left, label)
}

/// From the left end, and lost.
pub(super) const fn lost(label: &'static str) -> Row {
    row(Way::RightLost, label)
}

/// From the right end, and lost.
pub(super) const fn lost_from(label: &'static str) -> Row {
    row(Way::LeftLost, label)
}

/// Nothing passes: what stands beside both ends, or between them.
pub(super) const fn still(label: &'static str) -> Row {
    row(Way::Nothing, label)
}
