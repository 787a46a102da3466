//! The arguments of `rawshake replay --onto`, as they were typed.

use std::time::Duration;

use anyhow::ensure;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::rewriting::RewritingArgs;
use crate::cmd::Seconds;
use crate::cmd::output::Format;
use crate::cmd::replay::args::Args;
use crate::cmd::replay::input;
use crate::craft::pace::Rate;
use crate::sys::transmit::Via;

/// Sends the packets of the capture.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sending")]
#[command(group = clap::ArgGroup::new("place").args(["onto", "lab"]))]
pub(in crate::cmd::replay) struct OntoArgs {
    /// Send the packets through this interface, with the timing of the capture
    #[arg(long, value_name = "INTERFACE", conflicts_with_all = ["lab", "against"])]
    pub(in crate::cmd::replay) onto: Option<String>,
    /// Only say what would be sent: from which addresses to which, and how fast
    #[arg(long, requires = "place", conflicts_with = "against")]
    pub(super) dry_run: bool,
    /// Send packets whose source addresses this machine does not own through an interface that others may hear
    #[arg(long, requires = "place", conflicts_with = "against")]
    pub(super) yes: bool,
    /// Send packets to broadcast and multicast addresses, too
    #[arg(long, requires = "place", conflicts_with = "against")]
    pub(super) allow_broadcast: bool,
    #[command(flatten)]
    pub(super) timing: TimingArgs,
    #[command(flatten)]
    pub(super) rewriting: RewritingArgs,
    /// How packets reach the kernel [default: batch; with --top-speed xdp, where the interface and the kernel allow it]
    #[arg(long, value_name = "WAY", requires = "place", conflicts_with = "against", value_parser = via())]
    pub(super) via: Option<Via>,
}

fn via() -> impl TypedValueParser<Value = Via> {
    let values = Via::ALL.iter().map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).map(|given| {
        let found = Via::ALL.iter().find(|(_, name, _)| *name == given);
        found.map_or(Via::Batch, |(via, ..)| *via)
    })
}

/// Whether packets are sent as they are: through an interface, or in the lab without a peer that they are played against.
pub(in crate::cmd::replay) const fn is_wanted(args: &Args) -> bool {
    args.onto.onto.is_some() || (args.against.lab.lab && args.against.against.is_none())
}

/// When packets depart, and how many.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sending")]
pub(super) struct TimingArgs {
    /// N times as fast as they were captured
    #[arg(long, value_name = "N", requires = "place", conflicts_with = "against", value_parser = above_zero, group = "rate")]
    multiplier: Option<f64>,
    /// N packets a second
    #[arg(long, value_name = "N", requires = "place", conflicts_with = "against", value_parser = above_zero, group = "rate")]
    pps: Option<f64>,
    /// N million bits a second, counted from the link-layer header on
    #[arg(long, value_name = "N", requires = "place", conflicts_with = "against", value_parser = above_zero, group = "rate")]
    mbps: Option<f64>,
    /// As fast as the interface takes them
    #[arg(short = 't', long, requires = "place", conflicts_with = "against", group = "rate")]
    top_speed: bool,
    /// Each at its own press of Enter, which shows it as well
    #[arg(long, requires = "place", conflicts_with = "against", group = "rate")]
    pub(super) one_at_a_time: bool,
    /// Send the capture N times; 0 goes on until Ctrl-C
    #[arg(
        long = "loop",
        value_name = "N",
        requires = "place",
        conflicts_with = "against",
        default_value_t = 1,
        hide_default_value = true
    )]
    pub(super) rounds: u64,
    /// Send N packets at most
    #[arg(long, value_name = "N", requires = "place", conflicts_with = "against", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// Send for so many seconds at most
    #[arg(long, value_name = "SECONDS", requires = "place", conflicts_with = "against")]
    duration: Option<Seconds>,
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "not a number above 0, such as 100 or 0.5".to_owned())
}

impl TimingArgs {
    pub(super) fn rate(&self) -> Rate {
        let packets = self.pps.map(Rate::Packets);
        let bits = self.mbps.map(|mega| Rate::Bits(mega * 1e6));
        let top = self.top_speed.then_some(Rate::TopSpeed);
        packets.or(bits).or(top).unwrap_or(Rate::Recorded(self.multiplier.unwrap_or(1.0)))
    }

    pub(super) fn rounds(&self) -> Option<u64> {
        Some(self.rounds).filter(|rounds| *rounds > 0)
    }

    pub(super) fn duration(&self) -> Option<Duration> {
        self.duration.map(|seconds| seconds.0)
    }
}

/// Refuses what says how connections are shown, or cannot be sent.
///
/// # Errors
/// Says which option does not go with `--onto`.
pub(super) fn check(args: &Args) -> anyhow::Result<()> {
    let output = &args.output;
    let showing = [
        (args.list.list, "--list"),
        (args.list.stats, "--stats"),
        (args.list.sort.is_some(), "--sort"),
        (args.protocols.is_given(), "--protocol and --exchange"),
        (!args.choice.verdicts.only.is_empty(), "--only"),
        (args.choice.verdicts.expression.is_some(), "--where"),
        (args.reading.replay_speed.is_some(), "--replay-speed (--multiplier is its like)"),
        (args.capture.is_wanted(), "--pcap"),
        (!matches!(output.format, Format::Ladder | Format::Json), "every --format but json"),
        (output.handout.is_some(), "--handout"),
        (output.width.is_some(), "--width"),
        (output.verbose > 0, "--verbose"),
        (output.absolute && !args.onto.timing.one_at_a_time, "--absolute without --one-at-a-time"),
    ];
    if let Some((_, option)) = showing.iter().find(|(given, _)| *given) {
        anyhow::bail!("--onto sends packets and shows no connections: leave out {option}");
    }
    ensure!(
        args.onto.timing.rounds == 1 || input::is_repeatable(args),
        "--loop reads the capture again, which is possible with files only"
    );
    ensure!(
        !args.onto.dry_run || args.onto.timing.rounds == 1 || args.onto.timing.limit.is_none(),
        "--dry-run looks through one round: leave out --loop or --limit"
    );
    let reads_stdin = args.files.iter().any(|file| file.as_os_str() == "-");
    ensure!(
        !(args.onto.timing.one_at_a_time && reads_stdin),
        "--one-at-a-time waits for Enter on standard input: read the capture from a file"
    );
    Ok(())
}
