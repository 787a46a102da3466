//! Every line, as iputils 20221126 printed it in the same case.

use insta::assert_snapshot;

use super::*;
use crate::craft::ping::text::{self, Introduction, Style};
use crate::craft::ping::{Answer, End, Probe};

fn line_with(run: &Run, event: &Event, style: Style) -> String {
    text::event(event, run.ping.config(), style, "192.0.2.2", "").unwrap_or_default()
}

fn line(run: &Run, event: &Event) -> String {
    line_with(run, event, Style::default())
}

fn introduction() -> Introduction {
    Introduction {
        host: "server".into(),
        address: "192.0.2.2".into(),
        label: "server.example (2001:db8::2)".into(),
        ..Introduction::default()
    }
}

#[test]
fn the_first_line() {
    let mut all = String::new();
    let here = |text: &str| Some(ip(text));
    for there in [THERE, THERE_V6] {
        let config = config(there);
        let source = here(if there == THERE { HERE } else { HERE_V6 });
        let through = Introduction { source, interface: Some("v0".into()), ..introduction() };
        all += &text::introduction(&introduction(), &config, false);
        all += &text::introduction(&through, &config, false);
        all += &text::introduction(&Introduction { interface: None, ..through }, &config, false);
    }
    let pattern = Config { size: 0, pattern: "0aBc".parse().unwrap(), ..config(THERE) };
    all += &text::introduction(&introduction(), &pattern, false);
    all += &text::introduction(&introduction(), &pattern, true);
    assert_snapshot!(all, @r"
    PING server (192.0.2.2) 56(84) bytes of data.
    PING server (192.0.2.2) from 192.0.2.1 v0: 56(84) bytes of data.
    PING server (192.0.2.2) from 192.0.2.1 : 56(84) bytes of data.
    PING server(server.example (2001:db8::2)) 56 data bytes
    PING server(server.example (2001:db8::2)) from 2001:db8::1 v0: 56 data bytes
    PING server(server.example (2001:db8::2)) from 2001:db8::1 : 56 data bytes
    PATTERN: 0x0abc
    PING server (192.0.2.2) 0(28) bytes of data.
    PING server (192.0.2.2) 0(28) bytes of data.
    ");
}

#[test]
fn replies() {
    let mut run = Run::to(THERE);
    let request = run.send();
    run.pass(12);
    let mut all = String::new();
    for data in [&request[8..], &request[8..], &request[8..40]] {
        let echo = Icmpv4Type::EchoReply(IcmpEchoHeader { id: ID, seq: 1 });
        let event = run.arrives(&v4(echo, data)).unwrap();
        all += &line(&run, &event);
    }
    let mut damaged = reply_to(&request);
    damaged[3] ^= 1;
    let event = run.arrives(&damaged).unwrap();
    all += &line(&run, &event);
    all += &line_with(&run, &event, Style { timestamps: true, ..Style::default() });
    assert_eq!(line_with(&run, &event, Style { timestamps: true, quiet: true, ..Style::default() }), "");
    assert_snapshot!(all, @r"
    64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=12.0 ms
    64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=12.0 ms (DUP!)
    40 bytes from 192.0.2.2: icmp_seq=1 ttl=64 (truncated)
    64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=12.0 ms (BAD CHECKSUM!)
    [1700000000.135456] 64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=12.0 ms (BAD CHECKSUM!)
    ");
}

/// The lines of our own, for what iputils does not send.
#[test]
fn probes_of_ports() {
    let syn = |end| Probe::Syn { port: 443, end };
    let mut all = String::new();
    for (probe, answers) in [
        (syn(End::Reset), [Answer::SynAck, Answer::Reset]),
        (syn(End::Fin), [Answer::SynAck, Answer::PortUnreachable]),
        (Probe::Datagram { port: 53 }, [Answer::Datagram, Answer::PortUnreachable]),
    ] {
        // Data without room for the time of sending matters only where the data brings it.
        let mut run = Run::new(Config { probe, size: 5, ..Config::new(ip(THERE)) });
        all += &text::introduction(&introduction(), run.ping.config(), false);
        run.send();
        run.pass(12);
        for answer in answers {
            let now = run.now();
            let (from, ttl, bad_checksum) = (ip(THERE), Some(61), false);
            let arrival = Arrival::Answer { time: now.time, from, ttl, seq: 1, answer, bytes: 5, bad_checksum };
            let event = run.ping.arrived(now, &arrival).unwrap();
            all += &line(&run, &event);
        }
    }
    assert_snapshot!(all, @r"
    PING server (192.0.2.2) TCP port 443: a SYN, and a RST for what it opens
    SYN-ACK from 192.0.2.2: tcp_seq=1 ttl=61 time=12.0 ms open
    RST from 192.0.2.2: tcp_seq=1 ttl=61 time=12.0 ms closed (DUP!)
    PING server (192.0.2.2) TCP port 443: a SYN, and a FIN for what it opens
    SYN-ACK from 192.0.2.2: tcp_seq=1 ttl=61 time=12.0 ms open
    Port unreachable from 192.0.2.2: tcp_seq=1 ttl=61 time=12.0 ms closed (DUP!)
    PING server (192.0.2.2) UDP port 53: 5 data bytes
    5 bytes from 192.0.2.2: udp_seq=1 ttl=61 time=12.0 ms open
    Port unreachable from 192.0.2.2: udp_seq=1 ttl=61 time=12.0 ms closed (DUP!)
    ");
}

#[test]
fn small_data_shows_no_time() {
    let mut run = Run::new(Config { size: 15, count: Some(1), ..config(THERE) });
    let event = run.exchange(1);
    let summary = text::summary("server", run.ping.statistics(), run.ping.config());
    assert_snapshot!(line(&run, &event) + &summary, @r"
    23 bytes from 192.0.2.2: icmp_seq=1 ttl=64

    --- server ping statistics ---
    1 packets transmitted, 1 received, 0% packet loss, time 0ms
    ");
}

#[test]
fn wrong_data() {
    let mut run = Run::new(Config { size: 100, ..config(THERE) });
    let mut bytes = reply_to(&run.send());
    bytes[60] ^= 0x21;
    let echo = Icmpv4Type::EchoReply(IcmpEchoHeader { id: ID, seq: 1 });
    let event = run.arrives(&v4(echo, &bytes[8..])).unwrap();
    // The tab and the last space of a line are made visible.
    assert_snapshot!(line(&run, &event).replace('\t', "<tab>").replace(" \n", "<space>\n"), @r"
    108 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=0.000 ms
    wrong data byte #52 should be 0x34 but was 0x15
    #16<tab>10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f<space>
    #48<tab>30 31 32 33 15 35 36 37 38 39 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f<space>
    #80<tab>50 51 52 53 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f 60 61 62 63<space>
    ");
}

/// All types and codes: the error with which the n-th request was answered.
fn errors(there: &str, kinds: &[(u8, u8)]) -> String {
    let mut all = String::new();
    for &(kind, code) in kinds {
        let mut run = Run::to(there);
        let packet = packet(there, &run.send());
        let bytes = match (there, kind) {
            (THERE_V6, _) => error_v6(kind, code, [7, 0, 0, 0], &packet),
            (_, 3) => error(kind, code, [0, 0, 5, 0xdc], &packet),
            (_, 5) => error(kind, code, [192, 0, 2, 99], &packet),
            _ => error(kind, code, [7, 0, 0, 0], &packet),
        };
        let event = run.arrives(&bytes).unwrap();
        all += &line(&run, &event);
    }
    all
}

#[test]
fn errors_of_icmp() {
    let unreachable = (0..=16).map(|code| (3, code));
    let redirects = (0..=4).map(|code| (5, code));
    let kinds: Vec<_> =
        unreachable.chain([(4, 0)]).chain(redirects).chain([(11, 0), (11, 1), (11, 2), (12, 0)]).collect();
    assert_snapshot!(errors(THERE, &kinds), @r"
    From 192.0.2.2 icmp_seq=1 Destination Net Unreachable
    From 192.0.2.2 icmp_seq=1 Destination Host Unreachable
    From 192.0.2.2 icmp_seq=1 Destination Protocol Unreachable
    From 192.0.2.2 icmp_seq=1 Destination Port Unreachable
    From 192.0.2.2 icmp_seq=1 Frag needed and DF set (mtu = 1500)
    From 192.0.2.2 icmp_seq=1 Source Route Failed
    From 192.0.2.2 icmp_seq=1 Destination Net Unknown
    From 192.0.2.2 icmp_seq=1 Destination Host Unknown
    From 192.0.2.2 icmp_seq=1 Source Host Isolated
    From 192.0.2.2 icmp_seq=1 Destination Net Prohibited
    From 192.0.2.2 icmp_seq=1 Destination Host Prohibited
    From 192.0.2.2 icmp_seq=1 Destination Net Unreachable for Type of Service
    From 192.0.2.2 icmp_seq=1 Destination Host Unreachable for Type of Service
    From 192.0.2.2 icmp_seq=1 Packet filtered
    From 192.0.2.2 icmp_seq=1 Precedence Violation
    From 192.0.2.2 icmp_seq=1 Precedence Cutoff
    From 192.0.2.2 icmp_seq=1 Dest Unreachable, Bad Code: 16
    From 192.0.2.2: icmp_seq=1 Source Quench
    From 192.0.2.2: icmp_seq=1 Redirect Network(New nexthop: 192.0.2.99)
    From 192.0.2.2: icmp_seq=1 Redirect Host(New nexthop: 192.0.2.99)
    From 192.0.2.2: icmp_seq=1 Redirect Type of Service and Network(New nexthop: 192.0.2.99)
    From 192.0.2.2: icmp_seq=1 Redirect Type of Service and Host(New nexthop: 192.0.2.99)
    From 192.0.2.2: icmp_seq=1 Redirect, Bad Code: 4(New nexthop: 192.0.2.99)
    From 192.0.2.2 icmp_seq=1 Time to live exceeded
    From 192.0.2.2 icmp_seq=1 Frag reassembly time exceeded
    From 192.0.2.2 icmp_seq=1 Time exceeded, Bad Code: 2
    From 192.0.2.2 icmp_seq=1 Parameter problem: pointer = 7
    ");
}

#[test]
fn errors_of_icmpv6() {
    let kinds = [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 0), (3, 0), (3, 1), (3, 2)];
    let kinds = [&kinds[..], &[(4, 0), (4, 1), (4, 2), (4, 3), (100, 0)]].concat();
    assert_snapshot!(errors(THERE_V6, &kinds), @r"
    From 192.0.2.2 icmp_seq=1 Destination unreachable: No route
    From 192.0.2.2 icmp_seq=1 Destination unreachable: Administratively prohibited
    From 192.0.2.2 icmp_seq=1 Destination unreachable: Beyond scope of source address
    From 192.0.2.2 icmp_seq=1 Destination unreachable: Address unreachable
    From 192.0.2.2 icmp_seq=1 Destination unreachable: Port unreachable
    From 192.0.2.2 icmp_seq=1 Destination unreachable: Unknown code 5
    From 192.0.2.2 icmp_seq=1 Packet too big: mtu=117440512
    From 192.0.2.2 icmp_seq=1 Time exceeded: Hop limit
    From 192.0.2.2 icmp_seq=1 Time exceeded: Defragmentation failure
    From 192.0.2.2 icmp_seq=1 Time exceeded: code 2
    From 192.0.2.2 icmp_seq=1 Parameter problem: Wrong header field at 117440512
    From 192.0.2.2 icmp_seq=1 Parameter problem: Unknown header at 117440512
    From 192.0.2.2 icmp_seq=1 Parameter problem: Unknown option at 117440512
    From 192.0.2.2 icmp_seq=1 Parameter problem: code 3 at 117440512
    From 192.0.2.2 icmp_seq=1 unknown icmp type: 100
    ");
}

#[test]
fn missing_replies_are_told_even_when_quiet() {
    let mut run = Run::new(Config { report_outstanding: true, ..config(THERE) });
    run.send();
    run.pass(1_000);
    let events = run.told();
    let style = Style { timestamps: true, quiet: true, ..Style::default() };
    assert_eq!(line_with(&run, &events[0], style), "[1700000001.123456] no answer yet for icmp_seq=1\n");
}

#[test]
fn the_summary() {
    let mut run = Run::to(THERE);
    let requests = run.send_three();
    let none = text::summary("server", run.ping.statistics(), run.ping.config());
    let mut damaged = reply_to(&requests[2]);
    damaged[3] ^= 1;
    for bytes in [&reply_to(&requests[2]), &reply_to(&requests[2]), &damaged] {
        run.arrives(bytes);
    }
    run.arrives(&error(3, 1, [0; 4], &packet(THERE, &requests[1])));
    let some = text::summary("server", run.ping.statistics(), run.ping.config());
    let status = text::status(run.ping.statistics(), run.ping.config());
    assert_snapshot!(none + &some + &status.replace('\r', "<return>"), @r"

    --- server ping statistics ---
    3 packets transmitted, 0 received, 100% packet loss, time 2000ms


    --- server ping statistics ---
    3 packets transmitted, 1 received, +1 duplicates, +1 corrupted, +1 errors, 66.6667% packet loss, time 2000ms
    rtt min/avg/max/mdev = 1000.000/1000.000/1000.000/0.000 ms, pipe 2
    <return>1/3 packets, 66% loss, min/avg/ewma/max = 1000.000/1000.000/1000.000/1000.000 ms
    ");
}

#[test]
fn without_an_interval_the_gaps_are_told() {
    let mut run = Run::new(Config { interval: Duration::ZERO, ..config(THERE) });
    for _ in 0..3 {
        run.exchange(2);
    }
    let text = text::summary("server", run.ping.statistics(), run.ping.config());
    assert!(text.ends_with("mdev = 2.000/2.000/2.000/0.000 ms, ipg/ewma 2.000/2.000 ms\n"), "{text}");
}

#[test]
fn before_the_first_request_there_is_little_to_say() {
    let run = Run::to(THERE);
    let text = text::summary("server", run.ping.statistics(), run.ping.config());
    assert_eq!(text, "\n--- server ping statistics ---\n0 packets transmitted, 0 received\n\n");
    assert_eq!(text::status(run.ping.statistics(), run.ping.config()), "\r0/0 packets, 0% loss\n");
}

#[test]
fn a_route_follows_the_line() {
    let labels = ["192.0.2.1", "server (192.0.2.2)"].map(str::to_owned);
    assert_eq!(text::route(&labels, false), "\nRR: \t192.0.2.1\n\tserver (192.0.2.2)\n");
    assert_eq!(text::route(&labels, true), "\t(same route)");
    assert_eq!(text::route(&[], true), "");
}

#[test]
fn precise_round_trips_have_all_their_microseconds() {
    let mut run = Run::to(THERE);
    let event = run.exchange(1_234);
    assert_eq!(line(&run, &event), "64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=1234 ms\n");
    let precise = Style { precise: true, ..Style::default() };
    assert_eq!(line_with(&run, &event, precise), "64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=1234.000 ms\n");
}
