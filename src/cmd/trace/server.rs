//! The lab's server for a way to open and to close, and what it is asked.

use super::args::{CloseMode, OpenMode};
use crate::lab::Server;

/// What a lab server that answers one request is asked, where the user says nothing.
const REQUEST: &[u8] = b"hello";

/// What to send where the user said nothing: a server that answers one request and closes would wait for it.
pub(super) fn default_payload(server: Option<Server>) -> &'static [u8] {
    if server == Some(Server::ClosesFirst) { REQUEST } else { b"" }
}

/// The server that fits what is to be shown.
pub(super) const fn fitting(open: OpenMode, close: CloseMode, http: bool) -> Server {
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
