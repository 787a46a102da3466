//! Limits on descriptors and memory: an error in one line, or success, and nothing left.

use crate::common;
use crate::left::Surroundings;
use crate::run::{Said, behind};

const RUNS: [&str; 5] = [
    "trace --lab -q",
    "listen --lab -q",
    "watch -i lo --duration 0.01",
    "replay -q CAPTURE",
    "lab serve -q --clients 1",
];

/// Some of which are too few, each at another place.
const LIMITS: [&str; 6] = [
    "ulimit -n 4",
    "ulimit -n 8",
    "ulimit -n 14",
    // Of 1024 octets each.
    "ulimit -v 40000",
    "ulimit -v 70000",
    "ulimit -v 75000",
];

/// Nobody is there to be watched.
const SUCCESS: [i32; 2] = [0, 1];

fn is_in_order(said: &Said) -> bool {
    let told = said.err.lines().filter(|line| line.starts_with("rawshake: ")).count();
    match said.code {
        Some(2) => told == 1,
        code => code.is_some_and(|code| SUCCESS.contains(&code)) && told == 0,
    }
}

#[test]
fn limits_that_are_hit_are_told_in_one_line_and_nothing_is_left() {
    common::as_another_root(|| {
        let mut refused = 0;
        for limit in LIMITS {
            for arguments in RUNS {
                let surroundings = Surroundings::new(1);
                let mut command = behind(limit, arguments);
                surroundings.prepare(&mut command);
                let said = Said::of(command.output().expect("sh"));
                assert!(is_in_order(&said), "{limit}: {arguments}: {said:?}");
                refused += usize::from(said.code == Some(2));
                surroundings.must_be_as_before(limit);
            }
        }
        assert!(refused > LIMITS.len(), "{refused} of them were hit");
    });
}
