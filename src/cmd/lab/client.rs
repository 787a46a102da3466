//! `rawshake lab client`.

use super::clients::ClientArgs;
use crate::cmd::number::port;
use crate::cmd::{Exit, Streams};
use crate::lab::program::{Serving, Speech};
use crate::lab::{Joined, Place};

/// Call the server of a lab that runs in another terminal
///
/// What the clients are told by their kernel is printed here, a line each; the packets are shown where the lab runs.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// How many clients
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    clients: u16,
    /// Port number [default: that of the lab's server]
    #[arg(short, long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
    /// Ask for a page of HTTP [default: as the server speaks]
    #[arg(long, conflicts_with = "udp")]
    http: bool,
    /// Send datagrams [default: as the server does]
    #[arg(long)]
    udp: bool,
    #[command(flatten)]
    talk: ClientArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake lab client             one client, to the lab of rawshake lab serve
  rawshake lab client 5 -m 3      five at once, with three messages each
  rawshake lab client 2 --in-turn --reset
                                  each ends with RST, one after the other

Exit codes: 0 all were served, 1 not all, 2 error.";

/// Runs `rawshake lab client`.
///
/// # Errors
/// There is no lab to join.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let joined = Joined::find()?;
    let serving = args.serving(joined.serving());
    joined.enter(Place::You)?;
    let mut told = Ok(());
    let all_served = args.talk.calling(args.clients, &serving).call(&mut |line| {
        if told.is_ok() {
            told = writeln!(streams.out, "{line}").and_then(|()| streams.out.flush());
        }
    });
    told?;
    Ok(if all_served { Exit::Success } else { Exit::NoReply })
}

impl Args {
    /// Whom to call: the server of the lab, but for what was said otherwise.
    fn serving(&self, there: Option<&Serving>) -> Serving {
        let named = self.http || self.udp || self.port.is_some();
        let there = there.filter(|_| !named).cloned();
        let speech = if self.http { Speech::Http } else { Speech::Echo };
        let port = self.port.unwrap_or_else(|| speech.port());
        there.unwrap_or_else(|| Serving { udp: self.udp, speech, port, ..Serving::default() })
    }
}
