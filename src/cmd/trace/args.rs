//! The arguments of `rawshake trace`, as they were typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::ValueEnum;

use super::many::ManyArgs;
use crate::cmd::capture::CaptureArgs;
use crate::cmd::kernel::KernelArgs;
use crate::cmd::number::{number, port};
use crate::cmd::output::OutputArgs;
use crate::cmd::seconds::{Seconds, some_time};
use crate::cmd::stage::LabArgs;
use crate::cmd::target::Way;
use crate::cmd::way::{EndArgs, Versions};
use crate::craft;

/// Build a TCP connection by hand, and show every segment of it
///
/// SYN, ACK, data, FIN and RST are made here and sent through a raw socket; what comes back is captured. Our own kernel
/// knows nothing of it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Name, IPv4 or [IPv6] address, with or without :PORT; with --lab `server` if left out
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "lab")]
    pub(super) host: Option<String>,
    /// Port number or service name [default: 80; in the lab, that of its server]
    #[arg(value_name = "PORT")]
    pub(super) port: Option<String>,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
    #[command(flatten)]
    pub(super) way: WayArgs,
    #[command(flatten)]
    pub(super) open: OpenArgs,
    #[command(flatten)]
    pub(super) talk: TalkArgs,
    #[command(flatten)]
    pub(super) close: CloseArgs,
    #[command(flatten)]
    pub(super) step: StepArgs,
    #[command(flatten)]
    pub(super) many: ManyArgs,
    #[command(flatten)]
    pub(super) lab: LabArgs,
    #[command(flatten)]
    pub(super) kernel: KernelArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake trace --lab --send hello      a whole connection in the embedded lab;
                                         needs no sudo
  rawshake trace --lab --close half --send hi
                                         close one direction only, and go on
                                         receiving
  sudo rawshake trace 192.0.2.7 ssh      what a host of yours answers
  sudo rawshake trace '[2001:db8::7]:80' --http --pcap run.pcap
  rawshake trace --lab --send hello --kernel-client --width 120
                                         the same by connect(), beside it
  rawshake trace --lab --step --send hello
                                         stop before each segment of ours
  rawshake trace --lab --step --predict --send hello
                                         say what it is before it is shown
  printf '\\nack 5\\n' | rawshake trace --lab --step --send hello
                                         a wrong number in the third segment,
                                         and the RST that answers it
  rawshake trace --lab --udp --send hello
                                         a datagram, which has no handshake
  rawshake trace --lab --udp --lab-server refuses
                                         the only refusal that there is
  sudo rawshake trace --lab --udp --kernel --lab-server refuses
                                         with the calls, and the error that one
                                         of them returns
  sudo rawshake trace --lab --kernel --send hello
                                         with the calls of the server and the
                                         states of its kernel
  sudo rawshake trace localhost:8080 --kernel
                                         the same of a server of your own that
                                         runs on this machine
  rawshake trace --lab --count 10000 --parallel 256
                                         how long opening and closing take, in a
                                         table

Every wait has an end: --retries and --timeout for what is not acknowledged,
--wait for silence, --deadline for talking and, again, for closing.
--kernel tells of the end that is not made by hand: the system calls of the
processes that listen at the port when it begins, and of those that they make;
and, from tracepoints of the whole machine, what happens to that connection.
With --udp it tells the calls of our own socket and of the lab's server; there
are no states.
With --step, Enter sends the segment that is shown; flags SA, seq +1, ack 0 or
window 0 change it, d drops it, p predicts the next ones, q ends, ? tells more.
While it waits for you our timers stand still; those of the peer do not. Lines
of a pipe count as typed; behind their end the rest is sent without asking.
Ctrl-C closes an open connection as --close says, and resets any other; a
second one resets.
Exit codes: 0 it went as asked, 1 no answer or not the expected one, 2 error,
130 Ctrl-C.
Trace only hosts that you own or may test.";

/// Which socket.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sockets, instead of a raw one")]
pub(super) struct SocketArgs {
    /// Send the payload as a datagram, with a UDP socket of our kernel, and again (--retries) until it is answered
    #[arg(long, conflicts_with_all = ["open", "isn", "window", "mss", "wscale", "no_mss", "no_wscale", "no_sack",
        "no_timestamps", "no_options", "ecn", "http", "close", "deadline", "rst_guard", "count", "lab_think"])]
    pub(super) udp: bool,
    /// Let a stream socket of our kernel have the same conversation afterwards, and show both, marked where they differ
    #[arg(long, conflicts_with_all = ["udp", "count", "kernel"])]
    pub(super) kernel_client: bool,
}

/// Which way the packets go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Way")]
pub(super) struct WayArgs {
    #[command(flatten)]
    pub(super) versions: Versions,
    /// Send and capture on this interface [default: as the routing table says]
    #[arg(short = 'I', long, value_name = "NAME")]
    pub(super) interface: Option<String>,
    /// Send from this address of ours [default: as the routing table says]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) source: Option<IpAddr>,
    /// Send from this port [default: a free one]
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub(super) source_port: Option<u16>,
    #[command(flatten)]
    pub(super) end: EndArgs,
}

