//! Sockets in columns.

use unicode_width::UnicodeWidthStr as _;

use super::view::Row;
use super::words;
use crate::ladder::wrap;

/// Between two columns.
const GAP: usize = 2;
/// Columns that words want beside the others; with less they stand below.
const WORDS: usize = 36;
/// Where they stand then.
const BELOW: usize = 6;

/// A column of facts: heading, whether it stands on the right, and its text.
struct Column {
    heading: &'static str,
    right: bool,
    text: fn(&Row) -> String,
}

const KERNEL: &str = "Kernel";
const LOCAL: &str = "Local";
const REMOTE: &str = "Remote";

const COLUMNS: [Column; 7] = [
    Column { heading: "", right: false, text: |row| row.socket.transport.name().to_owned() },
    Column { heading: "State", right: false, text: |row| row.state_name().to_owned() },
    Column { heading: KERNEL, right: false, text: |row| row.socket.state.to_string() },
    Column { heading: "Recv-Q", right: true, text: |row| row.socket.receive_queue.to_string() },
    Column { heading: "Send-Q", right: true, text: |row| row.socket.send_queue.to_string() },
    Column { heading: LOCAL, right: false, text: Row::local },
    Column { heading: REMOTE, right: false, text: Row::remote },
];

/// The columns that are shown, each with its width, and what is left for words.
struct Layout {
    columns: Vec<(&'static Column, usize)>,
    /// Columns of the screen.
    width: Option<usize>,
    /// Where the words begin on the same line; none where they stand below.
    words: Option<usize>,
}

/// The heading and the lines for `rows`, on a screen of so many columns.
pub(super) fn lines(rows: &[Row], width: Option<usize>) -> Vec<String> {
    let layout = Layout::new(rows, width);
    let heading = layout.columns.iter().map(|(column, _)| column.heading.to_owned()).collect();
    let owner = if layout.words.is_some() { "Process and remarks" } else { "" };
    let heading = layout.line(heading, vec![owner.to_owned()]);
    heading.into_iter().chain(rows.iter().flat_map(|row| layout.row(row))).collect()
}

impl Layout {
    fn new(rows: &[Row], width: Option<usize>) -> Self {
        let widest = |column: &Column| rows.iter().map(|row| (column.text)(row).width()).max().unwrap_or(0);
        let all = COLUMNS.iter().map(|column| (column, widest(column).max(column.heading.len())));
        let mut columns: Vec<_> = all.collect();
        let end = |columns: &[(&Column, usize)]| columns.iter().map(|(_, wide)| wide + GAP).sum::<usize>();
        let fits = |columns: &[(&Column, usize)], more| width.is_none_or(|width| end(columns) + more <= width + GAP);
        for heading in [KERNEL, REMOTE, LOCAL] {
            let more = if heading == KERNEL { WORDS + GAP } else { 0 };
            if !fits(&columns, more) {
                columns.retain(|(column, _)| column.heading != heading);
            }
        }
        let words = fits(&columns, WORDS + GAP).then(|| end(&columns));
        Self { columns, width, words }
    }

    fn row(&self, row: &Row) -> Vec<String> {
        let cells = self.columns.iter().map(|(column, _)| (column.text)(row)).collect();
        let lacks = |heading| self.columns.iter().all(|(column, _)| column.heading != heading);
        let local = lacks(LOCAL).then(|| format!("at {}", row.local()));
        let remote = (lacks(REMOTE) && row.remote() != "*").then(|| format!("with {}", row.remote()));
        let owner = Some(words::owner(row)).filter(|owner| owner != "-");
        let all = local.into_iter().chain(remote).chain(owner).chain(words::remarks(row));
        self.line(cells, all.collect())
    }

    /// One line, and what there is no room for on it below.
    fn line(&self, cells: Vec<String>, words: Vec<String>) -> Vec<String> {
        let mut line = String::new();
        for ((column, wide), cell) in self.columns.iter().zip(cells) {
            let blanks = " ".repeat(wide.saturating_sub(cell.width()));
            let (before, after) = if column.right { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
            line += &format!("{before}{cell}{after}{:GAP$}", "");
        }
        let words = words.join("; ");
        let start = self.words.unwrap_or(BELOW);
        let Some(width) = self.width else { return vec![(line + &words).trim_end().to_owned()] };
        let mut folded = wrap(&words, width.saturating_sub(start).max(1)).into_iter();
        if self.words.is_some() {
            line += &folded.next().unwrap_or_default();
        }
        let below = folded.map(|rest| format!("{:start$}{rest}", ""));
        std::iter::once(line.trim_end().to_owned()).chain(below).collect()
    }
}
