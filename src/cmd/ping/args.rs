//! The arguments of `rawshake ping`: iputils' letters.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

use crate::cmd::capture::CaptureArgs;
use crate::craft::ping::Pattern;
use crate::lab::Impairments;

/// Send ICMP echo requests by hand, and show the replies
#[derive(Debug, clap::Args)]
#[command(after_long_help = DIFFERENCES)]
pub struct Args {
    /// Names, IPv4 or IPv6 addresses (fe80::1%eth0 for a link-local one), all at once; with --lab `server` if left out
    #[arg(required_unless_present = "lab", value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Stop after this many replies
    #[arg(short, long, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// As -c, for each host; in the end all its round trips in one line (as fping)
    #[arg(short = 'C', long, value_name = "COUNT", conflicts_with = "count", value_parser = clap::value_parser!(u16).range(1..))]
    pub vcount: Option<u16>,
    /// Seconds from one request to the next [default: 1, with -f 0]; below 0.002 only for root; 0 waits for the reply alone
    #[arg(short, long, value_name = "SECONDS")]
    pub interval: Option<Seconds>,
    /// Seconds to wait for the last reply where none has come; 0 waits for ever
    #[arg(short = 'W', long, value_name = "SECONDS", default_value = "10")]
    pub timeout: Seconds,
    /// Stop after this many seconds, or at the first error; with -c, requests go on until so many are answered
    #[arg(short = 'w', long, value_name = "SECONDS")]
    pub deadline: Option<Seconds>,
    /// Bytes of data; 16 or more hold the time of sending, and only then are round trips shown
    #[arg(short, long, value_name = "BYTES", default_value_t = 56)]
    pub size: usize,
    /// The same as -i, in milliseconds (fping's -p)
    #[arg(long, value_name = "MILLISECONDS", conflicts_with = "interval")]
    pub period: Option<u32>,
    /// Flood: the next request as soon as a reply is there, or 100 a second; a dot for a request, wiped out by its reply
    #[arg(short, long)]
    pub flood: bool,
    /// The interval follows the round trip: about one request on its way at any time
    #[arg(short = 'A', long)]
    pub adaptive: bool,
    /// Requests that leave at once at the beginning; more than 3 only for root
    #[arg(short = 'l', long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub preload: u64,
    /// What to do with requests longer than the path allows
    #[arg(short = 'M', long, value_name = "HOW")]
    pub mtu_discovery: Option<MtuDiscovery>,
    /// Type of service, or traffic class: 0 to 255, or 0x00 to 0xff
    #[arg(short = 'Q', long, value_name = "OCTET", value_parser = octet)]
    pub tos: Option<u8>,
    /// Ask the routers to record their addresses (up to nine of both ways; IPv4 only)
    #[arg(short = 'R', long, conflicts_with = "ipv6")]
    pub record_route: bool,
    /// The identifier of the requests [default: random]; of several hosts, that of the first, and the next ones count up
    #[arg(short = 'e', long, value_name = "ID")]
    pub identifier: Option<u16>,
    /// SYNs to this port instead of echo requests: SYN-ACK answers where it is open, RST where it is closed
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with_all = ["udp", "size", "pattern", "record_route", "mtu_discovery", "identifier"])]
    pub tcp: Option<u16>,
    /// How to end what a SYN has opened: a reset, of which the program behind the port hears nothing, or a FIN
    #[arg(long, value_name = "HOW", requires = "tcp", default_value = "rst")]
    pub tcp_end: TcpEnd,
    /// UDP datagrams to this port: what a program there sends answers, or ICMP port unreachable
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with_all = ["record_route", "mtu_discovery", "identifier"])]
    pub udp: Option<u16>,
    /// Time to live, or hop limit
    #[arg(short, long, value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,
    /// Addresses only, no names
    #[arg(short, long)]
    pub numeric: bool,
    /// Only the first line and the summary
    #[arg(short, long)]
    pub quiet: bool,
    /// Whose clocks measure round trips, and what each ICMP error quotes and means
    #[arg(short, long)]
    pub verbose: bool,
    /// Round trips to the microsecond, however long they are
    #[arg(short = '3', long)]
    pub precise: bool,
    /// After the summary, how many round trips took how long
    #[arg(long)]
    pub histogram: bool,
    /// After the summary, the round trips that 50, 90, 95 and 99 % did not exceed
    #[arg(long)]
    pub percentiles: bool,
    /// The time before each line, in seconds since 1970
    #[arg(short = 'D', long)]
    pub timestamps: bool,
    /// Before each request, tell if the one before has no reply yet
    #[arg(short = 'O', long)]
    pub outstanding: bool,
    /// IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Send through this interface, or from this address
    #[arg(short = 'I', long = "interface", value_name = "INTERFACE|ADDRESS")]
    pub through: Option<Through>,
    /// Fill the data with these 1 to 16 bytes, in hexadecimal digits
    #[arg(short, long, value_name = "HEX")]
    pub pattern: Option<Pattern>,
    /// How to show what happens
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Run in the embedded lab, which needs no privileges; hosts: server, silent, you
    #[arg(long)]
    pub lab: bool,
    /// What the lab's wire does to frames: delay=50ms loss=1% drop=3,7 dup=4 corrupt=6 reorder=5 seed=7
    #[arg(long, value_name = "WORDS", requires = "lab")]
    pub lab_wire: Option<Impairments>,
    /// Where packets are written to.
    #[command(flatten)]
    pub capture: CaptureArgs,
}

