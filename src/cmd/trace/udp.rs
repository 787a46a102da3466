//! `rawshake trace --udp`: the same with a datagram socket of our kernel. There is no connection: nothing is opened, nothing
//! is sent again but by the program itself, and nothing ends.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use socket2::SockRef;

use super::args::Args;
use super::payload;
use crate::cmd::exit::remark;
use crate::cmd::give_up::give_up;
use crate::cmd::kernel::{Kernel, beside};
use crate::cmd::show::{ByLine, Show};
use crate::cmd::sight::Sight;
use crate::cmd::stage::Stage;
use crate::cmd::target::{Target, Written};
use crate::cmd::{Exit, Streams};
use crate::drive::icmp_filter;
use crate::lab::program::{Program, Serving};
use crate::lab::{self, Lab, Place, Process, Server};
use crate::sink;
use crate::sys::confine::Needs;
use crate::sys::{Interrupts, Signal, poll, terminal};
use crate::trace::TracerOptions;

/// What is said where the user says nothing.
const WORD: &[u8] = b"hello";

/// Silence of this length means that the peer has no more to say.
const WAIT: Duration = Duration::from_millis(300);

/// More than any datagram.
const LONGEST: usize = 64 * 1024;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    /// The socket was told of an ICMP error.
    Refused,
    Unanswered,
    Stopped(Signal),
}

/// Runs `rawshake trace --udp`.
///
/// # Errors
/// Says what could not be done, to what, and what to do next.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    // Every socket and every thread comes after this.
    let kernel = args.kernel.kernel.then(Kernel::of_datagrams).transpose()?;
    let written = Written::of(args.host.as_deref().unwrap_or(lab::SERVER.name), args.port.as_deref())?;
    let (stage, _server) = enter(args, &written)?;
    let way = args.way.way();
    let target = Target::find(&written, stage.port, &way, args.lab.lab)?;
    let asked = &args.talk.payload;
    let is_said = asked.send.is_some() || asked.send_file.is_some() || asked.send_hex.is_some();
    let payload = if is_said { payload::payload(asked, "")? } else { WORD.to_vec() };
    let socket = open(args, &target)?;
    let local = socket.local_addr().context("cannot find the address of our socket")?;
    let pcap = args.capture.create()?;
    let mut settings = args.output.settings(terminal::width(io::stdout()));
    settings.ours = Some(local);
    let sink = sink::open(args.output.format, &settings, Box::new(ByLine(&mut *streams.out)));
    let sink = beside(kernel, args.output.format, sink);
    let show = Show::new(TracerOptions::default(), sink, pcap, None).with_exchanges();
    let sight = Sight::open(&target.route.interface, &filter(local, target.remote), show)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let mut talk = Talk { args, socket, sight, interrupts: Interrupts::new()?, outcome: Outcome::Unanswered };
    let ended = talk.talk(&payload, target.remote);
    // What was seen is shown in any case.
    let Talk { socket, sight, outcome, .. } = talk;
    drop(socket);
    let shown = sight.finish(streams.err);
    ended?;
    shown?;
    if outcome == Outcome::Unanswered && args.output.quiet {
        remark(streams.err, &format!("{}: no answer", target.remote))?;
    }
    Ok(match outcome {
        Outcome::Answered => Exit::Success,
        Outcome::Refused | Outcome::Unanswered => Exit::NoReply,
        Outcome::Stopped(signal) => Exit::Signal(signal.number()),
    })
}

/// The network, and in the lab an echo of datagrams in it, if it is not to refuse.
fn enter(args: &Args, written: &Written) -> anyhow::Result<(Stage, Option<Process>)> {
    let named = written.port()?;
    if !args.lab.lab {
        let port = named.context("which UDP port? write HOST:PORT, such as 192.0.2.7:53")?;
        return Ok((Stage { lab: None, port }, None));
    }
    let serves = match args.lab.lab_server {
        None | Some(Server::Echo) => true,
        Some(Server::Refuses) => false,
        Some(other) => bail!("the lab has no server called {other} for datagrams: there are echo and refuses"),
    };
    let port = named.unwrap_or(if serves { Server::Echo.port() } else { Server::Refuses.port() });
    let stage = Stage::with_server(&args.lab, Some(port), Server::Refuses)?;
    let echo = Program::Serve(Serving { udp: true, port, ..Serving::default() });
    let start = |lab: &Lab| lab.start_program(Place::Server, &echo);
    let server = stage.lab.as_ref().filter(|_| serves).map(start).transpose()?;
    Ok((stage, server))
}

