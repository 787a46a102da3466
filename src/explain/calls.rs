//! Socket calls as they stand in the margin.

use crate::tcp::Call;
use crate::trace::{CallNote, CallRole, Certainty};

/// Columns that a call may take in the margin.
const COLUMNS: usize = 12;

/// A call as it stands in the margin: `connect()`, `accept() ✓` where it may return now, `close()?` where it cannot be
/// known. At most twelve columns wide.
#[must_use]
pub fn call(note: &CallNote) -> String {
    let mut text = note.call.to_string();
    let tail = match (note.certainty, note.role) {
        (Certainty::Unknown, _) => "?",
        // What recv() returns stands there already.
        (_, CallRole::Returns) if !matches!(note.call, Call::Recv(_)) => " ✓",
        _ => "",
    };
    if text.len() + tail.chars().count() > COLUMNS {
        text = match note.call {
            Call::Send(_) => "send(…)".to_owned(),
            Call::Recv(_) => "recv()=…".to_owned(),
            _ => text,
        };
    }
    text + tail
}
