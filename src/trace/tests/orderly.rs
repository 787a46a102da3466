//! Connections that go by the book, and almost: a tracer that puts off following them tells the same ends, in the same
//! order, as one that follows each segment. Debug builds compare each verdict once more.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;

use crate::trace::{Event, EventKind, Hint, Summary, Termination, Tracer, TracerOptions};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, TcpOption, Time, decode, emit};

const ACK: Flags = Flags::ACK;
const SYN: Flags = Flags::SYN;
const FIN: Flags = Flags::FIN;

/// One segment: by the client, flags, octets, and how long it comes after the one before.
#[derive(Clone, Debug)]
struct Step {
    by_client: bool,
    flags: Flags,
    len: u16,
    after: Duration,
}

/// Which options a side sends.
#[derive(Clone, Copy, Debug)]
struct Habits {
    mss: Option<u16>,
    window_scale: Option<u8>,
    sack_permitted: bool,
    timestamps: bool,
    window: u16,
    numbered: bool,
}

/// A connection: its client's port, what each side does, and its segments.
#[derive(Clone, Debug)]
struct Plan {
    port: u16,
    isn: [u32; 2],
    habits: [Habits; 2],
    steps: Vec<Step>,
}

/// What goes wrong with the segment at a place.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Lost,
    Twice,
    /// It comes after the next.
    Late,
    Flag(u16),
    Seq(i32),
    Ack(i32),
    Window(u16),
    Ttl(u8),
    BadChecksum,
    Reserved,
    Fragment,
    NoOptions,
    Sack,
    Stamp(i32),
    Pause(u32),
}

fn habits() -> impl Strategy<Value = Habits> {
    let mss = prop_oneof![3 => Just(Some(1460)), 1 => Just(None), 1 => Just(Some(20_u16)), 1 => Just(Some(536))];
    let scale = prop_oneof![2 => Just(Some(7_u8)), 1 => Just(None), 1 => Just(Some(15))];
    let window = prop_oneof![4 => Just(64_000_u16), 1 => Just(1), 1 => Just(1000), 1 => Just(0)];
    (mss, scale, any::<bool>(), any::<bool>(), window, any::<bool>()).prop_map(
        |(mss, window_scale, sack_permitted, timestamps, window, numbered)| Habits {
            mss,
            window_scale,
            sack_permitted,
            timestamps,
            window,
            numbered,
        },
    )
}

fn pause() -> impl Strategy<Value = Duration> {
    prop_oneof![
        6 => (0..2000_u64).prop_map(Duration::from_micros),
        2 => (20..700_u64).prop_map(Duration::from_millis),
        1 => Just(Duration::from_secs(6)),
        1 => Just(Duration::from_secs(300)),
    ]
}

