//! `rawshake lab shell`.

use std::ffi::OsString;

use super::WireArgs;
use super::place::{self, PlaceArgs};
use crate::cmd::{Exit, Streams};
use crate::sys::confine;

/// A shell on a host of the lab; every packet that its programs send is shown when a connection is over
///
/// It is the shell of SHELL; behind sudo, that of who called, as /etc/passwd has it. The hosts of the lab have their names there, and nothing outside can be reached.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    wire: WireArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake lab shell                       then: curl http://server/
  rawshake lab shell --join --on server    a second one, on the other host of the
                                           lab in which the first one is
  rawshake lab shell --out wire.txt        then, elsewhere: tail -f wire.txt

Exit codes: that of the shell; 2 where there is no lab.";

/// The shell where none is named.
const SHELL: &str = "/bin/sh";

/// What gives a program variables of its own: env(1).
const ENV: &str = "/usr/bin/env";

/// Runs `rawshake lab shell`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    // Behind sudo there is no such variable any more.
    let named = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
    let shell = named.or_else(confine::shell_of_invoker).unwrap_or_else(|| SHELL.into());
    let host = args.place.host();
    let greeting = format!(
        "A shell on the host {host} of the lab. On the host server: {}. The other host: rawshake lab shell --join --on {}; \
         exit ends it.",
        place::servers(),
        if host == "you" { "server" } else { "you" }
    );
    // Shells that read these show in their prompt where they are; others are told by the line above.
    let prompt = [format!("PS1=({host}) $ "), format!("PROMPT_COMMAND=PS1=\"({host}) ${{PS1#({host}) }}\"")];
    let mut command: Vec<OsString> = vec![ENV.into()];
    command.extend(prompt.map(OsString::from));
    command.push(shell);
    place::run(&args.place, &args.wire, &command, Some(&greeting), streams)
}
