//! The columns of the table: one row for each.

use std::fmt::{Display, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use super::cut::Cut;
use crate::explain;
use crate::sink::fields::{Field, Kind, Row, Value, duration};
use crate::trace::{Handshake, Mark, Millis, Side, Summary, Termination};

/// Appends the text of a cell: a long list has millions of them, and none takes memory of its own.
type Write = fn(&Row<'_>, &mut String);

/// Where the text of a cell comes from.
#[derive(Clone, Copy)]
enum Text {
    Written(Write),
    /// As JSON has it.
    Value(&'static Field),
}

/// One column.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    /// Numbers stand to the right.
    pub(super) right: bool,
    /// Where lines are too short, the columns with the highest rank go first; those of rank 0 never.
    pub(super) rank: u8,
    /// The room that it takes at least where rows are written before all are known.
    pub(super) usual: usize,
    text: Text,
    /// How its cells are cut where lines are too short for the columns that never go.
    pub(super) cut: Cut,
}

const fn left(heading: &'static str, rank: u8, usual: usize, text: Write) -> Column {
    Column { heading, right: false, rank, usual, text: Text::Written(text), cut: Cut::Never }
}

const fn right(heading: &'static str, rank: u8, usual: usize, text: Write) -> Column {
    Column { heading, right: true, rank, usual, text: Text::Written(text), cut: Cut::Never }
}

impl Column {
    const fn cut(self, cut: Cut) -> Self {
        Self { cut, ..self }
    }

    /// That which was asked for by the name of a field: it stays, however short the lines are.
    fn of(field: &'static Field) -> Self {
        let alias = field.alias.unwrap_or(field.name);
        let column = COLUMNS.into_iter().find(|column| column.alias() == alias);
        let right = matches!(field.kind, Kind::Number | Kind::Millis);
        let value =
            Self { heading: alias, right, rank: 0, usual: alias.len(), text: Text::Value(field), cut: Cut::Never };
        Self { rank: 0, ..column.unwrap_or(value) }
    }

    /// The heading without arrows: they cannot be typed.
    fn alias(&self) -> String {
        self.heading.replace(" →", ">").replace(" ←", "<")
    }

    /// Whether its cells have any length, and are cut where the line ends.
    pub(super) fn is_open(&self) -> bool {
        self.heading == NOTES
    }

    /// Appends the cell of a row.
    pub(super) fn write(&self, row: &Row<'_>, out: &mut String) {
        match self.text {
            Text::Written(write) => write(row, out),
            Text::Value(field) => value(field, row, out),
        }
    }
}

/// The columns of these fields, or of the usual ones where none was asked for.
pub(super) fn columns(chosen: &[&'static Field]) -> Vec<Column> {
    if chosen.is_empty() { COLUMNS.to_vec() } else { chosen.iter().map(|field| Column::of(field)).collect() }
}

fn value(field: &Field, row: &Row<'_>, out: &mut String) {
    match ((field.value)(row), field.kind) {
        (Value::Absent, _) => out.push_str(NOTHING),
        (Value::Number(number), Kind::Millis) => {
            let time = Duration::try_from_secs_f64(number / 1e3).unwrap_or_default();
            out.push_str(&explain::brief_duration(time));
        }
        (value, _) => shown(value, out),
    }
}

const NOTES: &str = "notes";

/// The usual ones in their order. The last one is cut where the line ends; its cells have any length.
const COLUMNS: [Column; 13] = [
    right("#", 0, 6, |row, out| explain::push_number(row.number.into(), out)),
    left("client", 0, 21, |row, out| socket(row.summary.client, out)).cut(Cut::Middle),
    left("server", 0, 21, |row, out| socket(row.summary.server, out)).cut(Cut::Middle),
    left("opened", 0, 10, |row, out| opened(row.summary, out)),
    left("closed", 0, 22, |row, out| closed(row.summary, out)).cut(Cut::FirstWord),
    right("setup", 2, 7, |row, out| millis(row.summary.handshake_time, out)),
    right("duration", 1, 8, |row, out| millis(Some(duration(row.summary)), out)),
    right("segments", 4, 8, |row, out| explain::push_number(row.summary.segments, out)),
    right("bytes →", 5, 9, |row, out| explain::push_number(row.summary.bytes_client, out)),
    right("bytes ←", 5, 9, |row, out| explain::push_number(row.summary.bytes_server, out)),
    left("zeek", 6, 6, |row, out| out.push_str(row.summary.conn_state.name())),
    left("history", 7, 10, |row, out| out.push_str(row.summary.history.as_str())),
    left(NOTES, 3, 5, |row, out| notes(row.summary, out)),
];

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

fn shown(what: impl Display, out: &mut String) {
    // A string takes whatever it is given.
    let _ = write!(out, "{what}");
}

/// As `Display` has it, sooner.
fn socket(socket: SocketAddr, out: &mut String) {
    let SocketAddr::V4(socket) = socket else { return shown(socket, out) };
    for (index, octet) in socket.ip().octets().into_iter().enumerate() {
        if index > 0 {
            out.push('.');
        }
        explain::push_number(octet.into(), out);
    }
    out.push(':');
    explain::push_number(socket.port().into(), out);
}

pub(in crate::sink) fn opened(summary: &Summary, out: &mut String) {
    match (summary.handshake, summary.syns) {
        (Handshake::Unanswered, syns) if syns > 1 => shown(format_args!("unanswered ×{syns}"), out),
        (handshake, _) => out.push_str(handshake.name()),
    }
}

pub(in crate::sink) fn closed(summary: &Summary, out: &mut String) {
    // A reset may come from who has not closed yet.
    let closer = if summary.termination == Termination::Reset { summary.reset_by } else { summary.closed_first };
    let by = match closer {
        Some(Side::Client) => " by client",
        Some(Side::Server) => " by server",
        None => "",
    };
    match summary.termination {
        Termination::None => out.push_str(NOTHING),
        Termination::SimultaneousClose => out.push_str(Termination::SimultaneousClose.name()),
        termination => {
            out.push_str(termination.name());
            out.push_str(by);
        }
    }
}

fn millis(time: Option<Millis>, out: &mut String) {
    match time {
        Some(time) => explain::push_brief_duration(time.0, out),
        None => out.push_str(NOTHING),
    }
}

pub(in crate::sink) fn notes(summary: &Summary, out: &mut String) {
    let start = out.len();
    let mut note = |what: &dyn Display| {
        let comma = if out.len() > start { ", " } else { "" };
        shown(format_args!("{comma}{what}"), out);
    };
    if summary.half_close {
        note(&"half-close");
    }
    let again = u64::from(summary.retransmissions.client) + u64::from(summary.retransmissions.server);
    if again > 0 {
        note(&format_args!("{} sent again", explain::grouped(again)));
    }
    if let Some(error) = &summary.icmp {
        note(&explain::icmp_label(error).join(", "));
    }
    summary.marks.iter().filter(|mark| is_notable(*mark)).for_each(|mark| note(&mark.name()));
}

/// Whether a mark says more than that the connection was an ordinary one, and than the other columns do.
fn is_notable(mark: Mark) -> bool {
    explain::oddity(mark).is_some() || matches!(mark, Mark::SynAckRetransmission | Mark::FinRetransmission)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::fixture;

    #[test]
    fn a_reset_is_its_senders_though_the_other_side_closed_first() {
        let (one, other) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:80".parse().unwrap());
        let summary = Summary {
            termination: Termination::Reset,
            closed_first: Some(Side::Server),
            reset_by: Some(Side::Client),
            ..fixture::summary(one, other, crate::wire::Time::from_nanos(0))
        };
        let mut out = String::new();
        closed(&summary, &mut out);
        assert_eq!(out, "reset by client");
    }
}
