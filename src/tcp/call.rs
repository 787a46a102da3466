//! Socket calls, and their relation to segments.

use std::fmt;

use serde::Serialize;

/// A socket call of a program, as far as it can matter to the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "name", content = "octets")]
pub enum Call {
    /// `listen()`: from now on the kernel answers a SYN.
    Listen,
    /// `connect()`: sends a SYN.
    Connect,
    /// `accept()`: sends nothing; takes a connection that is already there.
    Accept,
    /// `send()` of so many octets.
    Send(u32),
    /// `recv()`; 0 octets tell that the peer's FIN has arrived.
    Recv(u32),
    /// `shutdown(SHUT_WR)`: sends a FIN; receiving goes on.
    ShutdownWrite,
    /// `close()`: sends a FIN, or a RST where data was left unread.
    Close,
    /// `close()` with SO_LINGER on and 0 seconds: sends a RST.
    Abort,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen => f.pad("listen()"),
            Self::Connect => f.pad("connect()"),
            Self::Accept => f.pad("accept()"),
            Self::Send(octets) => f.pad(&format!("send({octets})")),
            Self::Recv(octets) => f.pad(&format!("recv()={octets}")),
            Self::ShutdownWrite => f.pad("shutdown(WR)"),
            Self::Close => f.pad("close()"),
            Self::Abort => f.pad("abort"),
        }
    }
}
