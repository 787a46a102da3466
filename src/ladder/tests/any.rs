//! Whatever the events are: no panic, no line too wide, no character that a terminal would obey.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Builder, Settings, Verbosity, layout};
use crate::tcp::{Call, Seq, State};
use crate::trace::{
    Acked, Belief, CallNote, CallRole, Certainty, ConnState, Event, EventKind, Handshake, History, IcmpEvent, Mark,
    Millis, Opened, Origin, Pair, Preview, ResetNumber, SegmentEvent, Side, Summary, Termination,
};
use crate::wire::{About, Checksum, Comment, Comments, Flags, OptionSummary, Options, Time};

fn side() -> impl Strategy<Value = Side> {
    select(Side::BOTH.to_vec())
}

fn certainty() -> impl Strategy<Value = Certainty> {
    select(vec![Certainty::Observed, Certainty::Inferred, Certainty::Unknown])
}

fn belief() -> impl Strategy<Value = Belief> {
    (proptest::option::of(select(State::ALL.to_vec())), certainty())
        .prop_map(|(state, certainty)| Belief { state, certainty })
}

fn pair<T: std::fmt::Debug>(each: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = Pair<T>> {
    (each.clone(), each).prop_map(|(client, server)| Pair { client, server })
}

fn beliefs() -> impl Strategy<Value = Pair<Belief>> {
    (belief(), belief()).prop_map(|(client, server)| Pair { client, server })
}

fn call() -> impl Strategy<Value = CallNote> {
    let calls = prop_oneof![
        select(vec![Call::Listen, Call::Connect, Call::Accept, Call::ShutdownWrite, Call::Close, Call::Abort]),
        any::<u32>().prop_map(Call::Send),
        any::<u32>().prop_map(Call::Recv),
    ];
    (side(), calls, select(vec![CallRole::Causes, CallRole::Returns]), certainty())
        .prop_map(|(side, call, role, certainty)| CallNote { side, call, role, certainty })
}

fn options() -> impl Strategy<Value = OptionSummary> {
    proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Options(&bytes).summary())
}

fn segment() -> impl Strategy<Value = SegmentEvent> {
    let numbers = (any::<[u32; 6]>(), any::<[u16; 4]>(), any::<u64>(), any::<u8>());
    let optional = (any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u8>>(), options());
    let origin = select(vec![Origin::Wire, Origin::HandMade, Origin::OwnKernel]);
    let marks = proptest::collection::vec(select(Mark::all().collect::<Vec<_>>()), 0..4);
    let calls = [proptest::option::of(call()), proptest::option::of(call()), proptest::option::of(call())];
    let payload = proptest::collection::vec(any::<u8>(), 0..40);
    (side(), origin, numbers, optional, marks, calls, payload, beliefs(), beliefs(), any::<[bool; 2]>()).prop_map(
        |(from, origin, (wide, narrow, number, ttl), optional, marks, calls, payload, before, after, [syn, fin])| {
            let (relative_ack, scaled_window, window_shift, options) = optional;
            SegmentEvent {
                number,
                from,
                origin,
                flags: Flags::from_bits(narrow[0]),
                seq: Seq(wide[0]),
                ack: Seq(wide[1]),
                relative_seq: wide[2],
                relative_ack,
                is_seq_older: wide[2] & 1 == 1,
                is_ack_older: wide[2] & 2 == 2,
                restates: wide[2] & 4 == 4,
                len: wide[3],
                window: narrow[1],
                scaled_window,
                window_shift,
                options,
                ttl,
                checksum: Checksum::Unknown,
                urgent: narrow[2],
                acked: Acked { octets: wide[4], syn, fin },
                before,
                after,
                calls,
                marks: marks.into_iter().collect(),
                copy: narrow[3],
                since_start: Duration::from_nanos(number),
                since_first: Duration::from_nanos(number),
                gap: if wide[5] % 4 == 0 { wide[5] } else { 0 },
                reset_number: ResetNumber::ALL.get(narrow[3] as usize % 4).copied(),
                rfc_section: "3.10.7.4",
                preview: Preview::of(&payload),
            }
        },
    )
}

fn icmp() -> impl Strategy<Value = IcmpEvent> {
    (any::<IpAddr>(), side(), any::<(bool, u8, u8, Option<u32>, Option<u32>, bool)>(), beliefs()).prop_map(
        |(from, about, (v6, kind, code, mtu, quoted, plausible), after)| IcmpEvent {
            number: 1,
            from,
            about,
            v6,
            kind,
            code,
            mtu,
            quoted_seq: quoted.map(Seq),
            plausible,
            after,
        },
    )
}

