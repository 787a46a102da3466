//! What the table holds: little of connections that have only begun, very little of those that are over.

use std::net::SocketAddr;
use std::time::Duration;

use super::script::*;
use crate::trace::tracer::Held;
use crate::trace::{Event, EventKind, Handshake, Hint, Mark, Summary, Tracer, TracerOptions};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

/// Connections that are over and kept whole.
const KEPT: usize = 512;

/// A tracer, a clock, and the summaries so far.
struct Crowd {
    tracer: Tracer,
    time: Time,
    ended: Vec<Summary>,
    /// Numbers of the connections of segments that came, but of those that were told of.
    of_segments: Vec<u32>,
}

impl Crowd {
    fn new(max_connections: usize, only_ends: bool) -> Self {
        let tracer = Tracer::new(TracerOptions { max_connections, only_ends, ..TracerOptions::default() });
        Self { tracer, time: Time::from_parts(1_000_000, 0), ended: Vec::new(), of_segments: Vec::new() }
    }

    fn client(number: u32) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, (number >> 14) as u8], 20_000 + (number & 0x3fff) as u16))
    }

    /// One segment of the connection of this number, a microsecond after the one before.
    fn send(&mut self, number: u32, by_client: bool, flags: Flags, seq: u32, ack: u32) {
        let (client, server) = (Self::client(number), SocketAddr::from(([198, 51, 100, 1], 80)));
        let (from, to) = if by_client { (client, server) } else { (server, client) };
        let fields = SegmentFields { seq, ack, flags, window: 1000, ..SegmentFields::default() };
        let bytes = emit::segment(from, to, &IpFields::default(), &fields).unwrap();
        self.time = self.time + Duration::from_micros(1);
        let packet = Packet { time: self.time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes: &bytes };
        let Self { tracer, ended, of_segments, .. } = self;
        tracer.packet(1, &packet, &decode(&packet), Hint::default(), &mut |event| match event.kind {
            EventKind::Ended(summary) => ended.push(summary),
            EventKind::Segment(_) => of_segments.push(event.connection),
            _ => {}
        });
    }

    fn syn(&mut self, number: u32) {
        self.send(number, true, Flags::SYN, 100, 0);
    }

    /// A whole connection.
    fn conversation(&mut self, number: u32) {
        self.syn(number);
        self.send(number, false, Flags::SYN | Flags::ACK, 300, 101);
        self.send(number, true, Flags::ACK, 101, 301);
        self.send(number, true, Flags::FIN | Flags::ACK, 101, 301);
        self.send(number, false, Flags::FIN | Flags::ACK, 301, 102);
        self.send(number, true, Flags::ACK, 102, 302);
    }

    fn held(&self) -> Held {
        self.tracer.held()
    }
}

#[test]
fn records_are_as_small_as_they_are_said_to_be() {
    let sizes = Held::record_sizes();
    assert!(sizes.half_open <= 200, "{} octets for a SYN", sizes.half_open);
    assert!(sizes.late <= 64, "{} octets for a connection that is over", sizes.late);
}

#[test]
fn a_connection_is_small_until_its_syn_is_answered() {
    let mut crowd = Crowd::new(1000, true);
    (0..100).for_each(|number| crowd.syn(number));
    crowd.time = crowd.time + Duration::from_secs(1);
    (0..100).for_each(|number| crowd.syn(number));
    assert_eq!(crowd.held(), Held { half_open: 100, whole: 0, late: 0 });
    crowd.send(7, false, Flags::SYN | Flags::ACK, 300, 101);
    assert_eq!(crowd.held(), Held { half_open: 99, whole: 1, late: 0 });
    crowd.tracer.finish(&mut |event| {
        let EventKind::Ended(summary) = event.kind else { panic!("{event:?}") };
        let expected = if event.connection == 8 { Handshake::SynReceived } else { Handshake::Unanswered };
        assert_eq!((summary.handshake, summary.syns), (expected, 2));
        assert_eq!(summary.client, Crowd::client(event.connection - 1));
    });
}

