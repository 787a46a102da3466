//! Two ladders side by side.

use super::super::{Ladder, Lane, Row, Settings};
use super::{Line, Page};
use crate::trace::Pair;

/// Columns between the two.
const GAP: usize = 3;
/// Columns of one that still reads well.
const LEAST: usize = 57;

/// Lays out both, each without its verdict, so that the packets of each pair of `anchors`, in their order, stand on one line.
/// None where there is no room for two.
#[must_use]
pub fn side_by_side(left: &Ladder, right: &Ladder, anchors: &[(u64, u64)], settings: &Settings) -> Option<Vec<Line>> {
    let width = settings.width.saturating_sub(GAP) / 2;
    if width < LEAST {
        return None;
    }
    let page = Page::new(&Settings { width, ..settings.clone() });
    let mut lines = page.zip(
        (page.prose(&left.certainty), Line::default()),
        (page.prose(&right.certainty), Line::default()),
        width,
    );
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    let heads = [left, right].map(|ladder| page.heads(&ladder.lanes));
    let [one, other] = heads;
    lines.extend(page.zip((one, Line::default()), (other, Line::default()), width));
    let mut from = (0, 0);
    for to in places(left, right, anchors).into_iter().chain([(left.rows.len(), right.rows.len())]) {
        let (one, other) = (page.block(&left.rows, from.0, to.0), page.block(&right.rows, from.1, to.1));
        lines.extend(page.zip(one, other, width));
        from = to;
    }
    Some(lines)
}

/// Where, in both, what belongs to each pair of packets begins; those that are missing or out of order are left out.
fn places(left: &Ladder, right: &Ladder, anchors: &[(u64, u64)]) -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (one, other) in anchors {
        let Some(place) = begin(&left.rows, *one).zip(begin(&right.rows, *other)) else { continue };
        if places.last().is_none_or(|last| last.0 < place.0 && last.1 < place.1) {
            places.push(place);
        }
    }
    places
}

/// The first row that belongs to this packet: its label, and the calls above that.
fn begin(rows: &[Row], packet: u64) -> Option<usize> {
    let arrow = rows.iter().position(|row| row.packet == Some(packet))?;
    let above = rows[..arrow].iter().rev().take_while(|row| {
        matches!(row.lane, Lane::Empty | Lane::Label { .. }) && row.packet.is_none() && row.time.is_none()
    });
    Some(arrow - above.count())
}

impl Page {
    /// The lines of some rows, and one that only goes on with their lifelines.
    fn block(&self, rows: &[Row], from: usize, to: usize) -> (Vec<Line>, Line) {
        let mut lines = Vec::new();
        rows[from..to].iter().for_each(|row| self.row(row, &mut lines));
        let last = rows[..to].last().map_or_else(Pair::default, |row| row.lifelines);
        let mut pause = Vec::new();
        self.row(&Row { lifelines: last, ..Row::default() }, &mut pause);
        (lines, pause.pop().unwrap_or_default())
    }

    /// Lines beside lines; the shorter side goes on with its pause.
    fn zip(&self, left: (Vec<Line>, Line), right: (Vec<Line>, Line), width: usize) -> Vec<Line> {
        let count = left.0.len().max(right.0.len());
        let fill = |(lines, pause): (Vec<Line>, Line)| lines.into_iter().chain(std::iter::repeat(pause)).take(count);
        fill(left)
            .zip(fill(right))
            .map(|(mut line, other)| {
                line.pad_to(width + GAP);
                line.0.extend(other.0);
                line
            })
            .collect()
    }
}
