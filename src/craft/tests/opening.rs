//! CLOSED, SYN-SENT and SYN-RECEIVED.

use std::net::IpAddr;

use super::bench::{Bench, IRS, ISS, MS, sockets};
use crate::craft::{Offer, Open, Outcome, Timing, Unreachable};
use crate::tcp::{Call, State};
use crate::wire::{Flags, IpFields, SegmentFields, TcpOption, checksum, emit, ip};

const LINUX: [TcpOption<'static>; 5] = [
    TcpOption::Mss(1460),
    TcpOption::SackPermitted,
    TcpOption::Timestamps { value: 77, echo: 0 },
    TcpOption::Nop,
    TcpOption::WindowScale(9),
];

#[test]
fn the_syn_is_the_one_of_linux() {
    let mut bench = Bench::new(|config| config.timestamp_base = 256);
    let sent = bench.sent();
    assert_eq!(sent[0].line, "SYN 0");
    assert_eq!(sent[0].emit.calls, [Some(Call::Connect), None]);
    assert_eq!(sent[0].emit.state, State::SynSent);
    assert_eq!(sent[0].emit.packet[40..], [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7]);
    assert_eq!(sent[0].window, 64240);
}

#[test]
fn every_option_can_be_switched_off() {
    let all = Offer { ecn: true, ..Offer::default() };
    let none = Offer { mss: None, window_scale: None, sack: false, timestamps: false, ecn: false };
    let table: [(Offer, &[u8], Flags); 5] = [
        (none, &[], Flags::SYN),
        (
            Offer { mss: None, ..all },
            &[4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7],
            Flags::SYN | Flags::ECE | Flags::CWR,
        ),
        (Offer { timestamps: false, ..Offer::default() }, &[2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 7], Flags::SYN),
        (
            Offer { sack: false, ..Offer::default() },
            &[2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7],
            Flags::SYN,
        ),
        (Offer { window_scale: None, sack: false, timestamps: false, ..Offer::default() }, &[2, 4, 5, 180], Flags::SYN),
    ];
    for (offer, octets, flags) in table {
        let mut bench = Bench::new(|config| config.offer = offer);
        let sent = bench.sent();
        assert_eq!(sent[0].emit.packet[40..], *octets, "{offer:?}");
        assert_eq!(sent[0].line, format!("{flags} 0"));
    }
}

#[test]
fn the_third_segment_acknowledges_the_syn_of_the_peer() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.stamp = Some((77, 0));
    bench.syn_ack(&LINUX);
    assert_eq!(bench.state(), State::Established);
    let sent = bench.sent();
    assert_eq!(sent[0].line, "ACK 1:1");
    assert_eq!(sent[0].emit.calls, [None, None]);
    assert_eq!(sent[0].options.timestamps, Some((0, 77)));
    assert_eq!(sent[0].window, 502, "64,240 in units of 128, rounded up");
}

#[test]
fn an_option_is_in_force_only_where_both_offer_it() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 2000]);
    bench.window = 2;
    bench.syn_ack(&[TcpOption::Mss(1000)]);
    let sent = bench.sent();
    assert_eq!((sent[0].options.timestamps, sent[0].window), (None, 64240));
    assert_eq!(sent[1].line, "ACK 1:1 +2", "the window of 2 is not scaled");
}

#[test]
fn the_window_of_a_syn_is_never_scaled_and_later_ones_are() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 3000]);
    bench.window = 2;
    bench.syn_ack(&[TcpOption::Mss(1000), TcpOption::Nop, TcpOption::WindowScale(9)]);
    bench.expect(&["ACK 1:1", "ACK 1:1 +2"]);
    bench.ack(1, 3);
    bench.expect(&["ACK 3:1 +1000"]);
}

#[test]
fn without_an_mss_a_peer_gets_the_default() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 600]);
    bench.syn_ack(&[]);
    assert_eq!(bench.sent()[1].payload.len(), 536);
}

#[test]
fn a_syn_is_repeated_with_back_off() {
    let mut bench = Bench::new(|_| {});
    let (lines, outcome) = bench.run_out();
    assert_eq!(lines, ["0: SYN 0", "1000: SYN 0", "3000: SYN 0", "7000: SYN 0"]);
    assert_eq!(outcome, Outcome::Unanswered { syns: 4 });
    assert_eq!(bench.endpoint.syns(), 4);
}

#[test]
fn only_the_first_syn_is_a_call_and_an_answer_to_a_later_one_opens() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.pass(MS * 1000);
    let sent = bench.sent();
    assert_eq!((sent[0].line.as_str(), sent[0].emit.calls), ("SYN 0", [None, None]));
    bench.syn_ack(&LINUX);
    bench.expect(&["ACK 1:1"]);
}