/// Handshake, octets either way with and without acknowledgments of their own, and a close by either side.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let talk = prop::collection::vec((any::<bool>(), any::<bool>(), prop_oneof![Just(0_u16), 1..1461_u16]), 0..12);
    (talk, any::<bool>(), any::<bool>(), prop::collection::vec(pause(), 24)).prop_map(
        |(talk, client_first, four, pauses)| {
            let mut steps = vec![(true, SYN, 0), (false, SYN | ACK, 0), (true, ACK, 0)];
            steps.extend(
                talk.into_iter().map(|(by_client, push, len)| {
                    (by_client, if push && len > 0 { Flags::PSH | ACK } else { ACK }, len)
                }),
            );
            steps.push((client_first, FIN | ACK, 0));
            steps.extend(four.then_some((!client_first, ACK, 0)));
            steps.extend([(!client_first, FIN | ACK, 0), (client_first, ACK, 0)]);
            let steps = steps.into_iter().zip(pauses.into_iter().cycle());
            steps.map(|((by_client, flags, len), after)| Step { by_client, flags, len, after }).collect()
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    // Few ports, so that some are used again.
    (40_000..40_003_u16, any::<[u32; 2]>(), [habits(), habits()], steps()).prop_map(|(port, isn, habits, steps)| Plan {
        port,
        isn,
        habits,
        steps,
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Lost),
        Just(Fault::Twice),
        Just(Fault::Late),
        (0..9_u16).prop_map(Fault::Flag),
        (-2000..2000_i32).prop_map(Fault::Seq),
        prop_oneof![Just(-1), Just(1), -2000..2000_i32].prop_map(Fault::Ack),
        prop_oneof![Just(0), Just(1), any::<u16>()].prop_map(Fault::Window),
        any::<u8>().prop_map(Fault::Ttl),
        Just(Fault::BadChecksum),
        Just(Fault::Reserved),
        Just(Fault::Fragment),
        Just(Fault::NoOptions),
        Just(Fault::Sack),
        (-5..5_i32).prop_map(Fault::Stamp),
        any::<u32>().prop_map(Fault::Pause),
    ]
}

/// The packets of a plan, each with the time after the one before; `faults` by the place of the segment.
fn packets(plan: &Plan, faults: &[(usize, Fault)]) -> Vec<(Duration, Vec<u8>)> {
    let (client, server) = (SocketAddr::from(([192, 0, 2, 1], plan.port)), SocketAddr::from(([198, 51, 100, 1], 80)));
    let mut next = plan.isn;
    let mut packets = Vec::new();
    let mut late = None;
    for (place, step) in plan.steps.iter().enumerate() {
        let (own, peer) = if step.by_client { (0, 1) } else { (1, 0) };
        let (from, to) = if step.by_client { (client, server) } else { (server, client) };
        let habits = &plan.habits[own];
        let mut fields = SegmentFields {
            seq: next[own],
            ack: if step.flags.ack() { next[peer] } else { 0 },
            flags: step.flags,
            window: habits.window,
            payload: vec![b'x'; usize::from(step.len)],
            ..SegmentFields::default()
        };
        let mut ip =
            IpFields { identification: if habits.numbered { place as u16 + 1 } else { 0 }, ..IpFields::default() };
        let (mut after, mut stamp) = (step.after, 1000 + place as u32);
        let stamped = plan.habits.iter().all(|habits| habits.timestamps);
        let mut has_options = true;
        let faults: Vec<Fault> = faults.iter().filter(|(at, _)| *at == place).map(|(_, fault)| *fault).collect();
        for fault in &faults {
            match *fault {
                Fault::Flag(bit) => fields.flags = Flags::from_bits(fields.flags.bits() ^ 1 << bit),
                Fault::Seq(by) => fields.seq = fields.seq.wrapping_add_signed(by),
                Fault::Ack(by) => fields.ack = fields.ack.wrapping_add_signed(by),
                Fault::Window(window) => fields.window = window,
                Fault::Ttl(ttl) => ip.ttl = ttl,
                Fault::NoOptions => has_options = false,
                Fault::Sack => TcpOption::SackPermitted.emit(&mut fields.options),
                Fault::Stamp(by) => stamp = stamp.wrapping_add_signed(by),
                Fault::Pause(nanos) => after = Duration::from_nanos(u64::from(nanos)),
                _ => {}
            }
        }
        if has_options {
            options(&mut fields, step.flags, habits, stamped, stamp);
        }
        next[own] = next[own].wrapping_add(u32::from(step.len) + step.flags.sequence_len());
        let mut bytes = emit::segment(from, to, &ip, &fields).unwrap();
        for fault in &faults {
            match fault {
                Fault::BadChecksum => bytes[36] ^= 0x55,
                Fault::Reserved => bytes[32] ^= 0x02,
                Fault::Fragment => bytes[6] |= 0x20,
                _ => {}
            }
        }
        let has = |wanted: fn(&Fault) -> bool| faults.iter().any(wanted);
        if has(|fault| matches!(fault, Fault::Lost)) {
            continue;
        }
        let copies = 1 + usize::from(has(|fault| matches!(fault, Fault::Twice)));
        if has(|fault| matches!(fault, Fault::Late)) {
            late = Some((after, bytes));
            continue;
        }
        packets.extend(std::iter::repeat_n((after, bytes), copies));
        packets.extend(late.take());
    }
    packets.extend(late);
    packets
}

fn options(fields: &mut SegmentFields, flags: Flags, habits: &Habits, stamped: bool, stamp: u32) {
    let timestamps = TcpOption::Timestamps { value: stamp, echo: stamp / 2 };
    if flags.syn() {
        fields.options.clear();
        let offered = [
            habits.mss.map(TcpOption::Mss),
            habits.sack_permitted.then_some(TcpOption::SackPermitted),
            habits.timestamps.then_some(timestamps),
            habits.window_scale.map(TcpOption::WindowScale),
        ];
        offered.into_iter().flatten().for_each(|option| fields.push_option(option));
    } else if stamped {
        [TcpOption::Nop, TcpOption::Nop, timestamps].into_iter().for_each(|option| fields.push_option(option));
    }
}

/// What a tracer tells in the end, in its order.
fn ends(packets: &[(Duration, Vec<u8>)], max_connections: usize, only_ends: bool) -> Vec<(u32, Summary)> {
    let mut tracer = Tracer::new(TracerOptions { max_connections, only_ends, ..TracerOptions::default() });
    let (mut time, mut ends) = (Time::from_parts(1_000_000, 0), Vec::new());
    let mut tell = |event: &Event| {
        if let EventKind::Ended(summary) = event.kind {
            ends.push((event.connection, summary));
        }
    };
    for (number, (after, bytes)) in (1..).zip(packets) {
        time = time + *after;
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
        tracer.packet(number, &packet, &decode(&packet), Hint::default(), &mut tell);
    }
    tracer.finish(&mut tell);
    ends
}

fn assert_same(packets: &[(Duration, Vec<u8>)], max_connections: usize) {
    let (brief, whole) = (ends(packets, max_connections, true), ends(packets, max_connections, false));
    assert_eq!(brief, whole);
}

/// Takes packets of several lists in turns, so many of each at a time.
fn interleaved(lists: Vec<Vec<(Duration, Vec<u8>)>>, at_a_time: usize) -> Vec<(Duration, Vec<u8>)> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    while lists.iter().any(|list| !list.as_slice().is_empty()) {
        lists.iter_mut().for_each(|list| all.extend(list.by_ref().take(at_a_time)));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn one_connection_by_the_book(plan in plan()) {
        assert_same(&packets(&plan, &[]), 10);
    }

    #[test]
    fn one_connection_with_faults(plan in plan(), faults in prop::collection::vec((0..20_usize, fault()), 1..4)) {
        assert_same(&packets(&plan, &faults), 10);
    }

    #[test]
    fn several_at_once(
        plans in prop::collection::vec((plan(), prop::collection::vec((0..20_usize, fault()), 0..2)), 1..6),
        at_a_time in 1..8_usize,
        max_connections in 1..4_usize,
    ) {
        let lists = plans.iter().map(|(plan, faults)| packets(plan, faults)).collect();
        assert_same(&interleaved(lists, at_a_time), max_connections);
    }
}

#[test]
fn every_way_to_close_by_the_book_has_its_verdict() {
    let habits = Habits {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: true,
        window: 500,
        numbered: true,
    };
    for (client_first, four) in [(true, true), (true, false), (false, true), (false, false)] {
        let open =
            [(true, SYN, 0), (false, SYN | ACK, 0), (true, ACK, 0), (true, ACK | Flags::PSH, 10), (false, ACK, 0)];
        let acked = four.then_some((!client_first, ACK, 0));
        let close = [(!client_first, FIN | ACK, 0), (client_first, ACK, 0)];
        let all = open.into_iter().chain([(client_first, FIN | ACK, 0)]).chain(acked).chain(close);
        let after = Duration::from_millis(1);
        let steps = all.map(|(by_client, flags, len)| Step { by_client, flags, len, after }).collect();
        let plan = Plan { port: 40_000, isn: [u32::MAX - 3, 7], habits: [habits; 2], steps };
        let (_, summary) = ends(&packets(&plan, &[]), 10, true)[0];
        let expected = if four { Termination::FourSegment } else { Termination::ThreeSegment };
        assert_eq!((summary.termination, summary.time_wait.client), (expected, client_first));
        assert_same(&packets(&plan, &[]), 10);
    }
}
