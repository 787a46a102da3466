//! The columns of the table: one row for each.

use super::cut::Cut;
use crate::explain;
use crate::sink::fields::{Row, duration};
use crate::trace::{Handshake, Mark, Side, Summary, Termination};

/// One column.
pub(super) struct Column {
    pub(super) heading: &'static str,
    /// Numbers stand to the right.
    pub(super) right: bool,
    /// Where lines are too short, the columns with the highest rank go first; those of rank 0 never.
    pub(super) rank: u8,
    /// The room that it takes at least where rows are written before all are known.
    pub(super) usual: usize,
    pub(super) text: fn(&Row<'_>) -> String,
    /// How its cells are cut where lines are too short for the columns that never go.
    pub(super) cut: Cut,
}

const fn left(heading: &'static str, rank: u8, usual: usize, text: fn(&Row<'_>) -> String) -> Column {
    Column { heading, right: false, rank, usual, text, cut: Cut::Never }
}

const fn right(heading: &'static str, rank: u8, usual: usize, text: fn(&Row<'_>) -> String) -> Column {
    Column { heading, right: true, rank, usual, text, cut: Cut::Never }
}

impl Column {
    const fn cut(self, cut: Cut) -> Self {
        Self { cut, ..self }
    }
}

/// Their order. The last one is cut where the line ends; its cells have any length.
pub(super) const COLUMNS: [Column; 13] = [
    right("#", 0, 6, |row| row.number.to_string()),
    left("client", 0, 21, |row| row.summary.client.to_string()).cut(Cut::Middle),
    left("server", 0, 21, |row| row.summary.server.to_string()).cut(Cut::Middle),
    left("opened", 0, 10, |row| opened(row.summary)),
    left("closed", 0, 22, |row| closed(row.summary)).cut(Cut::FirstWord),
    right("setup", 2, 7, |row| millis(row.summary.handshake_time)),
    right("duration", 1, 8, |row| millis(Some(duration(row.summary)))),
    right("segments", 4, 8, |row| row.summary.segments.to_string()),
    right("bytes →", 5, 9, |row| row.summary.bytes_client.to_string()),
    right("bytes ←", 5, 9, |row| row.summary.bytes_server.to_string()),
    left("zeek", 6, 6, |row| row.summary.conn_state.name().to_owned()),
    left("history", 7, 10, |row| row.summary.history.to_string()),
    left("notes", 3, 5, |row| notes(row.summary)),
];

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

fn opened(summary: &Summary) -> String {
    match (summary.handshake, summary.syns) {
        (Handshake::Unanswered, syns) if syns > 1 => format!("unanswered ×{syns}"),
        (handshake, _) => handshake.name().to_owned(),
    }
}

fn closed(summary: &Summary) -> String {
    let by = match summary.closed_first {
        Some(Side::Client) => " by client",
        Some(Side::Server) => " by server",
        None => "",
    };
    match summary.termination {
        Termination::None => NOTHING.to_owned(),
        Termination::SimultaneousClose => Termination::SimultaneousClose.name().to_owned(),
        termination => format!("{}{by}", termination.name()),
    }
}

fn millis(time: Option<crate::trace::Millis>) -> String {
    time.map_or_else(|| NOTHING.to_owned(), |time| explain::brief_duration(time.0))
}

fn notes(summary: &Summary) -> String {
    let half_close = summary.half_close.then(|| "half-close".to_owned());
    let again = u64::from(summary.retransmissions.client) + u64::from(summary.retransmissions.server);
    let again = (again > 0).then(|| format!("{} sent again", explain::grouped(again)));
    let icmp = summary.icmp.as_ref().map(|error| explain::icmp_label(error).join(", "));
    let marks = summary.marks.iter().filter(|mark| is_notable(*mark)).map(|mark| mark.name().to_owned());
    half_close.into_iter().chain(again).chain(icmp).chain(marks).collect::<Vec<_>>().join(", ")
}

/// Whether a mark says more than that the connection was an ordinary one, and than the other columns do.
fn is_notable(mark: Mark) -> bool {
    explain::oddity(mark).is_some() || matches!(mark, Mark::SynAckRetransmission | Mark::FinRetransmission)
}
