//! The arguments resolved: which packets go out, from where, and how fast.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::ensure;

use super::args::{Args, IpArgs, PacketArgs, PayloadArgs, SeriesArgs, TcpArgs};
use crate::cmd::payload;
use crate::cmd::target::{Target, Way, Written};
use crate::cmd::way::Versions;
use crate::craft::packet::{IcmpSpec, IpLength, IpSpec, PacketSpec, TcpSpec, Transport, UdpSpec};
use crate::craft::probe::{Pace, Series};
use crate::drive::guards::Guards;
use crate::sys::{self, random};
use crate::tcp::{Relative, Variables};
use crate::wire::Flags;
use crate::wire::icmp::kind;

/// Between two packets to one port, and between two ports.
const INTERVAL: Duration = Duration::from_secs(1);
const PORT_INTERVAL: Duration = Duration::from_millis(10);
/// What hping3 calls fast and faster.
const FAST: Duration = Duration::from_millis(10);
const FASTER: Duration = Duration::from_micros(1);

/// How far a wrong length goes beyond the packet, in octets.
const BEYOND: u16 = 8;
/// ICMP queries with a body (RFC 792, RFC 950).
const TIMESTAMP: u8 = 13;
const ADDRESS_MASK: u8 = 17;

/// Everything that is needed to begin.
pub(super) struct Plan {
    pub(super) series: Series,
    pub(super) pace: Pace,
    pub(super) target: Target,
    /// None where nothing comes back to us that our kernel could answer.
    pub(super) guards: Option<Guards>,
}

impl Plan {
    /// Chooses what was left open, and reserves a port.
    pub(super) fn make(args: &Args, target: Target) -> anyhow::Result<Self> {
        check(&args.packet, target.remote.ip())?;
        let guarded = !args.packet.other.is_other() && !args.show_equivalent;
        let Origin { source, port, guards } = origin(args, &target, guarded)?;
        let template = spec(&args.packet, source, &target, port, None)?;
        let series = series(args, template);
        let pace = pace(&args.series, &series);
        Ok(Self { series, pace, target, guards })
    }
}

/// Where packets come from.
pub(super) struct Origin {
    pub(super) source: IpAddr,
    pub(super) port: u16,
    /// None where nothing comes back to us that our kernel could answer.
    pub(super) guards: Option<Guards>,
}

/// Chooses address and port where the arguments do not; `guarded`: segments are sent, which our kernel shall not answer.
pub(super) fn origin(args: &Args, target: &Target, guarded: bool) -> anyhow::Result<Origin> {
    let source = args.way.source.unwrap_or(target.route.source);
    let ours = source == target.route.source;
    let mut guards = (ours && guarded).then(|| Guards::new(&target.route.interface));
    let port = match (args.series.source_port, &mut guards) {
        // The guard finds a free port.
        (None, Some(guards)) => guards.cover(source, 0)?,
        (None, None) => random::u16()? | 0x8000,
        (Some(port), _) => port,
    };
    Ok(Origin { source, port, guards: guards.filter(|_| args.way.guard.rst_guard) })
}

/// Sees to it that the source ports of the whole series can be guarded when privileges are gone.
pub(super) fn prepare_guards(plan: &mut Plan) -> sys::Result<()> {
    let Some(guards) = &mut plan.guards else { return Ok(()) };
    let (series, source) = (&plan.series, plan.series.template.source);
    let rounds = if series.keep_source_port { Some(1) } else { series.rounds };
    let port = |round: u64| match series.spec(round * series.per_round()).transport {
        Transport::Tcp(tcp) => Some(tcp.source_port),
        Transport::Udp(_) | Transport::Icmp(_) => None,
    };
    // Below this a port needs a privilege of its own; for those above there will be sockets.
    let low = (0..rounds.unwrap_or(PRIVILEGED.into())).map_while(port).take_while(|port| *port < PRIVILEGED);
    let first = port(0).into_iter().filter(|port| *port >= PRIVILEGED);
    guards.prepare(source, low.chain(first), rounds.unwrap_or(u64::MAX).saturating_sub(1))
}

