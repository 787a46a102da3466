//! The arguments resolved: what the hand-made endpoint is told, and what holds our own kernel back.

use std::net::SocketAddr;

use anyhow::ensure;

use super::args::{Args, CloseMode, OpenArgs, OpenMode};
use crate::cmd::host::room;
use crate::cmd::target::Target;
use crate::cmd::way::LINGER;
use crate::craft::{Config, Offer, Timing};
use crate::sys::{RstGuard, random};
use crate::tcp::Seq;

/// Everything that is needed to begin.
pub(super) struct Plan {
    /// What the endpoint is told.
    pub(super) config: Config,
    /// Where it goes.
    pub(super) target: Target,
    /// Held until the peer's last FIN is acknowledged.
    pub(super) guard: Option<RstGuard>,
}

/// Silence of this length means that the peer has no more to say.
const WAIT: std::time::Duration = std::time::Duration::from_millis(300);
/// The receive window that Linux begins with on Ethernet.
const WINDOW: u32 = 64_240;
/// The same where there are many connections: the longest packet bounds how many the capture has room for.
const WINDOW_OF_MANY: u32 = 14_600;

/// What is wrong with the arguments, as far as no machine is needed to tell.
pub(super) fn check(args: &OpenArgs) -> anyhow::Result<()> {
    let shift = scale(args).unwrap_or(0);
    let most = u32::from(u16::MAX) << shift;
    let window = args.window.unwrap_or(0);
    ensure!(
        window <= most,
        "a window of {window} does not fit into its field: with a scale of {shift} bits the most is {most}"
    );
    Ok(())
}

/// What the kernel's client cannot do.
pub(super) fn check_socket(args: &Args) -> anyhow::Result<()> {
    let is_crossed = args.open.open == OpenMode::Simultaneous || args.close.close == CloseMode::Simultaneous;
    ensure!(
        !(args.socket.kernel_client && is_crossed),
        "--kernel-client cannot make two SYNs or FINs cross: leave out --open or --close simultaneous"
    );
    if args.socket.kernel_client {
        args.output.refuse_pictures("--kernel-client shows two beside each other")?;
    }
    Ok(())
}

fn scale(args: &OpenArgs) -> Option<u8> {
    (!args.no_wscale && !args.no_options).then(|| args.wscale.unwrap_or(7))
}

impl Plan {
    /// Reserves a port, and chooses what was left open.
    pub(super) fn make(args: &Args, target: Target, payload: Vec<u8>) -> anyhow::Result<Self> {
        let source = SocketAddr::new(target.route.source, args.way.source_port.unwrap_or(0));
        // The guard finds a free port, too; without it the port is only known to have been free.
        let guard = RstGuard::engage(source, Some(&target.route.interface))?;
        let local = SocketAddr::new(source.ip(), guard.local().port());
        let config = config(args, &target, local, payload)?;
        Ok(Self { config, target, guard: args.way.end.guard.rst_guard.then_some(guard) })
    }

    /// Our own socket.
    pub(super) fn local(&self) -> SocketAddr {
        self.config.local
    }
}

fn config(args: &Args, target: &Target, local: SocketAddr, payload: Vec<u8>) -> anyhow::Result<Config> {
    let room = room(target.route.mtu, target.remote.ip());
    Ok(Config {
        local,
        remote: target.remote,
        ip: args.way.end.ip()?,
        isn: Seq(args.open.isn.map_or_else(random::u32, Ok)?),
        offer: offer(&args.open, room),
        window: args.open.window.unwrap_or(if args.many.count.is_some() { WINDOW_OF_MANY } else { WINDOW }),
        room,
        timestamp_base: random::u32()?,
        open: args.open.open.into(),
        close: args.close.close.into(),
        payload,
        timing: Timing {
            timeout: args.open.timeout.0,
            retries: args.open.retries,
            wait: args.talk.wait.map_or(WAIT, |wait| wait.0),
            deadline: args.close.deadline.0,
            linger: LINGER,
        },
    })
}

fn offer(args: &OpenArgs, room: u16) -> Offer {
    let options = !args.no_options;
    Offer {
        mss: (options && !args.no_mss).then(|| args.mss.unwrap_or(room)),
        window_scale: scale(args),
        sack: options && !args.no_sack,
        timestamps: options && !args.no_timestamps,
        ecn: args.ecn,
    }
}
