//! Where the run takes place: this machine's network, or the lab with the server that fits.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::Seconds;
use super::target::Written;
use crate::lab::{self, Impairments, Lab, Server};

/// The port of a peer outside the lab, if none is named.
const DEFAULT_PORT: u16 = 80;

/// The embedded lab.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lab")]
pub(super) struct LabArgs {
    /// Run in the embedded lab, which needs no privileges; hosts: server, silent, you
    #[arg(long)]
    pub(super) lab: bool,
    /// The server of the lab [default: the one of the port, or that fits --close]
    #[arg(long, value_name = "NAME", requires = "lab", value_parser = server(), hide_possible_values = false)]
    pub(super) lab_server: Option<Server>,
    /// Seconds that the lab's server thinks before it closes: 0 closes in three segments, 0.06 in four
    #[arg(long, value_name = "SECONDS", requires = "lab")]
    pub(super) lab_think: Option<Seconds>,
    #[command(flatten)]
    pub(super) wire: WireArgs,
}

/// The wire of the lab, wherever there is a lab.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lab")]
pub(super) struct WireArgs {
    /// What the lab's wire does to frames: delay=50ms loss=1% drop=3,7 dup=4 corrupt=6 reorder=5 seed=7
    #[arg(long, visible_alias = "wire", value_name = "WORDS", requires = "lab")]
    pub(super) lab_wire: Option<Impairments>,
}

fn server() -> impl TypedValueParser<Value = Server> {
    let values = Server::TABLE.iter().map(|row| PossibleValue::new(row.name).help(row.description));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Server>())
}

/// The network, and the port in it.
pub(super) struct Stage {
    /// Held until the end: the far host goes with it.
    pub(super) lab: Option<Lab>,
    /// The port of the peer.
    pub(super) port: u16,
}

impl Stage {
    /// Enters the lab if it is asked for. Its server is the one of that name, else the one whose port was named, else
    /// `fitting`. To be called before any thread or socket is made.
    pub(super) fn enter(args: &LabArgs, written: &Written, fitting: Server) -> anyhow::Result<Self> {
        let port = written.port()?;
        if !args.lab {
            return Ok(Self { lab: None, port: port.unwrap_or(DEFAULT_PORT) });
        }
        let by_port = || Server::TABLE.iter().find(|row| Some(row.port) == port).map(|row| row.server);
        Self::with_server(args, port, args.lab_server.or_else(by_port).unwrap_or(fitting))
    }

    /// Enters the lab with this server, whatever else its port is known for.
    pub(super) fn with_server(args: &LabArgs, port: Option<u16>, server: Server) -> anyhow::Result<Self> {
        let think = args.lab_think.map_or(lab::DEFAULT_THINK, |seconds| seconds.0);
        let lab = super::lab::enter(&lab::Options { server, port, think, wire: args.wire.lab_wire.clone() })?;
        Ok(Self { lab: Some(lab), port: port.unwrap_or_else(|| server.port()) })
    }

    /// The server of the lab.
    pub(super) fn server(&self) -> Option<Server> {
        self.lab.as_ref().map(|lab| lab.options().server)
    }
}