/// The first port that anybody may have.
const PRIVILEGED: u16 = 1024;

/// The way that the arguments choose; a source that is not ours chooses none.
pub(super) fn way(args: &Args) -> Way {
    let way = &args.way;
    let version = way.source.filter(|_| way.allow_spoof);
    let versions = Versions {
        ipv4: way.versions.ipv4 || version.is_some_and(|source| source.is_ipv4()),
        ipv6: way.versions.ipv6 || version.is_some_and(|source| source.is_ipv6()),
    };
    Way { versions, interface: way.interface.clone(), source: way.source.filter(|_| !way.allow_spoof) }
}

/// Host and port; with --ports the first of them.
pub(super) fn written(args: &Args, default: &str) -> anyhow::Result<Written> {
    ensure!(args.port.is_none() || args.ports().is_none(), "ports are named twice: give PORT, or else --sweep");
    let first = args.ports().and_then(|ports| ports.list.first()).filter(|port| **port > 0);
    let first = first.map(u16::to_string);
    Written::of(args.host.as_deref().unwrap_or(default), args.port.as_deref().or(first.as_deref()))
}

/// A foreign source address is for places where it can deceive nobody else.
pub(super) fn check_spoof(args: &Args, target: &Target) -> anyhow::Result<()> {
    ensure!(
        !args.way.allow_spoof || args.lab.lab || target.route.loopback,
        "--allow-spoof sends in another's name, which is for --lab and loopback only: {} lies beyond",
        target.remote.ip()
    );
    Ok(())
}

/// What one IP version has and the other has not.
pub(super) fn check(args: &PacketArgs, remote: IpAddr) -> anyhow::Result<()> {
    let (v4, ip) = (remote.is_ipv4(), &args.ip);
    ensure!(v4 || !args.faults.bad_ip_checksum, "--bad-ip-checksum is for IPv4: an IPv6 header has no checksum");
    ensure!(v4 || ip.ip_opt.is_none(), "--ip-opt is for IPv4: an IPv6 header has no options");
    ensure!(v4 || !ip.df, "--df is for IPv4: in IPv6 routers never fragment");
    ensure!(!v4 || ip.flow_label.is_none(), "--flow-label is for IPv6: an IPv4 header has none");
    ensure!(!v4 || ip.id.is_none_or(|id| id <= 0xffff), "--id has 16 bits in IPv4: 65535 is the most");
    let is_tcp = !args.other.is_other();
    ensure!(is_tcp || !args.tcp.is_used(), "flags and options are TCP's: leave them out with --udp and --icmp");
    ensure!(is_tcp || !args.other.udp || args.other.icmp_code.is_none(), "--icmp-code is for --icmp");
    Ok(())
}

impl super::args::OtherArgs {
    pub(super) const fn is_other(&self) -> bool {
        self.udp || self.icmp.is_some() || self.icmp_echo || self.icmp_code.is_some()
    }
}

impl TcpArgs {
    fn is_used(&self) -> bool {
        self.flags.is_some()
            || self.letters() != Flags::NONE
            || !self.options.is_empty()
            || self.data_offset.is_some()
            || self.reserved.is_some()
    }

    fn letters(&self) -> Flags {
        let letters = &self.letters;
        let set = [
            (letters.syn, Flags::SYN),
            (letters.ack_flag, Flags::ACK),
            (letters.fin, Flags::FIN),
            (letters.rst, Flags::RST),
            (letters.psh, Flags::PSH),
            (letters.urg, Flags::URG),
            (letters.ece, Flags::ECE),
            (letters.cwr, Flags::CWR),
        ];
        set.into_iter().filter(|(set, _)| *set).fold(Flags::NONE, |all, (_, flag)| all | flag)
    }

