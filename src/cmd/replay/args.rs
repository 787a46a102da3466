//! The arguments of `rawshake replay`, as they were typed.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::against::AgainstArgs;
use super::choice;
use super::exchanges::{ProtocolArgs, Protocols};
use super::onto::OntoArgs;
use crate::cmd::capture::CaptureArgs;
use crate::cmd::output::{Format, OutputArgs};
use crate::sink::fields::{FIELDS, Field, Sort};

/// Show the TCP connections in capture files, and the UDP and ICMP exchanges; or send the packets
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
    #[command(flatten)]
    pub(super) protocols: ProtocolArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// One segment at a time: predict its flags, numbers or state, see it with its reasons, go back
    #[arg(long, help_heading = "Output")]
    pub(super) step: bool,
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(flatten)]
    pub(super) capture: CaptureArgs,
    #[command(flatten)]
    pub(super) onto: OntoArgs,
    #[command(flatten)]
    pub(super) against: AgainstArgs,
}

const AFTER_HELP: &str = "\
Examples:
  rawshake replay capture.pcap               every connection as a ladder
  rawshake replay capture.pcap --list        one row for each connection
  rawshake replay capture.pcap --list \\
                  --columns '#,client,closed,completeness,notes'
  rawshake replay capture.pcap -n 3 -v       the third one, with every reason
  rawshake replay capture.pcap -f 'port 80' --list --format json
  rawshake replay capture.pcap -p all --list one table of connections, one of
                                             UDP and ICMP exchanges
  rawshake replay capture.pcap --only refused,reset --list --sort duration:desc
  rawshake replay capture.pcap --where 'setup > 100ms and syns = 1' \\
                               --pcap slow.pcap
  rawshake replay capture.pcap --list \\
                  --where 'stage = after-first-data and reset_by = server'
  rawshake replay *.pcap --stats
  rawshake replay capture.pcap --format lines --replay-speed 10
  rawshake replay --merge here.pcap there.pcap --format lines
  sudo tcpdump -i eth0 -U -w - tcp | rawshake replay - --format lines
  rawshake replay --follow growing.pcap --format json
  rawshake replay capture.pcap --format html > page.html   to step through
  rawshake replay capture.pcap -n 3 --format svg --handout blank > sheet.svg
  rawshake replay capture.pcap -n 3 --step   one segment at a time, and your
                                             predictions marked
  rawshake replay capture.pcap --lab --one-at-a-time   to the lab's server
  sudo rawshake replay capture.pcap --onto eth1 --dry-run   what would be sent
  sudo rawshake replay capture.pcap --onto eth1 --yes       as it was recorded
  sudo rawshake replay capture.pcap --onto eth1 --yes --top-speed --loop 100
  sudo rawshake replay capture.pcap --onto eth1 --yes \\
                  --map-ip 10.1.0.0/16=10.2.0.0/16 --dest-mac 02:00:00:00:00:09
  sudo rawshake replay http.pcap -n 3 --against 192.0.2.7 \\
                  --ignore 'Date: [^\\r]*'
                                             the client's side of the third one,
                                             to a live server
  sudo rawshake replay http.pcap --against 0.0.0.0:8080 --as server
                                             the server's, to a live client
  rawshake replay http.pcap --against server --lab
                                             both, in the embedded lab

