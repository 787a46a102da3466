//! Arrows between the lifelines.

use std::fmt::Write as _;

use crate::ladder::{Arrow, ArrowEnd};

/// From where to where; y grows downwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
}

/// The part of the way on which something was heard of a segment that was lost.
const LOST_AT: f64 = 0.66;
/// Where a router stands on the way.
const ROUTER_AT: f64 = 0.33;
/// Length and half the width of a head.
const HEAD: (f64, f64) = (11.0, 5.0);

impl Path {
    /// The point at this part of the way.
    fn at(&self, part: f64) -> (f64, f64) {
        let of = |from: f64, to: f64| from + (to - from) * part;
        (of(self.from.0, self.to.0), of(self.from.1, self.to.1))
    }

    /// Draws `arrow` on this way.
    pub(super) fn draw(&self, arrow: &Arrow, out: &mut String) {
        let is_lost = matches!(arrow.end, ArrowEnd::Lost | ArrowEnd::Unanswered);
        let (start, end) = (if arrow.midway { ROUTER_AT } else { 0.0 }, self.at(if is_lost { LOST_AT } else { 1.0 }));
        let begin = self.at(start);
        // Wide enough to be pointed at.
        let _ = writeln!(
            out,
            "<line class=\"touch\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            begin.0, begin.1, end.0, end.1
        );
        let faint = if arrow.end == ArrowEnd::Unanswered { " class=\"faint\"" } else { "" };
        let _ = writeln!(
            out,
            "<line{faint} x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            begin.0, begin.1, end.0, end.1
        );
        if arrow.midway {
            let _ = writeln!(out, "<circle class=\"open\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"/>", begin.0, begin.1);
        }
        match arrow.end {
            ArrowEnd::Arrives => self.head("head", out),
            ArrowEnd::Ignored => self.head("open", out),
            ArrowEnd::Lost => cross(end, out),
            ArrowEnd::Unanswered => {
                let x = end.0 + if self.to.0 > self.from.0 { 8.0 } else { -16.0 };
                let _ = writeln!(out, "<text class=\"flags\" x=\"{x:.1}\" y=\"{:.1}\">?</text>", end.1 + 5.0);
            }
        }
    }

    fn head(&self, class: &str, out: &mut String) {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let length = dx.hypot(dy).max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        // The tip touches the lifeline, and not what is beyond it.
        let tip = (self.to.0 - ux * 2.0, self.to.1 - uy * 2.0);
        let back = (tip.0 - ux * HEAD.0, tip.1 - uy * HEAD.0);
        let _ = writeln!(
            out,
            "<polygon class=\"{class}\" points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\"/>",
            tip.0,
            tip.1,
            back.0 - uy * HEAD.1,
            back.1 + ux * HEAD.1,
            back.0 + uy * HEAD.1,
            back.1 - ux * HEAD.1
        );
    }
}

fn cross((x, y): (f64, f64), out: &mut String) {
    let r = 6.0;
    let _ = writeln!(
        out,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}\"/>",
        x - r,
        y - r,
        x + r,
        y + r,
        x - r,
        y + r,
        x + r,
        y - r
    );
}
