//! The arguments of `rawshake send`, as they were typed.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Arg;

use super::from::FromArgs;
use super::help;
use super::notation::{Bits, Message, Ports, Sweep, Ttls, interval, option, rate};
use super::script::ScriptArgs;
use crate::cmd::capture::CaptureArgs;
use crate::cmd::kernel::KernelArgs;
use crate::cmd::number::{number, number_to};
use crate::cmd::output::OutputArgs;
use crate::cmd::stage::LabArgs;
use crate::cmd::way::{GuardArgs, Versions};
use crate::craft::packet::OptionSpec;
use crate::tcp::Relative;

/// Send one segment made by hand, any segment, and show what comes back
///
/// Nothing is corrected: contradicting flags, wrong lengths, offsets and checksums are sent as they are asked for. Our
/// own kernel knows nothing of it.
#[derive(Debug, clap::Args)]
#[command(after_help = help::short(), after_long_help = help::long(), mut_args(with_hping3_letter))]
pub struct Args {
    /// Name, IPv4 or [IPv6] address, with or without :PORT; with --lab `server` if left out
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "lab")]
    pub(super) host: Option<String>,
    /// Port number or service name [default: 80; in the lab, that of its server]
    #[arg(value_name = "PORT", conflicts_with = "ports")]
    pub(super) port: Option<String>,
    #[command(flatten)]
    pub(super) packet: PacketArgs,
    #[command(flatten)]
    pub(super) from: FromArgs,
    #[command(flatten)]
    pub(super) script: ScriptArgs,
    #[command(flatten)]
    pub(super) series: SeriesArgs,
    #[command(flatten)]
    pub(super) way: WayArgs,
    #[command(flatten)]
    pub(super) lab: LabArgs,
    #[command(flatten)]
    pub(super) kernel: KernelArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Show the first packet as commands of hping3, nping and scapy, and send nothing; with --from, send, and show its segment
    #[arg(long, visible_alias = "equivalent")]
    pub(super) show_equivalent: bool,
    /// Explain every octet of what is sent and received
    #[arg(short = 'j', long)]
    pub(super) hex: bool,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
}

/// hping3 has `-V` where we, as most programs do, have `-v`.
fn with_hping3_letter(arg: Arg) -> Arg {
    if arg.get_id() == "verbose" { arg.short_alias('V') } else { arg }
}

/// The packet, field by field.
#[derive(Debug, clap::Args)]
pub(super) struct PacketArgs {
    #[command(flatten)]
    pub(super) tcp: TcpArgs,
    #[command(flatten)]
    pub(super) other: OtherArgs,
    #[command(flatten)]
    pub(super) ip: IpArgs,
    #[command(flatten)]
    pub(super) payload: PayloadArgs,
    #[command(flatten)]
    pub(super) faults: FaultArgs,
}

/// The TCP header.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TCP")]
pub(super) struct TcpArgs {
    /// Control bits: SA, S., syn,ack or 0x12 [default: SYN]
    #[arg(short, long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub(super) flags: Option<Bits>,
    #[command(flatten)]
    pub(super) letters: LetterArgs,
    /// Sequence number; with --from and in scripts also such as rcv.nxt+100 [default: random; there rcv.nxt]
    #[arg(short = 'M', long, value_name = "NUMBER", alias = "setseq")]
    pub(super) seq: Option<Relative>,
    /// Acknowledgment number, written with or without the ACK flag [default: 0; there snd.nxt if ACK is set]
    #[arg(short = 'L', long, value_name = "NUMBER", alias = "setack")]
    pub(super) ack: Option<Relative>,
    /// Window, not scaled
    #[arg(short, long, value_name = "OCTETS", value_parser = number::<u16>, default_value = "64240", alias = "win")]
    pub(super) window: u16,
    /// Urgent pointer, written with or without the URG flag
    #[arg(long, value_name = "NUMBER", value_parser = number::<u16>, default_value = "0")]
    pub(super) urgent: u16,
    /// Data offset in units of four octets, 0 to 15 [default: the right one]
    #[arg(short = 'O', long, value_name = "WORDS", value_parser = |text: &str| number_to::<u8>(15, text), alias = "tcpoff")]
    pub(super) data_offset: Option<u8>,
    /// The three reserved bits, 0 to 7
    #[arg(long, value_name = "BITS", value_parser = |text: &str| number_to::<u8>(7, text))]
    pub(super) reserved: Option<u8>,
    /// An option, such as mss=1460, ts=1,0, sackok, mss/3=1460 or raw=HEX; once for each, in their order
    #[arg(long = "opt", value_name = "OPTION", value_parser = option)]
    pub(super) options: Vec<OptionSpec>,
}

