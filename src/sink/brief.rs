//! One line when a connection opens, and one when it ends.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::SocketAddr;

use colored::Colorize as _;

use super::exchange::ExchangeLines;
use super::lines::stamp;
use super::list::columns;
use super::{Sink, json};
use crate::explain::{self, brief_duration};
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{Belief, Event, EventKind, Opened, Pair, Summary, Termination};

/// Writes those lines. Of a connection that never opens, there is only the second.
pub struct Brief<W> {
    out: W,
    ascii: bool,
    json: bool,
    /// Connections that have not opened yet.
    waiting: HashMap<u32, Opened>,
    exchanges: ExchangeLines,
}

impl<W: Write> Brief<W> {
    /// Writes to `out`, in ASCII only if asked.
    pub fn new(ascii: bool, out: W) -> Self {
        Self { out, ascii, json: false, waiting: HashMap::new(), exchanges: ExchangeLines::default() }
    }

    /// The same as JSON: of all events those that tell the same.
    pub fn json(out: W) -> Self {
        Self { json: true, ..Self::new(false, out) }
    }

    fn line(
        &mut self,
        event: &Event,
        word: colored::ColoredString,
        ends: (SocketAddr, SocketAddr),
        words: &str,
    ) -> io::Result<()> {
        let words = if self.ascii { crate::ladder::ascii(words) } else { words.to_owned() };
        let (time, number) = (stamp(event.time), event.connection);
        writeln!(self.out, "{time} {number} {word} {} > {}: {words}", ends.0, ends.1)
    }

    fn opened(&mut self, event: &Event, opened: &Opened, words: &str) -> io::Result<()> {
        self.line(event, "open".green(), (opened.client, opened.server), words)
    }

    fn ended(&mut self, event: &Event, summary: &Summary) -> io::Result<()> {
        let word = match summary.termination {
            Termination::Reset => "end ".red(),
            _ if summary.handshake.name() == "three-way" => "end ".yellow(),
            _ => "end ".magenta(),
        };
        self.line(event, word, (summary.client, summary.server), &verdict(summary))
    }
}

/// `three-way, four-segment by client; 1.2 s, 12 segments, 517 bytes out, 1,024 back; zero-window`.
fn verdict(summary: &Summary) -> String {
    let (mut words, mut closed, mut notes) = (String::new(), String::new(), String::new());
    columns::opened(summary, &mut words);
    columns::closed(summary, &mut closed);
    columns::notes(summary, &mut notes);
    if summary.termination != Termination::None {
        words = format!("{words}, {closed}");
    } else if is_open(&summary.states) {
        words += ", still open";
    }
    let lasted = brief_duration(summary.last.since(summary.first));
    let segments = explain::count(summary.segments, "segment");
    words += &format!("; {lasted}, {segments}");
    if summary.bytes_client + summary.bytes_server > 0 {
        let [there, back] = [summary.bytes_client, summary.bytes_server].map(explain::grouped);
        words += &format!(", {there} bytes there, {back} back");
    }
    if notes.is_empty() { words } else { format!("{words}; {notes}") }
}

/// Whether both sides know by now that the connection is there.
fn is_open(states: &Pair<Belief>) -> bool {
    let synchronized = |belief: &Belief| belief.state.is_some_and(crate::tcp::State::is_synchronized);
    synchronized(&states.client) && synchronized(&states.server)
}

impl<W: Write> Sink for Brief<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let tells = match &event.kind {
            EventKind::Opened(opened) => {
                if !self.json {
                    self.waiting.insert(event.connection, *opened);
                }
                self.json
            }
            EventKind::Segment(segment) if !self.json && is_open(&segment.after) => {
                let Some(opened) = self.waiting.remove(&event.connection) else { return Ok(()) };
                let words = if opened.states.client.state.is_some() {
                    format!("after {}", brief_duration(segment.since_start))
                } else {
                    "before the capture began".to_owned()
                };
                return self.opened(event, &opened, &words);
            }
            EventKind::Segment(_) | EventKind::Icmp(_) | EventKind::Kernel(_) => false,
            EventKind::Ended(summary) => {
                self.waiting.remove(&event.connection);
                if !self.json {
                    return self.ended(event, summary);
                }
                true
            }
        };
        if tells { json::write_object(&mut self.out, event) } else { Ok(()) }
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        if self.json {
            return json::write_object(&mut self.out, event);
        }
        self.exchanges.line(event).map_or(Ok(()), |line| writeln!(self.out, "{line}"))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
