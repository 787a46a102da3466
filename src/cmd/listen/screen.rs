//! Where the table of sockets goes: kept in place on a terminal, or as events; elsewhere a line for each change, if asked
//! for.

use std::io::{self, Write};
use std::time::Duration;

use super::table::{ROWS, Table};
use crate::cmd::in_place::InPlace;
use crate::craft::Outcome;
use crate::craft::listen::{Listener, Note};
use crate::wire::Time;

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the table is.
pub(super) struct Screen<'a> {
    kind: Kind<'a>,
    last: Option<(Time, Table)>,
    /// Something has passed since it was drawn.
    stale: bool,
}

/// What there is.
pub(super) enum Kind<'a> {
    /// A table on a terminal, of at most so many connections.
    Table(InPlace, usize),
    /// One line of JSON for the table whenever it is another.
    Events(Box<dyn Write + 'a>),
    /// A line for each change.
    Lines(Box<dyn Write + 'a>),
    /// Nothing.
    Nothing,
}

impl<'a> Screen<'a> {
    pub(super) const fn new(kind: Kind<'a>) -> Self {
        Self { kind, last: None, stale: true }
    }

    /// Something has passed.
    pub(super) const fn touch(&mut self) {
        self.stale = true;
    }

    /// Takes the table away: something else will be printed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.stale = true;
        if let Kind::Table(place, _) = &mut self.kind { place.clear() } else { Ok(()) }
    }

    /// A connection has changed.
    pub(super) fn note(&mut self, note: &Note) -> io::Result<()> {
        self.stale = true;
        let Kind::Lines(out) = &mut self.kind else { return Ok(()) };
        let (sockets, state, how) = match note {
            Note::Syn(..) => return Ok(()),
            Note::Established(sockets) => (sockets, "ESTABLISHED", ""),
            Note::Ended(sockets, Some(Outcome::Aborted)) => (sockets, "CLOSED", " reset, as asked"),
            Note::Ended(sockets, Some(outcome)) if outcome.is_success() => (sockets, "CLOSED", " in good order"),
            Note::Ended(sockets, Some(_)) => (sockets, "CLOSED", " broken off"),
            Note::Ended(sockets, None) => (sockets, "LISTEN", " gone"),
        };
        writeln!(out, "{} {state} {}{how}", sockets.local(), sockets.remote())
    }

    /// Shows the table, unless it is shown already or was just now.
    pub(super) fn draw(&mut self, now: Time, listener: &Listener) -> io::Result<()> {
        let (rows, is_paced) = match &mut self.kind {
            // A line is for the port, and one for those without a row.
            Kind::Table(place, most) => (place.rows().saturating_sub(2).min(*most), true),
            // Each change of a few connections is an event; in a flood not.
            Kind::Events(_) => (ROWS, listener.half_open() + listener.connections() > ROWS),
            Kind::Lines(out) => return out.flush(),
            Kind::Nothing => return Ok(()),
        };
        let is_soon = is_paced && self.last.as_ref().is_some_and(|(time, _)| now < *time + PAUSE);
        if !self.stale || is_soon {
            return Ok(());
        }
        self.stale = false;
        let table = Table::of(listener, rows);
        let is_new = self.last.as_ref().is_none_or(|(_, last)| *last != table);
        match &mut self.kind {
            Kind::Table(place, _) if is_new || place.is_empty() => {
                place.draw(Some(&table.heading()), &table.lines(place.columns()))?;
            }
            Kind::Events(out) if is_new => table.json(now, out)?,
            _ => {}
        }
        self.last = Some((now, table));
        Ok(())
    }

    /// When it wants to be drawn again.
    pub(super) fn wakes(&self) -> Option<Time> {
        let waits = self.stale && matches!(self.kind, Kind::Table(..) | Kind::Events(_));
        self.last.as_ref().filter(|_| waits).map(|(time, _)| *time + PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::Sockets;
    use crate::tcp::State;

    #[test]
    fn each_end_has_its_own_line() {
        let sockets = Sockets::new("192.0.2.1:80".parse().unwrap(), "192.0.2.2:4000".parse().unwrap());
        let table = [
            (Some(Outcome::Closed), "CLOSED 192.0.2.2:4000 in good order"),
            (Some(Outcome::Aborted), "CLOSED 192.0.2.2:4000 reset, as asked"),
            (Some(Outcome::ResetByPeer { state: State::Established }), "CLOSED 192.0.2.2:4000 broken off"),
            (None, "LISTEN 192.0.2.2:4000 gone"),
        ];
        for (outcome, line) in table {
            let mut out = Vec::new();
            Screen::new(Kind::Lines(Box::new(&mut out))).note(&Note::Ended(sockets, outcome)).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("192.0.2.1:80 {line}\n"));
        }
    }
}
