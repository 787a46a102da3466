//! The arguments of `rawshake listen`, as they were typed.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::cmd::capture::CaptureArgs;
use crate::cmd::kernel::KernelArgs;
use crate::cmd::number::port;
use crate::cmd::output::OutputArgs;
use crate::cmd::seconds::{Seconds, some_time};
use crate::cmd::stage::WireArgs;
use crate::cmd::way::{EndArgs, Versions};
use crate::craft::listen;
use crate::lab::Client;

/// Answer as a TCP server, by hand, and show every segment of every connection
///
/// LISTEN, SYN-RECEIVED, ESTABLISHED and what follows are kept here; SYN-ACK, data, FIN and RST are sent through a raw
/// socket. Our own kernel knows nothing of it. Any number of clients at once, from this machine or others.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Port number; in the lab 8080 if left out
    #[arg(value_name = "PORT", required_unless_present = "lab", value_parser = port)]
    pub(super) port: Option<u16>,
    #[command(flatten)]
    pub(super) way: WayArgs,
    #[command(flatten)]
    pub(super) open: OpenArgs,
    #[command(flatten)]
    pub(super) bounds: BoundArgs,
    #[command(flatten)]
    pub(super) talk: TalkArgs,
    #[command(flatten)]
    pub(super) lab: LabArgs,
    #[command(flatten)]
    pub(super) table: TableArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake listen --lab                    one kernel client in the embedded
                                           lab; needs no sudo
  rawshake listen --lab --close first      TIME-WAIT is ours
  rawshake listen --lab --close never --idle 2
                                           the client is left in FIN-WAIT-2
  rawshake listen --lab --drop 1           the client's SYN is lost, and comes
                                           again
  rawshake listen --lab --split-handshake  a SYN answers the SYN
  rawshake listen --lab --syn-cookies      nothing is kept of a SYN, so no
                                           option is agreed
  rawshake listen --lab --lab-clients 3 --backlog 1 --delay-syn-ack 0.5
                                           two SYNs find no place, and come
                                           again
  sudo rawshake listen --lab --kernel      with the calls of the client and
                                           the states of its kernel
  sudo rawshake listen 8080                then: nc localhost 8080, type, Ctrl-C
  sudo rawshake listen 8080 --reply http   then: curl http://localhost:8080/
  sudo rawshake listen 8080 --kernel       then curl http://localhost:8080/
                                           for the calls of curl
  sudo rawshake listen 8080 --table        who is connected, and in which
                                           state

A ladder is drawn when its connection is over; --format lines shows each segment
as it passes, and the table below tells who is connected.
Every wait has an end: --retries and --timeout for what is not acknowledged,
--idle for silence.
A SYN for which there is no place is answered with a cookie; with --backlog or
--abort-on-overflow it is dropped or refused, so that the overflow shows.
In a flood, SYNs that nothing follows are counted and not shown; --pcap has all
of them.
Ctrl-C closes every open connection by FIN; a second one resets them.
Exit codes: 0 it went as asked, 1 a connection broke off, 2 error, 130 Ctrl-C.";

/// Which clients are served.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Way")]
pub(super) struct WayArgs {
    #[command(flatten)]
    pub(super) versions: Versions,
    /// Only what arrives on this interface [default: all of them; link-local clients need it]
    #[arg(short = 'I', long, value_name = "NAME")]
    pub(super) interface: Option<String>,
    #[command(flatten)]
    pub(super) end: EndArgs,
}

