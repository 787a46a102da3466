//! Hand-made ends, with segments, ICMP messages and times that nobody would send: they stop sending, never ask for a time
//! that has passed, and what they send is sound.

use std::net::SocketAddr;
use std::time::Duration;

use rawshake::craft::listen::{Cookies, Echo, ListenConfig, Listener, Overflow, ServerClose, Step};
use rawshake::craft::{Action, Close, Config, Emit, Endpoint, Offer, Open, Timing};
use rawshake::tcp::Seq;
use rawshake::wire::{Checksum, Content, Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

use super::Octets;

const OURS: &str = "192.0.2.1:40000";
const THEIRS: &str = "192.0.2.2:80";
const ISS: u32 = u32::MAX - 3;
const IRS: u32 = 5000;
/// Packets in answer to one event.
const MOST: usize = 20_000;

const OPENS: [Open; 4] = [Open::Active, Open::Simultaneous, Open::Passive, Open::Split];
const CLOSES: [Close; 7] =
    [Close::Active, Close::Passive, Close::Half, Close::Reset, Close::Simultaneous, Close::None, Close::Told];

/// How to open and close, what to say, and then what happens.
pub(crate) fn body(data: &[u8]) {
    let mut octets = Octets(data);
    if octets.u8() % 2 == 0 { connection(&mut octets) } else { listener(&mut octets) }
}

fn socket(text: &str) -> SocketAddr {
    text.parse().expect("a socket")
}

/// Something that happens.
enum Deed {
    Pass(Duration),
    Arrive(Vec<u8>),
    Interrupt,
}

/// The next event: a time that passes, a segment near or far from the window, or any octets.
fn deed(octets: &mut Octets<'_>, from: SocketAddr, to: SocketAddr, numbers: (u32, u32)) -> Deed {
    match octets.u8() % 8 {
        0 => Deed::Pass(Duration::from_millis(u64::from(octets.u16()))),
        1 => Deed::Pass(Duration::from_secs(u64::from(octets.u16()))),
        2 => Deed::Interrupt,
        3 => {
            let length = usize::from(octets.u8());
            Deed::Arrive(octets.take(length).to_vec())
        }
        _ => Deed::Arrive(segment(octets, from, to, numbers)),
    }
}

fn segment(octets: &mut Octets<'_>, from: SocketAddr, to: SocketAddr, (seq, ack): (u32, u32)) -> Vec<u8> {
    let near = |octets: &mut Octets<'_>| i32::from(octets.u16().cast_signed()).cast_unsigned();
    let mut fields = SegmentFields {
        flags: Flags::from_bits(octets.u16()),
        seq: seq.wrapping_add(near(octets)),
        ack: ack.wrapping_add(near(octets)),
        window: octets.u16(),
        ..SegmentFields::default()
    };
    let length = usize::from(octets.u8() % 11) * 4;
    fields.options = octets.take(length).to_vec();
    fields.options.resize(length, 0);
    let length = usize::from(octets.u8());
    fields.payload = octets.take(length).to_vec();
    emit::segment(from, to, &IpFields::default(), &fields).unwrap_or_default()
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

fn assert_sound(emit: &Emit) {
    let packet = raw(&emit.packet);
    let decoded = decode(&packet);
    let (_, segment) = decoded.segment().expect("a segment");
    assert_eq!(segment.checksum_state, Checksum::Good);
}

fn connection(octets: &mut Octets<'_>) {
    let mut config = Config::new(socket(OURS), socket(THEIRS), Seq(ISS));
    config.open = octets.one_of(&OPENS);
    config.close = octets.one_of(&CLOSES);
    config.payload = vec![b'x'; usize::from(octets.u8()) * 8];
    config.window = u32::from(octets.u16());
    let mut now = Time::from_parts(1_000_000, 0);
    let Ok(mut end) = Endpoint::new(config, now) else { return };
    while !octets.is_empty() {
        settle(&mut end, now);
        match deed(octets, socket(THEIRS), socket(OURS), (IRS, ISS)) {
            Deed::Pass(time) => now = now + time,
            Deed::Interrupt => end.interrupt(now),
            Deed::Arrive(bytes) => match (decode(&raw(&bytes)).ip, decode(&raw(&bytes)).content) {
                (Some(ip), Content::Segment(segment)) => end.arrive(now, &ip, &segment),
                (Some(ip), Content::Icmp(icmp)) => end.icmp(now, &ip, &icmp),
                _ => {}
            },
        }
    }
    settle(&mut end, now);
}

fn settle(end: &mut Endpoint, now: Time) {
    for _ in 0..MOST {
        match end.poll(now) {
            Action::Send(emit) => assert_sound(&emit),
            Action::WaitUntil(time) => return assert!(time > now, "{time:?} has passed"),
            Action::Done(_) => return,
        }
    }
    panic!("it never stops sending");
}

fn listener(octets: &mut Octets<'_>) {
    let ours = socket("192.0.2.1:80");
    let mut listener = Listener::new(ListenConfig {
        port: 80,
        room: Box::new(move |address| (address == ours.ip()).then_some(1460)),
        service: Box::new(|| Box::new(Echo)),
        ip: IpFields::default(),
        offer: Offer::default(),
        window: u32::from(octets.u16()),
        timing: Timing::default(),
        open: octets.one_of(&OPENS),
        close: octets.one_of(&[ServerClose::After, ServerClose::First, ServerClose::Never, ServerClose::Reset]),
        backlog: usize::from(octets.u8() % 8),
        connections: usize::from(octets.u8() % 8),
        overflow: octets.one_of(&[Overflow::Drop, Overflow::Refuse]),
        cookies: octets.one_of(&[Cookies::Never, Cookies::Full, Cookies::Always]),
        syn_ack_delay: Duration::from_millis(u64::from(octets.u8())),
        lose: u32::from(octets.u8() % 4),
        count: None,
        secret: 7,
    });
    let mut now = Time::from_parts(1_000_000, 0);
    while !octets.is_empty() {
        serve(&mut listener, now);
        let client = SocketAddr::new([192, 0, 2, 2].into(), 1024 + u16::from(octets.u8() % 16));
        match deed(octets, client, ours, (IRS, 0)) {
            Deed::Pass(time) => now = now + time,
            Deed::Interrupt => listener.interrupt(now),
            Deed::Arrive(bytes) => match (decode(&raw(&bytes)).ip, decode(&raw(&bytes)).content) {
                (Some(ip), Content::Segment(segment)) => listener.arrive(now, &ip, &segment),
                (Some(ip), Content::Icmp(icmp)) => listener.icmp(now, &ip, &icmp),
                _ => {}
            },
        }
        assert!(listener.half_open() + listener.connections() <= 16);
    }
    serve(&mut listener, now);
}

fn serve(listener: &mut Listener, now: Time) {
    for _ in 0..MOST {
        match listener.poll(now) {
            Step::Send(emit) => assert_sound(&emit),
            Step::Note(_) => {}
            Step::WaitUntil(time) => return assert!(time.is_none_or(|time| time > now), "{time:?} has passed"),
            Step::Done => return,
        }
    }
    panic!("it never stops sending");
}