fn summary() -> impl Strategy<Value = Summary> {
    let (handshakes, terminations) = (select(Handshake::ALL.to_vec()), select(Termination::ALL.to_vec()));
    let sides = [proptest::option::of(side()), proptest::option::of(side()), proptest::option::of(side())];
    let times = any::<[Option<u64>; 3]>();
    let offered = (proptest::option::of(options()), proptest::option::of(options()));
    let marks = proptest::collection::vec(select(Mark::all().collect::<Vec<_>>()), 0..8);
    let icmp = proptest::option::of(icmp());
    let numbers = (any::<[i64; 2]>(), any::<[u64; 3]>(), any::<[u32; 2]>(), any::<(u16, bool)>());
    (
        (any::<SocketAddr>(), any::<SocketAddr>()),
        handshakes,
        terminations,
        sides,
        times,
        offered,
        marks,
        icmp,
        numbers,
        beliefs(),
    )
        .prop_map(
            |((client, server), handshake, termination, sides, times, offered, marks, icmp, numbers, states)| {
                let (clock, counts, again, (syns, half_close)) = numbers;
                let [handshake_rtt, handshake_time, termination_time] =
                    times.map(|time| time.map(|nanos| Millis(Duration::from_nanos(nanos))));
                Summary {
                    client,
                    server,
                    first: Time::from_nanos(clock[0]),
                    last: Time::from_nanos(clock[1]),
                    segments: counts[0],
                    bytes_client: counts[1],
                    bytes_server: counts[2],
                    handshake,
                    one_way: sides[2],
                    termination,
                    half_close,
                    closed_first: sides[0],
                    reset_by: sides[1],
                    reset_number: None,
                    cut_off: None,
                    stage: None,
                    completeness: 0,
                    conn_state: ConnState::Other,
                    history: History::default(),
                    handshake_rtt,
                    handshake_time,
                    termination_time,
                    syns,
                    offered: Pair { client: offered.0, server: offered.1 },
                    ecn: Pair { client: half_close, server: sides[1].is_some() },
                    states,
                    time_wait: Pair { client: sides[2] == Some(Side::Client), server: sides[1] == sides[2] },
                    icmp,
                    marks: marks.into_iter().collect(),
                    retransmissions: Pair { client: again[0], server: again[1] },
                    reception: None,
                    first_flags: Flags::from_bits(syns),
                }
            },
        )
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        1 => (pair(any::<SocketAddr>()), beliefs()).prop_map(|(sockets, states)| {
            EventKind::Opened(Opened { client: sockets.client, server: sockets.server, states })
        }),
        16 => segment().prop_map(EventKind::Segment),
        2 => icmp().prop_map(EventKind::Icmp),
        1 => summary().prop_map(EventKind::Ended),
    ];
    (any::<i64>(), kind).prop_map(|(nanos, kind)| Event { time: Time::from_nanos(nanos), connection: 1, kind })
}

fn settings() -> impl Strategy<Value = Settings> {
    let verbosity = select(vec![Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose]);
    let name = proptest::option::of(any::<String>());
    (40_usize..140, any::<[bool; 2]>(), verbosity, name, any::<Vec<u8>>()).prop_map(
        |(width, [ascii, absolute], verbosity, peer_name, remark)| {
            let comments = Comments::default();
            // The number that every ICMP error has here.
            comments.put(1, vec![Comment::new(About::Packet, &remark)]);
            Settings {
                width,
                ascii,
                absolute,
                verbosity,
                ours: None,
                by_hand: false,
                peer_name,
                comments,
                handout: None,
            }
        },
    )
}

/// Characters that move a cursor, turn the direction of writing or take no room.
fn is_obeyed(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

proptest! {
    #[test]
    fn any_events_make_a_ladder(events in proptest::collection::vec(event(), 0..24), mut settings in settings()) {
        if let Some(EventKind::Opened(opened)) = events.first().map(|event| event.kind) {
            settings.ours = Some(opened.client);
        }
        let mut builder = Builder::new(&settings);
        events.iter().for_each(|event| builder.push(event));
        for line in layout(&builder.finish(), &settings) {
            prop_assert!(line.width() <= settings.width, "{} columns: {}", line.width(), line.plain());
            prop_assert!(!line.plain().chars().any(is_obeyed), "{:?}", line.plain());
            prop_assert!(!settings.ascii || line.plain().is_ascii(), "{}", line.plain());
        }
    }
}
