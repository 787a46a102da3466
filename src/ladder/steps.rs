//! Rows that belong together: a segment with its label and all that is said beneath it.

use super::{Arrow, Ladder, Lane, Lifeline, Moment, Note, Row, Style};
use crate::trace::{Pair, Side};

/// A segment, a datagram or an error on its way, with all that is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shot<'a> {
    /// When it was seen.
    pub time: Option<Moment>,
    /// Number of its packet.
    pub packet: Option<u64>,
    /// How it goes.
    pub arrow: Option<Arrow>,
    /// What it carries: the flags first.
    pub parts: &'a [String],
    /// Options.
    pub options: &'a [String],
    /// Why it is so, as far as it is worth a row.
    pub reasons: Vec<&'a str>,
    /// All reasons.
    pub told: &'a [String],
    /// What must not be passed by.
    pub marks: Vec<&'a str>,
    /// States that begin: the sender's when it leaves, the receiver's when it arrives.
    pub states: Pair<Option<&'a Note>>,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// Something on its way.
    Shot(Box<Shot<'a>>),
    /// Words in the margins: states at the start, socket calls.
    Margins(Pair<Option<&'a Note>>),
    /// What the kernel of one end told.
    Kernel(Side, Style, &'a [String]),
    /// Many segments in one.
    Fold(&'a [String]),
    /// Something the capture lacks.
    Gap(&'a str),
    /// A reason without an arrow.
    Said(&'a str),
}

/// One step of a ladder, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// When, where it is no shot.
    pub time: Option<Moment>,
    /// The lifelines after it.
    pub lifelines: Pair<Lifeline>,
    /// What happens.
    pub what: What<'a>,
}

/// The rows of `ladder` in steps.
#[must_use]
pub fn steps(ladder: &Ladder) -> Vec<Step<'_>> {
    let (mut steps, mut at) = (Vec::new(), 0);
    while let Some(row) = ladder.rows.get(at) {
        let rest = &ladder.rows[at..];
        let (what, rows) = match &row.lane {
            Lane::Label { .. } | Lane::Arrow(_) => shot(rest),
            Lane::Empty => (What::Margins(notes(row)), 1),
            Lane::Kernel { side, style, parts } => (What::Kernel(*side, *style, parts), 1),
            Lane::Fold(parts) | Lane::Options(parts) => (What::Fold(parts), 1),
            Lane::Gap(text) => (What::Gap(text), 1),
            Lane::Reason(text) | Lane::Mark(text) => (What::Said(text), 1),
        };
        at += rows;
        steps.push(Step { time: row.time, lifelines: ladder.rows[at - 1].lifelines, what });
    }
    steps
}

fn notes(row: &Row) -> Pair<Option<&Note>> {
    Pair { client: row.margins.client.as_ref(), server: row.margins.server.as_ref() }
}

/// The shot at the start of `rows`, and how many of them are its own.
fn shot(rows: &[Row]) -> (What<'_>, usize) {
    let mut shot = Shot::default();
    let mut count = 0;
    for row in rows {
        match &row.lane {
            Lane::Label { parts, .. } if count == 0 => shot.parts = parts,
            Lane::Arrow(arrow) if shot.arrow.is_none() => {
                (shot.arrow, shot.time, shot.packet) = (Some(*arrow), row.time, row.packet);
                shot.told = &row.told;
            }
            Lane::Options(parts) => shot.options = parts,
            Lane::Reason(text) => shot.reasons.push(text),
            Lane::Mark(text) => shot.marks.push(text),
            _ => break,
        }
        for side in Side::BOTH {
            shot.states[side] = row.margins[side].as_ref().or(shot.states[side]);
        }
        count += 1;
    }
    (What::Shot(Box::new(shot)), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::scripts;
    use crate::ladder::{Builder, Settings};

    /// Every row of every kind of ladder is in exactly one step.
    #[test]
    fn nothing_of_a_ladder_is_left_out() {
        for events in [scripts::whole(), scripts::every_mark(), scripts::bulk(), scripts::unreachable()] {
            let mut builder = Builder::new(&Settings::default());
            events.iter().for_each(|event| builder.push(event));
            let ladder = builder.finish();
            let (mut notes, mut arrows, mut said) = (0, 0, 0);
            for step in steps(&ladder) {
                match step.what {
                    What::Shot(shot) => {
                        assert!(shot.arrow.is_some() && !shot.parts.is_empty(), "{shot:?}");
                        arrows += 1;
                        said += shot.reasons.len() + shot.marks.len() + usize::from(!shot.options.is_empty());
                        notes += Side::BOTH.iter().filter(|side| shot.states[**side].is_some()).count();
                    }
                    What::Margins(pair) => notes += Side::BOTH.iter().filter(|side| pair[**side].is_some()).count(),
                    What::Kernel(..) | What::Fold(_) | What::Gap(_) => {}
                    What::Said(_) => said += 1,
                }
            }
            let rows = |is: &dyn Fn(&Row) -> usize| ladder.rows.iter().map(is).sum::<usize>();
            assert_eq!(arrows, rows(&|row| usize::from(matches!(row.lane, Lane::Arrow(_)))));
            let is_said = |row: &Row| matches!(row.lane, Lane::Options(_) | Lane::Reason(_) | Lane::Mark(_));
            assert_eq!(said, rows(&|row| usize::from(is_said(row))));
            let margins = |row: &Row| Side::BOTH.iter().filter(|side| row.margins[**side].is_some()).count();
            assert_eq!(notes, rows(&margins));
        }
    }
}