Without --protocol, a capture without TCP shows its UDP and ICMP exchanges, any
other its connections alone. An exchange is what two sockets (UDP), or two hosts
with one identifier (ICMP requests and replies), send each other until both are
silent for two minutes. An ICMP error is drawn where the packet is that it
quotes. Of packets that come while they happen, the first 20,000 events of
exchanges wait for a connection: -p udp shows them at once.
Link types: Ethernet, BSD loopback, raw IP, Linux cooked (1 and 2), PPP, 802.11
(also behind radiotap, Prism, AVS), and two dozen more; VLAN, PPPoE and MPLS
tags. IP fragments are put together, tunnels (GRE, IPIP, 6in4, VXLAN, GENEVE and
others) looked into.
--where knows and, or, not, parentheses, = != < <= > >=, ~ (holds a text) and
none (nothing there), and the fields of --list --format json: handshake,
termination, marks, segments, bytes_client, handshake_ms, duration_ms, syns,
closed_first, client.ip, server.port, retransmissions.client, and more; a wrong
name lists them all. A column of the table is a field, too. Times take ns, us,
ms, s, min, h, d; numbers k, M, G.
The columns zeek and history, as wide screens show them, are conn_state and
history of Zeek's conn.log; stage is how far a connection got that was reset or
never opened: after-syn, after-ack, after-first-data or later.
Comments of a pcapng file stand with their packets, and those of its sections
and interfaces before the first packet behind them, in ladder, lines and JSON;
not with -q, --list and --stats.
What cannot be read is said, with its place, and passed over: behind a record
or block of a wrong length the next one is looked for, within 256 KiB, but not
in what comes while it happens.
Of packets that come while they happen, a connection's end is told when it has
been silent for a second. tcpdump holds packets back without --immediate-mode.
--onto sends every octet as it was captured, and what is rewritten with its
checksums mended; one that was wrong stays wrong without --fix-checksums. Raw
IP, BSD loopback and Linux cooked captures become Ethernet where --dest-mac says
to whom. A packet that cannot be sent so ends the run. Each departs at its time
from one fixed start, so that lateness never adds up; the report compares
schedule and departure, by the kernel's stamps where it gives them. With
--top-speed and --via xdp, packets pass by the queueing discipline, and captures
on this machine do not see them. AF_XDP sends through the first queue.
With --connection fragments between its hosts are sent, too, once it has begun.
Packets from addresses that this machine does not own take --yes, but on
loopback. Send only through interfaces whose networks you own or may test.
--against needs all of the connection: its handshake, and every octet up to 64
MiB of both sides together. Numbers, ports and addresses are new, options those
of the recorded SYN. What was said is said again when the octets have come that
came before it, in whatever segments, and after the time that was taken then; a
pause of the other side includes the way there and back. Where the peer says
something else, --wait ends its turn, and the rest is played all the same. A
recording that was left open is closed.
Ctrl-C ends --follow and standard input as the end of the file would. Of a file
it shows what was found so far, and what --onto sent, and the exit code is 130;
a second Ctrl-C ends the program at once.
Exit codes: 0 at least one connection or exchange (that was asked for), 1 none
that passes --filter, --only or --where, 2 error, as where there is no
connection of the number of -n; what was read is shown all the same. With
--onto: 0 all was sent, 1 there was no packet, 2 error; what was sent is
reported all the same. With --against: 0 the peer said the same octets, 1
others, or there was no connection, 2 error, 130 Ctrl-C. Play only to hosts that
you own or may test.";

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
    /// Connections that are followed at once; beyond that, the one that was idle longest is taken for ended. Each takes
    /// about 1.6 kB of memory, some 210 octets while there is only its SYN, and less than 64 when it is over
    #[arg(long, value_name = "N", default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(super) max_connections: u32,
    /// Show each segment when its time has come, N times as fast as the capture was made
    #[arg(long, value_name = "N", value_parser = speed, conflicts_with_all = ["list", "stats", "follow"])]
    pub(super) replay_speed: Option<f64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "not a number above 0, such as 1 or 0.5".to_owned())
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
    #[command(flatten)]
    pub(super) verdicts: VerdictArgs,
}

/// Which verdicts connections must have to be shown.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Choice")]
pub(in crate::cmd) struct VerdictArgs {
    /// Only connections with one of these verdicts, separated by commas: how they opened (three-way, refused, unanswered,
    /// …), how they closed (four-segment, reset, none, …), or what was unusual (syn-retransmission, zero-window, …)
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', value_parser = verdict(), hide_possible_values = true)]
    pub(in crate::cmd) only: Vec<String>,
    /// Only connections for which this holds, such as 'handshake_ms > 100ms and server.port = 443'
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub(in crate::cmd) expression: Option<String>,
}

impl ChoiceArgs {
    /// The options that choose among connections, as they are typed.
    pub(super) fn of_connections(&self) -> String {
        let number = self.connection.map(|number| format!("--connection {number}"));
        number.into_iter().chain(self.verdicts.typed()).collect::<Vec<_>>().join(" and ")
    }
}

impl VerdictArgs {
    /// The options that were given, as they are typed.
    pub(in crate::cmd) fn typed(&self) -> impl Iterator<Item = String> {
        let only = (!self.only.is_empty()).then(|| format!("--only {}", self.only.join(",")));
        let expression = self.expression.as_ref().map(|expression| format!("--where {expression:?}"));
        only.into_iter().chain(expression)
    }
}

/// Reads the name of a verdict.
fn verdict() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(choice::verdicts())
}

