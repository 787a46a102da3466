//! The arguments of `rawshake watch`, as they were typed.

use anyhow::ensure;

use crate::cmd::capture::{CaptureArgs, RotationArgs};
use crate::cmd::output::{Format, OutputArgs};
use crate::cmd::replay::args::VerdictArgs;
use crate::cmd::replay::exchanges::{ProtocolArgs, Protocols};
use crate::cmd::seconds::{Seconds, some_time};

const AFTER_HELP: &str = "\
Examples:
  sudo rawshake watch                        a ladder for each connection that
                                             is over, on all interfaces
  sudo rawshake watch -i eth0 --brief        a line when one opens, one when it
                                             ends
  sudo rawshake watch -i eth0 --list port 443   a table, refreshed in place
  sudo rawshake watch --only refused,reset   what went wrong
  sudo rawshake watch --where 'setup > 200ms' --list
  sudo rawshake watch --stats --duration 60  sums of a minute; Ctrl-\\ shows what
                                             there is so far
  sudo rawshake watch --stats --pcap day.pcap --rotate-time 3600 --files 24
  sudo rawshake watch -i eth0 --format json 'host 192.0.2.7 and port 80'
  sudo rawshake watch -i lo --kernel port 8080   with the system calls of your
                                             own server, and its kernel's states

Nothing is sent, and no interface is changed. FILTER is in the language of
tcpdump (see pcap-filter(7)); packets that do not pass it are not counted.
What the kernel had no room for is counted and always told at the end: then a
larger --buffer-size, a narrower FILTER, or --list instead of ladders helps.
Packets come in batches, up to 10 ms after they arrived; their times are the
kernel's. With --immediate each comes at once, which costs several times as
much for each packet.
Loopback shows each packet once. So does -i any where a packet passes several
interfaces of this machine within a second: a bridge and its ports, both ends
of a veth cable, a VLAN and what is beneath it, a tunnel and what it carries,
both sides of a router. It shows again where it is another by then: addresses
or ports translated, cut into segments or put together, or later than that.
-i NAME shows all that passes that interface.
--kernel tells of the ends that are at this machine's addresses, and of programs
that run on it, whoever started them. Its tracepoints are those of the whole
machine: a container with the same addresses and ports is not told apart. On a
busy machine it costs time with each system call; what was lost is told. What a
socket drops that listened before is not told; that its accept queue is full is.
An interface that goes down is told; the capture goes on when it is up again.
Ctrl-C ends it and shows the connections that are left; a second Ctrl-C ends it
at once. Ctrl-\\ tells how far it has come.
Exit codes: 0 at least one connection or exchange (that was asked for), 1 none,
2 error; what was seen is shown all the same.";

/// Watch the connections of others as they come by: nothing is sent
///
/// States and socket calls are inferred from the segments, and marked so.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Only packets that pass this filter, in the language of tcpdump; all if left out
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
    #[command(flatten)]
    pub(super) tap: TapArgs,
    #[command(flatten)]
    pub(super) verdicts: VerdictArgs,
    #[command(flatten)]
    pub(super) protocols: ProtocolArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) list: ListArgs,
    /// Show what this machine's kernel says of its own connections: system calls of all programs, states, resets, drops;
    /// as root, else its states when asked
    #[arg(long, conflicts_with_all = ["list", "stats", "brief"], help_heading = "Kernel")]
    pub(super) kernel: bool,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
    #[command(flatten)]
    pub(super) rotation: RotationArgs,
}

/// How packets come in.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Capture")]
pub(super) struct TapArgs {
    /// Capture on this interface; any for all of them
    #[arg(short, long, value_name = "INTERFACE", default_value = "any")]
    pub(super) interface: String,
    /// See frames for other stations, too
    #[arg(long)]
    pub(super) promiscuous: bool,
    /// Give each packet at once, and not in batches
    #[arg(long)]
    pub(super) immediate: bool,
    /// Octets to keep of each packet. Checksums of longer ones cannot be checked
    #[arg(long, value_name = "OCTETS", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(64..=262_144))]
    pub(super) snaplen: u32,
    /// MiB of the kernel's buffer
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=2047))]
    pub(super) buffer_size: u32,
    /// End after so many packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = some_time)]
    pub(super) duration: Option<Seconds>,
    /// Connections that are followed at once; beyond that, the one that was idle longest is taken for ended
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(super) max_connections: u32,
}

/// What is shown instead of ladders.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ListArgs {
    /// One line when a connection opens, and one when it ends
    #[arg(short, long, conflicts_with_all = ["list", "stats"])]
    pub(super) brief: bool,
    /// A table: on a terminal in place, of the connections there are and those that were over last; elsewhere one row for
    /// each connection when it ends
    #[arg(short, long)]
    pub(super) list: bool,
    /// Sums over all connections, at the end and on SIGQUIT (Ctrl-\)
    #[arg(short, long, conflicts_with = "list")]
    pub(super) stats: bool,
}

impl Args {
    /// Refuses what cannot go together.
    ///
    /// # Errors
    /// Says what does not, and what to do.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let (format, list) = (self.output.format, &self.list);
        let name = Format::all().find(|(each, ..)| *each == format).map_or("", |(_, name, _)| name);
        ensure!(
            !(list.stats && matches!(format, Format::Csv | Format::Lines)),
            "--stats gives text or --format json, not {name}"
        );
        ensure!(
            !(list.list && format == Format::Lines),
            "--list has a row for each connection, --format lines a line for each segment: leave one of them out"
        );
        if list.list || list.stats || list.brief {
            self.output.refuse_pictures("--list, --stats and --brief are none")?;
        }
        ensure!(
            !(list.brief && matches!(format, Format::Csv | Format::Lines)),
            "--brief gives text or --format json, not {name}"
        );
        ensure!(
            !(self.capture.is_wanted() && self.verdicts.typed().next().is_some()),
            "--pcap with --only or --where would have to know verdicts beforehand: write all packets, and let replay choose"
        );
        self.rotation.check()
    }

    /// What is shown.
    ///
    /// # Errors
    /// Exchanges were asked for together with options that only connections have a place for.
    pub(super) fn protocols(&self) -> anyhow::Result<Protocols> {
        if !self.protocols.is_given() {
            return Ok(Protocols::TCP);
        }
        let options = [
            (!self.verdicts.only.is_empty(), "--only"),
            (self.verdicts.expression.is_some(), "--where"),
            (self.list.stats, "--stats"),
            (self.output.format == Format::Csv, "--format csv"),
        ];
        let given: Vec<_> = options.iter().filter(|(given, _)| *given).map(|(_, name)| *name).collect();
        self.protocols.shown(&given)
    }

    /// Whether only verdicts are shown, no segments.
    pub(super) fn is_of_verdicts(&self) -> bool {
        self.list.stats || self.list.list || self.output.format == Format::Csv
    }

    /// The filter in one piece.
    pub(super) fn filter(&self) -> Option<String> {
        (!self.filter.is_empty()).then(|| self.filter.join(" "))
    }
}
