//! The table of sockets: kept on a terminal, below what is printed; elsewhere a line for each change, if asked for.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize as _;

use crate::craft::listen::{Listener, Note, Row};
use crate::wire::Time;

/// Rows of connections at most.
const ROWS: usize = 10;
/// Columns of the longest state, and between two columns.
const STATE: usize = 12;
const GAP: usize = 2;
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the table is.
pub(super) struct Screen<'a> {
    out: &'a mut dyn Write,
    name: String,
    kind: Kind,
    /// Lines that stand there now.
    lines: usize,
    last: Option<(Time, Vec<String>)>,
    /// Something was printed or has changed since it was drawn.
    stale: bool,
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A table on a terminal of so many columns.
    Table(usize),
    /// A line for each change.
    Lines,
    /// Nothing.
    Nothing,
}

impl<'a> Screen<'a> {
    /// For the listening socket `name`.
    pub(super) fn new(out: &'a mut dyn Write, name: String, kind: Kind) -> Self {
        Self { out, name, kind, lines: 0, last: None, stale: true }
    }

    /// Takes the table away: something else will be printed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.stale = true;
        let lines = std::mem::take(&mut self.lines);
        if lines > 0 {
            write!(self.out, "\x1b[{lines}A\r\x1b[J")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// A connection has changed.
    pub(super) fn note(&mut self, note: &Note) -> io::Result<()> {
        self.stale = true;
        match (self.kind, note) {
            (Kind::Lines, Note::Established(sockets)) => {
                writeln!(self.out, "{} ESTABLISHED {}", sockets.local(), sockets.remote())
            }
            (Kind::Lines, Note::Ended(sockets, Some(outcome))) => {
                let how = if outcome.is_success() { "closed" } else { "broken off" };
                writeln!(self.out, "{} CLOSED {} {how}", sockets.local(), sockets.remote())
            }
            (Kind::Lines, Note::Ended(sockets, None)) => {
                writeln!(self.out, "{} LISTEN {} gone", sockets.local(), sockets.remote())
            }
            _ => Ok(()),
        }
    }

    /// Draws the table, unless it stands there already or was drawn just now.
    pub(super) fn draw(&mut self, now: Time, listener: &Listener) -> io::Result<()> {
        let Kind::Table(width) = self.kind else { return Ok(()) };
        let early = self.last.as_ref().is_some_and(|(time, _)| now < *time + PAUSE);
        if early || !self.stale {
            return Ok(());
        }
        let table: Vec<String> = table(&self.name, listener, width).iter().map(|line| fit(line, width)).collect();
        self.clear()?;
        for (index, line) in table.iter().enumerate() {
            let line = if index == 0 { line.bold() } else { line.dimmed() };
            writeln!(self.out, "{line}")?;
        }
        self.lines = table.len();
        self.last = Some((now, table));
        self.stale = false;
        self.out.flush()
    }

    /// When it wants to be drawn again.
    pub(super) fn wakes(&self) -> Option<Time> {
        let waits = self.stale && matches!(self.kind, Kind::Table(_));
        self.last.as_ref().filter(|_| waits).map(|(time, _)| *time + PAUSE)
    }
}

fn table(name: &str, listener: &Listener, width: usize) -> Vec<String> {
    let stats = listener.stats();
    let (half, open) = (listener.half_open(), listener.connections());
    let served = stats.ended + stats.broken;
    let mut lines = vec![format!("LISTEN {name}   SYN-RECEIVED {half}   open {open}   served {served}")];
    let mut rows = listener.rows(ROWS);
    rows.sort_by_key(|row| row.sockets.remote());
    lines.extend(columns(&rows, width));
    let more = (half + open).saturating_sub(rows.len());
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// State, our socket and the client's; where there is not room for both sockets only the client's, which tells the
/// connections apart.
fn columns(rows: &[Row], width: usize) -> Vec<String> {
    let rows: Vec<[String; 3]> = rows
        .iter()
        .map(|row| [row.state.name().to_owned(), row.sockets.local().to_string(), row.sockets.remote().to_string()])
        .collect();
    let longest = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (local, remote) = (longest(1), longest(2));
    let both = STATE + GAP + local + GAP + remote <= width;
    let line = |[state, ours, client]: &[String; 3]| {
        let ours = if both { format!("{ours:<local$}{:GAP$}", "") } else { String::new() };
        format!("{state:<STATE$}{:GAP$}{ours}{client}", "")
    };
    rows.iter().map(line).collect()
}

/// The line as far as it fits on the screen: one that wraps could not be taken away again.
fn fit(line: &str, width: usize) -> String {
    line.chars().take(width.max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::Sockets;
    use crate::tcp::State;

    #[test]
    fn where_room_is_short_the_client_remains() {
        let row = |local: &str, remote: &str, state| Row {
            sockets: Sockets::new(local.parse().unwrap(), remote.parse().unwrap()),
            state,
        };
        let long = "[2001:db8:1234:5678:9abc:def0:1234:5678]:54321";
        let rows = [
            row("192.0.2.1:8080", "192.0.2.2:50000", State::SynReceived),
            row("[2001:db8::1]:8080", long, State::Established),
        ];
        assert_eq!(columns(&rows[..1], 80), ["SYN-RECEIVED  192.0.2.1:8080  192.0.2.2:50000"]);
        assert_eq!(columns(&rows[..1], 44), ["SYN-RECEIVED  192.0.2.2:50000"]);
        let wide = columns(&rows, 80);
        assert_eq!(wide[1], format!("ESTABLISHED   [2001:db8::1]:8080  {long}"));
        assert_eq!(wide[0], "SYN-RECEIVED  192.0.2.1:8080      192.0.2.2:50000");
        assert!(columns(&rows, 79).iter().all(|line| !line.contains("8080")));
    }
}
