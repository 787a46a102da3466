//! The arguments of `rawshake replay --against`, as they were typed.

use anyhow::ensure;
use clap::ValueEnum;
use clap::builder::TypedValueParser as _;

use super::pattern::Pattern;
use crate::cmd::output::Format;
use crate::cmd::replay::args::Args;
use crate::cmd::seconds::{Seconds, some_time};
use crate::cmd::stage::LabArgs;
use crate::cmd::way::switch;
use crate::craft::conversation::Role;

/// Plays one side of a recorded connection.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Playing")]
pub(in crate::cmd::replay) struct AgainstArgs {
    /// Play one side of the connection to a live host, and compare what it says with what was recorded; with --as server,
    /// the address of ours to listen on [default port: that of the recorded server]
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all =
        ["list", "stats", "sort", "follow", "replay_speed", "only", "expression", "protocol", "exchange"])]
    pub(in crate::cmd::replay) against: Option<String>,
    /// Which side to play; a server waits for one client
    #[arg(long = "as", value_name = "SIDE", value_enum, requires = "against", default_value = "client")]
    pub(super) side: SideWord,
    /// Do not think: say each thing as soon as what it answers has come
    #[arg(long, requires = "against")]
    pub(super) fast: bool,
    /// What this regular expression matches on both sides counts as equal, such as 'Date: [^\r]*'; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "against", value_parser = pattern())]
    pub(super) ignore: Vec<Pattern>,
    /// Where the peer says something else, its turn is over after this many seconds of silence
    #[arg(long, value_name = "SECONDS", requires = "against", default_value = "0.3")]
    pub(super) wait: Seconds,
    /// Wait this many seconds for the peer, beside the longest silence that was recorded
    #[arg(long, value_name = "SECONDS", requires = "against", default_value = "10", value_parser = some_time)]
    pub(super) deadline: Seconds,
    /// Send and capture on this interface [default: as the routing table says; for a server all]
    #[arg(long, value_name = "NAME", requires = "against")]
    pub(super) interface: Option<String>,
    /// Keep our own kernel from answering with RST for a connection that it knows nothing of
    #[arg(long, value_name = "on|off", requires = "against", default_value = "on", value_parser = switch(),
        action = clap::ArgAction::Set)]
    pub(super) rst_guard: bool,
    #[command(flatten)]
    pub(in crate::cmd::replay) lab: LabArgs,
}

/// `--as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SideWord {
    /// The side that called
    Client,
    /// The side that was called
    Server,
}

fn pattern() -> impl clap::builder::TypedValueParser<Value = Pattern> {
    clap::builder::NonEmptyStringValueParser::new().try_map(|text| Pattern::new(&text))
}

impl AgainstArgs {
    /// Which side is played.
    pub(super) const fn role(&self) -> Role {
        match self.side {
            SideWord::Client => Role::Client,
            SideWord::Server => Role::Server,
        }
    }

    /// Refuses what cannot go together, in a replay with or without `--against`.
    ///
    /// # Errors
    /// Says what does not, and what to do.
    pub(in crate::cmd::replay) fn check(&self, args: &Args) -> anyhow::Result<()> {
        // In the lab without a peer, packets are sent as they are.
        if self.against.is_none() {
            return Ok(());
        }
        let format = args.output.format;
        ensure!(format != Format::Csv, "--format csv is for --list: take text, lines or json");
        ensure!(
            args.output.handout.is_none(),
            "--against compares two connections, and --handout makes a sheet of one: leave one of them out"
        );
        ensure!(
            !format.is_picture(),
            "--against compares two connections, which --format {} has no place for: leave it out, keep the live one with \
             --pcap, and draw that by replay",
            format.name()
        );
        let is_server = self.role() == Role::Server;
        ensure!(
            !(is_server && self.lab.lab_server.is_some()),
            "--lab-server serves a client: leave it out, and the lab plays the recorded client"
        );
        Ok(())
    }
}
