//! One file for each subcommand: its arguments and a short run.

mod beside;
pub mod capture;
mod columns;
pub mod doctor;
mod door;
mod exit;
pub mod explain;
mod give_up;
mod host;
mod in_place;
mod kept;
mod kernel;
mod keyboard;
pub mod lab;
pub mod learn;
pub mod listen;
mod new_file;
mod number;
pub mod output;
mod payload;
pub mod ping;
mod privileges;
pub mod quiz;
pub mod replay;
mod seconds;
pub mod send;
mod show;
mod sight;
pub mod sockets;
mod stage;
mod target;
pub mod trace;
mod unstyled;
pub mod watch;
mod way;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use exit::Exit;
pub use seconds::Seconds;

use crate::sys::{self, confine, process};
use exit::ERROR;
use new_file::Named;
use unstyled::Unstyled;

/// See TCP as it is: hand-made handshakes and terminations, captured and explained.
#[derive(Debug, Parser)]
#[command(name = "rawshake", version, max_term_width = 100, arg_required_else_help = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    color: colorchoice_clap::Color,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake trace --lab --send hello      a whole connection in the embedded lab;
                                         needs no sudo
  sudo rawshake trace 192.0.2.7:80 --http   a request to a host of yours
  rawshake send --lab -f FPU             any segment, and what comes back
  rawshake listen --lab                  the server's side by hand, with a
                                         kernel client
  rawshake replay capture.pcap --list    the connections in a capture
  rawshake ping --lab -c 3               echo requests in the lab
  sudo rawshake watch --brief            connections of others, as they open and
                                         end
  rawshake sockets --tree                this machine's sockets and their queues
  rawshake lab serve --clients 3         a forking server of the kernel, and
                                         its clients
  rawshake learn                         lessons, with real segments; begin here
  rawshake explain SYN                   what a word means; --list has all
  rawshake quiz capture.pcap             questions about what is in a capture
  rawshake doctor                        what keeps a command from working here

Exit codes: 0 success, 1 no reply or not the expected one, 2 error, 130 ended
by Ctrl-C.
Send only to hosts that you own or may test.";

/// The subcommands.
#[derive(Debug, Subcommand)]
enum Command {
    Trace(trace::Args),
    Send(Box<send::Args>),
    Listen(Box<listen::Args>),
    Replay(Box<replay::Args>),
    Ping(ping::Args),
    Watch(Box<watch::Args>),
    Sockets(sockets::Args),
    Learn(learn::Args),
    Explain(explain::Args),
    Quiz(quiz::Args),
    Lab(lab::Args),
    Doctor(doctor::Args),
}

/// Where a command writes. Colour is taken out by the streams themselves where it is not wanted.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Progress, notes and errors.
    pub err: &'a mut dyn Write,
}

/// Runs the program and gives its exit code; everything that went wrong is said on standard error.
#[must_use]
pub fn main() -> ExitCode {
    if let Err(error) = begin() {
        return Exit::of(&Err(error.into()), &mut anstream::stderr()).into();
    }
    let cli = parse().unwrap_or_else(|error| refuse(error));
    cli.color.write_global();
    // Styles are always written; `anstream` strips them for each stream on its own, by --color, NO_COLOR, CLICOLOR
    // and whether the stream is a terminal.
    colored::control::set_override(true);
    let mut out = stdout(&cli.command);
    let mut err = anstream::stderr();
    let result = run(cli.command, &mut Streams { out: &mut out, err: &mut err });
    let result = result.and_then(|exit| Ok(out.flush().map(|()| exit)?));
    Exit::of(&result, &mut err).into()
}

/// Before anything else: with nobody else's rights, and behind sudo with those of who called it, as far as files go, and
/// without their environment. A file that may not grow is no end either.
fn begin() -> sys::Result<()> {
    confine::refuse_set_user_id()?;
    confine::keep_only_colours();
    process::survive_file_limit()?;
    confine::act_for_invoker()
}

/// Whether a command reads of all processes and of the machine, for whoever runs it, and opens no file that is named.
fn keeps_privileges(command: &Command) -> bool {
    matches!(command, Command::Sockets(_) | Command::Doctor(_))
}

fn parse() -> Result<Cli, clap::Error> {
    let mut parser = command();
    let matches = parser.try_get_matches_from_mut(std::env::args_os())?;
    output::check(&matches)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut parser))
}

/// The command line. `-1` behind an option that wants a value is that value, and told to be wrong, not another option.
#[must_use]
pub fn command() -> clap::Command {
    let is_option = |arg: &Arg| !arg.is_positional() && arg.get_action().takes_values() && !arg.is_require_equals_set();
    let numeric = |arg: Arg| if is_option(&arg) { arg.allow_negative_numbers(true) } else { arg };
    Cli::command().mut_subcommands(|command| privileges::told(command.mut_args(numeric)))
}

/// Standard output. A ping has no colour, and its flood wipes dots out with backspaces, which would be stripped.
fn stdout(command: &Command) -> Box<dyn Write> {
    let raw = io::stdout();
    let out: Box<dyn Write> = match (command, AutoStream::choice(&raw)) {
        (Command::Ping(_), _) => Box::new(raw),
        (_, ColorChoice::Never) => return Box::new(Unstyled::new(BufWriter::new(Named::standard_output(raw)))),
        _ => Box::new(anstream::stdout()),
    };
    Box::new(BufWriter::new(Named::standard_output(out)))
}