/// One letter for each flag, as hping3 has them.
#[derive(Debug, clap::Args)]
pub(super) struct LetterArgs {
    /// SYN
    #[arg(short = 'S', long)]
    pub(super) syn: bool,
    /// ACK
    #[arg(short = 'A', long = "ack-flag")]
    pub(super) ack_flag: bool,
    /// FIN
    #[arg(short = 'F', long)]
    pub(super) fin: bool,
    /// RST
    #[arg(short = 'R', long)]
    pub(super) rst: bool,
    /// PSH
    #[arg(short = 'P', long, alias = "push")]
    pub(super) psh: bool,
    /// URG
    #[arg(short = 'U', long)]
    pub(super) urg: bool,
    /// ECE
    #[arg(short = 'X', long, alias = "xmas")]
    pub(super) ece: bool,
    /// CWR
    #[arg(short = 'Y', long, alias = "ymas")]
    pub(super) cwr: bool,
}

/// What is sent in place of TCP.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "In place of TCP")]
pub(super) struct OtherArgs {
    /// A TCP segment, as without a word
    #[arg(long, conflicts_with_all = ["udp", "icmp", "icmp_code", "icmp_echo"])]
    pub(super) tcp: bool,
    /// A UDP datagram
    #[arg(short = '2', long, conflicts_with_all = ["icmp", "icmp_echo"])]
    pub(super) udp: bool,
    /// An ICMP message: echo, timestamp, mask, or numbers
    #[arg(short = 'C', long, value_name = "TYPE[/CODE]", visible_alias = "icmp-type")]
    pub(super) icmp: Option<Message>,
    /// Its code
    #[arg(short = 'K', long, value_name = "CODE", value_parser = number::<u8>)]
    pub(super) icmp_code: Option<u8>,
    /// An ICMP echo request: the same as --icmp echo
    #[arg(short = '1', long, conflicts_with = "icmp")]
    pub(super) icmp_echo: bool,
}

/// The IP header.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "IP")]
pub(super) struct IpArgs {
    /// Time to live, or hop limit; several of them, as in 1-30, one after the other until the host answers
    #[arg(short, long, value_name = "TTL[-TTL]", default_value = "64")]
    pub(super) ttl: Ttls,
    /// Type of service, or traffic class
    #[arg(short = 'o', long, value_name = "OCTET", value_parser = number::<u8>, default_value = "0")]
    pub(super) tos: u8,
    /// Identification; it then stays the same [default: random, one more with each packet]
    #[arg(short = 'N', long, value_name = "NUMBER", value_parser = number::<u32>)]
    pub(super) id: Option<u32>,
    /// IPv4: do not fragment
    #[arg(short = 'y', long, alias = "dontfrag")]
    pub(super) df: bool,
    /// More fragments follow
    #[arg(short = 'x', long, alias = "morefrag")]
    pub(super) mf: bool,
    /// Where in its packet this fragment belongs: octets, a multiple of 8
    #[arg(short = 'g', long, value_name = "OCTETS", value_parser = number::<u32>, default_value = "0", alias = "fragoff")]
    pub(super) frag_offset: u32,
    /// Send in fragments with so many octets behind the IP header: a multiple of 8
    #[arg(long, value_name = "OCTETS", value_parser = fragment_size, visible_alias = "frag")]
    pub(super) fragment: Option<u16>,
    /// IPv6 flow label [default: random]
    #[arg(long, value_name = "LABEL", value_parser = |text: &str| number_to::<u32>(0xf_ffff, text))]
    pub(super) flow_label: Option<u32>,
    /// IPv4 options, in hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, alias = "ip-options")]
    pub(super) ip_opt: Option<Octets>,
}

/// What the segment carries: one of these, or nothing.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Payload")]
#[group(multiple = false)]
pub(super) struct PayloadArgs {
    /// This text, as it stands
    #[arg(long, value_name = "TEXT", visible_alias = "data-string")]
    pub(super) payload: Option<String>,
    /// These octets, in hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, visible_alias = "data")]
    pub(super) payload_hex: Option<Octets>,
    /// The contents of this file; - for standard input
    #[arg(short = 'E', long, value_name = "FILE")]
    pub(super) payload_file: Option<PathBuf>,
    /// So many random octets
    #[arg(short = 'd', long, value_name = "OCTETS", value_parser = number::<u16>, visible_alias = "data-length")]
    pub(super) payload_random: Option<u16>,
}

