//! What there is to see of a listener's sockets at one time, as text and as JSON.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;

use crate::craft::listen::{Listener, Row};
use crate::explain::grouped;
use crate::trace::SCHEMA;
use crate::wire::Time;

/// Rows of connections in an event, and beside ladders, at most.
pub(super) const ROWS: usize = 10;
/// Columns of the longest state, and between two columns.
const STATE: usize = 12;
const GAP: usize = 2;

/// Places, and how many of them are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Places {
    used: usize,
    allowed: usize,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Socket {
    client: SocketAddr,
    server: SocketAddr,
    state: &'static str,
}

/// The listening socket, and its connections as far as there are rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Table {
    port: u16,
    /// Connections in SYN-RECEIVED.
    backlog: Places,
    /// Connections beyond that.
    open: Places,
    /// Connections that are over.
    served: u64,
    sockets: Vec<Socket>,
    /// Connections without a row.
    more: usize,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    event: &'static str,
    time: Time,
    #[serde(flatten)]
    table: &'a Table,
}

impl Table {
    /// With at most so many connections.
    pub(super) fn of(listener: &Listener, rows: usize) -> Self {
        let (half, open) = (listener.half_open(), listener.connections());
        let mut sockets: Vec<Socket> = listener.rows(rows).iter().map(Socket::of).collect();
        sockets.sort();
        Self {
            port: listener.port(),
            backlog: Places { used: half, allowed: listener.backlog() },
            open: Places { used: open, allowed: listener.room() },
            served: listener.stats().ended + listener.stats().broken,
            more: (half + open).saturating_sub(sockets.len()),
            sockets,
        }
    }

    /// One line of JSON.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn json(&self, time: Time, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Object { schema: SCHEMA, event: "sockets", time, table: self })?;
        writeln!(out)?;
        out.flush()
    }

    /// The listening socket.
    pub(super) fn heading(&self) -> String {
        let places = |places: Places| format!("{} of {}", grouped(places.used as u64), grouped(places.allowed as u64));
        let (backlog, open) = (places(self.backlog), places(self.open));
        format!("LISTEN port {}  backlog {backlog}  open {open}  served {}", self.port, grouped(self.served))
    }

    /// The connections, in `width` columns where that is enough.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("and {} more", grouped(self.more as u64)));
        columns(&self.sockets, width).into_iter().chain(more).collect()
    }
}

impl Socket {
    fn of(row: &Row) -> Self {
        Self { client: row.sockets.remote(), server: row.sockets.local(), state: row.state.name() }
    }
}

/// State, our socket and the client's; where there is not room for both sockets only the client's, which tells the
/// connections apart.
fn columns(sockets: &[Socket], width: usize) -> Vec<String> {
    let rows: Vec<[String; 3]> = sockets
        .iter()
        .map(|socket| [socket.state.to_owned(), socket.server.to_string(), socket.client.to_string()])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_room_is_short_the_client_remains() {
        let row = |server: &str, client: &str, state| Socket {
            server: server.parse().unwrap(),
            client: client.parse().unwrap(),
            state,
        };
        let long = "[2001:db8:1234:5678:9abc:def0:1234:5678]:54321";
        let rows =
            [row("192.0.2.1:8080", "192.0.2.2:50000", "SYN-RECEIVED"), row("[2001:db8::1]:8080", long, "ESTABLISHED")];
        assert_eq!(columns(&rows[..1], 80), ["SYN-RECEIVED  192.0.2.1:8080  192.0.2.2:50000"]);
        assert_eq!(columns(&rows[..1], 44), ["SYN-RECEIVED  192.0.2.2:50000"]);
        let wide = columns(&rows, 80);
        assert_eq!(wide[1], format!("ESTABLISHED   [2001:db8::1]:8080  {long}"));
        assert_eq!(wide[0], "SYN-RECEIVED  192.0.2.1:8080      192.0.2.2:50000");
        assert!(columns(&rows, 79).iter().all(|line| !line.contains("8080")));
    }
}