impl WayArgs {
    /// What chooses the way.
    pub(super) fn way(&self) -> Way {
        Way { versions: self.versions, interface: self.interface.clone(), source: self.source }
    }
}

/// The opening handshake.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Opening")]
pub(super) struct OpenArgs {
    /// How to open
    #[arg(long, value_enum, default_value_t = OpenMode::Active)]
    pub(super) open: OpenMode,
    /// Initial sequence number, decimal or 0x… [default: random]
    #[arg(long, value_name = "NUMBER", value_parser = number::<u32>)]
    pub(super) isn: Option<u32>,
    /// Receive window in octets, at most 65535 shifted by --wscale [default: 64240; with --count 14600]
    #[arg(long, value_name = "OCTETS")]
    pub(super) window: Option<u32>,
    /// Maximum segment size to offer, in octets [default: what the interface has room for]
    #[arg(long, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) mss: Option<u16>,
    /// Window scale to offer, in bits [default: 7]
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(0..=14))]
    pub(super) wscale: Option<u8>,
    /// Offer no maximum segment size
    #[arg(long, conflicts_with = "mss")]
    pub(super) no_mss: bool,
    /// Offer no window scale
    #[arg(long, conflicts_with = "wscale")]
    pub(super) no_wscale: bool,
    /// Do not permit selective acknowledgment
    #[arg(long)]
    pub(super) no_sack: bool,
    /// Offer no timestamps
    #[arg(long)]
    pub(super) no_timestamps: bool,
    /// Offer no option at all
    #[arg(long, conflicts_with_all = ["mss", "wscale"])]
    pub(super) no_options: bool,
    /// Offer explicit congestion notification: ECE and CWR on the SYN
    #[arg(long)]
    pub(super) ecn: bool,
    /// Send what is not acknowledged again this many times, each time after twice the wait
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(super) retries: u8,
    /// Wait this many seconds for the answer to the first SYN
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = some_time)]
    pub(super) timeout: Seconds,
}

/// What is said.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Talking")]
pub(super) struct TalkArgs {
    #[command(flatten)]
    pub(super) payload: PayloadArgs,
    /// The peer has no more to say after this many seconds of silence [default: 0.3; with --count and nothing to send 0]
    #[arg(long, value_name = "SECONDS")]
    pub(super) wait: Option<Seconds>,
}

/// What is sent: one of these, or nothing.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct PayloadArgs {
    /// Send this text, as it stands
    #[arg(long, value_name = "TEXT")]
    pub(super) send: Option<String>,
    /// Send the contents of this file; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) send_file: Option<PathBuf>,
    /// Send these bytes, in hexadecimal digits; blanks and colons between them are passed over
    #[arg(long, value_name = "HEX")]
    pub(super) send_hex: Option<String>,
    /// Send a small HTTP request: GET /
    #[arg(long)]
    pub(super) http: bool,
}

/// The end.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Closing")]
pub(super) struct CloseArgs {
    /// How to close
    #[arg(long, value_enum, default_value_t = CloseMode::Active)]
    pub(super) close: CloseMode,
    /// Talk for this many seconds at most, and then close for as many
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = some_time)]
    pub(super) deadline: Seconds,
}

/// One segment at a time.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "One segment at a time")]
pub(super) struct StepArgs {
    /// Stop before each segment of ours: show it and why it is sent; then send it, change a field of it, or drop it
    #[arg(long, conflicts_with_all = ["udp", "kernel_client", "count", "kernel"])]
    pub(super) step: bool,
    /// With --step: hide each segment until its flags and numbers were predicted, and mark the prediction
    #[arg(long, requires = "step")]
    pub(super) predict: bool,
}

/// `--open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OpenMode {
    /// Our SYN goes first
    Active,
    /// Wait for the peer's SYN, and send ours as if the two had crossed
    Simultaneous,
}

impl From<OpenMode> for craft::Open {
    fn from(mode: OpenMode) -> Self {
        match mode {
            OpenMode::Active => Self::Active,
            OpenMode::Simultaneous => Self::Simultaneous,
        }
    }
}

/// `--close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CloseMode {
    /// Our FIN goes first, when the peer has gone quiet
    Active,
    /// Wait for the peer's FIN, and answer it with ours
    Passive,
    /// Our FIN goes with the last data; receive until the peer closes
    Half,
    /// RST, when the peer has gone quiet
    Reset,
    /// Wait for the peer's FIN, and send ours as if the two had crossed
    Simultaneous,
    /// Leave the connection open
    None,
}

impl From<CloseMode> for craft::Close {
    fn from(mode: CloseMode) -> Self {
        match mode {
            CloseMode::Active => Self::Active,
            CloseMode::Passive => Self::Passive,
            CloseMode::Half => Self::Half,
            CloseMode::Reset => Self::Reset,
            CloseMode::Simultaneous => Self::Simultaneous,
            CloseMode::None => Self::None,
        }
    }
}