#[test]
fn retries_and_timeout_are_the_users() {
    let timing = Timing { retries: 1, timeout: MS * 200, ..Timing::default() };
    let mut bench = Bench::new(|config| config.timing = timing);
    let (lines, outcome) = bench.run_out();
    assert_eq!((lines, outcome), (vec!["0: SYN 0".into(), "200: SYN 0".into()], Outcome::Unanswered { syns: 2 }));
}

#[test]
fn a_reset_that_acknowledges_the_syn_refuses() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.say(Flags::RST | Flags::ACK, 0, 1, b"");
    assert_eq!(bench.outcome(), Some(Outcome::Refused));
}

#[test]
fn a_reset_that_does_not_acknowledge_it_is_forged() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.say(Flags::RST, 0, 0, b"");
    bench.say(Flags::RST | Flags::ACK, 0, 0, b"");
    bench.say(Flags::RST | Flags::ACK, 0, 2, b"");
    assert_eq!((bench.outcome(), bench.state()), (None, State::SynSent));
}

#[test]
fn an_acknowledgment_of_something_older_is_reset() {
    // RFC 9293 figure 9: the peer still has a half-open connection.
    let mut bench = Bench::syn_sent(|_| {});
    bench.ack(0, 500);
    bench.expect(&["RST 500"]);
    assert_eq!(bench.state(), State::SynSent);
    bench.pass(MS * 1000);
    bench.expect(&["SYN 0"]);
}

#[test]
fn two_syns_that_cross_open_a_connection() {
    // RFC 9293 figure 7, our SYN first.
    let mut bench = Bench::syn_sent(|_| {});
    bench.say(Flags::SYN, 0, 0, b"");
    assert_eq!(bench.state(), State::SynReceived);
    bench.expect(&["SYN ACK 0:1"]);
    bench.say(Flags::SYN | Flags::ACK, 0, 1, b"");
    assert_eq!(bench.state(), State::Established);
    bench.expect(&[]);
}

#[test]
fn a_simultaneous_open_waits_for_the_syn_of_the_peer_and_ignores_it_in_its_own() {
    let mut bench = Bench::new(|config| config.open = Open::Simultaneous);
    bench.expect(&[]);
    bench.ack(0, 7);
    bench.expect(&[]);
    bench.say(Flags::SYN, 0, 0, b"");
    let sent = bench.sent();
    assert_eq!(sent.iter().map(|sent| sent.line.as_str()).collect::<Vec<_>>(), ["SYN 0", "SYN ACK 0:1"]);
    assert_eq!(sent.iter().map(|sent| sent.emit.state).collect::<Vec<_>>(), [State::SynSent, State::SynReceived]);
    assert_eq!(sent[0].emit.calls[0], Some(Call::Connect));
    bench.ack(1, 1);
    assert_eq!(bench.state(), State::Established);
}

#[test]
fn a_simultaneous_open_gives_up_where_no_syn_comes() {
    let mut bench = Bench::new(|config| config.open = Open::Simultaneous);
    let (lines, outcome) = bench.run_out();
    assert_eq!((lines.len(), outcome), (0, Outcome::Unanswered { syns: 0 }));
}

#[test]
fn in_syn_received_the_syn_ack_is_repeated_and_a_wrong_acknowledgment_reset() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.say(Flags::SYN, 0, 0, b"");
    bench.expect(&["SYN ACK 0:1"]);
    bench.pass(MS * 1000);
    bench.expect(&["SYN ACK 0:1"]);
    bench.ack(1, 9);
    bench.expect(&["RST 9"]);
    let (_, outcome) = bench.run_out();
    assert_eq!(outcome, Outcome::Unacknowledged { state: State::SynReceived });
}

#[test]
fn in_syn_received_an_exact_reset_refuses() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.say(Flags::SYN, 0, 0, b"");
    bench.sent();
    bench.say(Flags::RST, 2, 0, b"");
    bench.expect(&["ACK 1:1"]);
    bench.say(Flags::RST, 1, 0, b"");
    assert_eq!(bench.outcome(), Some(Outcome::Refused));
}

#[test]
fn ecn_is_agreed_by_ece_alone() {
    for (flags, expected) in [(Flags::ECE, 0b10), (Flags::ECE | Flags::CWR, 0), (Flags::NONE, 0)] {
        let mut bench = Bench::new(|config| {
            config.offer.ecn = true;
            config.payload = b"x".to_vec();
        });
        bench.expect(&["SYN ECE CWR 0"]);
        bench.say(Flags::SYN | Flags::ACK | flags, 0, 1, b"");
        let sent = bench.sent();
        assert_eq!((sent[0].tos, sent[1].tos), (0, expected), "{flags}");
    }
}

