//! `rawshake lab serve`.

use anyhow::ensure;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::WireArgs;
use super::clients::ClientArgs;
use super::view::View;
use crate::cmd::exit::remark;
use crate::cmd::kernel::Kernel;
use crate::cmd::number::port;
use crate::cmd::{Exit, Seconds, Streams};
use crate::lab::program::{Manner, Model, Program, Serving, Speech};
use crate::lab::{self, Door, Lab, Place, Process, SERVER, Server};
use crate::sys::Signal;

/// Serve as programs do, with the kernel's sockets, and show every packet on the wire
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    manner: MannerArgs,
    /// So many clients call, and it ends when they are done
    #[arg(short = 'c', long, value_name = "N", help_heading = "Clients", value_parser = clap::value_parser!(u16).range(1..=1000))]
    clients: Option<u16>,
    #[command(flatten)]
    talk: ClientArgs,
    #[command(flatten)]
    wire: WireArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake lab serve --model fork --clients 3     a process for each of three
                                                  clients
  rawshake lab serve --model iterative --accept-delay 0.5 --clients 3 --list
                                                  the kernel completes the
                                                  handshakes all the same
  rawshake lab serve --backlog 0 --never-accept --clients 3
                                                  SYNs that find no place
  rawshake lab serve --linger 0 --clients 1       close() sends RST, not FIN
  rawshake lab serve --leave-unread 2 --clients 1 so does unread data
  rawshake lab serve --half-close --clients 1     data goes on after a FIN
  rawshake lab serve --defer-accept --silence 2 --clients 1
                                                  an ACK alone does not count
  rawshake lab serve --fast-open --clients 2      data in the second SYN
  rawshake lab serve --close-first --restart --clients 1
                                                  TIME-WAIT holds the port;
                                                  --reuse-addr frees it
  sudo rawshake lab serve --kernel --clients 1    the system calls of both, and
                                                  the states of their kernels
  rawshake lab serve --udp --clients 2            datagrams
  sudo rawshake lab serve --udp --kernel --clients 2
                                                  with the calls of both: one
                                                  socket for all clients

Exit codes: 0 all clients were served, 1 not all, 2 error, 130 Ctrl-C.";

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Server")]
struct ServerArgs {
    /// How the server serves many clients
    #[arg(long, value_name = "MODEL", default_value = "fork", value_parser = model(), conflicts_with = "udp")]
    model: Model,
    /// Echo datagrams
    #[arg(long, conflicts_with_all = ["http", "backlog", "accept_delay", "never_accept", "reuse_addr", "defer_accept",
        "fast_open", "close_first", "linger", "leave_unread", "half_close", "restart", "workers", "shut", "reset", "silence"])]
    udp: bool,
    /// Answer HTTP/1.1 requests, not echo
    #[arg(long)]
    http: bool,
    /// Port number [default: 7; 80 with --http]
    #[arg(short, long, value_name = "PORT", value_parser = port)]
    port: Option<u16>,
    /// What listen() is told: Linux keeps one connection more waiting for accept()
    #[arg(short, long, value_name = "N", default_value = "128")]
    backlog: u16,
    /// Processes of the hybrid model
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: u16,
    /// Seconds that the server is busy before each accept()
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    accept_delay: Seconds,
    /// Never call accept()
    #[arg(long, conflicts_with = "accept_delay")]
    never_accept: bool,
    /// SO_REUSEADDR: bind() to a port that TIME-WAIT still holds
    #[arg(long)]
    reuse_addr: bool,
    /// TCP_DEFER_ACCEPT: accept() gets a connection only with its first octet, or after so many seconds [1 if left out]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1",
        value_parser = clap::value_parser!(u16).range(1..))]
    defer_accept: Option<u16>,
    /// TCP Fast Open (RFC 7413): data in the SYN of who has a cookie
    #[arg(long)]
    fast_open: bool,
    /// When the clients are done, kill the server, start it again, and let them call once more
    #[arg(long, requires = "clients")]
    restart: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "After the server's first answer")]
struct MannerArgs {
    /// It calls close()
    #[arg(long)]
    close_first: bool,
    /// It calls close() with SO_LINGER of so many seconds; with 0 that sends RST
    #[arg(long, value_name = "SECONDS")]
    linger: Option<u16>,
    /// It has left so many octets unread, and calls close(): RST
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    leave_unread: Option<u32>,
    /// It calls shutdown() of its sending side, and reads on
    #[arg(long, conflicts_with_all = ["close_first", "linger", "leave_unread"])]
    half_close: bool,
}