    /// What was asked for; else the number that the receiver expects next, or where there is no connection any.
    fn seq(&self, receiver: Option<&Variables>) -> anyhow::Result<u32> {
        match (self.seq, receiver) {
            (Some(seq), _) => resolve("--seq", &seq, receiver),
            (None, Some(receiver)) => Ok(receiver.rcv_nxt.0),
            (None, None) => Ok(random::u32()?),
        }
    }

    /// What was asked for; else what acknowledges all that the receiver has sent, if it is to acknowledge at all.
    fn ack(&self, receiver: Option<&Variables>, flags: Flags) -> anyhow::Result<u32> {
        match (self.ack, receiver.filter(|_| flags.ack())) {
            (Some(ack), _) => resolve("--ack", &ack, receiver),
            (None, Some(receiver)) => Ok(receiver.snd_nxt.0),
            (None, None) => Ok(0),
        }
    }

    /// The flags; SYN if nothing is said.
    pub(super) fn flags(&self) -> Flags {
        self.bits().0
    }

    /// Flags and reserved bits; SYN if nothing is said.
    fn bits(&self) -> (Flags, u8) {
        let letters = self.letters();
        let (flags, reserved) = match self.flags {
            Some(bits) => (bits.flags | letters, bits.reserved),
            None if letters == Flags::NONE => (Flags::SYN, 0),
            None => (letters, 0),
        };
        (flags, self.reserved.unwrap_or(reserved))
    }
}

/// The packet. Numbers that are relative to a connection need the variables of the end that receives it.
pub(super) fn spec(
    args: &PacketArgs,
    source: IpAddr,
    target: &Target,
    source_port: u16,
    receiver: Option<&Variables>,
) -> anyhow::Result<PacketSpec> {
    let destination = target.remote.ip();
    let mut payload = payload(&args.payload)?;
    let ports = (source_port, target.remote.port());
    let transport = transport(args, destination, ports, payload.len(), receiver)?;
    if payload.is_empty() && destination.is_ipv4() {
        payload.resize(body(&transport), 0);
    }
    let mut ip = ip(&args.ip)?;
    ip.bad_checksum = args.faults.bad_ip_checksum;
    if !args.other.udp {
        ip.length = length(args.faults.bad_length);
    }
    Ok(PacketSpec { source, destination, ip, transport, payload })
}

/// Gives `spec` its numbers again, for a receiver with other variables.
pub(super) fn aim(args: &PacketArgs, spec: &mut PacketSpec, receiver: &Variables) -> anyhow::Result<()> {
    if let Transport::Tcp(tcp) = &mut spec.transport {
        tcp.seq = args.tcp.seq(Some(receiver))?;
        tcp.ack = args.tcp.ack(Some(receiver), tcp.flags)?;
    }
    Ok(())
}

/// Octets behind the header that an ICMP query has by its definition: hosts drop shorter ones.
const fn body(transport: &Transport) -> usize {
    match transport {
        Transport::Icmp(IcmpSpec { kind: TIMESTAMP, .. }) => 12,
        Transport::Icmp(IcmpSpec { kind: ADDRESS_MASK, .. }) => 4,
        _ => 0,
    }
}

