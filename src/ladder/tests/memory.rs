//! What is alike is counted while it comes in.

use super::super::fixture::*;
use super::super::items::LIMIT_VERBOSE;
use super::super::{Builder, Settings, Verbosity, layout};
use crate::trace::{Event, EventKind};

/// Data, again and again.
fn transfer(segments: u64, push: &mut dyn FnMut(&Event)) {
    let mut script = Script::new("192.0.2.1:40123", "192.0.2.2:80");
    script.handshake().data(micros(10), Server, &[b'x'; 1000]).ack(micros(10), Client);
    let [.., data, ack] = script.events[..] else { unreachable!("the script has more than two events") };
    script.events.iter().for_each(&mut *push);
    for number in 1..segments {
        for mut event in [data, ack] {
            event.time = event.time + micros(20 * number);
            let EventKind::Segment(segment) = &mut event.kind else { unreachable!("both are segments") };
            let passed = 1000 * number as u32;
            match segment.from {
                Server => again(segment, 1, segment.relative_seq + passed),
                Client => {
                    segment.ack += passed;
                    segment.relative_ack = segment.relative_ack.map(|ack| ack + passed);
                }
            }
            push(&event);
        }
    }
}

#[test]
fn a_long_transfer_takes_the_room_of_a_short_one() {
    let settings = Settings::default();
    let mut builder = Builder::new(&settings);
    let mut most = 0;
    transfer(100_000, &mut |event| {
        builder.push(event);
        most = most.max(builder.kept());
    });
    assert!(most < 20, "{most} events kept");
    let text: String = layout(&builder.finish(), &settings).iter().map(|line| line.plain() + "\n").collect();
    assert!(text.contains("99,997 data segments and 99,997 ACKs"), "{text}");
    assert!(text.contains("99,997,000 bytes from server"), "{text}");
}

#[test]
fn a_short_run_is_drawn_whole() {
    let settings = Settings::default();
    let mut builder = Builder::new(&settings);
    transfer(4, &mut |event| builder.push(event));
    let text: String = layout(&builder.finish(), &settings).iter().map(|line| line.plain() + "\n").collect();
    assert_eq!(text.matches("PSH ACK").count(), 4, "{text}");
}

#[test]
fn nothing_is_folded_for_who_asks_for_everything() {
    let settings = Settings { verbosity: Verbosity::Verbose, ..Settings::default() };
    let mut builder = Builder::new(&settings);
    transfer(300, &mut |event| builder.push(event));
    assert_eq!(builder.kept(), 3 + 600);
    assert!(!layout(&builder.finish(), &settings).iter().any(|line| line.plain().contains('⋮')));
}

#[test]
fn whoever_asks_for_everything_gets_what_there_is_room_for() {
    let settings = Settings { verbosity: Verbosity::Verbose, ..Settings::default() };
    let mut builder = Builder::new(&settings);
    transfer(20_000, &mut |event| builder.push(event));
    assert_eq!(builder.kept(), 2 * LIMIT_VERBOSE);
    let folded: Vec<_> = layout(&builder.finish(), &settings)
        .iter()
        .map(|line| line.plain())
        .filter(|line| line.contains('⋮'))
        .collect();
    assert!(folded.len() == 2 && folded[0].contains("5,001 data segments and 5,002 ACKs"), "{folded:?}");
}

#[test]
fn what_is_never_alike_is_bounded_too() {
    let settings = Settings::default();
    let mut builder = Builder::new(&settings);
    let mut script = Script::new("192.0.2.1:40123", "192.0.2.2:80");
    script.segment(micros(0), Client, SYN, 0, [None, None], |_| ());
    script.events.iter().for_each(|event| builder.push(event));
    for _ in 0..10_000 {
        builder.push(&script.events[1]);
    }
    assert!(builder.kept() <= 400, "{} events kept", builder.kept());
    assert!(layout(&builder.finish(), &settings).iter().any(|line| line.plain().contains("9,601 segments")));
}
