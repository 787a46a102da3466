//! Which columns of the table are shown, and how wide each is.

use unicode_width::UnicodeWidthStr;

use super::columns::COLUMNS;
use super::cut::{self, Cut};

/// Room that the last column wants, if it can use so much.
const ENOUGH: usize = 24;
/// Blanks between columns.
const SPACE: usize = 2;
/// The last column: its cells are cut where the line ends.
const LAST: usize = COLUMNS.len() - 1;

/// One text for each column.
pub(super) type Cells = [String; COLUMNS.len()];

/// The columns that are shown.
pub(super) struct Layout {
    /// Index and width of each.
    columns: Vec<(usize, usize)>,
    width: Option<usize>,
    /// What stands for what was cut.
    more: &'static str,
}

impl Layout {
    /// For lines of `width` columns, or of any. Without `all` rows follow that may be wider than these.
    pub(super) fn new(headings: &Cells, rows: &[(u32, Cells)], width: Option<usize>, ascii: bool, all: bool) -> Self {
        let widest = |index: usize| {
            let cells = rows.iter().map(|(_, cells)| cells[index].width()).max().unwrap_or(0);
            let usual = if all { 0 } else { COLUMNS[index].usual };
            cells.max(headings[index].width()).max(usual)
        };
        let mut columns: Vec<(usize, usize)> = (0..=LAST).map(|index| (index, widest(index))).collect();
        // A column without a word in it is none.
        columns.retain(|(index, _)| *index != LAST || !all || rows.iter().any(|(_, cells)| !cells[LAST].is_empty()));
        if let Some(width) = width {
            drop_columns(&mut columns, width);
            for cut in [Cut::FirstWord, Cut::Middle] {
                narrow(&mut columns, width, cut, |index| {
                    let least = rows.iter().map(|(_, cells)| cut.least(&cells[index])).max().unwrap_or(0);
                    least.max(headings[index].width())
                });
            }
        }
        Self { columns, width, more: if ascii { "..." } else { "…" } }
    }

    /// The cells in their columns.
    pub(super) fn line(&self, cells: &Cells) -> String {
        let mut line = String::new();
        let mut used = 0;
        for (index, wide) in &self.columns {
            let (cell, column) = (&cells[*index], &COLUMNS[*index]);
            if *index == LAST {
                let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(used));
                line += &cut::end(cell, room, self.more);
                break;
            }
            let room = if self.width.is_some() { *wide } else { usize::MAX };
            let cell = column.cut.apply(cell, room, self.more);
            let blanks = wide.saturating_sub(cell.width());
            let (before, after) = if column.right { (blanks, 0) } else { (0, blanks) };
            line += &format!("{:before$}{cell}{:after$}{:SPACE$}", "", "", "");
            used += cell.width() + blanks + SPACE;
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// How many columns are missing for these to stand in a line of `width`. The last one is cut to what is left, if that is
/// enough to say something.
fn missing(columns: &[(usize, usize)], width: usize) -> usize {
    let room = |(index, wide): &(usize, usize)| if *index == LAST { (*wide).min(ENOUGH) } else { *wide };
    let taken: usize = columns.iter().map(|column| room(column) + SPACE).sum();
    taken.saturating_sub(width + SPACE)
}

/// Those of the highest rank go until there is room, from right to left.
fn drop_columns(columns: &mut Vec<(usize, usize)>, width: usize) {
    let rank = |(index, _): &(usize, usize)| COLUMNS[*index].rank;
    while missing(columns, width) > 0 {
        let highest = columns.iter().map(rank).max().unwrap_or(0);
        match columns.iter().rposition(|column| rank(column) == highest) {
            Some(place) if highest > 0 => _ = columns.remove(place),
            _ => break,
        }
    }
}

/// Takes what is missing from the columns that are cut like this, the widest first, but never more than leaves `least`.
fn narrow(columns: &mut [(usize, usize)], width: usize, cut: Cut, least: impl Fn(usize) -> usize) {
    while missing(columns, width) > 0 {
        let can = |(index, wide): &&mut (usize, usize)| COLUMNS[*index].cut == cut && *wide > least(*index);
        match columns.iter_mut().filter(can).max_by_key(|(_, wide)| *wide) {
            Some((_, wide)) => *wide -= 1,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADINGS: [&str; COLUMNS.len()] = {
        let mut headings = [""; COLUMNS.len()];
        let mut index = 0;
        while index < headings.len() {
            headings[index] = COLUMNS[index].heading;
            index += 1;
        }
        headings
    };

    /// A row with the sockets and words that stand in columns which never go.
    fn row(client: &str, server: &str, opened: &str, closed: &str) -> Cells {
        let mut cells = HEADINGS.map(|_| "1".to_owned());
        for (cell, text) in cells.iter_mut().skip(1).zip([client, server, opened, closed]) {
            text.clone_into(cell);
        }
        cells
    }

    fn lines(cells: &Cells, width: usize, ascii: bool, all: bool) -> Vec<String> {
        let headings = HEADINGS.map(str::to_owned);
        let layout = Layout::new(&headings, &[(1, cells.clone())], Some(width), ascii, all);
        vec![layout.line(&headings), layout.line(cells)]
    }

    #[test]
    fn eighty_columns_are_enough() {
        let longest = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
        for (client, server) in [("255.255.255.255:65535", "255.255.255.254:65535"), (longest, longest)] {
            let cells = row(client, server, "simultaneous-open", "simultaneous-close");
            for (ascii, all) in [(false, true), (true, true), (false, false), (true, false)] {
                for line in lines(&cells, 80, ascii, all) {
                    assert!(line.width() <= 80, "{line}");
                }
            }
        }
        let line = &lines(
            &row("192.168.100.101:54321", "142.250.185.78:443", "three-way", "reset by client"),
            80,
            false,
            true,
        )[1];
        assert!(line.contains("192.168.100.101:54321  142.250.185.78:443  three-way  reset by client"), "{line}");
    }

    proptest! {
        #[test]
        fn cells_of_any_kind_are_cut_without_a_fuss(texts in prop::array::uniform4(".{0,60}"), width in 0_usize..200) {
            let [client, server, opened, closed] = texts;
            lines(&row(&client, &server, &opened, &closed), width, false, true);
        }
    }
}