/// Says in one line what is wrong with the arguments, and ends the program; help is shown whole.
fn refuse(error: clap::Error) -> ! {
    let mut line = None;
    if !error.use_stderr() || matches!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        match error.print().and_then(|()| io::stdout().flush()) {
            Err(failure) if !error.use_stderr() && failure.kind() != io::ErrorKind::BrokenPipe => {
                line = Some(format!("cannot write to standard output: {failure}"));
            }
            _ => std::process::exit(error.exit_code()),
        }
    }
    colored::control::set_override(true);
    // Standard error itself may be closed; there is nowhere left to say so.
    let _ = exit::tell(&mut anstream::stderr(), &line.unwrap_or_else(|| told(&error)));
    std::process::exit(i32::from(ERROR));
}

/// What is wrong with arguments: behind the first paragraph come usage and hints. A missing argument is named in a line of
/// its own.
fn in_one_line(whole: &str) -> String {
    let first: Vec<_> = whole.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let line = first.join(" ");
    line.strip_prefix("error: ").map_or(line.clone(), str::to_owned)
}

/// The same, and what to do next.
fn told(error: &clap::Error) -> String {
    let line = in_one_line(&error.to_string());
    if lacks_peer(error) { line + PEERLESS } else { line }
}

/// What to do without a peer of one's own.
const PEERLESS: &str = "; --lab needs none: it brings its own; --help has examples";

/// Whether all that is missing is whom to talk to, which every command that can talk to the lab leaves to it.
fn lacks_peer(error: &clap::Error) -> bool {
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) if error.kind() == ErrorKind::MissingRequiredArgument => missing,
        _ => return false,
    };
    matches!(missing.as_slice(), [one] if PEERS.contains(&one.as_str()))
}

/// How those commands call it.
const PEERS: [&str; 3] = ["<HOST[:PORT]>", "<HOST>...", "<PORT>"];

fn run(command: Command, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if keeps_privileges(&command) {
        confine::act_for_self()?;
    }
    match command {
        Command::Trace(args) => trace::run(&args, streams),
        Command::Send(args) => send::run(&args, streams),
        Command::Listen(args) => listen::run(&args, streams),
        Command::Replay(args) => replay::run(&args, streams),
        Command::Ping(args) => ping::run(&args, streams),
        Command::Watch(args) => watch::run(&args, streams),
        Command::Sockets(args) => sockets::run(&args, streams),
        Command::Learn(args) => learn::run(&args, streams),
        Command::Explain(args) => explain::run(&args, streams),
        Command::Quiz(args) => quiz::run(&args, streams),
        Command::Lab(args) => lab::run(&args, streams),
        Command::Doctor(args) => doctor::run(&args, streams),
    }
}

#[cfg(test)]
mod tests {
    use super::{PEERLESS, command, told};

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn a_negative_number_is_told_to_be_wrong() {
        for (arguments, option) in [
            ("send --lab -i -1", "--interval"),
            ("send --lab --timeout -1", "--timeout"),
            ("send --lab -c -1", "--count"),
            ("ping --lab -i -1", "--interval"),
            ("ping --lab -W -1", "--timeout"),
            ("listen --lab --timeout -1", "--timeout"),
            ("trace --lab --timeout -1", "--timeout"),
        ] {
            let words = ["rawshake"].into_iter().chain(arguments.split(' '));
            let error = command().try_get_matches_from(words).expect_err(arguments);
            let line = told(&error);
            assert!(line.starts_with(&format!("invalid value '-1' for '{option} ")), "{arguments}: {line}");
        }
        let letters = ["rawshake", "send", "--lab", "-1", "-6", "--bad-length", "-4"];
        let error = command().try_get_matches_from(letters).expect_err("-4 and -6").to_string();
        assert!(error.contains("'--ipv6' cannot be used with '--ipv4'"), "{error}");
    }

    #[test]
    fn without_a_peer_the_lab_is_offered() {
        for (arguments, peer) in
            [("send", "<HOST[:PORT]>"), ("trace -4", "<HOST[:PORT]>"), ("ping", "<HOST>..."), ("listen", "<PORT>")]
        {
            let words = ["rawshake"].into_iter().chain(arguments.split(' '));
            let line = told(&command().try_get_matches_from(words).expect_err(arguments));
            let told = format!("the following required arguments were not provided: {peer}{PEERLESS}");
            assert_eq!(line, told, "{arguments}");
        }
        let words = ["rawshake", "send", "server", "--lab-think", "1"];
        let line = told(&command().try_get_matches_from(words).expect_err("no lab"));
        assert!(line.ends_with(": --lab"), "{line}");
    }

    #[test]
    fn what_stands_around_the_options_fits_into_80_columns() {
        let program = command();
        for command in program.get_subcommands().chain([&program]) {
            let name = command.get_name();
            let below = [command.get_after_help(), command.get_after_long_help()];
            assert!(below[0].is_some(), "{name} has no examples");
            let above = [command.get_before_help(), command.get_before_long_help()];
            for text in above.into_iter().chain(below).flatten().map(ToString::to_string) {
                let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
                assert!(wide.is_empty(), "{name}: {wide:#?}");
                assert!(!text.contains("\n\n\n") && !text.ends_with('\n'), "{name}: {text}");
            }
        }
    }
}