/// An ICMP error from a router that quotes `quoted`.
fn icmp_error(kind: u8, code: u8, rest: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    let mut body = vec![kind, code, 0, 0];
    body.extend(rest);
    body.extend(&quoted[..quoted.len().min(28)]);
    let sum = checksum::Sum::default().with(&body).finish();
    body[2..4].copy_from_slice(&sum.to_be_bytes());
    let (local, _) = sockets();
    let router: IpAddr = "192.0.2.9".parse().unwrap();
    let mut packet = emit::header(router, local.ip(), &IpFields::default(), ip::protocol::ICMP, body.len()).unwrap();
    packet.extend(body);
    packet
}

#[test]
fn an_icmp_error_ends_the_attempt() {
    let mut bench = Bench::new(|_| {});
    let syn = bench.sent().remove(0).emit.packet;
    bench.arrive_bytes(&icmp_error(3, 1, [0; 4], &syn));
    let from = "192.0.2.9".parse().unwrap();
    let expected = Unreachable { from, v6: false, kind: 3, code: 1 };
    assert_eq!(bench.outcome(), Some(Outcome::Unreachable(expected)));
}

#[test]
fn an_icmp_error_about_something_else_is_not_believed() {
    let mut bench = Bench::new(|_| {});
    let syn = bench.sent().remove(0).emit.packet;
    for damage in [12, 16, 21, 23, 27] {
        // source, destination, both ports, sequence number
        let mut other = syn.clone();
        other[damage] ^= 1;
        bench.arrive_bytes(&icmp_error(3, 1, [0; 4], &other));
        assert_eq!(bench.outcome(), None, "octet {damage}");
    }
    bench.arrive_bytes(&icmp_error(5, 1, [0; 4], &syn)); // a redirect is no failure
    bench.arrive_bytes(&icmp_error(3, 1, [0; 4], &syn[..26])); // too short to say which segment
    let mut damaged = icmp_error(3, 1, [0; 4], &syn);
    damaged[30] ^= 1;
    bench.arrive_bytes(&damaged);
    assert_eq!(bench.outcome(), None);
}

#[test]
fn once_established_an_icmp_error_is_only_the_reason_for_silence() {
    let mut bench = Bench::established(|config| config.payload = b"hello".to_vec());
    let data = bench.sent().remove(1).emit.packet;
    bench.arrive_bytes(&icmp_error(3, 13, [0; 4], &data));
    assert_eq!((bench.outcome(), bench.state()), (None, State::Established));
    let (_, outcome) = bench.run_out();
    assert!(matches!(outcome, Outcome::Unreachable(Unreachable { code: 13, .. })), "{outcome:?}");
}

#[test]
fn a_smaller_path_mtu_makes_smaller_segments() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![7; 1400]);
    bench.syn_ack(&[TcpOption::Mss(1460)]);
    let data = bench.sent().remove(1);
    assert_eq!(data.line, "PSH ACK 1:1 +1400");
    bench.arrive_bytes(&icmp_error(3, 4, [0, 0, 0x02, 0x40], &data.emit.packet)); // 576
    bench.expect(&["ACK 1:1 +536", "ACK 537:1 +536", "PSH ACK 1073:1 +328"]);
}

#[test]
fn addresses_of_two_families_are_refused_at_once() {
    let (local, _) = sockets();
    let config = crate::craft::Config::new(local, "[2001:db8::2]:80".parse().unwrap(), crate::tcp::Seq(ISS));
    assert!(crate::craft::Endpoint::new(config, crate::wire::Time::default()).is_err());
}

#[test]
fn data_on_the_syn_ack_is_taken() {
    let mut bench = Bench::syn_sent(|_| {});
    bench.arrive(&SegmentFields {
        seq: IRS,
        payload: b"hi".to_vec(),
        ..bench.fields(Flags::SYN | Flags::ACK, 0, 1, b"")
    });
    bench.expect(&["ACK 1:3"]);
}

#[test]
fn a_repeated_syn_ack_is_acknowledged_again() {
    let mut bench = Bench::established(|_| {});
    bench.expect(&["ACK 1:1"]);
    bench.syn_ack(&[TcpOption::Mss(100)]);
    bench.expect(&["ACK 1:1"]);
    assert_eq!(bench.state(), State::Established);
}
