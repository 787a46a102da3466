//! Where a command runs: in a lab of its own with servers for it, or in one that runs already.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::ValueEnum;

use super::WireArgs;
use super::view::View;
use crate::cmd::exit::remark;
use crate::cmd::kernel::Kernel;
use crate::cmd::{Exit, Streams};
use crate::lab::{self, Door, Joined, Place, Process, SERVER, Server, YOU};
use crate::sys::terminal::Before;
use crate::sys::{Interrupts, Signal, confine, poll};

/// The servers of a lab for commands, each at its usual port.
const SERVERS: [Server; 6] =
    [Server::Http, Server::Echo, Server::Discard, Server::ClosesFirst, Server::NeverCloses, Server::Silent];

/// Where it runs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lab")]
pub(super) struct PlaceArgs {
    /// The host on which it runs
    #[arg(long, value_name = "HOST", value_enum, default_value = "you")]
    on: HostWord,
    /// Run it in the lab that runs in another terminal, or in which this shell is; the packets are shown there
    #[arg(long, conflicts_with_all = ["wire", "kernel", "list", "out", "pcap", "format", "quiet", "verbose"])]
    join: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HostWord {
    /// The near host, 192.0.2.1
    You,
    /// The far one, 192.0.2.2
    Server,
}

impl PlaceArgs {
    fn place(&self) -> Place {
        match self.on {
            HostWord::You => Place::You,
            HostWord::Server => Place::Server,
        }
    }

    /// The host's name.
    pub(super) fn host(&self) -> &'static str {
        match self.on {
            HostWord::You => YOU.name,
            HostWord::Server => SERVER.name,
        }
    }
}

/// Runs the command there and shows the packets; its exit code is ours. `greet` is said before.
pub(super) fn run(
    place: &PlaceArgs,
    wire: &WireArgs,
    command: &[OsString],
    greeting: Option<&str>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    if place.join {
        confine::act_for_self()?;
        return join(place, command, greeting, streams);
    }
    let files = wire.open()?;
    // Only one lab can be joined; a second one goes without.
    let door = Door::reserve().ok();
    let options = lab::Options { server: SERVERS[0], wire: wire.wire.clone(), ..lab::Options::default() };
    let kernel = Kernel::open(wire.kernel, streams.err)?;
    let mut lab = super::enter(&options)?;
    SERVERS[1..].iter().try_for_each(|server| lab.start(*server, server.port()))?;
    let _open = door.map(|door| door.open(&lab, None)).transpose()?;
    let mut view = View::open((wire, files), kernel.map(|kernel| (kernel, &lab)), streams.out)?;
    greet(greeting, streams.err)?;
    let start = || Ok(lab.start_command(place.place(), command)?);
    let ended = attend(start, |process| Ok(view.watch(&[process], None)?.signal()))?;
    if !matches!(ended, Exit::Signal(_)) {
        view.settle(&lab)?;
    }
    let is_empty = view.is_empty();
    view.finish(streams.err)?;
    if is_empty && greeting.is_none() && !wire.output.quiet {
        remark(streams.err, "No packet was on the wire of the lab.")?;
    }
    Ok(ended)
}

/// In a lab that runs already: when that ends, the command does.
fn join(
    place: &PlaceArgs,
    command: &[OsString],
    greeting: Option<&str>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let joined = Joined::find()?;
    joined.enter(place.place())?;
    let interrupts = Interrupts::new()?;
    greet(greeting, streams.err)?;
    attend(
        || Ok(joined.start_command(command)?),
        |process| {
            use std::os::fd::AsFd as _;
            let ready = poll::wait(&[process.as_fd(), interrupts.as_fd(), joined.end()], None)?;
            // A lab that ends takes its guests with it.
            Ok(interrupts.take().or_else(|| ready.contains(2).then_some(Signal::Hangup)))
        },
    )
}

fn greet(greeting: Option<&str>, err: &mut dyn Write) -> io::Result<()> {
    greeting.map_or(Ok(()), |greeting| remark(err, greeting))
}

/// Starts the command and waits for its end. Ctrl-C and Ctrl-\ are for the command; other signals end it, and then the terminal
/// is as it was before, since it had no time for that. `wait` answers with the signal that came before the end, if one did.
fn attend(
    start: impl FnOnce() -> anyhow::Result<Process>,
    mut wait: impl FnMut(&Process) -> anyhow::Result<Option<Signal>>,
) -> anyhow::Result<Exit> {
    let before = Before::of(io::stdin());
    let process = start()?;
    let ended = loop {
        match wait(&process) {
            Ok(Some(Signal::Interrupt | Signal::Quit)) => {}
            Ok(Some(signal)) => break Ok(Exit::Signal(signal.number())),
            Ok(None) => return Ok(Exit::Command(process.wait_for_code()?)),
            Err(error) => break Err(error),
        }
    };
    drop(process);
    if let Some(before) = before {
        before.restore();
    }
    ended
}

/// The servers, and where: `http 80, echo 7, …`.
pub(super) fn servers() -> String {
    SERVERS.map(|server| format!("{server} {}", server.port())).join(", ")
}
