//! nping(1).

use super::{Command, common_lacks, digits};
use crate::craft::packet::{PacketSpec, TcpSpec, Transport};

pub(super) fn command(spec: &PacketSpec) -> Command {
    let mut command = Command::new("nping");
    command.word("-c 1");
    command.if_so(spec.destination.is_ipv6(), "-6");
    let is_bad = match &spec.transport {
        Transport::Tcp(tcp) => {
            tcp_words(&mut command, tcp);
            tcp.bad_checksum
        }
        Transport::Udp(udp) => {
            command.word("--udp");
            command.pair("-p", udp.destination_port);
            command.pair("-g", udp.source_port);
            udp.bad_checksum
        }
        Transport::Icmp(icmp) => {
            let [a, b, c, d] = icmp.rest;
            command.word("--icmp");
            command.pair("--icmp-type", icmp.kind);
            command.pair("--icmp-code", icmp.code);
            command.pair("--icmp-id", u16::from_be_bytes([a, b]));
            command.pair("--icmp-seq", u16::from_be_bytes([c, d]));
            icmp.bad_checksum
        }
    };
    command.if_so(is_bad, "--badsum");
    ip_words(&mut command, spec);
    command.word(spec.destination);
    common_lacks(&mut command, spec);
    command
}

fn tcp_words(command: &mut Command, tcp: &TcpSpec) {
    command.word("--tcp");
    command.pair("--flags", format!("{:#04x}", tcp.flags.bits() & 0xff));
    command.pair("-p", tcp.destination_port);
    command.pair("-g", tcp.source_port);
    command.pair("--seq", tcp.seq);
    command.pair("--ack", tcp.ack);
    command.pair("--win", tcp.window);
    command.lack(tcp.urgent != 0, "the urgent pointer");
    command.lack(tcp.data_offset.is_some(), "a data offset");
}

fn ip_words(command: &mut Command, spec: &PacketSpec) {
    let ip = &spec.ip;
    let v4 = spec.destination.is_ipv4();
    command.pair("-S", spec.source);
    if v4 {
        command.pair("--ttl", ip.ttl);
        command.pair("--id", ip.id);
        command.pair("--tos", ip.tos);
    } else {
        command.pair("--hop-limit", ip.ttl);
        command.pair("--traffic-class", ip.tos);
        command.pair("--flow", ip.flow_label & 0xf_ffff);
    }
    command.if_so(ip.dont_fragment, "--df");
    command.if_so(ip.more_fragments, "--mf");
    if let Some(size) = ip.fragment_size {
        command.pair("--mtu", size);
    }
    if !ip.options.is_empty() {
        let hex: String = ip.options.iter().map(|octet| format!("\\x{octet:02x}")).collect();
        command.pair("--ip-options", format!("'{hex}'"));
    }
    if !spec.payload.is_empty() {
        command.pair("--data", digits(&spec.payload));
    }
    command.if_so(ip.bad_checksum, "--badsum-ip");
    command.lack(ip.fragment_offset > 0, "a fragment offset");
}
