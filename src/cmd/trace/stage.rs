//! Where the run takes place: this machine's network, or the lab with the server that fits.

use super::args::{Args, CloseMode, OpenMode};
use super::target::Written;
use crate::lab::{self, Lab, Server};

/// The port of a peer outside the lab, if none is named.
const DEFAULT_PORT: u16 = 80;
/// What a lab server that answers one request is asked, where the user says nothing.
const REQUEST: &[u8] = b"hello";

/// The network, and the port in it.
pub(super) struct Stage {
    /// Held until the end: the far host goes with it.
    pub(super) lab: Option<Lab>,
    /// The port of the peer.
    pub(super) port: u16,
}

impl Stage {
    /// Enters the lab if it is asked for. To be called before any thread or socket is made.
    pub(super) fn enter(args: &Args, written: &Written) -> anyhow::Result<Self> {
        let port = written.port()?;
        if !args.lab.lab {
            return Ok(Self { lab: None, port: port.unwrap_or(DEFAULT_PORT) });
        }
        let server = server(args, port);
        let think = args.lab.lab_think.map_or(lab::DEFAULT_THINK, |seconds| seconds.0);
        let lab = Lab::enter(&lab::Options { server, port, think, ..lab::Options::default() })?;
        Ok(Self { lab: Some(lab), port: port.unwrap_or_else(|| server.port()) })
    }

    /// The server of the lab.
    pub(super) fn server(&self) -> Option<Server> {
        self.lab.as_ref().map(|lab| lab.options().server)
    }

    /// What to send where the user said nothing: a server that answers one request and closes would wait for it.
    pub(super) fn default_payload(&self) -> &'static [u8] {
        if self.server() == Some(Server::ClosesFirst) { REQUEST } else { b"" }
    }
}

/// The server of that name, else the one whose port was named, else the one that fits what is to be shown.
fn server(args: &Args, port: Option<u16>) -> Server {
    let by_port = || Server::TABLE.iter().find(|row| Some(row.port) == port).map(|row| row.server);
    args.lab
        .lab_server
        .or_else(by_port)
        .unwrap_or_else(|| fitting(args.open.open, args.close.close, args.talk.payload.http))
}

const fn fitting(open: OpenMode, close: CloseMode, http: bool) -> Server {
    match (open, close) {
        (OpenMode::Simultaneous, _) => Server::Connects,
        _ if http => Server::Http,
        (_, CloseMode::Active | CloseMode::Half) => Server::Echo,
        (_, CloseMode::Passive | CloseMode::Simultaneous) => Server::ClosesFirst,
        (_, CloseMode::Reset) => Server::Discard,
        (_, CloseMode::None) => Server::NeverCloses,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_close_has_a_server_that_shows_it() {
        use CloseMode::{Active, Half, None, Passive, Reset, Simultaneous};
        let table = [
            (Active, Server::Echo),
            (Half, Server::Echo),
            (Passive, Server::ClosesFirst),
            (Simultaneous, Server::ClosesFirst),
            (Reset, Server::Discard),
            (None, Server::NeverCloses),
        ];
        for (close, server) in table {
            assert_eq!(fitting(OpenMode::Active, close, false), server);
            assert_eq!(fitting(OpenMode::Active, close, true), Server::Http);
            assert_eq!(fitting(OpenMode::Simultaneous, close, true), Server::Connects);
        }
    }
}
