//! Segments that must change nothing, in every state.

use super::bench::{Bench, IRS, ISS, MS, sockets};
use crate::craft::Outcome;
use crate::wire::{Flags, IpFields, SegmentFields, emit};

/// A reset that would end the connection in every state but TIME-WAIT, if it were genuine.
fn deadly() -> SegmentFields {
    SegmentFields {
        seq: IRS + 1,
        ack: ISS.wrapping_add(1),
        flags: Flags::RST | Flags::ACK,
        window: 100,
        ..SegmentFields::default()
    }
}

fn packet(fields: &SegmentFields) -> Vec<u8> {
    let (local, remote) = sockets();
    emit::segment(remote, local, &IpFields::default(), fields).unwrap()
}

/// Damaged versions of a packet that would end the connection.
fn damaged() -> Vec<(&'static str, Vec<u8>)> {
    let (local, remote) = sockets();
    let whole = packet(&deadly());
    let with = |at: usize, value: u8| {
        let mut bytes = whole.clone();
        bytes[at] = value;
        bytes
    };
    let elsewhere = |source, destination| emit::segment(source, destination, &IpFields::default(), &deadly()).unwrap();
    let port = |mut socket: std::net::SocketAddr| {
        socket.set_port(socket.port() + 1);
        socket
    };
    let foreign = "192.0.2.7:80".parse().unwrap();
    vec![
        ("wrong checksum", with(36, whole[36] ^ 1)),
        ("wrong IP checksum", with(10, whole[10] ^ 1)),
        ("foreign source port", elsewhere(port(remote), local)),
        ("foreign destination port", elsewhere(remote, port(local))),
        ("foreign source", elsewhere(foreign, local)),
        ("our own, reflected", elsewhere(local, remote)),
        ("cut in the TCP header", whole[..30].to_vec()),
        ("cut in the IP header", whole[..15].to_vec()),
        ("nothing", Vec::new()),
        ("data offset below 5", with(32, 0x40)),
        ("data offset beyond the segment", with(32, 0xf0)),
    ]
}

#[test]
fn a_damaged_or_foreign_reset_changes_nothing() {
    for (name, bytes) in damaged() {
        for mut bench in [Bench::syn_sent(|_| {}), Bench::established(|_| {})] {
            bench.sent();
            let state = bench.state();
            bench.arrive_bytes(&bytes);
            bench.expect(&[]);
            assert_eq!((bench.outcome(), bench.state()), (None, state), "{name}");
        }
    }
    let mut bench = Bench::established(|_| {});
    bench.arrive_bytes(&packet(&deadly()));
    assert!(matches!(bench.outcome(), Some(Outcome::ResetByPeer { .. })), "the undamaged one does");
}

#[test]
fn an_impossible_option_is_passed_over() {
    for options in [vec![8, 0, 1, 1], vec![3, 40, 7, 7], vec![2, 1, 0, 0], vec![5, 9, 0, 0]] {
        let mut bench = Bench::syn_sent(|_| {});
        let mut fields = bench.fields(Flags::SYN | Flags::ACK, 0, 1, b"");
        fields.options = options;
        bench.arrive(&fields);
        bench.expect(&["ACK 1:1"]);
    }
}

#[test]
fn odd_flags_move_nothing() {
    for flags in [Flags::NONE, Flags::FIN, Flags::FIN | Flags::PSH | Flags::URG, Flags::PSH] {
        let mut bench = Bench::established(|_| {});
        bench.sent();
        bench.say(flags, 1, 1, b"odd");
        bench.expect(&[]);
    }
}

#[test]
fn an_mss_of_nothing_does_not_make_a_million_segments() {
    let mut bench = Bench::syn_sent(|config| config.payload = vec![1; 360]);
    bench.syn_ack(&[crate::wire::TcpOption::Mss(0)]);
    assert_eq!(bench.sent().len(), 1 + 10);
}

#[test]
fn endless_out_of_window_acks_do_not_start_a_war() {
    let mut bench = Bench::established(|config| config.timing.wait = MS * 5000);
    bench.sent();
    let mut answers = 0;
    for _ in 0..1000 {
        bench.pass(MS);
        bench.ack(0, 1);
        answers += bench.sent().len();
    }
    assert_eq!(answers, 2);
}
