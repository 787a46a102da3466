//! Many endpoints at once: each hears its own peer, and none starves.

use std::net::SocketAddr;

use super::bench::MS;
use crate::craft::{Config, Crowd, Endpoint, Outcome, Sockets, Turn};
use crate::tcp::Seq;
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

fn remote() -> SocketAddr {
    "192.0.2.2:80".parse().unwrap()
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

/// What the peer answers to a packet, if anything: it opens, and closes when it is closed.
fn answer(packet: &[u8]) -> Option<(u16, SegmentFields)> {
    let decoded = decode(&raw(packet));
    let (_, segment) = decoded.segment().unwrap();
    let ack = segment.seq.wrapping_add(segment.sequence_len());
    let fields = |flags, seq| SegmentFields { seq, ack, flags, window: 1000, ..SegmentFields::default() };
    let fields = match segment.flags {
        Flags::SYN => fields(Flags::SYN | Flags::ACK, 7),
        flags if flags.fin() => fields(Flags::FIN | Flags::ACK, 8),
        _ => return None,
    };
    Some((segment.source_port, fields))
}

fn crowd(count: u16, now: Time) -> Crowd<u16> {
    let mut crowd = Crowd::default();
    for port in 1..=count {
        let mut config = Config::new(local(port), remote(), Seq(u32::from(port)));
        config.timing.wait = std::time::Duration::ZERO;
        config.offer.timestamps = false;
        crowd.insert(Sockets::new(local(port), remote()), Endpoint::new(config, now).unwrap(), port);
    }
    crowd
}

#[test]
fn each_hears_its_own_peer() {
    let mut now = Time::from_parts(1000, 0);
    let mut crowd = crowd(500, now);
    let (mut ended, mut most_lingering) = (Vec::new(), 0);
    loop {
        match crowd.poll(now) {
            Turn::Send(emit) => {
                let Some((port, fields)) = answer(&emit.packet) else { continue };
                let packet = emit::segment(remote(), local(port), &IpFields::default(), &fields).unwrap();
                let decoded = decode(&raw(&packet));
                let (ip, segment) = decoded.segment().unwrap();
                crowd.arrive(now, ip, segment);
            }
            Turn::Ended(sockets, outcome, port) => {
                assert_eq!((sockets.local(), outcome), (local(port), Outcome::Closed));
                ended.push(port);
            }
            Turn::WaitUntil(Some(time)) => now = time,
            Turn::WaitUntil(None) => break,
        }
        most_lingering = most_lingering.max(crowd.lingering());
    }
    ended.sort_unstable();
    assert_eq!(ended, (1..=500).collect::<Vec<_>>());
    assert_eq!((most_lingering, crowd.lingering(), crowd.is_empty()), (500, 0, true));
}

#[test]
fn turns_come_round() {
    let now = Time::from_parts(1000, 0);
    let mut crowd = crowd(3, now);
    let ports: Vec<u16> = (0..3)
        .map(|_| match crowd.poll(now) {
            Turn::Send(emit) => answer(&emit.packet).unwrap().0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ports, [1, 2, 3]);
    assert!(matches!(crowd.poll(now), Turn::WaitUntil(Some(time)) if time == now + MS * 1000));
}

#[test]
fn an_interrupt_reaches_all() {
    let now = Time::from_parts(1000, 0);
    let mut crowd = crowd(3, now);
    while let Turn::Send(_) = crowd.poll(now) {}
    crowd.interrupt(now);
    let (mut resets, mut ended) = (0, 0);
    while !crowd.is_empty() {
        match crowd.poll(now) {
            Turn::Send(_) => resets += 1,
            Turn::Ended(_, outcome, _) => ended += usize::from(outcome == Outcome::Interrupted),
            Turn::WaitUntil(_) => panic!("it waits"),
        }
    }
    assert_eq!((resets, ended), (3, 3));
}

#[test]
fn those_that_close_already_may_go_on_until_they_are_abandoned() {
    let now = Time::from_parts(1000, 0);
    let mut crowd = crowd(1, now);
    let mut sent = Vec::new();
    while let Turn::Send(emit) = crowd.poll(now) {
        let (_, segment) = decode(&raw(&emit.packet)).segment().map(|(ip, segment)| (*ip, segment.flags)).unwrap();
        sent.push(segment);
        // The peer opens, and never acknowledges the FIN.
        let Some((port, fields)) = answer(&emit.packet).filter(|(_, fields)| fields.flags.syn()) else { continue };
        let packet = emit::segment(remote(), local(port), &IpFields::default(), &fields).unwrap();
        let decoded = decode(&raw(&packet));
        let (ip, segment) = decoded.segment().unwrap();
        crowd.arrive(now, ip, segment);
    }
    assert!(sent.last().unwrap().fin(), "{sent:?}");
    crowd.interrupt(now);
    assert!(matches!(crowd.poll(now), Turn::WaitUntil(Some(_))));
    crowd.abandon();
    assert!(matches!(crowd.poll(now), Turn::Send(_)));
    assert!(matches!(crowd.poll(now), Turn::Ended(_, Outcome::Interrupted, 1)));
}
