//! `--stats`: what all connections have in common.

use serde_json::Value;

use crate::program::{FILES, replay};

#[test]
fn as_text() {
    let said = replay(&format!("--stats {FILES}"));
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    insta::assert_snapshot!("text", said.out);
    let ascii = replay(&format!("--stats --ascii {FILES}"));
    assert!(ascii.out.is_ascii() && ascii.out.lines().count() == said.out.lines().count());
}

#[test]
fn as_json() {
    let said = replay(&format!("--stats --format json {FILES}"));
    let stats: Value = serde_json::from_str(&said.out).expect("JSON");
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&stats).expect("JSON"));
}

/// The sums are those of the list.
#[test]
fn sums_are_those_of_the_list() {
    let rows: Vec<Value> = replay(&format!("--list --format json {FILES}"))
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let stats: Value = serde_json::from_str(&replay(&format!("--stats --format json {FILES}")).out).expect("JSON");
    let sum = |of: fn(&Value) -> Option<u64>| rows.iter().filter_map(of).sum::<u64>();
    assert_eq!(stats["connections"], rows.len());
    assert_eq!(stats["segments"], sum(|row| row["segments"].as_u64()));
    assert_eq!(stats["bytes"]["client"], sum(|row| row["bytes_client"].as_u64()));
    assert_eq!(stats["bytes"]["server"], sum(|row| row["bytes_server"].as_u64()));
    assert_eq!(stats["syns_again"], sum(|row| row["syns"].as_u64().map(|syns| syns.saturating_sub(1))));
    for (name, count) in stats["handshake"].as_object().expect("counts") {
        assert_eq!(*count, rows.iter().filter(|row| row["handshake"] == **name).count(), "{name}");
    }
    let slowest = rows.iter().filter_map(|row| row["handshake_ms"].as_f64()).fold(0.0, f64::max);
    assert_eq!(stats["handshake_ms"]["max"], slowest);
    assert_eq!(stats["refusing"][0], serde_json::json!({"server": "192.0.2.2:81", "connections": 1}));
}

#[test]
fn of_the_connections_that_were_asked_for() {
    let said = replay(&format!("--stats --format json --only reset {FILES}"));
    let stats: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&stats["connections"], &stats["termination"]["reset"]), (&1.into(), &1.into()));
}

#[test]
fn without_connections_there_is_nothing_to_say() {
    let said = replay("--stats -p tcp ping.pcap");
    assert_eq!(said.code, Some(1));
    assert_eq!(said.out, "No TCP connection in this capture: 3 ICMP echo requests, 3 ICMP echo replies.\n");
    let json: Value = serde_json::from_str(&replay("--stats -p tcp --format json ping.pcap").out).expect("JSON");
    assert_eq!((&json["connections"], &json["per_second"]), (&0.into(), &Value::Null));
}

#[test]
fn what_cannot_go_together_is_refused() {
    for arguments in [
        "--stats --list",
        "--stats --sort duration",
        "--stats --format csv",
        "--stats --format lines",
        "--list --format lines",
        "--stats --replay-speed 1",
    ] {
        let said = replay(&format!("{arguments} reset.pcap"));
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{arguments}");
    }
}

#[test]
fn exchanges_are_counted_where_there_is_nothing_else() {
    let said = replay("--stats ping.pcap udp-echo.pcap udp-unanswered.pcap udp-port-unreachable.pcap");
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    insta::assert_snapshot!("exchanges", said.out);
    let json = |arguments: &str| -> Value { serde_json::from_str(&replay(arguments).out).expect("JSON") };
    assert_eq!(json("--stats --format json ping.pcap")["exchanges"]["icmp-echo"]["answered"], 1);
    let both = json("--stats --format json -p all udp-echo.pcap reset.pcap");
    assert_eq!((&both["connections"], &both["exchanges"]["udp"]["answered"]), (&1.into(), &1.into()));
    assert!(json("--stats --format json udp-echo.pcap reset.pcap")["exchanges"].is_null(), "they were not asked for");
}

#[test]
fn options_for_connections_say_how_to_see_exchanges() {
    for options in ["--list --sort duration", "--list --only refused", "--format csv", "--list --where segments>1"] {
        let said = replay(&format!("{options} ping.pcap"));
        assert!(said.code == Some(1) && said.err.contains("--list -p udp,icmp lists its"), "{options}: {}", said.err);
    }
    assert_eq!(replay("--format csv fin.pcap").err, "");
}
