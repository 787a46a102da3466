//! hping3(8).

use super::{Command, common_lacks};
use crate::craft::packet::{PacketSpec, TcpSpec, Transport};
use crate::wire::Flags;

/// Its letters for flags.
const LETTERS: [(Flags, &str); 8] = [
    (Flags::SYN, "-S"),
    (Flags::ACK, "-A"),
    (Flags::FIN, "-F"),
    (Flags::RST, "-R"),
    (Flags::PSH, "-P"),
    (Flags::URG, "-U"),
    (Flags::ECE, "-X"),
    (Flags::CWR, "-Y"),
];

/// A command for an IPv4 packet; it knows no other.
pub(super) fn command(spec: &PacketSpec) -> Command {
    let mut command = Command::new("hping3");
    command.word("-c 1");
    match &spec.transport {
        Transport::Tcp(tcp) => tcp_words(&mut command, tcp),
        Transport::Udp(udp) => {
            command.word("-2");
            command.pair("-p", udp.destination_port);
            command.pair("-k -s", udp.source_port);
            command.if_so(udp.bad_checksum, "-b");
        }
        Transport::Icmp(icmp) => {
            command.word("-1");
            command.pair("-C", icmp.kind);
            command.pair("-K", icmp.code);
            command.if_so(icmp.bad_checksum, "-b");
            command.lack(true, "the ICMP identifier and sequence number");
        }
    }
    ip_words(&mut command, spec);
    command.word(spec.destination);
    common_lacks(&mut command, spec);
    command
}

fn tcp_words(command: &mut Command, tcp: &TcpSpec) {
    LETTERS.iter().filter(|(flag, _)| tcp.flags.contains(*flag)).for_each(|(_, letter)| command.word(letter));
    command.pair("-p", tcp.destination_port);
    command.pair("-k -s", tcp.source_port);
    command.pair("-M", tcp.seq);
    command.pair("-L", tcp.ack);
    command.pair("-w", tcp.window);
    if let Some(offset) = tcp.data_offset {
        command.pair("-O", offset);
    }
    command.if_so(tcp.bad_checksum, "-b");
    command.lack(tcp.urgent != 0, "the urgent pointer");
}

fn ip_words(command: &mut Command, spec: &PacketSpec) {
    let ip = &spec.ip;
    command.pair("-a", spec.source);
    command.pair("-t", ip.ttl);
    command.pair("-N", ip.id);
    command.pair("-o", format!("{:02x}", ip.tos));
    command.if_so(ip.dont_fragment, "-y");
    command.if_so(ip.more_fragments, "-x");
    if ip.fragment_offset > 0 {
        command.pair("-g", ip.fragment_offset);
    }
    if let Some(size) = ip.fragment_size {
        command.pair("-f -m", size + 20);
    }
    if !spec.payload.is_empty() {
        command.pair("-d", spec.payload.len());
    }
    command.lack(!spec.payload.is_empty(), "this payload (but with -E FILE)");
    command.lack(!ip.options.is_empty(), "these IP options");
    command.lack(ip.bad_checksum, "a wrong IP checksum");
}
