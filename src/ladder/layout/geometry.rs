//! Which column is whose.

/// The narrowest picture.
const NARROWEST: usize = 40;
/// Columns of a margin: the longest state, SYN-RECEIVED.
pub(super) const MARGIN: usize = 12;
/// The widest lane; a longer arrow would only take the eye longer.
const LANE: usize = 60;
/// From this width on the time column is as wide as `0.000000`, `+12.3 ms`.
const FULL_TIME: usize = 72;
/// Below this width there is no time column: times stand in the labels.
const NO_TIME: usize = 52;

/// The columns of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Columns that may be used.
    pub(super) width: usize,
    /// Columns of a time; 0 for no such column.
    pub(super) time: usize,
    /// Columns between the lifelines.
    pub(super) lane: usize,
}

impl Geometry {
    pub(super) fn new(width: usize) -> Self {
        let width = width.max(NARROWEST);
        let time = match width {
            FULL_TIME.. => 9,
            NO_TIME.. => 7,
            _ => 0,
        };
        let mut geometry = Self { width, time, lane: 0 };
        geometry.lane = (width - geometry.picture()).min(LANE);
        geometry
    }

    /// Where the left margin begins.
    pub(super) const fn left(&self) -> usize {
        if self.time == 0 { 0 } else { self.time + 1 }
    }

    /// Where the lane begins: behind the left margin, a blank and the left lifeline.
    pub(super) const fn lane_start(&self) -> usize {
        self.left() + MARGIN + 2
    }

    /// Where the right margin begins: behind the right lifeline and a blank.
    pub(super) const fn right(&self) -> usize {
        self.lane_start() + self.lane + 2
    }

    /// Columns of the whole picture.
    pub(super) const fn picture(&self) -> usize {
        self.right() + MARGIN
    }

    /// Whether the lane holds little more than an arrow.
    pub(super) const fn is_tight(&self) -> bool {
        self.lane < 20
    }

    /// Columns of a label: with a blank at each end where the lane is wide enough.
    pub(super) const fn label(&self) -> usize {
        if self.is_tight() { self.lane } else { self.lane - 2 }
    }

    /// Whether there is room for what can be left out.
    pub(super) const fn is_roomy(&self) -> bool {
        self.width >= 80
    }
}
