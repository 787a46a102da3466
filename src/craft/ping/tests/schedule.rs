//! When requests are sent, and when the run ends.

use super::*;

fn seqs(events: &[Event]) -> Vec<u16> {
    events
        .iter()
        .map(|event| match event {
            Event::Outstanding(request) | Event::Timeout(request) => request.seq,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn requests_are_an_interval_apart() {
    let mut run = Run::to(THERE);
    run.exchange(3);
    assert_eq!(run.step(), Step::Wait(Some(ms(1_000))));
    run.pass(996);
    assert_eq!(run.step(), Step::Wait(Some(ms(1_000))));
    run.pass(501);
    run.exchange(3);
    assert_eq!(run.step(), Step::Wait(Some(ms(2_500))), "a late one is not caught up");
}

#[test]
fn a_count_ends_with_the_last_reply() {
    let mut run = Run::new(Config { count: Some(2), ..config(THERE) });
    run.exchange(1);
    run.pass(999);
    run.exchange(1);
    assert_eq!(run.step(), Step::Done);
    assert!(run.ping.is_success());
    assert_eq!(run.ping.statistics().span, ms(1_000));
}

#[test]
fn errors_count_like_replies() {
    let mut run = Run::new(Config { count: Some(1), ..config(THERE) });
    let packet = packet(THERE, &run.send());
    run.arrives(&error(3, 1, [0; 4], &packet));
    assert_eq!(run.step(), Step::Done);
    assert!(!run.ping.is_success());
}

#[test]
fn without_any_reply_the_last_one_is_waited_for() {
    let mut run = Run::new(Config { count: Some(1), timeout: Some(ms(300)), ..config(THERE) });
    run.send();
    assert_eq!(run.step(), Step::Wait(Some(ms(300))));
    run.pass(300);
    assert_eq!(seqs(&run.told()), [1]);
    assert_eq!(run.step(), Step::Done);
}

#[test]
fn a_timeout_of_zero_waits_for_ever() {
    let mut run = Run::new(Config { count: Some(1), timeout: None, ..config(THERE) });
    run.send();
    run.pass(1_000_000);
    assert_eq!(run.step(), Step::Wait(None));
}

#[test]
fn after_replies_the_last_one_is_waited_for_twice_the_longest_round_trip() {
    let slow = |round_trip, interval| {
        let mut run = Run::new(Config { count: Some(2), interval: ms(interval), ..config(THERE) });
        run.exchange(round_trip);
        run.pass(interval);
        let sent = run.elapsed;
        run.send();
        match run.step() {
            Step::Wait(Some(until)) => until - sent,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(slow(700, 100), ms(1_400));
    assert_eq!(slow(1, 100), ms(100), "but an interval at least");
}

#[test]
fn with_a_deadline_requests_go_on_until_enough_are_answered() {
    let config = Config { count: Some(2), deadline: Some(ms(2_500)), ..config(THERE) };
    let mut run = Run::new(config.clone());
    for _ in 0..3 {
        run.send();
        run.pass(1_000);
    }
    assert_eq!(seqs(&run.told()), [1, 2, 3], "at 2.5 s it is over");
    assert_eq!(run.step(), Step::Done);
    let mut run = Run::new(config);
    run.exchange(0);
    run.pass(2_500);
    assert_eq!(run.step(), Step::Done);
    assert!(!run.ping.is_success(), "one of two");
}

#[test]
fn with_a_deadline_the_first_error_ends_it() {
    let mut run = Run::new(Config { deadline: Some(ms(9_000)), ..config(THERE) });
    let packet = packet(THERE, &run.send());
    run.arrives(&error(3, 1, [0; 4], &packet));
    assert_eq!(run.step(), Step::Done);
}

#[test]
fn fewer_replies_than_counted_are_enough_without_a_deadline() {
    let mut run = Run::new(Config { count: Some(2), ..config(THERE) });
    run.exchange(0);
    run.pass(1_000);
    run.send();
    run.pass(1_000);
    assert_eq!(seqs(&run.told()), [2]);
    assert_eq!(run.step(), Step::Done);
    assert!(run.ping.is_success());
}

#[test]
fn without_an_interval_a_reply_brings_the_next_request() {
    let mut run = Run::new(Config { interval: Duration::ZERO, ..config(THERE) });
    run.exchange(0);
    run.send();
    assert_eq!(run.step(), Step::Wait(Some(ms(10))), "no more than a hundred a second without replies");
    run.pass(10);
    assert_eq!(run.step(), Step::Send);
}

#[test]
fn a_missing_reply_is_told_once_before_the_next_request() {
    let mut run = Run::new(Config { report_outstanding: true, ..config(THERE) });
    run.exchange(0);
    run.pass(1_000);
    let missing = run.send();
    assert_eq!(run.told(), []);
    run.pass(1_000);
    assert_eq!(seqs(&run.told()), [2]);
    run.send();
    run.arrives(&reply_to(&missing));
    run.pass(1_000);
    assert_eq!(seqs(&run.told()), [3]);
}

#[test]
fn each_request_times_out_once_and_may_be_answered_later() {
    let mut run = Run::new(Config { timeout: Some(ms(1_500)), ..config(THERE) });
    let first = run.send();
    run.pass(1_000);
    run.send();
    assert_eq!(run.step(), Step::Wait(Some(ms(1_500))));
    run.pass(500);
    assert_eq!(seqs(&run.told()), [1]);
    assert!(run.arrives(&reply_to(&first)).is_some());
    run.ping.stop();
    assert_eq!(seqs(&run.told()), [2]);
    assert_eq!(run.step(), Step::Done);
}

#[test]
fn somebody_stops_it() {
    let mut run = Run::to(THERE);
    run.ping.stop();
    assert_eq!(run.step(), Step::Done);
    assert_eq!(run.ping.statistics().transmitted, 0);
}

#[test]
fn a_request_that_cannot_be_sent_counts_as_lost() {
    let mut run = Run::new(Config { report_outstanding: true, ..config(THERE) });
    run.step();
    run.ping.request(run.now());
    let Some(Event::Unsent(unsent)) = run.ping.refused(run.now(), Refusal::Other, "Network is down".into()) else {
        panic!("a refusal")
    };
    assert_eq!((unsent.seq, unsent.reason.as_str()), (1, "Network is down"));
    assert_eq!(run.ping.statistics().transmitted, 1);
    run.ping.stop();
    assert_eq!(run.told(), [], "and has no timeout beside");
}

#[test]
fn a_full_queue_is_tried_again_until_patience_ends() {
    let mut run = Run::new(Config { count: Some(1), timeout: Some(ms(25)), ..config(THERE) });
    for attempt in 0..3 {
        assert_eq!(run.step(), Step::Send, "{attempt}");
        run.ping.request(run.now());
        assert_eq!(run.ping.refused(run.now(), Refusal::Transient, "full".into()), None);
        assert_eq!(run.ping.statistics().transmitted, 0);
        assert_eq!(run.step(), Step::Wait(Some(run.elapsed + ms(10))));
        run.pass(10);
    }
    run.ping.request(run.now());
    assert!(run.ping.refused(run.now(), Refusal::Transient, "full".into()).is_some());
    assert_eq!(run.ping.statistics().transmitted, 1);
}

#[test]
fn the_pipe_is_the_most_requests_on_their_way() {
    let mut run = Run::to(THERE);
    let requests = run.send_three();
    run.arrives(&reply_to(&requests[2]));
    assert_eq!(run.ping.statistics().pipe, 1);
    run.arrives(&reply_to(&requests[0]));
    assert_eq!(run.ping.statistics().pipe, 3);
}

#[test]
fn a_preload_leaves_at_once_and_then_at_the_interval() {
    let mut run = Run::new(Config { preload: 3, ..config(THERE) });
    (0..3).for_each(|_| drop(run.send()));
    assert_eq!(run.step(), Step::Wait(Some(ms(1_000))));
    run.pass(2_500);
    (0..2).for_each(|_| drop(run.send()));
    assert_eq!(run.step(), Step::Wait(Some(ms(3_000))), "what was missed is caught up, within the preload");
}

#[test]
fn a_preload_without_an_interval_is_what_may_be_on_its_way() {
    let mut run = Run::new(Config { preload: 2, interval: Duration::ZERO, ..config(THERE) });
    let request = run.send();
    run.send();
    assert_eq!(run.step(), Step::Wait(Some(ms(10))));
    run.arrives(&reply_to(&request));
    assert_eq!(run.step(), Step::Send);
}

#[test]
fn an_adaptive_run_follows_the_round_trip() {
    let mut run = Run::new(Config { adaptive: true, least_interval: ms(2), ..config(THERE) });
    run.exchange(40);
    assert_eq!(run.step(), Step::Send, "forty milliseconds have passed");
    let mut fast = Run::new(Config { adaptive: true, least_interval: ms(2), ..config(THERE) });
    fast.exchange(0);
    assert_eq!(fast.step(), Step::Wait(Some(ms(2))), "as often as this user may");
    let mut root = Run::new(Config { adaptive: true, ..config(THERE) });
    root.exchange(0);
    assert_eq!(root.step(), Step::Send);
}

#[test]
fn a_request_that_is_too_long_counts_as_an_error() {
    let mut run = Run::new(Config { count: Some(1), ..config(THERE) });
    run.step();
    run.ping.request(run.now());
    assert!(run.ping.refused(run.now(), Refusal::TooLong, "too long".into()).is_some());
    assert_eq!((run.ping.statistics().errors, run.step()), (1, Step::Done));
}
