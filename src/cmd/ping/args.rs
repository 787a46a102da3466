//! The arguments of `rawshake ping`: iputils' letters.

use std::net::IpAddr;
use std::str::FromStr;

use clap::ValueEnum;

use super::help;
use crate::cmd::Seconds;
use crate::cmd::capture::CaptureArgs;
use crate::cmd::stage::WireArgs;
use crate::cmd::way::Versions;
use crate::craft::ping::Pattern;

/// Send ICMP echo requests by hand, or SYNs or datagrams to a port, and show the replies
#[derive(Debug, clap::Args)]
#[command(after_help = help::short(), after_long_help = help::long())]
pub struct Args {
    /// Names, IPv4 or IPv6 addresses (fe80::1%eth0 for a link-local one), all at once; with --lab `server` if left out
    #[arg(required_unless_present = "lab", value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Stop after this many replies
    #[arg(help_heading = PACE, short, long, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// As -c, for each host; in the end all its round trips in one line (as fping)
    #[arg(help_heading = PACE, short = 'C', long, value_name = "COUNT", conflicts_with = "count", value_parser = clap::value_parser!(u16).range(1..))]
    pub vcount: Option<u16>,
    /// Seconds from one request to the next [default: 1, with -f 0]; below 0.002 only for root; 0 waits for the reply alone
    #[arg(help_heading = PACE, short, long, value_name = "SECONDS")]
    pub interval: Option<Seconds>,
    /// The same as -i, in milliseconds (fping's -p)
    #[arg(help_heading = PACE, long, value_name = "MILLISECONDS", conflicts_with = "interval")]
    pub period: Option<u32>,
    /// Seconds to wait for the last reply where none has come; 0 waits for ever
    #[arg(help_heading = PACE, short = 'W', long, value_name = "SECONDS", default_value = "10")]
    pub timeout: Seconds,
    /// Stop after this many seconds, or at the first error; with -c, requests go on until so many are answered
    #[arg(help_heading = PACE, short = 'w', long, value_name = "SECONDS")]
    pub deadline: Option<Seconds>,
    /// Flood: the next request as soon as a reply is there, or 100 a second; a dot for a request, wiped out by its reply
    #[arg(help_heading = PACE, short, long)]
    pub flood: bool,
    /// The interval follows the round trip: about one request on its way at any time
    #[arg(help_heading = PACE, short = 'A', long)]
    pub adaptive: bool,
    /// Requests that leave at once at the beginning; more than 3 only for root
    #[arg(help_heading = PACE, short = 'l', long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub preload: u64,
    /// Bytes of data; 16 or more hold the time of sending, and only then are round trips shown
    #[arg(help_heading = REQUESTS, short, long, value_name = "BYTES", default_value_t = 56)]
    pub size: usize,
    /// Fill the data with these 1 to 16 bytes, in hexadecimal digits
    #[arg(help_heading = REQUESTS, short, long, value_name = "HEX")]
    pub pattern: Option<Pattern>,
    /// The identifier of the requests [default: random]; of several hosts, that of the first, and the next ones count up
    #[arg(help_heading = REQUESTS, short = 'e', long, value_name = "ID")]
    pub identifier: Option<u16>,
    /// Time to live, or hop limit
    #[arg(help_heading = REQUESTS, short, long, value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,
    /// Type of service, or traffic class: 0 to 255, or 0x00 to 0xff
    #[arg(help_heading = REQUESTS, short = 'Q', long, value_name = "OCTET", value_parser = octet)]
    pub tos: Option<u8>,
    /// What to do with requests longer than the path allows
    #[arg(help_heading = REQUESTS, short = 'M', long, value_name = "HOW")]
    pub mtu_discovery: Option<MtuDiscovery>,
    /// Ask the routers to record their addresses (up to nine of both ways; IPv4 only)
    #[arg(help_heading = REQUESTS, short = 'R', long, conflicts_with = "ipv6")]
    pub record_route: bool,
    /// SYNs to this port: SYN-ACK answers where it is open, RST where it is closed
    #[arg(help_heading = PORTS, long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with_all = ["udp", "size", "pattern", "record_route", "mtu_discovery", "identifier"])]
    pub tcp: Option<u16>,
    /// How to end what a SYN has opened
    #[arg(help_heading = PORTS, long, value_name = "HOW", requires = "tcp", default_value = "rst")]
    pub tcp_end: TcpEnd,
    /// UDP datagrams to this port: what a program there sends answers, or ICMP port unreachable
    #[arg(help_heading = PORTS, long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with_all = ["record_route", "mtu_discovery", "identifier"])]
    pub udp: Option<u16>,
    /// To an address of these versions.
    #[command(flatten, next_help_heading = WAY)]
    pub versions: Versions,
    /// Send through this interface, or from this address
    #[arg(help_heading = WAY, short = 'I', long = "interface", value_name = "INTERFACE|ADDRESS")]
    pub through: Option<Through>,
    /// Run in the embedded lab, which needs no privileges; hosts: server, silent, you
    #[arg(help_heading = LAB, long)]
    pub lab: bool,
    /// The wire of the lab.
    #[command(flatten)]
    pub(in crate::cmd) wire: WireArgs,
    /// Addresses only, no names
    #[arg(help_heading = OUTPUT, short, long)]
    pub numeric: bool,
    /// Only the first line and the summary
    #[arg(help_heading = OUTPUT, short, long)]
    pub quiet: bool,
    /// Whose clocks measure round trips, and what each ICMP error quotes and means
    #[arg(help_heading = OUTPUT, short, long)]
    pub verbose: bool,
    /// Round trips to the microsecond, however long they are
    #[arg(help_heading = OUTPUT, short = '3', long)]
    pub precise: bool,
    /// The time before each line, in seconds since 1970
    #[arg(help_heading = OUTPUT, short = 'D', long)]
    pub timestamps: bool,
    /// Before each request, tell if the one before has no reply yet
    #[arg(help_heading = OUTPUT, short = 'O', long)]
    pub outstanding: bool,
    /// After the summary, how many round trips took how long
    #[arg(help_heading = OUTPUT, long)]
    pub histogram: bool,
    /// After the summary, the round trips that 50, 90, 95 and 99 % did not exceed
    #[arg(help_heading = OUTPUT, long)]
    pub percentiles: bool,
    /// How to show what happens
    #[arg(help_heading = OUTPUT, long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Where packets are written to.
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// Headings of the help.
const PACE: &str = "Pace";
const REQUESTS: &str = "Requests";
const PORTS: &str = "In place of echo requests";
const WAY: &str = "Way";
const LAB: &str = "Lab";
const OUTPUT: &str = "Output";

/// How to show what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The lines of iputils ping.
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do with requests that are longer than the path allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MtuDiscovery {
    /// Refuse them: nothing is cut into fragments, here or on the way.
    Do,
    /// Cut them into fragments here, by what is known of the path.
    Want,
    /// Let anybody cut them into fragments.
    Dont,
    /// Send them in one piece, whatever is known of the path.
    Probe,
}

/// How to end a connection that a SYN has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TcpEnd {
    /// With a reset: the program behind the port hears nothing of it.
    Rst,
    /// With a FIN, as a client does that has nothing to say.
    Fin,
}

/// Reads an octet, in decimal or hexadecimal digits.
fn octet(text: &str) -> Result<u8, String> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = hexadecimal.map_or_else(|| text.parse(), |digits| u8::from_str_radix(digits, 16));
    number.map_err(|_| "not a number from 0 to 255, or from 0x00 to 0xff".to_owned())
}

/// The way out of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// An interface.
    Interface(String),
    /// One of our addresses.
    Source(IpAddr),
}

impl FromStr for Through {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Interface(text.to_owned()), Self::Source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_have_two_spellings() {
        assert_eq!(["0", "255", "0xb8", "0X01"].map(octet), [Ok(0), Ok(255), Ok(0xb8), Ok(1)]);
        for wrong in ["", "256", "0x100", "-1", "b8", "0x", "1.0"] {
            assert!(octet(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_a_source_and_all_else_an_interface() {
        assert_eq!("192.0.2.1".parse(), Ok(Through::Source("192.0.2.1".parse().unwrap())));
        assert_eq!("eth0".parse(), Ok(Through::Interface("eth0".into())));
    }
}
