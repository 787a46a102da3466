//! Lifelines: a piece for each state, in its colour.

use std::fmt::Write as _;

use crate::ladder::Lifeline;

/// One lifeline in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    x: i32,
    /// Where the present piece begins.
    from: i32,
    kind: Lifeline,
    class: &'static str,
}

impl Life {
    /// From `top` down at `x`.
    pub(super) const fn new(x: i32, top: i32) -> Self {
        Self { x, from: top, kind: Lifeline::Absent, class: "none" }
    }

    /// From `y` on it is another: what was up to there is drawn.
    pub(super) fn change(&mut self, y: i32, kind: Lifeline, class: &'static str, out: &mut String) {
        if (self.kind, self.class) != (kind, class) {
            self.end(y, out);
            *self = Self { from: y.max(self.from), kind, class, ..*self };
        }
    }

    /// Its state, as far as it is known.
    pub(super) const fn class(&self) -> &'static str {
        self.class
    }

    /// Draws the last piece.
    pub(super) fn end(&self, y: i32, out: &mut String) {
        let dashes = match self.kind {
            Lifeline::Absent => " dotted",
            Lifeline::Open => "",
            Lifeline::Listening => " dashed",
        };
        let Self { x, from, class, .. } = self;
        if y > *from {
            let _ =
                writeln!(out, "<line class=\"life {class}{dashes}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{y}\"/>");
        }
    }
}
