//! The server's side, played to the first client that calls.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use anyhow::Context as _;

use super::args::AgainstArgs;
use super::recording::Recording;
use super::run::{self, Played, WINDOW};
use crate::cmd::capture::CaptureFile;
use crate::cmd::host;
use crate::cmd::kept::{self, Keeper};
use crate::cmd::listen::{Addresses, many_options, secret};
use crate::cmd::show::Show;
use crate::cmd::target::Written;
use crate::cmd::trace::words;
use crate::craft::conversation::Player;
use crate::craft::listen::{Cookies, ListenConfig, Listener, Note, Overflow, ServerClose, Service};
use crate::craft::{Open, Outcome, Sockets};
use crate::drive::many::{self, Audience, ManyEnded, ManyWire};
use crate::drive::{Ended, Seen, Watcher as _};
use crate::lab;
use crate::sink::Sink;
use crate::sys::{RstGuard, Version};
use crate::trace::TracerOptions;
use crate::wire::Time;

/// Everything that is needed to begin.
pub(super) struct Plan {
    local: SocketAddr,
    interface: Option<String>,
    wire: ManyWire,
    /// Held until the end.
    guard: Option<RstGuard>,
}

impl Plan {
    /// Reserves port `port` of `written`, an address of ours, or of all of them.
    pub(super) fn make(args: &AgainstArgs, written: &Written, port: u16) -> anyhow::Result<Self> {
        let found = host::resolve(&written.host, args.lab.lab)?.into_iter().next();
        let address = found.with_context(|| format!("{} has no address", written.host.escape_debug()))?;
        let local = SocketAddr::new(address.ip(), port);
        let interface = args.interface.clone().or_else(|| args.lab.lab.then(|| lab::INTERFACE.to_owned()));
        let guard = RstGuard::engage(local, interface.as_deref())?;
        let options = many_options(interface.clone(), port, &[Version::of(local.ip())], WINDOW);
        let wire = ManyWire::open(&options)?;
        Ok(Self { local, interface, wire, guard: args.rst_guard.then_some(guard) })
    }

    /// Where it listens.
    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits for a client and plays to it; what passes is shown in `at_once`.
    pub(super) fn play(
        mut self,
        args: &AgainstArgs,
        recording: &Recording,
        (at_once, pcap): (Box<dyn Sink + '_>, Option<CaptureFile>),
    ) -> anyhow::Result<Played> {
        let player = Rc::new(RefCell::new(run::player(args, recording)));
        let mut listener = Listener::new(self.config(args, recording, &player)?);
        let kept = Rc::new(RefCell::new(Vec::new()));
        let tracing = TracerOptions { ours: Some(self.local), listens: true, ..TracerOptions::default() };
        let mut show = Show::new(tracing, Box::new(Keeper::new(Rc::clone(&kept), at_once)), pcap, None);
        let mut hall = Hall { show: &mut show, guest: None, outcome: None };
        let ended = many::run(&mut listener, &mut self.wire, &mut hall);
        let Hall { guest, outcome, .. } = hall;
        // What was seen is shown in any case.
        let shown = show.finish();
        let ended = ended?;
        shown?;
        drop((listener, self.guard));
        let player = Rc::into_inner(player).context("the listener still plays")?.into_inner();
        let remote = guest.map(|guest| guest.remote());
        Ok(Played {
            kept: kept::of_peer(&kept, remote),
            complaint: complaint(args, &ended, remote, outcome),
            signal: ended.signal,
            said: player.said(),
            heard: player.into_heard(),
        })
    }

    fn config(
        &self,
        args: &AgainstArgs,
        recording: &Recording,
        player: &Rc<RefCell<Player>>,
    ) -> anyhow::Result<ListenConfig> {
        let local = self.local;
        let mut addresses = Addresses::new(self.interface.as_deref(), &[Version::of(local.ip())]);
        let is_served = move |address: IpAddr| local.ip().is_unspecified() || local.ip() == address;
        let player = Rc::clone(player);
        Ok(ListenConfig {
            port: local.port(),
            room: Box::new(move |address| addresses.room(address).filter(|_| is_served(address))),
            service: Box::new(move || -> Box<dyn Service> { Box::new(Rc::clone(&player)) }),
            ip: run::ip()?,
            offer: run::offer(args, recording, u16::MAX),
            window: WINDOW,
            timing: run::timing(args, &recording.conversation),
            open: Open::Passive,
            close: ServerClose::Never,
            // One client, and no other.
            backlog: 1,
            connections: 1,
            overflow: Overflow::Refuse,
            cookies: Cookies::Never,
            syn_ack_delay: std::time::Duration::ZERO,
            lose: 0,
            count: Some(1),
            secret: secret()?,
        })
    }
}

/// Shows everything, and remembers who was played to.
struct Hall<'a, 'b> {
    show: &'a mut Show<'b>,
    guest: Option<Sockets>,
    outcome: Option<Outcome>,
}

impl Audience<Listener> for Hall<'_, '_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.show.packet(seen)
    }

    fn note(&mut self, _: Time, note: Note) -> io::Result<()> {
        match note {
            Note::Established(sockets) => self.guest = Some(sockets),
            Note::Ended(sockets, outcome) if self.guest == Some(sockets) => self.outcome = outcome,
            Note::Ended(..) | Note::Syn(..) => {}
        }
        Ok(())
    }

    fn pause(&mut self, _: Time, _: &Listener) -> io::Result<bool> {
        Ok(false)
    }

    fn wakes(&self) -> Option<Time> {
        None
    }
}

fn complaint(
    args: &AgainstArgs,
    ended: &ManyEnded,
    remote: Option<SocketAddr>,
    outcome: Option<Outcome>,
) -> Option<String> {
    let (Some(remote), Some(outcome)) = (remote, outcome) else { return Some("nobody called".to_owned()) };
    let ended = Ended { outcome, signal: ended.signal, packets: ended.packets, unseen: 0, syns: 0 };
    words::complaint(&ended, remote, "", args.deadline.0)
}