/// The opening handshake.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Opening")]
pub(super) struct OpenArgs {
    /// Hold each first SYN-ACK back for this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "0", hide_default_value = true)]
    pub(super) delay_syn_ack: Seconds,
    /// Take the first N SYNs, of whichever clients, as lost on their way
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) drop: u32,
    /// Answer a SYN with a SYN that acknowledges nothing; the client's SYN-ACK does both
    #[arg(long, conflicts_with_all = ["simultaneous", "syn_cookies", "delay_syn_ack"])]
    pub(super) split_handshake: bool,
    /// Answer a SYN with a SYN and a SYN-ACK, as if both sides had called connect()
    #[arg(long, conflicts_with_all = ["syn_cookies", "delay_syn_ack"])]
    pub(super) simultaneous: bool,
    /// Keep nothing of a SYN; the SYN-ACK's number holds what must be known [default: full; with --backlog or --abort-on-overflow never]
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    pub(super) syn_cookies: Option<CookieMode>,
    /// Receive window in octets
    #[arg(long, value_name = "OCTETS", default_value_t = 14_600, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) window: u16,
    /// Largest segment to ask for, in octets [default: what the interface has room for]
    #[arg(long, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) mss: Option<u16>,
    /// Agree to no option
    #[arg(long, conflicts_with = "mss")]
    pub(super) no_options: bool,
    /// Send what is not acknowledged again this many times, each time after twice the wait
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) retries: u8,
    /// Wait this many seconds for the answer to the first SYN-ACK
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = some_time)]
    pub(super) timeout: Seconds,
}

/// How many.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Bounds")]
pub(super) struct BoundArgs {
    /// End when this many connections are over [default: never; in the lab when its clients are gone]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// Connections in SYN-RECEIVED at once; a SYN beyond finds no place [default: 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(super) backlog: Option<u32>,
    /// Connections at once whose handshake is complete
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(super) max_connections: u32,
    /// Refuse with RST what there is no place for, instead of dropping it
    #[arg(long)]
    pub(super) abort_on_overflow: bool,
}

/// What is said, and when it ends.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Talking and closing")]
pub(super) struct TalkArgs {
    /// What to answer: `echo`, `http` (a page to each request), or any other TEXT, once, to the first that a client says
    #[arg(long, value_name = "TEXT|echo|http", default_value = "echo")]
    pub(super) reply: String,
    /// When to close
    #[arg(long, value_enum, default_value_t = CloseMode::After)]
    pub(super) close: CloseMode,
    /// With --close first or reset: a client that says nothing for this many seconds is not waited for
    #[arg(long, value_name = "SECONDS", default_value = "0.3")]
    pub(super) wait: Seconds,
    /// Reset a connection on which the client has been silent for this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = some_time)]
    pub(super) idle: Seconds,
}

/// The table of sockets.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct TableArgs {
    /// Show the table of sockets in place of ladders: kept in place on a terminal, elsewhere a line for each connection
    /// that opens or closes. With --format json an event for each change, beside the others
    #[arg(long)]
    pub(super) table: bool,
}

/// The embedded lab.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lab")]
pub(super) struct LabArgs {
    /// Listen in the embedded lab, which needs no privileges; kernel clients call from its other host
    #[arg(long)]
    pub(super) lab: bool,
    /// What the lab's clients do [default: hello; with --reply http http]
    #[arg(long, value_name = "NAME", requires = "lab", value_parser = client(), hide_possible_values = false)]
    pub(super) lab_client: Option<Client>,
    /// How many clients call at once
    #[arg(long, value_name = "N", requires = "lab", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(super) lab_clients: u16,
    #[command(flatten)]
    pub(super) wire: WireArgs,
    #[command(flatten)]
    pub(super) kernel: KernelArgs,
}

fn client() -> impl TypedValueParser<Value = Client> {
    let values = Client::all().map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Client>())
}

/// `--close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CloseMode {
    /// Our FIN goes first, behind the first answer
    First,
    /// Our FIN answers the client's
    After,
    /// Our FIN never comes: a client that has closed waits in FIN-WAIT-2, until --idle resets it
    Never,
    /// RST, once the first answer is acknowledged
    Reset,
}

impl From<CloseMode> for listen::ServerClose {
    fn from(mode: CloseMode) -> Self {
        match mode {
            CloseMode::First => Self::First,
            CloseMode::After => Self::After,
            CloseMode::Never => Self::Never,
            CloseMode::Reset => Self::Reset,
        }
    }
}

/// `--syn-cookies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CookieMode {
    /// Never
    Never,
    /// Where there is no place for the SYN
    Full,
    /// Always
    Always,
}

impl From<CookieMode> for listen::Cookies {
    fn from(mode: CookieMode) -> Self {
        match mode {
            CookieMode::Never => Self::Never,
            CookieMode::Full => Self::Full,
            CookieMode::Always => Self::Always,
        }
    }
}
