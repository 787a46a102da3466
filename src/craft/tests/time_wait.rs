//! TIME-WAIT.

use super::bench::{Bench, MS};
use crate::craft::Outcome;
use crate::tcp::State;
use crate::wire::Flags;

fn time_wait() -> Bench {
    let mut bench = Bench::established(|_| {});
    bench.sent();
    bench.pass(MS * 300);
    bench.expect(&["FIN ACK 1:1"]);
    bench.fin(1, 2);
    bench.expect(&["ACK 2:2"]);
    assert_eq!(bench.state(), State::TimeWait);
    bench
}

#[test]
fn a_repeated_fin_is_acknowledged_again_and_the_wait_starts_anew() {
    let mut bench = time_wait();
    bench.pass(MS * 200);
    bench.fin(1, 2);
    bench.expect(&["ACK 2:2"]);
    bench.pass(MS * 299);
    assert_eq!(bench.outcome(), None);
    bench.pass(MS);
    assert_eq!(bench.outcome(), Some(Outcome::Closed));
}

#[test]
fn a_fin_that_is_repeated_for_ever_does_not_keep_us() {
    let mut bench = time_wait();
    let mut rounds = 0;
    while bench.outcome().is_none() {
        bench.pass(MS * 100);
        bench.fin(1, 2);
        bench.sent();
        rounds += 1;
        assert!(rounds < 200);
    }
    assert_eq!(bench.outcome(), Some(Outcome::Closed));
}

#[test]
fn a_reset_does_not_cut_it_short() {
    let mut bench = time_wait();
    bench.say(Flags::RST, 2, 0, b"");
    assert_eq!((bench.outcome(), bench.state()), (None, State::TimeWait));
}
