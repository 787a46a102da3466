//! The program, what it said, and the wire in short.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::common;
pub(crate) use crate::common::support::program::{RAWSHAKE, Said};

/// `rawshake lab` with these arguments, separated by blanks.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.arg("lab").args(arguments.split_whitespace());
    command
}

/// Runs it.
pub(crate) fn lab(arguments: &str) -> Said {
    Said::of(command(arguments).output().expect("the program"))
}

/// Whether the lab can be had here; if not, that is put on record.
pub(crate) fn has_lab() -> bool {
    let said = lab("serve --udp --clients 1");
    let forbidden = said.code == Some(2) && said.err.contains("cannot set up the lab");
    if forbidden {
        common::impossible(said.err.trim_end());
    }
    !forbidden
}

/// The letters of tcpdump, of flags that it has letters for.
const LETTERS: [(&str, char); 5] = [("SYN", 'S'), ("FIN", 'F'), ("RST", 'R'), ("PSH", 'P'), ("ACK", '.')];

/// Each connection of a run with `--format json` in short: `>S <S. >P.`. The octets that a SYN carries stand behind it.
/// Segments with nothing but an ACK are left out, since kernels send them, or do not, by their own clocks; so it is with a
/// FIN, which may go with the last octets, or alone: here it is always alone.
pub(crate) fn wire(said: &Said) -> Vec<String> {
    let mut connections: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for event in said.events().iter().filter(|event| event["event"] == "segment") {
        let number = event["connection"].as_u64().expect("a connection");
        let words = connections.entry(number).or_default();
        words.extend(Some(short(event)).filter(|word| &word[1..] != "."));
    }
    connections
        .into_values()
        .map(|words| words.join(" ").replace(">FP.", ">P. >F.").replace("<FP.", "<P. <F."))
        .collect()
}

fn short(event: &Value) -> String {
    let arrow = if event["from"] == "client" { '>' } else { '<' };
    let flags: Vec<&str> = event["flags"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
    let letters: String = LETTERS.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, letter)| letter).collect();
    let octets = event["len"].as_u64().filter(|len| flags.contains(&"SYN") && *len > 0);
    format!("{arrow}{letters}{}", octets.map_or(String::new(), |len| len.to_string()))
}
