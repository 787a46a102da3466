//! The arguments resolved: what the hand-made endpoint is told, and what holds our own kernel back.

use std::net::{IpAddr, SocketAddr};

use anyhow::ensure;

use super::args::{Args, OpenArgs};
use crate::cmd::target::Target;
use crate::craft::{Config, Offer, Timing};
use crate::sys::{RstGuard, random};
use crate::tcp::Seq;
use crate::wire::IpFields;

/// Everything that is needed to begin.
pub(super) struct Plan {
    /// What the endpoint is told.
    pub(super) config: Config,
    /// Where it goes.
    pub(super) target: Target,
    /// Held until the peer's last FIN is acknowledged.
    pub(super) guard: Option<RstGuard>,
}

/// How long TIME-WAIT answers a repeated FIN.
const LINGER: std::time::Duration = std::time::Duration::from_millis(300);

/// What is wrong with the arguments, as far as no machine is needed to tell.
pub(super) fn check(args: &OpenArgs) -> anyhow::Result<()> {
    let shift = scale(args).unwrap_or(0);
    let most = u32::from(u16::MAX) << shift;
    ensure!(
        args.window <= most,
        "a window of {} does not fit into its field: with a scale of {shift} bits the most is {most}",
        args.window
    );
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
        Ok(Self { config, target, guard: args.way.rst_guard.then_some(guard) })
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
        ip: IpFields {
            ttl: args.way.ttl,
            identification: random::u16()?,
            flow_label: random::u32()?,
            ..IpFields::default()
        },
        isn: Seq(args.open.isn.map_or_else(random::u32, Ok)?),
        offer: offer(&args.open, room),
        window: args.open.window,
        room,
        timestamp_base: random::u32()?,
        open: args.open.open.into(),
        close: args.close.close.into(),
        payload,
        timing: Timing {
            timeout: args.open.timeout.0,
            retries: args.open.retries,
            wait: args.talk.wait.0,
            deadline: args.close.deadline.0,
            linger: LINGER,
        },
    })
}

/// What one packet has room for behind its IP and TCP header.
fn room(mtu: u32, remote: IpAddr) -> u16 {
    // The length field of IPv4 counts its header, that of IPv6 does not.
    let (headers, longest) = if remote.is_ipv4() { (40, 65_535) } else { (60, 65_575) };
    u16::try_from(mtu.min(longest).saturating_sub(headers)).unwrap_or(u16::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_in_a_packet_is_what_linux_offers_as_mss() {
        let (v4, v6) = (IpAddr::from([192, 0, 2, 2]), IpAddr::V6("2001:db8::2".parse().unwrap()));
        assert_eq!((room(1500, v4), room(1500, v6)), (1460, 1440));
        assert_eq!((room(65_536, v4), room(65_536, v6)), (65_495, 65_476));
        assert_eq!(room(20, v4), 0);
    }
}
