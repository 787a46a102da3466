//! Either side, ready to be played.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::args::AgainstArgs;
use super::recording::Recording;
use super::run::Played;
use super::{client, lab, server};
use crate::cmd::capture::CaptureFile;
use crate::cmd::stage::Stage;
use crate::cmd::target::Written;
use crate::craft::conversation::Role;
use crate::sink::Sink;

/// What is needed to play one side.
pub(super) enum Plan {
    Client(client::Plan),
    Server(server::Plan),
}

impl Plan {
    /// Prepares the side that was asked for, to be played to port `port` of `written`, or there.
    ///
    /// # Errors
    /// Says what is not there, or not allowed.
    pub(super) fn make(args: &AgainstArgs, written: &Written, port: u16) -> anyhow::Result<Self> {
        Ok(match args.role() {
            Role::Client => Self::Client(client::Plan::make(args, written, port)?),
            Role::Server => Self::Server(server::Plan::make(args, written, port)?),
        })
    }

    /// Our own socket.
    pub(super) const fn local(&self) -> SocketAddr {
        match self {
            Self::Client(plan) => plan.local(),
            Self::Server(plan) => plan.local(),
        }
    }

    /// Says what is about to be played: a server always, as somebody has to call it.
    ///
    /// # Errors
    /// Those of `err`.
    pub(super) fn announce(&self, name: &str, is_verbose: bool, err: &mut dyn Write) -> io::Result<()> {
        let local = self.local();
        match self {
            Self::Client(plan) if is_verbose => {
                writeln!(err, "Plays the client of {name}, from {local} to {}", plan.remote())
            }
            Self::Client(_) => Ok(()),
            Self::Server(_) => writeln!(err, "LISTEN on {local} as the server of {name}; Ctrl-C ends it"),
        }
    }

    /// Lets the lab, where there is one, play the other side: unless one of its own servers was asked for.
    ///
    /// # Errors
    /// Those of the lab.
    pub(super) fn engage_lab(
        &self,
        args: &AgainstArgs,
        recording: &Recording,
        stage: &mut Stage,
    ) -> anyhow::Result<()> {
        let script = || lab::script(&recording.conversation, args.role().other(), args.fast);
        match (&mut stage.lab, self) {
            (Some(lab), Self::Client(_)) if args.lab.lab_server.is_none() => lab.serve(script(), stage.port)?,
            (Some(lab), Self::Server(plan)) => lab.call_by(script(), plan.local())?,
            _ => {}
        }
        Ok(())
    }

    /// Plays, and shows what passes in `at_once`.
    ///
    /// # Errors
    /// What went wrong on the way, apart from what the peer did.
    pub(super) fn play(
        self,
        args: &AgainstArgs,
        recording: &Recording,
        shown: (Box<dyn Sink + '_>, Option<CaptureFile>),
    ) -> anyhow::Result<Played> {
        match self {
            Self::Client(plan) => plan.play(args, recording, shown),
            Self::Server(plan) => plan.play(args, recording, shown),
        }
    }
}
