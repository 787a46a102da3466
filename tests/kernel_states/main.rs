//! A thousand connections between two real kernels, closed in every way, over a plain cable, and a thousand over wires
//! that delay, lose, double and reorder. Captured on both hosts and traced, the states that follow from the segments are held against
//! those that the kernels report: the tracepoint `sock:inet_sock_set_state` for both ends, and sock_diag at the end.
//! What counts as a contradiction stands in `vantage.rs`.

#[path = "../common/mod.rs"]
mod common;
mod disguise;
mod kernel;
mod modes;
mod span;
mod stage;
mod vantage;

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use rawshake::lab;
use rawshake::sys::tracefs::StateTrace;
use rawshake::tcp::State;
use rawshake::trace::Side;

use modes::{MODES, Mode};
use stage::{Evidence, Plan};
use vantage::Findings;

/// The labs, one after the other in the first list and all at the same time in the second.
const PLAIN: Plan = Plan { wire: None, each: 67, at_once: 16 };
const WIRED: [Plan; 5] = [
    wired("delay=10ms"),
    wired("delay=5ms loss=4% seed=2"),
    wired("delay=4ms dup=8% seed=3"),
    wired("delay=8ms reorder=8% seed=4"),
    wired("delay=10ms loss=3% dup=4% reorder=5% seed=5"),
];

const fn wired(wire: &'static str) -> Plan {
    Plan { wire: Some(wire), each: 13, at_once: 104 }
}

/// Runs every lab; none where this machine allows none.
fn perform() -> Option<Vec<Evidence>> {
    let run = |plans: &[Plan]| -> Vec<Result<Evidence, lab::Error>> {
        std::thread::scope(|scope| {
            let labs: Vec<_> = plans.iter().map(|plan| scope.spawn(|| stage::run(*plan))).collect();
            labs.into_iter().map(|lab| lab.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    };
    let mut all = Vec::new();
    for result in run(&[PLAIN]).into_iter().chain(run(&WIRED)) {
        match result {
            Ok(evidence) => all.push(evidence),
            Err(lab::Error::Sys(error)) if common::is_forbidden(&error) => {
                common::impossible(&error.to_string());
                return None;
            }
            Err(error) => panic!("{error}"),
        }
    }
    Some(all)
}

fn say(text: &str) {
    io::stderr().write_all(text.as_bytes()).expect("standard error");
}

#[test]
fn what_is_inferred_is_what_the_kernels_report() {
    let mut trace = match StateTrace::start() {
        Ok(trace) => trace,
        // A kernel without it, or no root: the system call said so. Anything else is a fault of ours.
        Err(error) if error.errno().is_some() => return common::impossible(&error.to_string()),
        Err(error) => panic!("{error}"),
    };
    let Some(all) = perform() else { return };
    let changes = kernel::by_socket(trace.read().expect("the kernel's trace"));
    assert_eq!(trace.lost().expect("the kernel's trace"), 0);
    let mut findings = Findings::default();
    let mut modes = BTreeMap::new();
    for evidence in &all {
        vantage::examine(evidence, &changes, &mut findings);
        evidence.cases.iter().for_each(|case| *modes.entry(case.mode).or_insert(0) += 1);
    }
    for (state, mode) in [(State::Closing, Mode::Simultaneous), (State::SynReceived, Mode::SimultaneousOpen)] {
        let mut cases = all.iter().flat_map(|evidence| &evidence.cases).filter(|case| case.mode == mode);
        let seen = cases.any(|case| Side::BOTH.into_iter().any(|side| kernel::was_in(case, side, &changes, state)));
        assert!(seen, "no end of mode {mode:?} was in {state}");
    }
    judge(&all, &findings, &modes);
}

/// Says what was compared, and that it was enough and right.
fn judge(all: &[Evidence], findings: &Findings, modes: &BTreeMap<Mode, usize>) {
    let of = |wired| all.iter().filter(|one| one.wire.is_some() == wired).map(|one| one.cases.len()).sum::<usize>();
    let (plain, wired) = (of(false), of(true));
    let connections = plain + wired;
    let missed: usize = all.iter().map(|evidence| evidence.missed).sum();
    let Findings { compared, last, disguised, lost, doubled, wrong } = findings;
    let others: usize = disguised.values().map(|(_, last)| last).sum();
    say(&format!(
        "{plain} connections over a cable, {wired} over wires ({missed} callers missed each other), {compared} beliefs and {last} last states \
         compared, {lost} segments lost, {doubled} seen twice\n{others} last states are not those of the kernel, because the end looks like another (beliefs, last states): \
         {disguised:?}\n{modes:?}\n"
    ));
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong.join("\n"));
    assert!(plain >= 1000 && wired >= 1000 && modes.len() == MODES.len(), "{modes:?}");
    // Two ends seen from two places; before and after at least the three segments of a refusal.
    assert!(*last == 4 * connections && *compared > 10 * connections, "{last} and {compared} comparisons");
    assert!(*lost > 0 && *doubled > 0, "the wires did nothing");
}