#[test]
fn a_flood_never_exceeds_the_bound() {
    let mut crowd = Crowd::new(500, true);
    (0..20_000).for_each(|number| crowd.syn(number));
    assert_eq!(crowd.held(), Held { half_open: 500, whole: 0, late: 0 });
    assert_eq!((crowd.tracer.evicted(), crowd.ended.len()), (19_500, 19_500));
}

#[test]
fn whoever_was_idle_longest_is_evicted() {
    let mut crowd = Crowd::new(3, true);
    crowd.syn(1);
    crowd.syn(2);
    crowd.send(2, false, Flags::SYN | Flags::ACK, 300, 101);
    crowd.syn(3);
    crowd.syn(1); // again, so that 2 is idle longest
    crowd.syn(4);
    crowd.syn(5);
    assert_eq!(crowd.ended.iter().map(|summary| summary.client).collect::<Vec<_>>(), [2, 3].map(Crowd::client));
}

#[test]
fn connections_that_are_over_go_first_and_do_not_count_as_evicted() {
    let mut crowd = Crowd::new(2, true);
    crowd.syn(1);
    crowd.conversation(2);
    crowd.syn(3);
    assert_eq!(crowd.ended.iter().map(|summary| summary.client).collect::<Vec<_>>(), [Crowd::client(2)]);
    assert_eq!((crowd.tracer.evicted(), crowd.held()), (0, Held { half_open: 2, whole: 0, late: 1 }));
}

#[test]
fn connections_that_are_over_do_not_add_up() {
    let mut crowd = Crowd::new(10_000, true);
    (0..KEPT as u32 + 300).for_each(|number| crowd.conversation(number));
    crowd.syn(50_000);
    assert_eq!(crowd.held(), Held { half_open: 1, whole: KEPT, late: 300 });
    assert!(crowd.ended.iter().all(|summary| summary.segments == 6));
    crowd.time = crowd.time + Duration::from_secs(300);
    crowd.syn(60_000);
    assert_eq!(crowd.held(), Held { half_open: 2, whole: KEPT, late: 0 }, "TIME-WAIT has passed");
}

/// A crowd in which the first connection is told of.
fn told() -> Crowd {
    let mut crowd = Crowd::new(10_000, false);
    (0..KEPT as u32 + 2).for_each(|number| crowd.conversation(number));
    assert_eq!(crowd.ended[0].client, Crowd::client(0));
    crowd
}

#[test]
fn late_segments_are_known_for_what_they_are() {
    let mut crowd = told();
    crowd.syn(50_000);
    let ended = crowd.ended.len();
    crowd.send(0, false, Flags::FIN | Flags::ACK, 301, 102);
    crowd.send(0, true, Flags::ACK, 102, 302);
    crowd.send(0, true, Flags::RST, 102, 0);
    assert_eq!(crowd.of_segments[crowd.of_segments.len() - 3..], [1, 1, 1]);
    assert_eq!((crowd.tracer.late(), crowd.ended.len()), (3, ended), "no connection begins or ends by them");
}

#[test]
fn a_late_fin_is_seen_to_be_a_repetition() {
    let mut stage = Stage::new(TracerOptions { max_connections: 1, ..TracerOptions::default() });
    stage.play(HANDSHAKE);
    stage.play(
        "C FA 1 1 | FIN-WAIT-1 CLOSE-WAIT
         S FA 1 2 | TIME-WAIT LAST-ACK
         C A 2 2  | TIME-WAIT CLOSED",
    );
    let mut other = stage.raw("C S 0 -");
    other[21] ^= 1;
    stage.packet(&other, Hint::default());
    stage.play("+200 S FA 1 2 | TIME-WAIT CLOSED | fin-retransmission");
    let last = stage.segments().pop().unwrap();
    assert_eq!((last.relative_seq, last.relative_ack), (1, Some(2)));
}

