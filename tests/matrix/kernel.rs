//! `table.txt` against the kernel of this machine: `rawshake send --from` fires every segment at a connection of its own in
//! the lab, and the answer and the state afterwards (sock_diag of the far host) must be the ones of Linux.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rawshake::craft::trial::TARGETS;
use rawshake::sys::Version;
use serde_json::{Value, json};

use crate::common::impossible;
use crate::program::{Said, has_lab, send};
use crate::table::{Cell, Comes, cells};

/// Runs at once: each waits far longer than it works.
const AT_ONCE: usize = 8;

/// How long to listen: longer than a delayed acknowledgment takes.
const PATIENCE: &str = "250ms";

/// Cells that this kernel answers otherwise than the table says: IP version, state, segment, and what was seen. Each is
/// here with a reason.
const OTHERWISE: &[(Version, &str, &str, &str)] = &[];

/// The state on the command line.
fn from(cell: &Cell) -> &'static str {
    let stands = |standing: rawshake::tcp::Standing| (standing.state, standing.orphan) == (cell.state, cell.orphan);
    TARGETS.iter().find(|row| stands(row.standing)).expect("a state").name
}

fn arguments(version: Version, cell: &Cell) -> String {
    let probe = &cell.probe;
    let version = if version == Version::V4 { "-4" } else { "-6" };
    let ack = if probe.ack == "-" { String::new() } else { format!("--ack {}", probe.ack) };
    let damaged = if probe.damaged { "--bad-checksum" } else { "" };
    format!(
        "--lab {version} --from {} -f {:#x} --seq {} {ack} -d {} {damaged} -W {PATIENCE} --format json",
        from(cell),
        probe.flags().bits(),
        probe.seq,
        probe.len
    )
}

/// The names of the flags, as in JSON; none for silence.
fn names(reply: &str) -> Value {
    match reply {
        "-" => Value::Null,
        "A" => json!(["ACK"]),
        "R" => json!(["RST"]),
        "RA" => json!(["RST", "ACK"]),
        "SA" => json!(["SYN", "ACK"]),
        _ => panic!("no such reply: {reply}"),
    }
}

/// What is told of the numbers, too, is looked at by the verdict.
fn is_like(told: &Value, comes: &Comes) -> bool {
    told["reply"] == names(comes.reply) && told["next_state"] == json!(comes.state)
}

/// Whether this was sent.
fn is_sent(told: &Value, cell: &Cell) -> bool {
    let probe = &cell.probe;
    let flags: Vec<&str> = probe.flags().names().collect();
    told["flags"] == json!(flags) && told["len"] == probe.len && told["damaged"] == probe.damaged
}

/// What is not as the table says.
fn wrong(version: Version, cell: &Cell, said: &Said) -> Option<String> {
    let Some(told) = said.out.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok()) else {
        return Some(format!("{version:?} {} gets {}: {said:?}", from(cell), cell.probe.name));
    };
    let same = cell.rfc == cell.linux;
    let seen = format!("{} > {}", told["observed"]["reply"], told["observed"]["next_state"]);
    let asked = told["event"] == "judgement" && is_sent(&told["sent"], cell) && is_like(&told["expected"], &cell.rfc);
    let observed = is_like(&told["observed"], &cell.linux)
        && told["agrees"] == same
        && told["known"].is_null() == same
        && told["note"].is_null() == same
        && said.code == Some(i32::from(!same));
    let key = (version, from(cell), cell.probe.name, seen.as_str());
    let fits = asked && (observed || OTHERWISE.contains(&key));
    (!fits).then(|| format!("{version:?} {} gets {}: {seen}, not {:?}; {told}", key.1, key.2, cell.linux))
}

fn check(version: Version) {
    if !has_lab() {
        return;
    }
    all(&|cell| wrong(version, cell, &send(&arguments(version, cell))));
}

/// Looks for what is `wrong` with each cell, many at once.
fn all(wrong: &(dyn Fn(&Cell) -> Option<String> + Sync)) {
    let (cells, next, faults) = (cells(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fault = wrong(cell);
            faults.lock().expect("no panic").extend(fault);
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let faults = faults.into_inner().expect("no panic");
    assert!(faults.is_empty(), "{} cells:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_cell_over_ipv4() {
    check(Version::V4);
}

#[test]
fn every_cell_over_ipv6() {
    if !Version::V6.is_supported() {
        return impossible("this kernel has no IPv6");
    }
    check(Version::V6);
}

/// Signed with MD5, no cell may be answered in a way that neither the rules nor the known differences have.
#[test]
fn every_signed_cell_is_known() {
    if !has_lab() {
        return;
    }
    let sign = |arguments: &str| send(&format!("{arguments} --opt md5=00112233445566778899aabbccddeeff"));
    let listens = sign("--lab --from listen -f S --format json");
    if listens.segments().len() > 1 {
        return impossible("this kernel knows no MD5 signatures");
    }
    let wrong = |cell: &Cell| {
        let said = sign(&arguments(Version::V4, cell));
        let told = said.out.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
        let fits = told
            .as_ref()
            .is_some_and(|told| told["sent"]["signed"] == true && (told["agrees"] == true || told["known"] == "Linux"));
        (!fits).then(|| format!("{} gets {}, signed: {told:?} {}", from(cell), cell.probe.name, said.err))
    };
    all(&wrong);
}

/// The check itself must be able to fail.
#[test]
fn a_wrong_answer_is_found() {
    let find = |same: bool| {
        let challenged = |cell: &&Cell| cell.probe.name == "RST, in the window" && (cell.rfc == cell.linux) == same;
        cells().iter().find(challenged).expect("a cell").clone()
    };
    let told = |cell: &Cell, reply: Value, state: &str, agrees: bool| {
        let note = if agrees { Value::Null } else { json!("why") };
        let line = json!({
            "event": "judgement", "agrees": agrees, "known": note, "note": note,
            "sent": {"flags": ["RST"], "len": 0, "damaged": false},
            "expected": {"reply": names(cell.rfc.reply), "next_state": cell.rfc.state},
            "observed": {"reply": reply, "next_state": state},
        });
        let said = Said { out: line.to_string(), err: String::new(), code: Some(i32::from(!agrees)) };
        wrong(Version::V4, cell, &said)
    };
    let (same, other) = (find(true), find(false));
    let name = |cell: &Cell| cell.linux.state.to_string();
    assert_eq!(told(&same, names(same.linux.reply), &name(&same), true), None);
    assert_eq!(told(&other, names(other.linux.reply), &name(&other), false), None);
    assert!(told(&same, json!(["RST"]), &name(&same), true).is_some(), "reply");
    assert!(told(&same, names(same.linux.reply), "CLOSED?", true).is_some(), "state");
    assert!(told(&same, names(same.linux.reply), &name(&same), false).is_some(), "verdict");
    assert!(told(&other, names(other.linux.reply), &name(&other), true).is_some(), "verdict");
}
