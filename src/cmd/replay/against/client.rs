//! The client's side, played to a live server.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use super::args::AgainstArgs;
use super::recording::Recording;
use super::run::{self, Played, WINDOW};
use crate::cmd::capture::CaptureFile;
use crate::cmd::host::room;
use crate::cmd::kept::{self, Keeper};
use crate::cmd::show::{Progress, Show};
use crate::cmd::target::{Target, Way, Written};
use crate::cmd::trace::words;
use crate::craft::conversation::Playing;
use crate::craft::{Close, Config, Endpoint};
use crate::drive::{self, LiveWire, Wire as _};
use crate::sink::Sink;
use crate::sys::{RstGuard, random};
use crate::tcp::Seq;
use crate::trace::TracerOptions;

/// Everything that is needed to begin.
pub(super) struct Plan {
    target: Target,
    local: SocketAddr,
    wire: LiveWire,
    /// Held until the end.
    _guard: Option<RstGuard>,
}

impl Plan {
    /// Finds the way to `written`, port `port` of it, and reserves a port of ours.
    pub(super) fn make(args: &AgainstArgs, written: &Written, port: u16) -> anyhow::Result<Self> {
        let way = Way { interface: args.interface.clone(), ..Way::default() };
        let target = Target::find(written, port, &way, args.lab.lab)?;
        let source = SocketAddr::new(target.route.source, 0);
        let guard = RstGuard::engage(source, Some(&target.route.interface))?;
        let local = SocketAddr::new(source.ip(), guard.local().port());
        let wire = LiveWire::open(&target.route, local, target.remote)?;
        Ok(Self { target, local, wire, _guard: args.rst_guard.then_some(guard) })
    }

    fn config(&self, args: &AgainstArgs, recording: &Recording) -> anyhow::Result<Config> {
        let Self { target, local, .. } = self;
        let room = room(target.route.mtu, target.remote.ip());
        Ok(Config {
            ip: run::ip()?,
            offer: run::offer(args, recording, room),
            window: WINDOW,
            room,
            timestamp_base: random::u32()?,
            close: Close::Told,
            timing: run::timing(args, &recording.conversation),
            ..Config::new(*local, target.remote, Seq(random::u32()?))
        })
    }

    /// Our own socket.
    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The server's.
    pub(super) const fn remote(&self) -> SocketAddr {
        self.target.remote
    }

    /// Plays, and shows what passes in `at_once`.
    pub(super) fn play(
        mut self,
        args: &AgainstArgs,
        recording: &Recording,
        (at_once, pcap): (Box<dyn Sink + '_>, Option<CaptureFile>),
    ) -> anyhow::Result<Played> {
        let (local, remote) = (self.local(), self.remote());
        let config = self.config(args, recording)?;
        let kept = Rc::new(RefCell::new(Vec::new()));
        let sink = Box::new(Keeper::new(Rc::clone(&kept), at_once));
        let tracing = TracerOptions { ours: Some(local), ..TracerOptions::default() };
        let mut show = Show::new(tracing, sink, pcap, Progress::new(remote));
        let endpoint = Endpoint::new(config, self.wire.now())?;
        let mut playing = Playing::new(endpoint, run::player(args, recording));
        let ended = drive::run(&mut playing, (local, remote), &mut self.wire, &mut show);
        // What was seen is shown in any case.
        let shown = show.finish();
        let ended = ended?;
        shown?;
        let player = playing.into_player();
        Ok(Played {
            kept: kept::of_peer(&kept, Some(remote)),
            signal: ended.signal,
            complaint: words::complaint(&ended, remote, &self.target.route.interface, args.deadline.0),
            said: player.said(),
            heard: player.into_heard(),
        })
    }
}
