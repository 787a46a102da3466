//! The same packet as commands of hping3, nping and scapy, and what of it each cannot say.

mod hping3;
mod nping;
mod scapy;
mod scapy_icmp;

use std::fmt::Display;

use crate::craft::packet::{IpLength, PacketSpec, Transport, build};

/// The commands, one a line, with a comment above each that has to leave something out, or in place of one that there is
/// not; then the octets, a line for each
/// fragment.
pub(super) fn commands(spec: &PacketSpec) -> String {
    let mut text = String::new();
    // Its addresses are of four octets: there is no command to show.
    let hping3 = if spec.destination.is_ipv4() {
        Some(hping3::command(spec))
    } else {
        text += "# hping3 cannot do IPv6\n";
        None
    };
    for Command { words, lacks } in hping3.into_iter().chain([nping::command(spec)]) {
        if !lacks.is_empty() {
            text += &format!("# {} cannot say: {}\n", words[0], lacks.join(", "));
        }
        text += &format!("{}\n", words.join(" "));
    }
    if let Some(what) = scapy::lacks(spec) {
        text += &format!("# scapy cannot say: {what}\n");
    }
    text += &format!("scapy: send({})\n", scapy::expression(spec));
    let packets = build(spec).unwrap_or_default();
    text + &packets.iter().map(|packet| format!("octets: {}\n", digits(packet))).collect::<String>()
}

/// A command in the making.
struct Command {
    words: Vec<String>,
    /// What it has no word for.
    lacks: Vec<&'static str>,
}

impl Command {
    fn new(program: &str) -> Self {
        Self { words: vec![program.to_owned()], lacks: Vec::new() }
    }

    fn word(&mut self, word: impl Display) {
        self.words.push(word.to_string());
    }

    fn pair(&mut self, option: &str, value: impl Display) {
        self.words.push(format!("{option} {value}"));
    }

    fn if_so(&mut self, condition: bool, option: &str) {
        if condition {
            self.word(option);
        }
    }

    fn lack(&mut self, condition: bool, what: &'static str) {
        if condition {
            self.lacks.push(what);
        }
    }
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What neither hping3 nor nping can say.
fn common_lacks(command: &mut Command, spec: &PacketSpec) {
    command.lack(spec.ip.length != IpLength::Right, "a wrong IP length");
    match &spec.transport {
        Transport::Tcp(tcp) => {
            command.lack(!tcp.options.is_empty(), "these TCP options");
            command.lack(tcp.reserved != 0 || tcp.flags.bits() > 0xff, "AE and the reserved bits");
        }
        Transport::Udp(udp) => command.lack(udp.length.is_some(), "a wrong UDP length"),
        Transport::Icmp(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::packet::{IcmpSpec, IpSpec, OptionSpec, TcpSpec, UdpSpec};
    use crate::wire::Flags;

    fn told(transport: Transport, ip: IpSpec, payload: &[u8]) -> String {
        let [source, destination] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        commands(&PacketSpec { source, destination, ip, transport, payload: payload.to_vec() })
    }

    #[test]
    fn the_same_in_other_words() {
        let tcp = TcpSpec {
            source_port: 40_000,
            destination_port: 80,
            seq: 1,
            ack: 2,
            flags: Flags::SYN | Flags::ACK,
            window: 512,
            ..TcpSpec::default()
        };
        let mut rich = TcpSpec { flags: tcp.flags | Flags::AE, reserved: 5, data_offset: Some(15), ..tcp.clone() };
        rich.options = vec![
            OptionSpec::long(2, [5, 180]),
            OptionSpec::NOP,
            OptionSpec::long(77, [0x27, 0]),
            OptionSpec::long(5, [0, 0, 0, 1, 0, 0, 0, 9]),
        ];
        let mut odd = tcp.clone();
        odd.options = vec![OptionSpec::Long { kind: 2, length: Some(3), data: vec![5, 180] }];
        let ip = IpSpec { id: 7, dont_fragment: true, tos: 16, bad_checksum: true, ..IpSpec::default() };
        let fragment = IpSpec { id: 7, fragment_size: Some(16), more_fragments: true, ..IpSpec::default() };
        let told = [
            told(Transport::Tcp(tcp), IpSpec { id: 7, ..IpSpec::default() }, b"hi"),
            told(Transport::Tcp(rich), ip, b""),
            told(Transport::Tcp(odd), fragment, b""),
            told(
                Transport::Udp(UdpSpec { source_port: 5, destination_port: 53, length: Some(9), bad_checksum: true }),
                IpSpec::default(),
                b"",
            ),
            told(
                Transport::Icmp(IcmpSpec { kind: 13, code: 1, rest: [1, 2, 3, 4], bad_checksum: false }),
                IpSpec::default(),
                b"",
            ),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }

    /// hping3 takes no IPv6 address: a command of it would only fail.
    #[test]
    fn hping3_is_not_named_for_ipv6() {
        let [source, destination] = ["2001:db8::1", "2001:db8::2"].map(|address| address.parse().unwrap());
        let transport = Transport::Tcp(TcpSpec::default());
        let spec = PacketSpec { source, destination, ip: IpSpec::default(), transport, payload: Vec::new() };
        let told = commands(&spec);
        assert!(told.starts_with("# hping3 cannot do IPv6\nnping ") && !told.contains("\nhping3"), "{told}");
    }
}
