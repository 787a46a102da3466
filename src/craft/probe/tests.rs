//! Runs on a clock and a network of the test's own.

use std::time::Duration;

use super::*;
use crate::craft::packet::{IpSpec, PacketSpec, TcpSpec, Transport, build};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

const MS: Duration = Duration::from_millis(1);

fn template() -> PacketSpec {
    PacketSpec {
        source: "192.0.2.1".parse().unwrap(),
        destination: "192.0.2.2".parse().unwrap(),
        ip: IpSpec { id: 65_535, ..IpSpec::default() },
        transport: Transport::Tcp(TcpSpec {
            source_port: 65_535,
            destination_port: 80,
            flags: Flags::SYN,
            ..TcpSpec::default()
        }),
        payload: Vec::new(),
    }
}

fn pace() -> Pace {
    Pace { interval: 10 * MS, timeout: 100 * MS, in_turn: false }
}

fn ports(spec: &PacketSpec) -> (u16, u16) {
    let Transport::Tcp(tcp) = &spec.transport else { panic!("no segment") };
    (tcp.source_port, tcp.destination_port)
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

fn answer(spec: &PacketSpec) -> Vec<u8> {
    let (source, destination) = ports(spec);
    let fields = SegmentFields { flags: Flags::RST | Flags::ACK, ack: 1, ..SegmentFields::default() };
    let (from, to) = ((spec.destination, destination).into(), (spec.source, source).into());
    emit::segment(from, to, &IpFields::default(), &fields).unwrap()
}

/// A router's complaint about a packet.
fn complaint(packet: &[u8]) -> Vec<u8> {
    error(11, packet)
}

fn error(kind: u8, packet: &[u8]) -> Vec<u8> {
    let router = "192.0.2.254".parse().unwrap();
    let to = "192.0.2.1".parse().unwrap();
    let mut bytes = emit::header(router, to, &IpFields::default(), 1, 36).unwrap();
    bytes.extend([kind, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&packet[..28]);
    bytes
}

#[test]
fn ports_and_hops_go_round() {
    let series = Series { ports: vec![22, 80], ttls: vec![1, 2, 3], rounds: Some(2), ..Series::once(template()) };
    assert_eq!((series.per_round(), series.len(), series.is_one_flow()), (6, Some(12), false));
    let told: Vec<_> = (0..12).map(|index| series.spec(index)).map(|spec| (ports(&spec), spec.ip.ttl)).collect();
    assert_eq!(told[..4], [((65_535, 22), 1), ((65_535, 22), 2), ((65_535, 22), 3), ((65_535, 80), 1)]);
    assert_eq!(told[6..8], [((1024, 22), 1), ((1024, 22), 2)], "behind the last port come those from 1024 on");
    assert_eq!(series.spec(1).ip.id, 1, "never zero");
    for index in [0, 1, 65_534, 65_535, 200_000] {
        let (first, id) = (series.template.ip.id, series.spec(index).ip.id);
        assert_eq!(super::series::last_with_id(first, id, index + 7), Some(index));
    }
}

#[test]
fn a_port_can_go_up_and_stay() {
    let up = Series { rounds: Some(3), step_port: true, keep_source_port: true, ..Series::once(template()) };
    assert_eq!(ports(&up.spec(2)), (65_535, 82));
    let kept = Series { rounds: Some(3), keep_source_port: true, keep_id: true, ..Series::once(template()) };
    assert!(kept.is_one_flow() && !up.is_one_flow());
    assert_eq!(kept.spec(2), template());
}

#[test]
fn packets_go_out_in_their_time() {
    let series = Series { rounds: Some(3), ..Series::once(template()) };
    let mut session = Session::new(series, pace()).unwrap();
    let start = Time::from_parts(1000, 0);
    let mut now = start;
    let mut sent = Vec::new();
    loop {
        match session.step(now).unwrap() {
            Step::Send(shot) => sent.push((shot.index, now.since(start))),
            Step::WaitUntil(until) => {
                assert!(until > now);
                now = until;
            }
            Step::Done => break,
        }
    }
    assert_eq!(sent, [(0, Duration::ZERO), (1, 10 * MS), (2, 20 * MS)]);
    assert_eq!(now.since(start), 120 * MS, "the last one is waited for");
    assert_eq!(*session.tally(), Tally { sent: 3, ..Tally::default() });
}

fn shot(session: &mut Session, now: Time) -> Shot {
    match session.step(now).unwrap() {
        Step::Send(shot) => *shot,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_belongs_to_its_packet() {
    let series = Series { rounds: Some(2), ..Series::once(template()) };
    let mut session = Session::new(series, pace()).unwrap();
    let start = Time::from_parts(1000, 0);
    let first = shot(&mut session, start);
    session.left(0, start + MS);
    let second = shot(&mut session, start + 10 * MS);
    let later = answer(&second.spec);
    let reply = session.arrive(start + 12 * MS, &decode(&raw(&later))).unwrap();
    assert_eq!((reply.index, reply.rtt, reply.first), (1, 2 * MS, true));
    let bytes = answer(&first.spec);
    let reply = session.arrive(start + 21 * MS, &decode(&raw(&bytes))).unwrap();
    assert_eq!((reply.index, reply.rtt), (0, 20 * MS), "counted from when it was seen to leave");
    let again = session.arrive(start + 22 * MS, &decode(&raw(&bytes))).unwrap();
    assert!(!again.first);
    assert_eq!(*session.tally(), Tally { sent: 2, answered: 2, extra: 1, errors: 0 });
    assert_eq!(session.step(start + 30 * MS).unwrap(), Step::WaitUntil(start + 42 * MS));
    assert_eq!(session.step(start + 42 * MS).unwrap(), Step::Done);
    assert!(!session.is_in_our_name(&decode(&raw(&bytes))));
    assert!(session.is_in_our_name(&decode(&raw(&second.packets[0]))));
}

/// Source quench and redirect: the packet went on, and its answer is still to come.
#[test]
fn advice_is_no_answer() {
    for kind in [4, 5] {
        let mut session = Session::new(Series::once(template()), pace()).unwrap();
        let start = Time::from_parts(1000, 0);
        let sent = shot(&mut session, start);
        let advice = session.arrive(start + MS, &decode(&raw(&error(kind, &sent.packets[0])))).unwrap();
        assert!(!advice.first && advice.answer.is_advice());
        assert_eq!(*session.tally(), Tally { sent: 1, extra: 1, ..Tally::default() });
        assert_eq!(session.step(start + MS).unwrap(), Step::WaitUntil(start + 100 * MS));
        let reply = session.arrive(start + 2 * MS, &decode(&raw(&answer(&sent.spec)))).unwrap();
        assert!(reply.first && !reply.answer.is_advice());
        assert_eq!(*session.tally(), Tally { sent: 1, answered: 1, extra: 1, errors: 0 });
    }
}

#[test]
fn what_belongs_to_others_is_no_reply() {
    let mut session = Session::new(Series::once(template()), pace()).unwrap();
    let now = Time::from_parts(1000, 0);
    let before = answer(&template());
    assert_eq!(session.arrive(now, &decode(&raw(&before))), None, "nothing was sent yet");
    let sent = shot(&mut session, now);
    let mut other = template();
    if let Transport::Tcp(tcp) = &mut other.transport {
        tcp.destination_port = 81;
    }
    assert_eq!(session.arrive(now, &decode(&raw(&answer(&other)))), None);
    assert_eq!(session.arrive(now, &decode(&raw(&complaint(&build(&other).unwrap()[0])))), None);
    assert_eq!(session.arrive(now, &decode(&raw(&sent.packets[0]))), None, "our own is none");
    assert_eq!(session.arrive(now, &decode(&raw(&[]))), None);
}

#[test]
fn hops_are_told_apart_by_identification_until_the_host_answers() {
    let series = Series { ttls: (1..=30).collect(), ..Series::once(template()) };
    let mut session = Session::new(series, Pace { in_turn: true, ..pace() }).unwrap();
    let mut now = Time::from_parts(1000, 0);
    let first = shot(&mut session, now);
    assert_eq!(session.step(now).unwrap(), Step::WaitUntil(now + 100 * MS), "the next waits for its turn");
    now = now + 99 * MS;
    let reply = session.arrive(now, &decode(&raw(&complaint(&first.packets[0])))).unwrap();
    assert_eq!((reply.index, reply.answer), (0, Answer::Error { v6: false, kind: 11, code: 0 }));
    let second = shot(&mut session, now);
    assert_eq!((second.index, second.spec.ip.ttl), (1, 2));
    now = now + 100 * MS;
    let third = shot(&mut session, now);
    let late = session.arrive(now, &decode(&raw(&complaint(&second.packets[0]))));
    assert_eq!(late, None, "it was given up");
    let reply = session.arrive(now, &decode(&raw(&answer(&third.spec)))).unwrap();
    assert_eq!(reply.index, 2);
    now = now + 50 * MS;
    assert_eq!(session.step(now).unwrap(), Step::Done, "nothing goes beyond the host");
}

#[test]
fn a_stopped_run_is_over() {
    let series = Series { rounds: None, ..Series::once(template()) };
    let mut session = Session::new(series, pace()).unwrap();
    let now = Time::from_parts(1000, 0);
    shot(&mut session, now);
    session.stop();
    assert_eq!(session.step(now).unwrap(), Step::Done);
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let mut times = Times::default();
    assert_eq!((times.percentile(50), times.extremes()), (None, None));
    (1..=100).rev().for_each(|number| times.add(number * MS));
    let found = [0, 1, 50, 90, 99, 100].map(|percent| times.percentile(percent).unwrap().as_millis());
    assert_eq!(found, [1, 1, 50, 90, 99, 100]);
    assert_eq!(times.extremes(), Some((MS, 100 * MS)));
}