/// What is to be wrong.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Faults")]
pub(super) struct FaultArgs {
    /// A wrong TCP, UDP or ICMP checksum
    #[arg(short, long, visible_alias = "badsum", alias = "badcksum")]
    pub(super) bad_checksum: bool,
    /// A wrong IPv4 header checksum
    #[arg(long, visible_alias = "badsum-ip")]
    pub(super) bad_ip_checksum: bool,
    /// A wrong length: in the IP header, with --udp in that of UDP; 8 more than there are, or =OCTETS
    #[arg(long, value_name = "OCTETS", num_args = 0..=1, require_equals = true, value_parser = number::<u16>)]
    pub(super) bad_length: Option<Option<u16>>,
}

/// How often, how fast.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Series")]
pub(super) struct SeriesArgs {
    /// Destination ports, such as 80, 20-25 or 22,80,443; ++80 goes up by one with each packet
    #[arg(short = 'p', long = "ports", value_name = "PORTS", visible_alias = "dest-port", alias = "destport")]
    pub(super) ports: Option<Ports>,
    /// One packet after the other to each of these ports, or with ttl=1-30 to each of these hops: --ports and --ttl by
    /// another name
    #[arg(long, value_name = "PORTS|ttl=TTLS", alias = "scan", short_alias = '8', conflicts_with_all = ["ports", "ttl"])]
    pub(super) sweep: Option<Sweep>,
    /// The way to the host, hop by hop: the same as --ttl 1-30
    #[arg(short = 'T', long, conflicts_with_all = ["ttl", "sweep"])]
    pub(super) traceroute: bool,
    /// Source port, one more with each round [default: a free one]
    #[arg(short = 's', long, value_name = "PORT", value_parser = number::<u16>, alias = "baseport")]
    pub(super) source_port: Option<u16>,
    /// Keep the source port
    #[arg(short, long)]
    pub(super) keep: bool,
    /// Send so many packets, with --ports or --ttl so many rounds
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: u64,
    /// From one packet to the next, with --from from the state to its segment: 1, 0.5, 100us, u100 [default: 1; 10ms between
    /// ports; 0 after --from]
    #[arg(short, long, value_name = "TIME", value_parser = interval, visible_alias = "delay")]
    pub(super) interval: Option<Duration>,
    /// So many packets a second
    #[arg(long, value_name = "N", value_parser = rate, conflicts_with = "interval")]
    pub(super) rate: Option<Duration>,
    /// Ten milliseconds from one packet to the next
    #[arg(long, conflicts_with_all = ["interval", "rate"])]
    pub(super) fast: bool,
    /// A microsecond from one packet to the next, or as fast as it goes
    #[arg(long, conflicts_with_all = ["interval", "rate", "fast"])]
    pub(super) faster: bool,
    /// Wait so long for a reply: 1, 200ms
    #[arg(short = 'W', long, value_name = "TIME", value_parser = interval, default_value = "1")]
    pub(super) timeout: Duration,
}

impl Args {
    /// The destination ports that were asked for.
    pub(super) fn ports(&self) -> Option<&Ports> {
        match &self.series.sweep {
            Some(Sweep::Ports(ports)) => Some(ports),
            Some(Sweep::Ttls(_)) => None,
            None => self.series.ports.as_ref(),
        }
    }

    /// The times to live in their turn.
    pub(super) fn ttls(&self) -> Vec<u8> {
        match &self.series.sweep {
            _ if self.series.traceroute => HOPS.collect(),
            Some(Sweep::Ttls(Ttls(ttls))) => ttls.clone(),
            Some(Sweep::Ports(_)) | None => self.packet.ip.ttl.0.clone(),
        }
    }
}

/// Hops of a way across the Internet at most, as traceroute has it.
const HOPS: RangeInclusive<u8> = 1..=30;

/// Which way the packets go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Way")]
pub(super) struct WayArgs {
    #[command(flatten)]
    pub(super) versions: Versions,
    /// Send and capture on this interface [default: as the routing table says]
    #[arg(short = 'I', long, short_alias = 'e', value_name = "NAME")]
    pub(super) interface: Option<String>,
    /// Send from this address [default: as the routing table says]
    #[arg(short = 'a', long, value_name = "ADDRESS", visible_alias = "spoof")]
    pub(super) source: Option<IpAddr>,
    /// That address need not be ours; only in the lab and on loopback
    #[arg(long, requires = "source")]
    pub(super) allow_spoof: bool,
    #[command(flatten)]
    pub(super) guard: GuardArgs,
}

/// Octets that were written in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Octets(pub(super) Vec<u8>);

fn hexadecimal(text: &str) -> Result<Octets, String> {
    crate::cmd::payload::bytes("HEX", text).map(Octets).map_err(|error| error.to_string())
}

fn fragment_size(text: &str) -> Result<u16, String> {
    let size: u16 = number(text)?;
    let fits = size.is_multiple_of(8) && size > 0;
    if fits { Ok(size) } else { Err("fragments begin at multiples of 8 octets: from 8 to 65528".to_owned()) }
}