const DIFFERENCES: &str = "\
Ctrl-C ends with the summary, Ctrl-\\ shows the numbers up to now.
Exit codes: 0 some reply of every host, 1 none (or, with -c and -w, fewer than asked for), 2 error.

Several hosts are pinged at once, up to 128, with one line of summary for each, as fping has it. Of
fping's letters -C is here, and -p is --period; the others mean what they mean to ping.

--tcp and --udp send each request from a port of its own, by a raw socket, and hear the answers in a
capture, whose clock measures the round trips; they need what trace needs. Our kernel is held back
from answering. An open UDP port stays silent unless its program knows what to say to the data of
-s and -p. A closed one may stay silent, too: Linux sends a host six ICMP errors at once, and then one a
second.

Output and letters are those of ping from iputils, with these differences:
  - replies with a wrong checksum are named and counted as corrupted, not as received
  - replies to requests that were never sent are not counted
  - -w takes fractions; -p takes no more than 16 bytes; wrong arguments exit with 2, never 1
  - -s ends at what fits into one packet (65507 for IPv4, 65527 for IPv6)
  - the host is shown as it was written, never by its canonical name
  - a link-local address needs its interface, by % or -I
  - -I with an address chooses the version of that address
  - errors of this machine are told in our own words
  - -v explains: it shows no socket numbers, and no dump of the header that an error quotes
  - -R chooses IPv4
  - -M takes probe, too
  - no broadcast (-b) and the other letters that are not listed above

Examples:
  rawshake ping --lab -c 3                       in the lab, without privileges
  rawshake ping --lab -c 6 --lab-wire 'delay=20ms dup=4 drop=6 corrupt=10'   what goes wrong, and its names
  rawshake ping --lab -c 1000 -i 0 -q --histogram    how round trips are distributed
  rawshake ping -C 5 --period 200 192.0.2.7 192.0.2.8    two hosts, five times, every round trip in the end
  rawshake ping -M do -s 1472 -c 1 192.0.2.7     does a packet of 1500 bytes get through in one piece?
  rawshake ping -t 3 -c 1 -v 192.0.2.7           who is three hops away, and what its error says
  rawshake ping -A -c 100 -q 192.0.2.7           as fast as the replies come
  rawshake ping --tcp 443 -c 3 192.0.2.7         is the port open, and how far is it?
  rawshake ping --udp 33434 192.0.2.7            the same with datagrams, to a port that is closed
  rawshake ping -R -c 1 192.0.2.7                the way there and back, where routers record it";

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

/// Seconds with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl Seconds {
    /// The longest time, as in iputils: 2^31 - 1 milliseconds, almost 25 days.
    const MAX: Duration = Duration::from_millis(i32::MAX as u64);
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= Self::MAX);
        duration.map(Self).ok_or_else(|| format!("must be between 0 and {} seconds", Self::MAX.as_secs()))
    }
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
    fn seconds_have_fractions_and_bounds() {
        assert_eq!("0.25".parse(), Ok(Seconds(Duration::from_millis(250))));
        assert_eq!("2147483.647".parse(), Ok(Seconds(Seconds::MAX)));
        for wrong in ["", "x", "-1", "nan", "inf", "1e300", "2147484", "1,5"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }

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