/// socket(), bind(), connect(): only a connected datagram socket is told of ICMP errors. Nothing is sent by that.
fn open(args: &Args, target: &Target) -> anyhow::Result<UdpSocket> {
    let Target { remote, route } = target;
    let local = SocketAddr::new(route.source, args.way.source_port.unwrap_or(0));
    let socket = UdpSocket::bind(local).with_context(|| format!("cannot bind a UDP socket to {local}"))?;
    let options = SockRef::from(&socket);
    if let Some(name) = &args.way.interface {
        options.bind_device(Some(name.as_bytes())).with_context(|| format!("cannot use interface {name:?}"))?;
    }
    let ttl = u32::from(args.way.end.ttl);
    let limited = if remote.is_ipv4() { options.set_ttl_v4(ttl) } else { options.set_unicast_hops_v6(ttl) };
    limited.with_context(|| format!("cannot set a time to live of {ttl}"))?;
    socket.connect(remote).with_context(|| format!("cannot send datagrams to {remote}"))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Both directions, and ICMP, whose quotation cannot be looked into here.
fn filter(local: SocketAddr, remote: SocketAddr) -> String {
    let way = |from: SocketAddr, to: SocketAddr| {
        let ((source, source_port), (destination, port)) = ((from.ip(), from.port()), (to.ip(), to.port()));
        format!("(src host {source} and src port {source_port} and dst host {destination} and dst port {port})")
    };
    let errors = icmp_filter(remote.ip());
    format!("(udp and ({} or {})) or {errors}", way(local, remote), way(remote, local))
}

/// A run.
struct Talk<'a> {
    args: &'a Args,
    socket: UdpSocket,
    sight: Sight<'a>,
    interrupts: Interrupts,
    outcome: Outcome,
}

impl Talk<'_> {
    /// Says it, again if need be, and listens until the peer is silent.
    fn talk(&mut self, payload: &[u8], remote: SocketAddr) -> anyhow::Result<()> {
        let mut timeout = self.args.open.timeout.0;
        for _ in 0..=self.args.open.retries {
            match self.socket.send(payload) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => self.outcome = Outcome::Refused,
                sent => drop(sent.with_context(|| format!("cannot send a datagram to {remote}"))?),
            }
            self.listen(timeout, true)?;
            if self.outcome != Outcome::Unanswered {
                break;
            }
            timeout = timeout.saturating_mul(2);
        }
        let wait = self.args.talk.wait.map_or(WAIT, |wait| wait.0);
        if !matches!(self.outcome, Outcome::Stopped(_)) {
            self.listen(wait, false)?;
        }
        Ok(())
    }

    /// Listens for so long; if only `until_answered`, to the first thing that the socket is told.
    fn listen(&mut self, time: Duration, until_answered: bool) -> anyhow::Result<()> {
        let mut began = Instant::now();
        loop {
            self.sight.take()?;
            let left = time.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            let fds = [self.sight.as_fd(), self.interrupts.as_fd(), self.socket.as_fd()];
            let ready = poll::wait(&fds, Some(left))?;
            if let Some(signal) = self.interrupts.take() {
                self.outcome = Outcome::Stopped(signal);
                return Ok(());
            }
            if ready.contains(2) && self.hear()? {
                if until_answered {
                    return Ok(());
                }
                began = Instant::now();
            }
        }
    }

    /// recv(): true where the socket had something to tell.
    fn hear(&mut self) -> anyhow::Result<bool> {
        match self.socket.recv(&mut [0; LONGEST]) {
            Ok(_) => self.outcome = Outcome::Answered,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            // What ICMP says; the ladder shows which.
            Err(_) if self.outcome == Outcome::Unanswered => self.outcome = Outcome::Refused,
            Err(_) => {}
        }
        Ok(true)
    }
}