/// The table of connections.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ListArgs {
    /// One row for each connection
    #[arg(short, long)]
    pub(super) list: bool,
    /// Sums over all connections: verdicts, percentiles of times, SYNs sent again, servers that refuse. Exchanges are counted
    /// where there is no connection, or --protocol names them
    #[arg(short, long, conflicts_with_all = ["list", "sort"])]
    pub(super) stats: bool,
    /// With --list: order the rows by a column of the table or a field of --where, the first 200,000 of them
    #[arg(long, value_name = "COLUMN[:desc]", value_parser = sort)]
    pub(super) sort: Option<Sort>,
    /// With --list: the columns of the table, in this order, separated by commas: those that it has, or any field of --where,
    /// such as completeness. If left out: as many of the usual ones as there is room for
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', value_parser = column)]
    pub(super) columns: Vec<&'static Field>,
}

fn column(name: &str) -> Result<&'static Field, String> {
    let names = || FIELDS.iter().map(|field| field.alias.unwrap_or(field.name)).collect::<Vec<_>>().join(", ");
    Field::named(name).ok_or_else(|| format!("no column is called {name:?}; there are: {}", names()))
}

fn sort(text: &str) -> Result<Sort, String> {
    let (name, descending) = match text.rsplit_once(':') {
        Some((name, "desc")) => (name, true),
        Some((name, "asc")) => (name, false),
        Some((name, direction)) if Field::named(name).is_some() => {
            return Err(format!("a column is ordered asc (upwards, as it is without) or desc, not {direction:?}"));
        }
        _ => (text, false),
    };
    Ok(Sort { field: column(name)?, descending })
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
        ensure!(
            self.list.columns.is_empty() || self.list.list && self.output.format == Format::Ladder,
            "--columns chooses those of the table of --list: add that, without --format (CSV and JSON have every field)"
        );
        ensure!(self.list.sort.is_none() || self.is_list(), "--sort orders the rows of --list: add that");
        ensure!(
            !(self.output.format == Format::Csv && self.reading.replay_speed.is_some()),
            "--format csv has a line for each connection, which has no time of its own: leave --replay-speed out"
        );
        let (format, sums) = (self.output.format, self.list.stats);
        if sums || self.list.list {
            self.output.refuse_pictures("--list and --stats are none")?;
        }
        ensure!(
            !(sums && matches!(format, Format::Csv | Format::Lines)),
            "--stats gives text or --format json, not {}",
            if format == Format::Csv { "csv" } else { "lines" }
        );
        ensure!(
            !(self.list.list && format == Format::Lines),
            "--list has a row for each connection, --format lines a line for each segment: leave one of them out"
        );
        self.against.check(self)
    }

    /// What is shown: no exchanges beside options that only connections have a place for.
    ///
    /// # Errors
    /// Exchanges were asked for together with such an option.
    pub(super) fn protocols(&self) -> anyhow::Result<Protocols> {
        let options = [
            (self.choice.connection.is_some(), "--connection"),
            (!self.choice.verdicts.only.is_empty(), "--only"),
            (self.choice.verdicts.expression.is_some(), "--where"),
            (self.list.sort.is_some(), "--sort"),
            (self.output.format == Format::Csv, "--format csv"),
        ];
        let given: Vec<_> = options.iter().filter(|(given, _)| *given).map(|(_, name)| *name).collect();
        self.protocols.shown(&given)
    }

    /// Whether each connection has a row.
    pub(super) fn is_list(&self) -> bool {
        self.list.list || self.output.format == Format::Csv
    }

    /// Whether only the verdicts are shown, not the segments.
    pub(super) fn is_of_verdicts(&self) -> bool {
        self.list.stats || self.is_list()
    }

    /// Whether nothing is shown before all is read.
    pub(super) const fn is_silent(&self) -> bool {
        self.list.stats || self.list.sort.is_some()
    }

    /// What is read, as messages call it.
    pub(super) fn name(&self) -> String {
        match &*self.files {
            [file] if file == Path::new("-") => "standard input".to_owned(),
            [file] => file.to_string_lossy().escape_debug().to_string(),
            files => format!("{} files", files.len()),
        }
    }

    /// The same within a sentence: the name of a file in quotes.
    pub(super) fn quoted_name(&self) -> String {
        match &*self.files {
            [file] if file != Path::new("-") => format!("{:?}", file.to_string_lossy()),
            _ => self.name(),
        }
    }
}
