//! The arguments of `rawshake replay`, as they were typed.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::cmd::capture::CaptureArgs;
use crate::cmd::output::OutputArgs;

/// Show the TCP connections in capture files
///
/// States and socket calls are inferred from the segments, and marked so; where the capture began too late a question
/// mark stands for what cannot be known.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Capture files, pcap or pcapng, also within gzip or zstd; - for standard input. Several are one stream, in this order
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) choice: ChoiceArgs,
    /// One row for each connection
    #[arg(short, long, help_heading = "Output")]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake replay capture.pcap               every connection as a ladder
  rawshake replay capture.pcap --list        one row for each connection
  rawshake replay capture.pcap -n 3 -v       the third one, with every reason
  rawshake replay capture.pcap -f 'port 80' --list --format json
  rawshake replay --merge here.pcap there.pcap --format lines
  sudo tcpdump -i eth0 -U -w - tcp | rawshake replay - --format lines
  rawshake replay --follow growing.pcap --format json

Link types: Ethernet, BSD loopback, raw IP, Linux cooked (1 and 2), PPP, 802.11 (also behind radiotap, Prism, AVS), and
two dozen more; VLAN, PPPoE and MPLS tags. IP fragments are put together, tunnels (GRE, IPIP, 6in4, VXLAN, GENEVE and
others) looked into.
What cannot be read is said, with its place, and passed over.
Ctrl-C ends --follow and standard input as the end of the file would.
Exit codes: 0 at least one connection, 1 none, 2 error; what was read is shown all the same.";

/// How packets come in.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct ReadingArgs {
    /// Order the packets of all files by their time
    #[arg(long, conflicts_with = "follow")]
    pub(super) merge: bool,
    /// Go on as the file grows, until Ctrl-C
    #[arg(long)]
    pub(super) follow: bool,
    /// Connections that are followed at once; beyond that, the one that was idle longest is taken for ended
    #[arg(long, value_name = "N", default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(super) max_connections: u32,
}

/// Which connections are shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Choice")]
pub(super) struct ChoiceArgs {
    /// Only the connection of this number, as --list counts them
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) connection: Option<u32>,
    /// Only packets that pass this filter, in the language of tcpdump (see pcap-filter(7))
    #[arg(short = 'f', long, value_name = "FILTER")]
    pub(super) filter: Option<String>,
}

impl Args {
    /// Refuses what cannot go together.
    ///
    /// # Errors
    /// Says what does not, and what to do.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            !self.reading.follow || self.files.len() == 1,
            "--follow takes one file: follow the newest, or read the {} without it",
            self.files.len()
        );
        Ok(())
    }

    /// What is read, as messages call it.
    pub(super) fn name(&self) -> String {
        match &*self.files {
            [file] if file == Path::new("-") => "standard input".to_owned(),
            [file] => file.to_string_lossy().escape_debug().to_string(),
            files => format!("{} files", files.len()),
        }
    }
}
