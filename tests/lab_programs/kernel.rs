//! The kernel's own account of the servers: who calls what, in which process and thread, and in which states it is.
//!
//! A kernel tells of all its networks at once, and all labs have the same addresses: so these have ports that no other test
//! uses.

use rawshake::drive::kernel::Account;
use serde_json::Value;

use crate::common;
use crate::program::{has_lab, lab};

/// Whether this kernel tells what programs call; if not, that is put on record.
fn is_told() -> bool {
    match Account::open() {
        Ok(_) => has_lab(),
        Err(error) => {
            common::impossible(&error.to_string());
            false
        }
    }
}

/// The process and the thread that made this call, in each event of a run.
fn callers(events: &[Value], call: &str) -> Vec<(u64, u64)> {
    let is_called = |event: &&Value| event["side"] == "server" && event["what"] == "called" && event["call"] == call;
    let of_call = events.iter().filter(is_called);
    let number = |event: &Value, key: &str| event[key].as_u64().expect("a number");
    of_call.map(|event| (number(event, "process"), number(event, "thread"))).collect()
}

#[test]
fn each_model_calls_in_its_own_processes_and_threads() {
    if !is_told() {
        return;
    }
    for (model, same_process, same_thread) in [
        ("fork", false, false),
        ("thread", true, false),
        ("event", true, true),
        ("hybrid", false, false),
        ("iterative", true, true),
    ] {
        let said = lab(&format!("serve --kernel -p 4711 --model {model} -c 1 --format json"));
        assert_eq!(said.code, Some(0), "{model}: {said:?}");
        let events = said.events();
        let listens = callers(&events, "listen");
        let reads = callers(&events, "recvfrom");
        assert!(listens.len() == 1 && reads.len() >= 2, "{model}: {said:?}");
        let ((process, thread), (reader, reading)) = (listens[0], reads[0]);
        assert_eq!((process == reader, thread == reading), (same_process, same_thread), "{model}: {said:?}");
    }
}

#[test]
fn what_is_inferred_of_the_servers_is_what_their_kernel_says() {
    if !is_told() {
        return;
    }
    let (mut agreed, mut contradictions) = (0, 0);
    for arguments in [
        "--model fork -c 3",
        "--model thread -c 3",
        "--model event -c 3 --close-first",
        "--model hybrid -c 3",
        "--model iterative -c 3",
        "--linger 0 -c 1",
        "--leave-unread 2 -c 1",
        "--half-close -c 1",
        "--never-accept -c 1 --deadline 0.3",
        "--reset -c 1",
        "--http -c 2 --model event",
        "-c 1 --wire drop=4",
    ] {
        let said = lab(&format!("serve --kernel -p 4712 {arguments} --format json"));
        let events = said.events();
        let compared: Vec<&Value> = events.iter().filter(|event| event["what"] == "compared").collect();
        assert!(!compared.is_empty(), "{arguments}: {said:?}");
        let sum = |key: &str| compared.iter().filter_map(|event| event[key].as_u64()).sum::<u64>();
        assert_eq!(sum("contradictions"), 0, "{arguments}: {said:?}");
        agreed += sum("agreed");
        contradictions += sum("contradictions");
    }
    // At least ESTABLISHED of each connection.
    assert!(agreed > 20, "{agreed} comparisons, {contradictions} contradictions");
}
