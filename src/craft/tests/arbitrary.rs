//! Whatever arrives, whenever: no panic, an end, and a bound on what is sent and kept.

use std::time::Duration;

use proptest::prelude::*;

use super::bench::{Bench, IRS, ISS};
use crate::craft::{Action, Close, Open};
use crate::wire::{Flags, SegmentFields, TcpOption};

/// One thing that happens, and how long before it nothing does.
#[derive(Clone, Debug)]
enum Step {
    Segment { wait: u64, fields: SegmentFields },
    Interrupt { wait: u64 },
}

fn near(base: u32) -> impl Strategy<Value = u32> {
    prop_oneof![
        8 => (0u32..40).prop_map(move |by| base.wrapping_add(by)),
        2 => (0u32..70_000).prop_map(move |by| base.wrapping_add(by)),
        1 => any::<u32>(),
    ]
}

fn options() -> impl Strategy<Value = Vec<u8>> {
    let mut usual = Vec::new();
    [TcpOption::Mss(50), TcpOption::SackPermitted, TcpOption::Timestamps { value: 9, echo: 0 }, TcpOption::Nop]
        .iter()
        .for_each(|option| option.emit(&mut usual));
    TcpOption::WindowScale(14).emit(&mut usual);
    let mut stamp = vec![1, 1];
    TcpOption::Timestamps { value: 10, echo: 0 }.emit(&mut stamp);
    prop_oneof![
        3 => Just(Vec::new()),
        3 => Just(usual),
        3 => Just(stamp),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn segment() -> impl Strategy<Value = SegmentFields> {
    let flags = prop_oneof![
        2 => Just(Flags::SYN | Flags::ACK),
        1 => Just(Flags::SYN),
        6 => Just(Flags::ACK),
        2 => Just(Flags::FIN | Flags::ACK),
        2 => any::<u16>().prop_map(Flags::from_bits),
    ];
    let window = prop_oneof![Just(0u16), any::<u16>()];
    (near(IRS), near(ISS), flags, window, options(), prop::collection::vec(any::<u8>(), 0..30)).prop_map(
        |(seq, ack, flags, window, options, payload)| SegmentFields {
            seq,
            ack,
            flags,
            window,
            urgent: 0,
            options,
            payload,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let wait = || prop_oneof![4 => 0u64..2_000_000, 1 => 0u64..5_000_000_000];
    prop_oneof![
        30 => (wait(), segment()).prop_map(|(wait, fields)| Step::Segment { wait, fields }),
        1 => wait().prop_map(|wait| Step::Interrupt { wait }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_always_ends(steps in prop::collection::vec(step(), 0..60),
                      payload in 0usize..3000,
                      close in prop::sample::select(vec![Close::Active, Close::Passive, Close::Half, Close::Reset,
                                                         Close::Simultaneous, Close::None]),
                      open in prop::sample::select(vec![Open::Active, Open::Simultaneous])) {
        let mut bench = Bench::new(|config| {
            (config.close, config.open, config.payload) = (close, open, vec![0x61; payload]);
        });
        for step in steps {
            bench.sent(); // fails where it never stops
            match step {
                Step::Segment { wait, fields } => {
                    bench.pass(Duration::from_nanos(wait));
                    bench.arrive(&fields);
                }
                Step::Interrupt { wait } => {
                    bench.pass(Duration::from_nanos(wait));
                    bench.endpoint.interrupt(bench.now);
                }
            }
        }
        let mut asked = 0;
        loop {
            bench.sent();
            match bench.endpoint.poll(bench.now) {
                Action::Done(_) => break,
                Action::WaitUntil(time) => {
                    prop_assert!(time > bench.now);
                    bench.now = time;
                }
                Action::Send(_) => unreachable!("everything was sent"),
            }
            asked += 1;
            prop_assert!(asked < 1000, "it never ends: {:?}", bench.endpoint);
        }
        let Action::Done(outcome) = bench.endpoint.poll(bench.now) else { unreachable!("it was done") };
        bench.ack(1, 1);
        prop_assert_eq!(bench.endpoint.poll(bench.now), Action::Done(outcome), "done is done");
    }
}
