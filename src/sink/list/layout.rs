//! Which columns of the table are shown, and how wide each is.

use super::columns::Column;
use super::cut::{self, Cut, width as width_of};

/// Room that the last column wants, if it can use so much.
const ENOUGH: usize = 24;
/// Blanks between columns.
const SPACE: usize = 2;

/// One text for each column, one behind the other in memory that rows can share.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    text: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Cells {
    /// Makes new texts of these: `append` appends that of a column.
    pub(super) fn fill(&mut self, columns: &[Column], mut append: impl FnMut(&Column, &mut String)) {
        self.text.clear();
        self.ends.clear();
        for column in columns {
            append(column, &mut self.text);
            self.ends.push(self.text.len());
        }
    }

    /// The text of a column, by its index.
    pub(super) fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }
}

/// The columns that are shown.
pub(super) struct Layout {
    places: Vec<Place>,
    width: Option<usize>,
    /// What stands for what was cut.
    more: &'static str,
}

/// A column that is shown.
#[derive(Clone, Copy)]
struct Place {
    column: Column,
    index: usize,
    width: usize,
    /// It is the last, and its cells are cut where the line ends.
    open: bool,
}

impl Layout {
    /// For lines of `width` columns, or of any. Without `all` rows follow that may be wider than these.
    pub(super) fn new(
        columns: &[Column],
        headings: &Cells,
        rows: &[(u32, Cells)],
        (width, ascii): (Option<usize>, bool),
        all: bool,
    ) -> Self {
        let widest = |index: usize, column: &Column| {
            let cells = rows.iter().map(|(_, cells)| width_of(cells.get(index))).max().unwrap_or(0);
            let usual = if all { 0 } else { column.usual };
            cells.max(width_of(headings.get(index))).max(usual)
        };
        let place = |(index, column): (usize, &Column)| {
            let open = column.is_open() && index + 1 == columns.len();
            Place { column: *column, index, width: widest(index, column), open }
        };
        let mut places: Vec<Place> = columns.iter().enumerate().map(place).collect();
        // A column without a word in it is none.
        let is_empty = |place: &Place| all && rows.iter().all(|(_, cells)| cells.get(place.index).is_empty());
        places.retain(|place| !(place.open && is_empty(place)));
        if let Some(width) = width {
            drop_columns(&mut places, width);
            for cut in [Cut::FirstWord, Cut::Middle] {
                narrow(&mut places, width, cut, |index| {
                    let least = rows.iter().map(|(_, cells)| cut.least(cells.get(index))).max().unwrap_or(0);
                    least.max(width_of(headings.get(index)))
                });
            }
        }
        Self { places, width, more: if ascii { "..." } else { "…" } }
    }

    /// Whether the column of this index is shown.
    pub(super) fn has(&self, index: usize) -> bool {
        self.places.iter().any(|place| place.index == index)
    }

    /// Writes the cells in their columns to `line`, in place of what it holds.
    pub(super) fn line(&self, cells: &Cells, line: &mut String) {
        line.clear();
        let mut used = 0;
        for place in &self.places {
            let cell = cells.get(place.index);
            if place.open {
                let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(used));
                line.push_str(&cut::end(cell, room, self.more));
                break;
            }
            let cell =
                if self.width.is_some() { place.column.cut.apply(cell, place.width, self.more) } else { cell.into() };
            let taken = width_of(&cell);
            let blanks = place.width.saturating_sub(taken);
            let (before, after) = if place.column.right { (blanks, 0) } else { (0, blanks) };
            pad(line, before);
            line.push_str(&cell);
            pad(line, after + SPACE);
            used += taken + blanks + SPACE;
        }
        line.truncate(line.trim_end().len());
    }
}

fn pad(line: &mut String, mut blanks: usize) {
    const BLANKS: &str = "                                ";
    while blanks > 0 {
        let some = blanks.min(BLANKS.len());
        line.push_str(&BLANKS[..some]);
        blanks -= some;
    }
}

/// How many columns are missing for these to stand in a line of `width`. The last one is cut to what is left, if that is
/// enough to say something.
fn missing(places: &[Place], width: usize) -> usize {
    let room = |place: &Place| if place.open { place.width.min(ENOUGH) } else { place.width };
    let taken: usize = places.iter().map(|place| room(place) + SPACE).sum();
    taken.saturating_sub(width + SPACE)
}

/// Those of the highest rank go until there is room, from right to left.
fn drop_columns(places: &mut Vec<Place>, width: usize) {
    let rank = |place: &Place| place.column.rank;
    while missing(places, width) > 0 {
        let highest = places.iter().map(rank).max().unwrap_or(0);
        match places.iter().rposition(|place| rank(place) == highest) {
            Some(place) if highest > 0 => _ = places.remove(place),
            _ => break,
        }
    }
}

/// Takes what is missing from the columns that are cut like this, the widest first, but never more than leaves `least`.
fn narrow(places: &mut [Place], width: usize, cut: Cut, least: impl Fn(usize) -> usize) {
    while missing(places, width) > 0 {
        let can = |place: &&mut Place| place.column.cut == cut && place.width > least(place.index);
        match places.iter_mut().filter(can).max_by_key(|place| place.width) {
            Some(place) => place.width -= 1,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::sink::list::columns::columns;

    fn headings() -> Vec<&'static str> {
        columns(&[]).iter().map(|column| column.heading).collect()
    }

    fn cells(texts: &[&str]) -> Cells {
        let (mut cells, mut texts) = (Cells::default(), texts.iter());
        cells.fill(&columns(&[]), |_, out| out.push_str(texts.next().unwrap()));
        cells
    }

    /// A row with the sockets and words that stand in columns which never go.
    fn row(client: &str, server: &str, opened: &str, closed: &str) -> Cells {
        let mut texts = vec!["1"; headings().len()];
        texts[1..5].copy_from_slice(&[client, server, opened, closed]);
        cells(&texts)
    }

    fn lines(cells: &Cells, width: usize, ascii: bool, all: bool) -> Vec<String> {
        let headings = self::cells(&headings());
        let layout = Layout::new(&columns(&[]), &headings, &[(1, cells.clone())], (Some(width), ascii), all);
        let line = |cells: &Cells| {
            let mut line = "what was there before".to_owned();
            layout.line(cells, &mut line);
            line
        };
        vec![line(&headings), line(cells)]
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
