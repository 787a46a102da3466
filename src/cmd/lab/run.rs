//! `rawshake lab run`.

use std::ffi::OsString;

use super::WireArgs;
use super::place::{self, PlaceArgs};
use crate::cmd::{Exit, Streams};

/// Run any command on a host of the lab, and show every packet on the wire
///
/// On the host `server` there is a server for HTTP at port 80, one for echo at 7, and those that rawshake trace --help lists.
/// The hosts you and server have these names there. What the command leaves behind ends with it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    wire: WireArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake lab run -- curl http://server/
  rawshake lab run --wire 'delay=50ms drop=4' -- curl -s http://server/
  rawshake lab run --list -- sh -c 'curl http://server/; curl http://server/'
  rawshake lab run --out ladder.txt -- python3 client.py
  sudo rawshake lab run --kernel -- python3 client.py
                             with its system calls, those that failed too
  rawshake lab run --on server -- python3 -m http.server 8000
                             then, in another terminal:
  rawshake lab run --join -- curl http://server:8000/

Exit codes: that of the command, 128 and the number of the signal that ended it;
127 where it is not found, 126 where it cannot be run; 2 where there is no lab.
Ctrl-C is for the command.";

/// Runs `rawshake lab run`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    place::run(&args.place, &args.wire, &args.command, None, streams)
}
