//! A series of TTLs: the way to a host, hop by hop.

use std::process::Command;

use rawshake::lab::{self, Lab};
use serde_json::json;

use crate::common::router::{BEHIND, ROUTER, route};
use crate::common::{is_forbidden, refused};
use crate::program::{RAWSHAKE, Said};

fn send(arguments: &str) -> Said {
    let mut command = Command::new(RAWSHAKE);
    Said::of(command.arg("send").args(arguments.split(' ')).output().expect("the program"))
}

#[test]
fn every_hop_has_its_row_and_silence_too() {
    let lab = match Lab::enter(&lab::Options::default()) {
        Ok(lab) => lab,
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => return refused(&error),
        Err(error) => panic!("{error}"),
    };
    if !route(&lab) {
        return;
    }
    for (host, router) in BEHIND.into_iter().zip(ROUTER) {
        for (protocol, name) in [("", "80/tcp"), ("--udp", "80/udp"), ("--icmp echo", "icmp")] {
            let packet = format!("{host} {protocol}").trim().to_owned();
            let said = send(&format!("{packet} --ttl 1-3 --timeout 0.05 --color never"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{packet}: {said:?}");
            let rows: Vec<&str> = said.out.lines().take_while(|line| !line.is_empty()).collect();
            assert_eq!(rows.len(), 3, "{packet}: {said:?}");
            assert!(rows[0].starts_with(&format!("  1  {name}")) && rows[0].contains(&format!("  {router}  ttl 64")));
            assert!(rows[0].contains("exceeded"), "{packet}: {rows:?}");
            for (hop, row) in rows.iter().enumerate().skip(1) {
                assert!(row.starts_with(&format!("  {}  {name}", hop + 1)) && row.ends_with("no reply"), "{rows:?}");
            }
            assert!(said.out.contains("3 packets sent, 1 answered (1 by ICMP errors)"), "{packet}: {said:?}");
        }
        // The host itself is reached at once.
        let said = send(&format!("{router} 81 --sweep ttl=1-30 --color never"));
        let rows: Vec<&str> = said.out.lines().take_while(|line| !line.is_empty()).collect();
        assert!(rows.len() == 1 && rows[0].starts_with("  1  81/tcp     RST ACK"), "{said:?}");
    }
}

#[test]
fn a_series_in_json_ends_with_its_times() {
    if !crate::program::has_lab() {
        return;
    }
    let said = crate::program::send("--lab --sweep 80-84 -c 2 --rate 1000 --keep --format json");
    let last = said.events().pop().expect("a summary");
    assert_eq!((&last["event"], &last["packets"]), (&json!("series"), &json!(10)), "{said:?}");
    let times = ["min", "p50", "p90", "p99", "max"].map(|name| last["times_ns"][name].as_u64().expect("a time"));
    assert!(times.is_sorted() && times[0] > 0, "{last}");
    let silent = crate::program::send("--lab silent -c 2 -i 1ms --timeout 0.05 --format json").events().pop();
    let silent = silent.expect("a summary");
    assert_eq!((&silent["answered"], &silent["times_ns"]), (&json!(0), &json!(null)), "{silent}");
    let single = crate::program::send("--lab --format json");
    assert!(!single.out.contains("\"series\""), "{single:?}");
}
