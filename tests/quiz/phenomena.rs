//! Names of phenomena, held against tshark: what is right it sees there, and what is wrong it does not see.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::skip;
use crate::{captures, questions, quiz};

/// How tshark sees a phenomenon.
#[derive(Clone, Copy, Debug)]
enum Seen {
    /// It has a name for it, after `tcp.analysis.`.
    Named(&'static str),
    /// Of the bits of `tcp.flags`, these, of which those are set; and whether it has to carry data.
    Bits { of: u16, set: u16, data: Option<bool> },
    /// The same, and not everything that looks so is one.
    Among { of: u16, set: u16, data: Option<bool> },
}

use Seen::{Among, Bits, Named};

const FIN: u16 = 1;
const SYN: u16 = 2;
const RST: u16 = 4;
const PSH: u16 = 8;
const ACK: u16 = 16;
const URG: u16 = 32;
const ECE: u16 = 64;
const AE: u16 = 256;
const ALL: u16 = 511;

/// Every phenomenon that is asked about.
const PHENOMENA: &[(&str, Seen)] = &[
    ("syn-retransmission", Named("retransmission")),
    ("syn-ack-retransmission", Named("retransmission")),
    ("second-syn-ack", Among { of: SYN | ACK, set: SYN | ACK, data: None }),
    ("simultaneous-open", Among { of: SYN, set: SYN, data: None }),
    ("split-handshake", Among { of: SYN | ACK, set: SYN, data: None }),
    ("syn-with-data", Bits { of: SYN, set: SYN, data: Some(true) }),
    ("ack-with-data", Among { of: SYN | ACK, set: ACK, data: Some(true) }),
    ("ecn-setup", Bits { of: SYN | ECE | AE, set: SYN | ECE, data: None }),
    ("acc-ecn-setup", Among { of: SYN, set: SYN, data: None }),
    ("refused", Among { of: SYN | RST | ACK, set: RST | ACK, data: None }),
    ("handshake-reset", Among { of: SYN | RST, set: RST, data: None }),
    ("retransmission", Named("retransmission")),
    ("fast-retransmission", Named("fast_retransmission")),
    ("spurious-retransmission", Named("spurious_retransmission")),
    ("out-of-order", Named("out_of_order")),
    ("gap", Named("lost_segment")),
    ("duplicate-ack", Named("duplicate_ack")),
    ("keep-alive", Named("keep_alive")),
    ("keep-alive-ack", Named("keep_alive_ack")),
    ("zero-window", Named("zero_window")),
    ("zero-window-probe", Named("zero_window_probe")),
    ("zero-window-probe-ack", Named("zero_window_probe_ack")),
    ("window-update", Named("window_update")),
    ("window-full", Named("window_full")),
    ("urgent", Bits { of: URG, set: URG, data: None }),
    ("fin-retransmission", Named("retransmission")),
    ("fin-with-data", Bits { of: SYN | RST | FIN, set: FIN, data: Some(true) }),
    ("simultaneous-close", Among { of: FIN, set: FIN, data: None }),
    ("half-close", Among { of: SYN | RST, set: 0, data: Some(true) }),
    ("data-after-close", Among { of: SYN, set: 0, data: None }),
    ("no-flags", Bits { of: ALL, set: 0, data: None }),
    ("bare-fin", Bits { of: SYN | RST | FIN | ACK | PSH | URG, set: FIN, data: None }),
    ("xmas", Bits { of: FIN | PSH | URG, set: FIN | PSH | URG, data: None }),
    ("syn-fin", Bits { of: SYN | FIN, set: SYN | FIN, data: None }),
    ("syn-reset", Bits { of: SYN | RST, set: SYN | RST, data: None }),
    ("without-ack", Bits { of: ACK | SYN | RST, set: 0, data: Some(true) }),
    ("reset-with-data", Bits { of: RST, set: RST, data: Some(true) }),
];

/// What tshark calls otherwise, though the rows of the question show it: our name, its name, why.
const OTHERWISE: [(&str, &str, &str); 3] = [
    ("keep-alive-ack", "window_update", "the window of a SYN is not scaled, so the same window looks like another"),
    ("retransmission", "out_of_order", "it came within 3 ms; but the same octets were captured before"),
    (
        "zero-window-probe",
        "keep_alive",
        "Linux probes with an old number and no octet; a closed window tells them apart",
    ),
];

/// What tshark says of one packet.
#[derive(Clone, Debug, Default)]
struct Packet {
    flags: u16,
    len: u32,
    names: BTreeSet<&'static str>,
}

impl Packet {
    fn shows(&self, seen: Seen) -> bool {
        match seen {
            Named(name) => self.names.contains(name),
            Bits { of, set, data } | Among { of, set, data } => {
                self.flags & of == set && data.is_none_or(|data| data == (self.len > 0))
            }
        }
    }
}

/// Every name of tshark's that a row has.
fn names() -> BTreeSet<&'static str> {
    PHENOMENA.iter().filter_map(|row| if let Named(name) = row.1 { Some(name) } else { None }).collect()
}

