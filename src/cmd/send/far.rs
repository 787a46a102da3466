//! The peer of a trial: its program, where there is one that obeys, and what its kernel says of the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::args::Args;
use super::plan;
use crate::cmd::target::Target;
use crate::craft::packet::PacketSpec;
use crate::craft::trial::{Deed, Shot, Trial};
use crate::drive::{FarError, Stage};
use crate::lab::{Lab, Order};
use crate::sys::sockdiag;
use crate::tcp::{Standing, State, state_after};

/// How long our last segment on the way may take to arrive, in milliseconds.
const ARRIVAL: u32 = 1000;

/// The peer.
pub(super) struct Far<'a> {
    pub(super) args: &'a Args,
    pub(super) target: &'a Target,
    /// The packet, but for its numbers.
    pub(super) template: PacketSpec,
    pub(super) lab: Option<&'a Lab>,
    /// The state afterwards, as the kernel says.
    pub(super) state: Option<State>,
}

impl Far<'_> {
    /// Whether its kernel can be asked: in the lab, and where the peer is this machine itself.
    pub(super) fn tells(&self) -> bool {
        self.lab.is_some() || self.target.route.loopback
    }

    /// What its kernel says of the connection; none where it cannot be asked.
    fn ask(&self, trial: &Trial) -> Result<Option<State>, FarError> {
        if !self.tells() {
            return Ok(None);
        }
        let before = trial.config().target.row().standing.state;
        let (server, client) = (trial.config().remote, trial.config().local);
        let state = state_after(before, self.socket(server, client)?);
        // Without a connection the port may listen, or not; behind one that is closed a listening port tells nothing.
        if state != State::Listen && (before, state) != (State::Closed, State::Closed) {
            return Ok(Some(state));
        }
        let any = if client.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
        Ok(Some(self.socket(server, SocketAddr::new(any, 0))?.unwrap_or(State::Closed)))
    }

    fn socket(&self, server: SocketAddr, client: SocketAddr) -> Result<Option<State>, FarError> {
        let found = match self.lab {
            Some(lab) => lab.server_state(server, client)?,
            None => sockdiag::tcp_state(server, client)?,
        };
        Ok(found.and_then(|state| State::from_kernel(state.0)))
    }

    /// Waits until its kernel says that it is where we brought it; on our way there it may still be.
    fn check(&self, trial: &Trial) -> Result<(), FarError> {
        let Standing { state, .. } = trial.config().target.row().standing;
        let mut seen = None;
        for _ in 0..ARRIVAL {
            seen = self.ask(trial)?;
            if seen.is_none_or(|seen| seen == state) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let (remote, seen) = (trial.config().remote, seen.map_or("none", State::name));
        let hint =
            if self.args.way.guard.rst_guard { "" } else { "; without its guard our own kernel resets connections" };
        Err(format!("{remote} is not in {state}, but in {seen}, as its kernel says{hint}").into())
    }
}

impl Stage for Far<'_> {
    fn act(&mut self, deed: Deed, trial: &Trial) -> Result<bool, FarError> {
        let lab = self.lab.ok_or("there is no program that does as it is told")?;
        let order = match deed {
            Deed::Connect => Order::Connect,
            Deed::ShutdownWrite => Order::ShutdownWrite,
            Deed::Close => Order::Close,
        };
        Ok(lab.order(order, trial.config().remote, trial.config().local)?)
    }

    fn shot(&mut self, trial: &Trial) -> Result<Shot, FarError> {
        self.check(trial)?;
        plan::aim(&self.args.packet, &mut self.template, trial.variables())?;
        Ok(Shot::of(&self.template)?)
    }

    fn done(&mut self, trial: &Trial) -> Result<(), FarError> {
        self.state = self.ask(trial)?;
        Ok(())
    }
}
