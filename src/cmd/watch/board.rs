//! The connections there are, and those that are over, as a table that stands in place on a terminal.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::cmd::in_place::InPlace;
use crate::explain::{brief_duration, count, grouped};
use crate::sink::Sink;
use crate::source::Losses;
use crate::tcp::State;
use crate::trace::{Belief, Event, EventKind, Pair, Summary, Termination};
use crate::wire::Time;

/// Between two drawings, by the packets' time.
const PAUSE: Duration = Duration::from_millis(250);
/// Connections that are over and remembered: as many as the longest screen has lines.
const ENDED: usize = 200;
/// Columns of the number of a connection, and of its state.
const NUMBER: usize = 6;
const STATE: usize = 23;

/// A connection.
#[derive(Clone, Debug)]
struct Row {
    number: u32,
    client: SocketAddr,
    server: SocketAddr,
    /// What both ends are in, or how it opened and ended.
    state: String,
    states: Pair<Belief>,
    segments: u64,
    octets: u64,
    first: Time,
    last: Time,
}

/// The table. It keeps a row for each open connection, of which the tracer follows so many at most, and a few that are
/// over.
pub(super) struct Board {
    place: InPlace,
    losses: Losses,
    open: HashMap<u32, Row>,
    ended: VecDeque<Row>,
    over: u64,
    segments: u64,
    /// When it was drawn, and what was counted then.
    drawn: Option<(Time, u64)>,
    /// The time of the last packet.
    now: Time,
    rate: f64,
    stale: bool,
}

impl Board {
    /// At this place; `losses` are in its heading.
    pub(super) fn new(place: InPlace, losses: Losses) -> Self {
        Self {
            place,
            losses,
            open: HashMap::new(),
            ended: VecDeque::new(),
            over: 0,
            segments: 0,
            drawn: None,
            now: Time::from_nanos(0),
            rate: 0.0,
            stale: false,
        }
    }

    fn take(&mut self, event: &Event) {
        self.now = self.now.max(event.time);
        match &event.kind {
            EventKind::Opened(opened) => {
                let row = Row {
                    number: event.connection,
                    client: opened.client,
                    server: opened.server,
                    state: String::new(),
                    states: opened.states,
                    segments: 0,
                    octets: 0,
                    first: event.time,
                    last: event.time,
                };
                self.open.insert(event.connection, row);
            }
            EventKind::Segment(segment) => {
                self.segments += 1;
                let Some(row) = self.open.get_mut(&event.connection) else { return };
                row.segments += 1;
                row.octets += u64::from(segment.len);
                (row.states, row.last) = (segment.after, event.time);
            }
            EventKind::Icmp(_) | EventKind::Kernel(_) => {}
            EventKind::Ended(summary) => self.end(event.connection, summary),
        }
        self.stale = true;
    }

    fn end(&mut self, number: u32, summary: &Summary) {
        self.over += 1;
        self.open.remove(&number);
        self.ended.truncate(ENDED - 1);
        self.ended.push_front(Row {
            number,
            client: summary.client,
            server: summary.server,
            state: verdict(summary),
            states: summary.states,
            segments: summary.segments,
            octets: summary.bytes_client + summary.bytes_server,
            first: summary.first,
            last: summary.last,
        });
    }

    /// Draws it, unless that was just done.
    fn draw(&mut self) -> io::Result<()> {
        if let Some((time, segments)) = self.drawn {
            let passed = self.now.since(time);
            if passed < PAUSE {
                return Ok(());
            }
            self.rate = (self.segments - segments) as f64 / passed.as_secs_f64();
        }
        self.drawn = Some((self.now, self.segments));
        self.draw_now()
    }

    fn draw_now(&mut self) -> io::Result<()> {
        self.stale = false;
        let lines = self.lines(self.place.rows().saturating_sub(2), self.place.columns());
        let heading = format!(
            "{} open, {} over  {}, {} a second  {} lost",
            grouped(self.open.len() as u64),
            grouped(self.over),
            count(self.segments, "segment"),
            grouped(self.rate as u64),
            grouped(self.losses.dropped()),
        );
        self.place.draw(Some(&heading), &lines)
    }

    /// So many lines: the open connections that spoke last, and below them those that were over last, which have at least
    /// half of the room if there are so many.
    fn lines(&self, most: usize, columns: usize) -> Vec<String> {
        let for_ended = self.ended.len().min(most / 2).max(most.saturating_sub(self.open.len()));
        let mut open: Vec<&Row> = self.open.values().collect();
        let for_open = open.len().min(most.saturating_sub(for_ended.min(self.ended.len())));
        if for_open > 0 && for_open < open.len() {
            open.select_nth_unstable_by_key(for_open - 1, |row| (Reverse(row.last), row.number));
        }
        open.truncate(for_open);
        open.sort_unstable_by_key(|row| row.number);
        let rows: Vec<&Row> = open.into_iter().chain(self.ended.iter().take(most - for_open)).collect();
        let widest =
            |end: fn(&Row) -> SocketAddr| rows.iter().map(|row| end(row).to_string().len()).max().unwrap_or(0).max(6);
        let (client, server) = (widest(|row| row.client), widest(|row| row.server));
        // Where there is not room for all, the state is worth more than the server.
        let server = Some(server).filter(|server| NUMBER + client + server + STATE + 6 <= columns);
        let heading = Some(self::columns(client, server)).filter(|_| !rows.is_empty());
        heading.into_iter().chain(rows.iter().map(|row| row.line(client, server))).collect()
    }
}

impl Row {
    fn line(&self, client: usize, server: Option<usize>) -> String {
        let server = server.map(|wide| format!("{:<wide$}  ", self.server.to_string())).unwrap_or_default();
        let state = if self.state.is_empty() { states(&self.states) } else { self.state.clone() };
        let lasted = brief_duration(self.last.since(self.first)).replace('µ', "u");
        let (segments, octets) = (grouped(self.segments), grouped(self.octets));
        let client_cell = self.client.to_string();
        format!(
            "{:>NUMBER$}  {client_cell:<client$}  {server}{state:<STATE$} {segments:>8} {octets:>11}  {lasted}",
            self.number
        )
    }
}

/// The heading above such lines.
fn columns(client: usize, server: Option<usize>) -> String {
    let server = server.map(|wide| format!("{:<wide$}  ", "server")).unwrap_or_default();
    format!(
        "{:>NUMBER$}  {:<client$}  {server}{:<STATE$} {:>8} {:>11}  time",
        "#", "client", "state", "segments", "bytes"
    )
}

/// The state of both ends: once, where it is the same.
fn states(states: &Pair<Belief>) -> String {
    let name = |belief: &Belief| belief.state.map_or("?", State::name);
    let (client, server) = (name(&states.client), name(&states.server));
    if client == server { client.to_owned() } else { format!("{client}/{server}") }
}

/// How it opened, and how it ended.
fn verdict(summary: &Summary) -> String {
    match summary.termination {
        Termination::None => summary.handshake.name().to_owned(),
        termination => format!("over: {}", termination.name()),
    }
}

impl Sink for Board {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.take(event);
        self.draw()
    }

    /// Packets are waited for: there is time to show the last ones.
    fn flush(&mut self) -> io::Result<()> {
        if self.stale { self.draw_now() } else { Ok(()) }
    }

    fn make_way(&mut self) -> io::Result<()> {
        self.stale = true;
        self.place.clear()
    }

    /// It is left standing.
    fn finish(&mut self) -> io::Result<()> {
        self.draw_now()
    }
}