fn model() -> impl TypedValueParser<Value = Model> {
    let values = Model::all().map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values)
        .try_map(|name| Model::from_name(&name).ok_or_else(|| format!("no model is called {name}")))
}

impl Args {
    fn serving(&self) -> Serving {
        let (server, manner) = (&self.server, &self.manner);
        let speech = if server.http { Speech::Http } else { Speech::Echo };
        Serving {
            udp: server.udp,
            model: server.model,
            speech,
            port: server.port.unwrap_or_else(|| speech.port()),
            backlog: server.backlog,
            workers: server.workers,
            accept_delay: server.accept_delay.0,
            never_accept: server.never_accept,
            reuse_addr: server.reuse_addr,
            defer_accept: server.defer_accept,
            fast_open: server.fast_open,
            manner: Manner {
                close_first: manner.close_first,
                linger: manner.linger,
                leave_unread: manner.leave_unread,
                half_close: manner.half_close,
            },
        }
    }
}

/// Runs `rawshake lab serve`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let serving = args.serving();
    ensure!(
        !(serving.manner.half_close && serving.speech == Speech::Http),
        "--half-close is for the echo: a page of HTTP has nobody who would speak on; leave out --http"
    );
    let files = args.wire.open()?;
    // Others look for the lab where it was started.
    let door = args.clients.is_none().then(Door::reserve).transpose()?;
    // Every other socket and every thread comes after this.
    let wire = args.wire.wire.clone();
    let kernel = Kernel::open(args.wire.kernel, streams.err)?;
    let lab = super::enter(&lab::Options { server: Server::Refuses, wire, ..lab::Options::default() })?;
    let mut view = View::open((&args.wire, files), kernel.map(|kernel| (kernel, &lab)), streams.out)?;
    introduce(&serving, streams.err)?;
    let mut stage = Stage { lab: &lab, server: None, program: Program::Serve(serving.clone()), said: String::new() };
    stage.start()?;
    let _open = door.map(|door| door.open(&lab, Some(&serving))).transpose()?;
    if args.clients.is_none() {
        remark(streams.err, "It waits for clients: rawshake lab client 3, in another terminal; Ctrl-C ends it")?;
    }
    let ended = match args.clients {
        Some(clients) => {
            let clients = Program::Call(args.talk.calling(clients, &serving));
            stage.be_called(&clients, args.server.restart, &mut view)?
        }
        // Ctrl-C is how one ends what has no end of its own.
        None => match view.watch(&[], None)?.signal() {
            None | Some(Signal::Interrupt) => Exit::Success,
            Some(signal) => Exit::Signal(signal.number()),
        },
    };
    view.finish(streams.err)?;
    stage.said.lines().try_for_each(|line| remark(streams.err, line))?;
    Ok(ended)
}

/// The server, and what was said of its clients.
struct Stage<'a> {
    lab: &'a Lab,
    server: Option<Process>,
    program: Program,
    said: String,
}

impl Stage<'_> {
    fn start(&mut self) -> Result<(), lab::Error> {
        // The one before must be gone.
        self.server = None;
        self.lab.start_program(Place::Server, &self.program).map(|server| self.server = Some(server))
    }

    /// Lets `clients` call, and once more when the server was started again, if that is wanted.
    fn be_called(&mut self, clients: &Program, again: bool, view: &mut View<'_>) -> anyhow::Result<Exit> {
        let mut ended = self.round(clients, view)?;
        if again && !matches!(ended, Exit::Signal(_)) {
            match self.start() {
                Ok(()) => ended = worse(ended, self.round(clients, view)?),
                Err(error) => {
                    self.said += &format!("the server, started again: {error}\n");
                    ended = worse(ended, Exit::NoReply);
                }
            }
        }
        Ok(ended)
    }

    fn round(&mut self, clients: &Program, view: &mut View<'_>) -> anyhow::Result<Exit> {
        let process = self.lab.start_program(Place::You, clients)?;
        if let Some(signal) = view.watch(&[&process], None)?.signal() {
            return Ok(Exit::Signal(signal.number()));
        }
        view.settle(self.lab)?;
        let (all_served, said) = process.wait()?;
        self.said += &said;
        Ok(if all_served { Exit::Success } else { Exit::NoReply })
    }
}

/// What two rounds come to.
fn worse(one: Exit, other: Exit) -> Exit {
    if one == Exit::Success { other } else { one }
}

fn introduce(serving: &Serving, err: &mut dyn std::io::Write) -> std::io::Result<()> {
    let how = if serving.udp { "an echo of datagrams" } else { serving.model.description() };
    remark(err, &format!("Lab: {} ({}), port {}: {how}", SERVER.name, SERVER.v4, serving.port))
}
