//! Exercise sheets: a ladder with blanks for what is to be found out, and its key.

use super::{Ladder, Lane, Lifeline, Row, Style};
use crate::trace::Pair;

/// What is made of a ladder for a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handout {
    /// Flags, numbers and states are left to be filled in.
    Blank,
    /// The same with all of them: the key.
    Filled,
}

/// Stands for what is to be filled in.
const BLANK: &str = "________";
/// Stands for a number.
const SHORT: &str = "____";
/// Fields that are to be filled in. Lengths and windows are given: without them no number could be known.
const ASKED: [&str; 2] = ["seq ", "ack "];

/// `ladder` as a sheet. Reasons and verdict, which would give everything away, are in neither; what is asked stands in the same
/// places of both.
#[must_use]
pub fn handout(ladder: Ladder, kind: Handout) -> Ladder {
    let gives_away = |row: &Row| matches!(row.lane, Lane::Reason(_) | Lane::Mark(_));
    let rows = ladder.rows.into_iter().filter(|row| !gives_away(row));
    let rows = rows.map(|row| Row { told: Vec::new(), ..row });
    let rows = match kind {
        Handout::Blank => rows.map(blank).collect(),
        Handout::Filled => rows.collect(),
    };
    let certainty = match kind {
        Handout::Blank => "Fill in the flags, the numbers and the states. Name: ______________________".to_owned(),
        Handout::Filled => "Key. Flags, numbers and states were to be filled in.".to_owned(),
    };
    Ladder { rows, certainty, verdict: Vec::new(), ..ladder }
}

/// Neither colour nor lifeline may tell what is asked.
fn blank(row: Row) -> Row {
    let mut row = Row { lifelines: Pair::both(Lifeline::Open), packet: None, ..row };
    for note in [&mut row.margins.client, &mut row.margins.server].into_iter().flatten() {
        if note.style == Style::State {
            note.text = BLANK.to_owned();
        }
    }
    match &mut row.lane {
        Lane::Label { style, parts } => {
            *style = Style::Plain;
            for (index, part) in parts.iter_mut().enumerate() {
                let asked = ASKED.iter().find(|name| part.starts_with(**name));
                match asked {
                    Some(name) => *part = format!("{name}{SHORT}"),
                    None if index == 0 => *part = BLANK.to_owned(),
                    None => {}
                }
            }
        }
        Lane::Arrow(arrow) => arrow.style = Style::Plain,
        // What a SYN offers would tell that it is one; what a kernel says tells its state.
        Lane::Options(_) | Lane::Kernel { .. } => row.lane = Lane::Empty,
        _ => {}
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::scripts;
    use crate::ladder::{Builder, Settings, layout};

    fn drawn(kind: Handout) -> (Ladder, String) {
        let mut builder = Builder::new(&Settings::default());
        scripts::whole().iter().for_each(|event| builder.push(event));
        let ladder = handout(builder.finish(), kind);
        let lines = layout(&ladder, &Settings::default());
        (ladder, lines.iter().map(|line| line.plain() + "\n").collect())
    }

    #[test]
    fn a_blank_sheet_gives_nothing_away_and_the_key_everything() {
        let (blank, text) = drawn(Handout::Blank);
        for word in ["SYN", "ACK", "FIN", "PSH", "ESTABLISHED", "CLOSED", "LISTEN", "WAIT", "mss", "seq 0", "ack 1"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        for given in ["connect()", "close()", "5 bytes", "win 64240", "+48 µs"] {
            assert!(text.contains(given), "{given}: {text}");
        }
        let styles = |row: &Row| matches!(row.lane, Lane::Arrow(arrow) if arrow.style != Style::Plain);
        assert!(!blank.rows.iter().any(|row| styles(row) || !row.told.is_empty() || row.packet.is_some()));
        let (key, filled) = drawn(Handout::Filled);
        for word in ["SYN-SENT", "FIN ACK", "seq 6", "TIME-WAIT"] {
            assert!(filled.contains(word), "{word}: {filled}");
        }
        // Row stands beside row.
        assert_eq!(key.rows.len(), blank.rows.len());
        insta::assert_snapshot!("handout-blank", text);
        insta::assert_snapshot!("handout-filled", filled);
    }
}
