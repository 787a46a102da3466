//! The servers of the lab as one table: name, usual port, and what it is good for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Error;

/// Long enough that the kernel acknowledges the peer's FIN by itself before the program closes.
pub const DEFAULT_THINK: Duration = Duration::from_millis(60);

/// A server of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Server {
    /// Sends back what it reads.
    Echo,
    /// Answers one HTTP/1.1 request after the other.
    Http,
    /// Reads and never answers.
    Discard,
    /// Answers one request and closes first.
    ClosesFirst,
    /// Answers, and never calls close().
    NeverCloses,
    /// Nothing listens.
    Refuses,
    /// Every segment is dropped.
    Silent,
    /// Calls connect() towards the client.
    Connects,
    /// Does nothing of itself, and what it is told.
    Obeys,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// The server it describes.
    pub server: Server,
    /// Its name on the command line.
    pub name: &'static str,
    /// The port it uses unless told otherwise.
    pub port: u16,
    /// One line for a person.
    pub description: &'static str,
}

const fn row(server: Server, name: &'static str, port: u16, description: &'static str) -> Behaviour {
    Behaviour { server, name, port, description }
}

impl Server {
    /// Every server, in the order of a help text.
    pub const TABLE: [Behaviour; 9] = [
        row(Self::Echo, "echo", 7, "sends back what it reads; closes when recv() returns 0"),
        row(Self::Http, "http", 80, "answers HTTP/1.1 requests; closes as the Connection header says"),
        row(Self::Discard, "discard", 9, "reads and never answers; closes when recv() returns 0"),
        row(Self::ClosesFirst, "closes-first", 8080, "reads one request, answers it, and closes first"),
        row(Self::NeverCloses, "never-closes", 8081, "sends back what it reads and never calls close()"),
        row(Self::Refuses, "refuses", 81, "nothing listens, so the kernel answers SYN with RST"),
        row(Self::Silent, "silent", 8082, "drops every segment, as a firewall does"),
        row(Self::Connects, "connects", 8083, "calls connect() towards you, for a simultaneous open"),
        row(Self::Obeys, "obeys", 8084, "accepts, and closes only when it is told to"),
    ];

    fn behaviour(self) -> Behaviour {
        let found = Self::TABLE.into_iter().find(|row| row.server == self);
        found.expect("the table names every server, as its test checks")
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.behaviour().name
    }

    /// The port it uses unless told otherwise.
    #[must_use]
    pub fn port(self) -> u16 {
        self.behaviour().port
    }

    /// One line for a person.
    #[must_use]
    pub fn description(self) -> &'static str {
        self.behaviour().description
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Server {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let row = Self::TABLE.iter().find(|row| row.name == name);
        row.map(|row| row.server).ok_or_else(|| {
            let names: Vec<&str> = Self::TABLE.iter().map(|row| row.name).collect();
            Error::UnknownServer { name: name.to_owned(), known: names.join(", ") }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_server_once() {
        use Server::{ClosesFirst, Connects, Discard, Echo, Http, NeverCloses, Obeys, Refuses, Silent};
        for server in [Echo, Http, Discard, ClosesFirst, NeverCloses, Refuses, Silent, Connects, Obeys] {
            assert_eq!(Server::TABLE.iter().filter(|row| row.server == server).count(), 1);
            assert_eq!(server.name().parse::<Server>().unwrap(), server);
            assert_eq!(Server::TABLE.iter().filter(|row| row.port == server.port()).count(), 1);
        }
        let error = "ech\u{7}".parse::<Server>().unwrap_err().to_string();
        assert!(
            error.starts_with(r#"there is no lab server "ech\u{7}"; choose one of: echo, http, discard"#),
            "{error}"
        );
    }
}
