//! SYNs and datagrams, and what a far end makes of them.

use std::net::SocketAddr;
use std::rc::Rc;

use etherparse::TcpHeader;
use proptest::prelude::*;

use super::*;
use crate::craft::packet::IpSpec;
use crate::craft::ping::{Answer, End, Form, Probe, Probes, QuotedRequest, Reading, decode};
use crate::wire::{self, Content, Flags, LinkType, Packet, Segment};

const PORT: u16 = 80;
const ISS: u32 = u32::MAX;
/// The initial sequence number of the far end.
const IRS: u32 = 7_000;

fn sockets() -> [SocketAddr; 2] {
    [SocketAddr::new(ip(HERE), 50_000), SocketAddr::new(ip(THERE), PORT)]
}

fn probes(end: Option<End>, most: usize) -> Probes<Rc<()>> {
    Probes::new(Form { remote: sockets()[1], end, ip: IpSpec::default(), mtu: 1_500 }, most)
}

/// Probes of which request 1 was sent from the first of [`sockets`].
fn one_sent(end: Option<End>) -> (Probes<Rc<()>>, Vec<u8>) {
    let mut probes = probes(end, 8);
    let request = probes.request(sockets()[0], ISS, b"data").unwrap().pop().unwrap();
    assert_eq!(probes.sent(sockets()[0], 1, ISS, Rc::new(())), None);
    (probes, request)
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::from_nanos(5), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

fn read(probes: &mut Probes<Rc<()>>, bytes: &[u8]) -> Reading {
    let packet = raw(bytes);
    probes.read(packet.time, &wire::decode(&packet))
}

/// What is told of a packet of ours.
fn told(bytes: &[u8]) -> (Flags, u32, u32) {
    let packet = raw(bytes);
    let Content::Segment(Segment { flags, seq, ack, checksum_state, .. }) = wire::decode(&packet).content else {
        panic!("no segment")
    };
    assert_eq!(checksum_state, wire::Checksum::Good);
    (flags, seq, ack)
}

/// A segment of the far end: letters of its flags, and its numbers.
fn segment(flags: &str, seq: u32, ack: u32, data: &[u8]) -> Vec<u8> {
    let [here, there] = sockets();
    let mut tcp = TcpHeader::new(there.port(), here.port(), seq, 1_000);
    (tcp.syn, tcp.fin, tcp.rst) = (flags.contains('S'), flags.contains('F'), flags.contains('R'));
    (tcp.ack, tcp.acknowledgment_number) = (flags.contains('A'), ack);
    let (IpAddr::V4(from), IpAddr::V4(to)) = (there.ip(), here.ip()) else { panic!("IPv4") };
    let mut bytes = Vec::new();
    PacketBuilder::ipv4(from.octets(), to.octets(), 61).tcp_header(tcp).write(&mut bytes, data).unwrap();
    bytes
}

fn answer(reading: &Reading) -> Option<Answer> {
    match reading.arrival {
        Some(Arrival::Answer { answer, .. }) => Some(answer),
        _ => None,
    }
}

#[test]
fn a_syn_that_is_welcome_is_taken_back_with_a_reset() {
    let (mut probes, request) = one_sent(Some(End::Reset));
    assert_eq!(told(&request), (Flags::SYN, ISS, 0));
    assert_eq!(read(&mut probes, &request).departure, Some(0));
    let reading = read(&mut probes, &segment("SA", IRS, 0, &[]));
    let Some(Arrival::Answer { seq: 1, answer: Answer::SynAck, bytes: 20, ttl: Some(61), bad_checksum: false, .. }) =
        reading.arrival
    else {
        panic!("{reading:?}")
    };
    let reset = reading.reply.expect("a reset");
    assert_eq!(told(&reset), (Flags::RST, 0, 0));
    let seen = read(&mut probes, &reset);
    assert!(seen.departure.is_none() && seen.arrival.is_none(), "a reset is no request: {seen:?}");
    assert!(!probes.is_closing() && probes.abort().is_empty());
    // Where it was lost, SYN-ACK comes again.
    assert_eq!(read(&mut probes, &segment("SA", IRS, 0, &[])).reply, Some(reset));
}

#[test]
fn a_syn_that_is_welcome_is_taken_back_with_a_fin() {
    let (mut probes, _) = one_sent(Some(End::Fin));
    let fin = read(&mut probes, &segment("SA", IRS, 0, &[])).reply.expect("a FIN");
    assert_eq!(told(&fin), (Flags::FIN.with(Flags::ACK), 0, IRS + 1));
    assert!(probes.is_closing());
    // The acknowledgment of the FIN asks for nothing; a greeting, and the FIN of the far end, do.
    assert_eq!(read(&mut probes, &segment("A", IRS + 1, 1, &[])).reply, None);
    let mut acknowledged = |bytes: &[u8]| told(&read(&mut probes, bytes).reply.expect("an acknowledgment"));
    assert_eq!(acknowledged(&segment("A", IRS + 1, 1, b"hello")), (Flags::ACK, 1, IRS + 6));
    assert_eq!(acknowledged(&segment("FA", IRS + 9, 1, &[])), (Flags::ACK, 1, IRS + 6), "out of order");
    assert_eq!(acknowledged(&segment("FA", IRS + 6, 1, &[])), (Flags::ACK, 1, IRS + 7));
    assert_eq!(acknowledged(&segment("FA", IRS + 6, 1, &[])), (Flags::ACK, 1, IRS + 7), "it comes again");
    assert!(!probes.is_closing() && probes.abort().is_empty());
}

#[test]
fn who_does_not_close_is_reset() {
    let (mut probes, _) = one_sent(Some(End::Fin));
    read(&mut probes, &segment("SA", IRS, 0, &[]));
    read(&mut probes, &segment("A", IRS + 1, 1, b"hello"));
    let resets = probes.abort();
    assert_eq!(resets.iter().map(|reset| told(reset)).collect::<Vec<_>>(), [(Flags::RST.with(Flags::ACK), 1, IRS + 6)]);
    assert!(!probes.is_closing() && probes.abort().is_empty());
}

#[test]
fn only_a_reset_at_the_right_place_ends_the_closing() {
    let (mut probes, _) = one_sent(Some(End::Fin));
    read(&mut probes, &segment("SA", IRS, 0, &[]));
    assert!(answer(&read(&mut probes, &segment("R", IRS + 2, 0, &[]))).is_none() && probes.is_closing());
    assert!(answer(&read(&mut probes, &segment("R", IRS + 1, 0, &[]))).is_none() && !probes.is_closing());
}

#[test]
fn a_reset_is_an_answer_each_time_it_comes() {
    let (mut probes, _) = one_sent(Some(End::Reset));
    for _ in 0..2 {
        let reading = read(&mut probes, &segment("RA", 0, 0, &[]));
        assert_eq!((answer(&reading), reading.reply), (Some(Answer::Reset), None));
    }
}

#[test]
fn what_acknowledges_something_else_is_no_answer() {
    let (mut probes, _) = one_sent(Some(End::Reset));
    for wrong in
        [segment("SA", IRS, 1, &[]), segment("RA", 0, ISS, &[]), segment("R", 0, 0, &[]), segment("S", 1, 0, &[])]
    {
        let reading = read(&mut probes, &wrong);
        assert!(reading.arrival.is_none() && reading.reply.is_none(), "{reading:?}");
    }
}

/// It is counted as corrupted, and answered as a receiver would: not at all.
#[test]
fn a_damaged_answer_is_told_and_not_taken() {
    let (mut probes, _) = one_sent(Some(End::Reset));
    let mut damaged = segment("SA", IRS, 0, &[]);
    *damaged.last_mut().unwrap() ^= 1;
    let reading = read(&mut probes, &damaged);
    assert!(matches!(reading.arrival, Some(Arrival::Answer { bad_checksum: true, .. })), "{reading:?}");
    assert_eq!(reading.reply, None);
    let mut run = Run::new(Config { probe: Probe::Syn { port: PORT, end: End::Reset }, ..Config::new(ip(THERE)) });
    run.send();
    let now = run.now();
    let Some(Event::Reply(reply)) = run.ping.arrived(now, &reading.arrival.unwrap()) else { panic!("no reply") };
    assert!(reply.bad_checksum);
    let statistics = run.ping.statistics();
    assert_eq!((statistics.received, statistics.corrupted), (0, 1));
}

#[test]
fn a_datagram_is_answered_by_a_datagram() {
    let (mut probes, request) = one_sent(None);
    let packet = raw(&request);
    let Content::Datagram(datagram) = wire::decode(&packet).content else { panic!("no datagram") };
    assert_eq!((datagram.payload, datagram.checksum_state), (&b"data"[..], wire::Checksum::Good));
    assert_eq!(read(&mut probes, &request).departure, Some(0));
    let [here, there] = sockets();
    let (IpAddr::V4(from), IpAddr::V4(to)) = (there.ip(), here.ip()) else { panic!("IPv4") };
    let mut bytes = Vec::new();
    PacketBuilder::ipv4(from.octets(), to.octets(), 3).udp(PORT, here.port()).write(&mut bytes, b"answer").unwrap();
    let reading = read(&mut probes, &bytes);
    let Some(Arrival::Answer { seq: 1, answer: Answer::Datagram, bytes: 6, .. }) = reading.arrival else {
        panic!("{reading:?}")
    };
    // From another port of that host it is nobody's answer.
    let mut bytes = Vec::new();
    PacketBuilder::ipv4(from.octets(), to.octets(), 3).udp(PORT + 1, here.port()).write(&mut bytes, b"x").unwrap();
    assert!(read(&mut probes, &bytes).arrival.is_none());
}

#[test]
fn a_long_datagram_goes_out_in_fragments() {
    let data: Vec<u8> = (0..3_000_u32).map(|octet| octet as u8).collect();
    let fragments = probes(None, 1).request(sockets()[0], 0x1_0000, &data).unwrap();
    assert_eq!(fragments.iter().map(Vec::len).collect::<Vec<_>>(), [1_500, 1_500, 20 + 3_008 - 2 * 1_480]);
    // One identification for all of them, and not zero, which the kernel would replace.
    assert!(fragments.iter().all(|fragment| fragment[4..6] == [0, 1]));
    let whole = probes(None, 1).request(sockets()[0], 1, &data[..1_472]).unwrap();
    assert_eq!(whole.iter().map(Vec::len).collect::<Vec<_>>(), [1_500]);
}

#[test]
fn errors_find_the_request_that_they_quote() {
    for end in [None, Some(End::Reset)] {
        let (mut probes, request) = one_sent(end);
        let mut from = |who: &str, kind: u8, code: u8, quoted: &[u8]| {
            let message = error(kind, code, [0; 4], quoted);
            probes.read_error(Time::default(), ip(who), Some(9), &decode(false, &message).unwrap())
        };
        let port = from(THERE, 3, 3, &request);
        assert!(matches!(port, Some(Arrival::Answer { answer: Answer::PortUnreachable, seq: 1, .. })), "{port:?}");
        for (who, kind, code) in [("192.0.2.254", 3, 3), ("192.0.2.254", 11, 0), (THERE, 3, 13)] {
            let Some(Arrival::Failure { seq: 1, lost: true, quoted, .. }) = from(who, kind, code, &request) else {
                panic!("{who} {kind} {code}")
            };
            let request = QuotedRequest::Ports { source_port: 50_000, destination_port: PORT };
            assert_eq!((quoted.request, quoted.destination), (request, ip(THERE)));
        }
        assert!(matches!(from(THERE, 5, 1, &request), Some(Arrival::Failure { lost: false, .. })), "a redirect");
        // Another port of ours, and for a SYN another sequence number.
        let mut other = request.clone();
        other[21] ^= 1;
        assert!(from(THERE, 3, 3, &other).is_none());
        if end.is_some() {
            let mut other = request.clone();
            other[27] ^= 1;
            assert!(from(THERE, 3, 3, &other).is_none());
        }
    }
}

#[test]
fn of_many_probes_the_last_are_remembered() {
    let mut probes = probes(Some(End::Fin), 2);
    let holder = Rc::new(());
    let local = |seq: u16| SocketAddr::new(ip(HERE), 50_000 - 1 + seq);
    assert_eq!(probes.sent(local(1), 1, ISS, Rc::clone(&holder)), None);
    read(&mut probes, &segment("SA", IRS, 0, &[]));
    assert_eq!(probes.sent(local(2), 2, ISS, Rc::clone(&holder)), None);
    let reset = probes.sent(local(3), 3, ISS, Rc::clone(&holder)).expect("the first is still open");
    assert_eq!(told(&reset), (Flags::RST.with(Flags::ACK), 1, IRS + 1));
    assert_eq!(probes.sent(local(4), 4, ISS, Rc::clone(&holder)), None, "the second never opened");
    assert_eq!(Rc::strong_count(&holder), 3, "only the last two hold their ports");
}

proptest! {
    /// Whatever comes, it says something at most once, and nothing breaks.
    #[test]
    fn any_packet_is_survived(
        flags in 0_u8..64, seq in any::<u32>(), ack in any::<u32>(), near in any::<bool>(), fin in any::<bool>(),
        data in prop::collection::vec(any::<u8>(), 0..9), cut in 0_usize..60,
    ) {
        let (mut probes, request) = one_sent(Some(if fin { End::Fin } else { End::Reset }));
        read(&mut probes, &segment("SA", IRS, 0, &[]));
        let letters: String = "SFRA".chars().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, c)| c).collect();
        let (seq, ack) = if near { (IRS.wrapping_add(seq % 3), ack % 3) } else { (seq, ack) };
        let mut bytes = segment(&letters, seq, ack, &data);
        let reading = read(&mut probes, &bytes);
        // Nobody resets a reset (RFC 9293 section 3.5.2).
        prop_assert!(flags & 4 == 0 || reading.reply.is_none());
        bytes.truncate(cut);
        read(&mut probes, &bytes);
        if let Some(icmp) = decode(false, &error(3, 3, [0; 4], &request[..cut.min(request.len())])) {
            probes.read_error(Time::default(), ip(THERE), None, &icmp);
        }
    }
}
