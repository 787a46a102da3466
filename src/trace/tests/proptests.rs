//! Whatever comes: no panic, states along the edges of the table, nothing after the end.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::script::Stage;
use crate::tcp::{RULES, State};
use crate::trace::{Belief, EventKind, Hint, Origin, Side, TracerOptions};
use crate::wire::{Flags, IpFields, SegmentFields, emit};

fn segments() -> impl Strategy<Value = Vec<(bool, u16, u32, u32, u16, usize, bool)>> {
    let number = || prop_oneof![0..12_u32, Just(0), any::<u32>()];
    let flags = prop_oneof![
        Just(0x02_u16),
        Just(0x12),
        Just(0x10),
        Just(0x18),
        Just(0x11),
        Just(0x04),
        Just(0x14),
        0..0x200_u16
    ];
    let window = prop_oneof![Just(0_u16), any::<u16>()];
    prop::collection::vec(
        (any::<bool>(), flags, number(), number(), window, 0..4_usize, prop::bool::weighted(0.05)),
        0..40,
    )
}

/// Whether the table leads from `from` to `to` in at most three steps, which is the most that one segment can be.
fn reachable(from: State, to: State) -> bool {
    let step = |states: &HashSet<State>| {
        let next = |state: &State| {
            let state = *state;
            RULES
                .iter()
                .filter(move |rule| rule.states.contains(&state))
                .flat_map(move |rule| [rule.leads_to(state, true), rule.leads_to(state, false)])
        };
        states.iter().flat_map(next).chain(states.iter().copied()).collect::<HashSet<_>>()
    };
    let start = HashSet::from([from]);
    step(&step(&step(&start))).contains(&to)
}

fn along_an_edge(before: Belief, after: Belief) -> bool {
    match (before.state, after.state) {
        (Some(before), Some(after)) => reachable(before, after),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

proptest! {
    #[test]
    fn any_conversation(segments in segments(), ours: bool, max_connections in 1..3_usize) {
        let (client, server) = (super::script::socket(Side::Client), super::script::socket(Side::Server));
        let mut stage = Stage::new(TracerOptions { ours: ours.then_some(client), max_connections, ..TracerOptions::default() });
        for (from_client, flags, seq, ack, window, len, kernel) in segments {
            let (from, to) = if from_client { (client, server) } else { (server, client) };
            let fields = SegmentFields {
                seq, ack, flags: Flags::from_bits(flags), window, payload: vec![0; len], ..SegmentFields::default()
            };
            let bytes = emit::segment(from, to, &IpFields::default(), &fields).unwrap();
            let origin = if kernel && from_client { Origin::OwnKernel } else { Origin::Wire };
            stage.packet(&bytes, Hint { origin, ..Hint::default() });
        }
        let events = stage.events.clone();
        let ended = stage.end();
        let mut over = HashSet::new();
        let mut seen = HashMap::new();
        for event in &events {
            prop_assert!(!over.contains(&event.connection), "{event:?} after the end");
            match event.kind {
                EventKind::Opened(_) => prop_assert!(seen.insert(event.connection, 0_u64).is_none()),
                EventKind::Segment(segment) => {
                    *seen.get_mut(&event.connection).expect("opened first") += 1;
                    for side in Side::BOTH {
                        prop_assert!(along_an_edge(segment.before[side], segment.after[side]), "{side:?} in {segment:?}");
                    }
                }
                EventKind::Icmp(_) | EventKind::Kernel(_) => {}
                EventKind::Ended(_) => { over.insert(event.connection); }
            }
        }
        prop_assert_eq!(ended.len(), seen.len());
        prop_assert_eq!(ended.iter().map(|summary| summary.segments).sum::<u64>(), seen.values().sum::<u64>());
    }

    #[test]
    fn any_bytes(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut stage = Stage::new(TracerOptions::default());
        for mut bytes in packets {
            if bytes.len() > 40 {
                bytes[0] = 0x45;
                bytes[9] = if bytes[1] & 1 == 0 { 6 } else { 1 };
                bytes[12..20].copy_from_slice(&[192, 0, 2, 1, 192, 0, 2, 2]);
            }
            stage.packet(&bytes, Hint::default());
        }
        stage.end();
    }
}