/// `payload`: its octets.
fn transport(
    args: &PacketArgs,
    to: IpAddr,
    (source_port, destination_port): (u16, u16),
    payload: usize,
    receiver: Option<&Variables>,
) -> anyhow::Result<Transport> {
    let bad_checksum = args.faults.bad_checksum;
    if args.other.udp {
        let right = u16::try_from(payload + 8).unwrap_or(u16::MAX);
        let length = args.faults.bad_length.map(|asked| asked.unwrap_or(right.saturating_add(BEYOND)));
        return Ok(Transport::Udp(UdpSpec { source_port, destination_port, length, bad_checksum }));
    }
    if args.other.is_other() {
        let echo = if to.is_ipv4() { kind::ECHO_REQUEST } else { kind::V6_ECHO_REQUEST };
        let (asked, code) = args.other.icmp.map_or((None, 0), |message| (message.kind, message.code));
        let [a, b] = random::u16()?.to_be_bytes();
        let code = args.other.icmp_code.unwrap_or(code);
        return Ok(Transport::Icmp(IcmpSpec { kind: asked.unwrap_or(echo), code, rest: [a, b, 0, 1], bad_checksum }));
    }
    let tcp = &args.tcp;
    let (flags, reserved) = tcp.bits();
    Ok(Transport::Tcp(TcpSpec {
        source_port,
        destination_port,
        seq: tcp.seq(receiver)?,
        ack: tcp.ack(receiver, flags)?,
        flags,
        reserved,
        data_offset: tcp.data_offset,
        window: tcp.window,
        urgent: tcp.urgent,
        options: tcp.options.clone(),
        bad_checksum,
    }))
}

/// The length field of the IP header.
const fn length(asked: Option<Option<u16>>) -> IpLength {
    match asked {
        None => IpLength::Right,
        Some(None) => IpLength::Beyond(BEYOND),
        Some(Some(octets)) => IpLength::Says(octets),
    }
}

/// The number that `asked` is to an end with the variables of `receiver`.
fn resolve(option: &str, asked: &Relative, receiver: Option<&Variables>) -> anyhow::Result<u32> {
    if let Some(receiver) = receiver {
        return Ok(asked.resolve(receiver).0);
    }
    ensure!(!asked.needs_connection(), "{option} {asked} counts from a connection: say with --from STATE from which");
    Ok(asked.offset())
}

fn ip(args: &IpArgs) -> anyhow::Result<IpSpec> {
    Ok(IpSpec {
        ttl: args.ttl.0.first().copied().unwrap_or(64),
        tos: args.tos,
        // Zero would be filled in by the kernel.
        id: args.id.map_or_else(|| random::u16().map(|id| u32::from(id.max(1))), Ok)?,
        dont_fragment: args.df,
        more_fragments: args.mf,
        fragment_offset: args.frag_offset,
        fragment_size: args.fragment.map(usize::from),
        fragment_header: false,
        flow_label: args.flow_label.map_or_else(random::u32, Ok)?,
        options: args.ip_opt.as_ref().map_or_else(Vec::new, |octets| octets.0.clone()),
        ..IpSpec::default()
    })
}

fn payload(args: &PayloadArgs) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = &args.payload {
        Ok(text.clone().into_bytes())
    } else if let Some(octets) = &args.payload_hex {
        Ok(octets.0.clone())
    } else if let Some(path) = &args.payload_file {
        payload::read(path)
    } else {
        (0..args.payload_random.unwrap_or(0)).map(|_| Ok(random::u16()? as u8)).collect()
    }
}

fn series(args: &Args, template: PacketSpec) -> Series {
    let (ports, ttls) = (args.ports(), args.ttls());
    let mut template = template;
    template.ip.ttl = ttls.first().copied().unwrap_or(template.ip.ttl);
    Series {
        template,
        ports: ports.map_or_else(Vec::new, |ports| ports.list.clone()),
        ttls: if ttls.len() > 1 { ttls } else { Vec::new() },
        rounds: Some(args.series.count),
        keep_source_port: args.series.keep,
        step_port: ports.is_some_and(|ports| ports.step),
        keep_id: args.packet.ip.id.is_some(),
    }
}

fn pace(args: &SeriesArgs, series: &Series) -> Pace {
    let default = if series.ports.len() > 1 { PORT_INTERVAL } else { INTERVAL };
    let asked = args.interval.or(args.rate).or(args.fast.then_some(FAST)).or(args.faster.then_some(FASTER));
    Pace {
        interval: asked.unwrap_or(default),
        timeout: args.timeout,
        in_turn: asked.is_none() && !series.ttls.is_empty(),
    }
}