#[test]
fn another_connection_on_the_sockets_of_one_told_of() {
    let mut crowd = told();
    let ended = crowd.ended.len();
    crowd.send(0, true, Flags::SYN, 9_000, 0);
    assert_eq!(crowd.of_segments.last(), Some(&(KEPT as u32 + 3)));
    let mut last: Option<Event> = None;
    crowd.tracer.finish(&mut |event| last = Some(*event));
    let Some(EventKind::Ended(summary)) = last.map(|event| event.kind) else { panic!("{last:?}") };
    assert_eq!((summary.client, summary.marks.has(Mark::PortReuse)), (Crowd::client(0), true));
    assert_eq!((crowd.ended.len(), crowd.tracer.late()), (ended + 1, 0), "one more is told of to make room");
}

#[test]
fn a_small_record_grows_into_the_same_connection() {
    // The same segments with and without the small record: a hand-made end is never kept small.
    let script = "C S 0 - ws=7 | SYN-SENT SYN-RECEIVED";
    let again = "C S 0 - ws=7 | SYN-SENT - | syn-retransmission";
    let rest = "S SA 0 1 ws=7 | ESTABLISHED SYN-RECEIVED | late-answer\n C A 1 1 | ESTABLISHED ESTABLISHED\n \
                S R 1 - | CLOSED CLOSED | late-refusal";
    let verdict = |ours: bool| {
        let elsewhere: SocketAddr = "203.0.113.1:1".parse().unwrap();
        let ours = if ours { socket(crate::trace::Side::Client) } else { elsewhere };
        let mut stage = Stage::new(TracerOptions { ours: Some(ours), ..TracerOptions::default() });
        [script, again, again, rest].into_iter().for_each(|lines| stage.play(lines));
        let copies: Vec<u16> = stage.segments().iter().map(|segment| segment.copy).collect();
        (copies, stage.end()[0])
    };
    let ((small_copies, small), (whole_copies, whole)) = (verdict(false), verdict(true));
    assert_eq!(small_copies, whole_copies);
    assert_eq!(Summary { states: whole.states, ..small }, whole);
}

/// Clients of so many connections leave the SYN,ACK unanswered, and it is sent again.
fn unacknowledged(crowd: &mut Crowd, numbers: std::ops::Range<u32>) {
    for again in [false, true] {
        for number in numbers.clone() {
            if !again {
                crowd.syn(number);
            }
            crowd.send(number, false, Flags::SYN | Flags::ACK, 300, 101);
        }
        crowd.time = crowd.time + Duration::from_secs(1);
    }
}

/// Numbers of the clients whose connections are marked as parts of a flood.
fn flooding(mut crowd: Crowd) -> Vec<SocketAddr> {
    crowd.tracer.finish(&mut |event| {
        if let EventKind::Ended(summary) = event.kind {
            crowd.ended.push(summary);
        }
    });
    crowd.ended.iter().filter(|summary| summary.marks.has(Mark::SynFlood)).map(|summary| summary.client).collect()
}

#[test]
fn only_handshakes_that_wait_at_once_make_a_flood() {
    for only_ends in [true, false] {
        let mut crowd = Crowd::new(1000, only_ends);
        unacknowledged(&mut crowd, 0..15);
        // One of them is acknowledged, one is reset, one begins anew.
        crowd.send(3, true, Flags::ACK, 101, 301);
        crowd.send(4, true, Flags::RST, 101, 0);
        crowd.send(5, true, Flags::SYN, 7000, 0);
        unacknowledged(&mut crowd, 15..18);
        assert_eq!(flooding(crowd), [], "fifteen wait");

        let mut crowd = Crowd::new(1000, only_ends);
        unacknowledged(&mut crowd, 0..18);
        crowd.conversation(20);
        assert_eq!(flooding(crowd), [15, 16, 17].map(Crowd::client));
    }
}
