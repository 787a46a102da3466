//! `--lab`: both ends of the cable in sight.

use std::time::Duration;

use anyhow::Context as _;

use super::report::FarEnd;
use crate::cmd::stage::{LabArgs, Stage};
use crate::lab::{self, Lab, Server};
use crate::sys::{Interface, clock};

/// Answers come for so long after the last one.
const QUIET: Duration = Duration::from_millis(50);

/// The lab, and what had arrived at both of its ends before anything was sent.
pub(super) struct Laboratory {
    lab: Lab,
    heard: u64,
    received: u64,
}

impl Laboratory {
    /// Enters the lab. To be called before any thread or socket is made.
    pub(super) fn enter(args: &LabArgs) -> anyhow::Result<Self> {
        let server = args.lab_server.unwrap_or(Server::Echo);
        let lab = Stage::with_server(args, None, server)?.lab.context("the lab was asked for")?;
        let received = Interface::named(lab::INTERFACE)?.received;
        Ok(Self { heard: lab.heard()?, received, lab })
    }

    /// What has arrived since then, once nothing more does.
    pub(super) fn heard(&self, interface: &Interface) -> anyhow::Result<FarEnd> {
        let mut before = None;
        loop {
            let heard = self.lab.heard()?.saturating_sub(self.heard);
            let sent = Interface::named(&interface.name)?.received.saturating_sub(self.received);
            if before == Some((heard, sent)) {
                return Ok(FarEnd { heard, sent });
            }
            before = Some((heard, sent));
            clock::wait_until(clock::monotonic() + QUIET);
        }
    }
}
