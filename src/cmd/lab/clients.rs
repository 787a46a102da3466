//! The options of clients.

use std::net::SocketAddr;

use crate::cmd::Seconds;
use crate::cmd::seconds::some_time;
use crate::lab::SERVER;
use crate::lab::program::{Calling, Serving};
use crate::sys::Version;

/// How clients behave.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Clients")]
pub(super) struct ClientArgs {
    /// Call over IPv6
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Each client calls when the one before is done; otherwise all at once
    #[arg(long)]
    in_turn: bool,
    /// Messages that each client says [default: 1; 3 where the server half-closes]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    messages: Option<u16>,
    /// Seconds between an answer and the next message
    #[arg(short, long, value_name = "SECONDS", default_value = "0.1")]
    interval: Seconds,
    /// Seconds of silence before the first message
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    silence: Seconds,
    /// Seconds that a client waits for a connection, or for an answer
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = some_time)]
    deadline: Seconds,
    /// Clients call shutdown() after their last message, and read until the server closes
    #[arg(long)]
    shut: bool,
    /// Clients close with SO_LINGER 0: RST
    #[arg(long)]
    reset: bool,
}

impl ClientArgs {
    /// So many `clients` for this server.
    pub(super) fn calling(&self, clients: u16, serving: &Serving) -> Calling {
        let half_closes = serving.manner.half_close && !serving.udp;
        let version = if self.ipv6 { Version::V6 } else { Version::V4 };
        Calling {
            server: SocketAddr::new(SERVER.ip(version), serving.port),
            udp: serving.udp,
            clients,
            // A cookie that the first one got is there for the next.
            in_turn: self.in_turn || serving.fast_open,
            speech: serving.speech,
            messages: self.messages.unwrap_or(if half_closes { 3 } else { 1 }),
            interval: self.interval.0,
            silence: self.silence.0,
            deadline: self.deadline.0,
            until_end: serving.manner.closes() && !serving.udp,
            half_close: self.shut,
            keep_sending: half_closes,
            linger: self.reset.then_some(0),
            fast_open: serving.fast_open,
        }
    }
}