fn is_named_otherwise(right: &str, packet: &Packet) -> bool {
    OTHERWISE.iter().any(|(ours, theirs, _)| *ours == right && packet.names.contains(theirs))
}

/// What tshark says of every TCP packet of a capture.
fn told(path: &Path) -> BTreeMap<u64, Packet> {
    let names = names();
    let mut command = Command::new("tshark");
    command.args(["-n", "-Y", "tcp.flags", "-T", "fields", "-E", "occurrence=l"]);
    command.args(["-e", "frame.number", "-e", "tcp.flags", "-e", "tcp.len"]);
    names.iter().for_each(|name| _ = command.args(["-e", &format!("tcp.analysis.{name}")]));
    let output = command.arg("-r").arg(path).output().expect("tshark runs");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let set = names.iter().zip(&cells[3..]).filter(|(_, cell)| !cell.is_empty());
        let flags = u16::from_str_radix(cells[1].trim_start_matches("0x"), 16).expect("flags") & ALL;
        let len = cells[2].parse().unwrap_or_default();
        (cells[0].parse().expect("a number"), Packet { flags, len, names: set.map(|one| *one.0).collect() })
    };
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(row).collect()
}

fn seen(name: &str) -> Seen {
    PHENOMENA.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("no row for {name}")).1
}

/// Whether tshark contradicts the question.
fn contradiction(question: &Value, packet: &Packet) -> Option<String> {
    let right = question["answer"].as_str().and_then(|answer| answer.split_once(". ")).expect("a choice").1;
    if !packet.shows(seen(right)) && !is_named_otherwise(right, packet) {
        return Some(format!("{right} is not seen"));
    }
    let choices = question["choices"].as_array().expect("choices").iter().filter_map(Value::as_str);
    let mut wrong = choices.filter(|choice| *choice != right);
    let also = wrong.find(|choice| !matches!(seen(choice), Among { .. }) && packet.shows(seen(choice)))?;
    Some(format!("{also} is seen, beside {right}"))
}

#[test]
fn tshark_sees_what_is_right_and_not_what_is_wrong() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return skip("tshark is not installed");
    }
    let (mut asked, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for path in captures() {
        let file = path.to_str().expect("UTF-8");
        let said = quiz(&[file, "--kind", "phenomenon", "--seed", "1", "-n", "1000", "--format", "json"], "");
        let book = questions(&said);
        if book.is_empty() {
            continue;
        }
        let told = told(&path);
        for question in book {
            let number = question["packet"].as_u64().expect("a number");
            if let Some(why) = contradiction(&question, &told[&number]) {
                wrong.push(format!("{file}, packet {number}: {why}"));
            }
            let answer = question["answer"].as_str().and_then(|answer| answer.split_once(". ")).expect("a choice").1;
            *asked.entry(answer.to_owned()).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked.len() >= 30 && asked.values().sum::<usize>() >= 100, "{asked:?}");
}
