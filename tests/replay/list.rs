//! `--list` as a table, as JSON and as CSV.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::program::{FILES, packets, pcapng, replay, replay_bytes};

fn list(arguments: &str) -> String {
    let said = replay(&format!("--list {arguments} {FILES}"));
    let others = said.err.lines().filter(|line| !line.starts_with("no room for: ")).count();
    assert_eq!((said.code, others), (Some(0), 0), "{}", said.err);
    said.out
}

#[test]
fn columns_without_room_are_named_and_others_can_be_chosen() {
    let narrow = replay(&format!("--list --width 80 {FILES}"));
    assert!(narrow.err.starts_with("no room for: ") && narrow.err.contains("history"), "{}", narrow.err);
    assert!(narrow.err.contains("--columns"), "{}", narrow.err);
    assert_eq!(replay(&format!("--list --width 300 {FILES}")).err, "");
    let chosen = replay("--list --width 80 --columns #,completeness,bytes>,zeek,termination_ms,notes reset.pcap");
    assert_eq!((chosen.code, &*chosen.err), (Some(0), ""));
    insta::assert_snapshot!(chosen.out);
    for (arguments, says) in [
        ("--list --columns colour", "no column is called \"colour\""),
        ("--columns client", "--columns chooses those of the table of --list"),
        ("--list --format json --columns client", "JSON have every field"),
    ] {
        let said = replay(&format!("{arguments} reset.pcap"));
        assert!(said.code == Some(2) && said.err.contains(says), "{arguments}: {}", said.err);
    }
}

#[test]
fn tables() {
    insta::assert_snapshot!("table-at-80", list("--width 80"));
    insta::assert_snapshot!("table-at-120", list("--width 120"));
    insta::assert_snapshot!("table-as-wide-as-it-is", list(""));
    insta::assert_snapshot!("table-in-ascii", list("--width 120 --ascii"));
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for width in [80, 100, 110, 130, 150, 170] {
        let table = list(&format!("--width {width}"));
        for line in table.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    assert!(list("--ascii").is_ascii());
}

/// The value at a path with dots; null where the way ends.
fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(object, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

/// A value of JSON as CSV has it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}

/// The paths of all that is no object.
fn note_leaves(path: &str, value: &Value, leaves: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else {
        leaves.insert(path.to_owned());
        return;
    };
    for (key, value) in object {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        note_leaves(&path, value, leaves);
    }
}

/// What is no part of the JSON by itself.
const DERIVED: [&str; 7] = [
    "client.ip",
    "client.port",
    "server.ip",
    "server.port",
    "bytes",
    "offered.client.timestamps",
    "offered.server.timestamps",
];

#[test]
fn csv_says_what_json_says() {
    let json: Vec<Value> =
        list("--format json").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let csv = list("--format csv");
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a heading");
    let rows: Vec<_> = lines.collect();
    assert_eq!(rows.len(), json.len());
    for (row, object) in rows.iter().zip(&json) {
        assert_eq!(row.len(), names.len());
        for (name, cell) in names.iter().zip(row).filter(|(name, _)| !DERIVED.contains(name)) {
            // An option that a SYN lacks is not in the JSON.
            let lacks = name.ends_with(".sack_permitted") && at(object, name).is_null() && *cell == "false";
            assert!(lacks || *cell == plain(at(object, name)), "{name} of connection {}: {cell}", object["connection"]);
        }
    }
    // Every value of the JSON that is not an object has its column.
    let mut leaves = BTreeSet::new();
    json.iter().for_each(|object| note_leaves("", object, &mut leaves));
    let has_column = |leaf: &String| names.iter().any(|name| name == leaf || name.starts_with(&format!("{leaf}.")));
    let missing: Vec<_> = leaves.iter().filter(|leaf| *leaf != "schema" && !has_column(leaf)).collect();
    assert!(missing.is_empty(), "add to FIELDS: {missing:?}");
    insta::assert_snapshot!("csv", csv);
}

#[test]
fn csv_alone_is_a_list_and_has_its_heading_also_without_rows() {
    assert_eq!(replay("--format csv reset.pcap").out, replay("--list --format csv reset.pcap").out);
    let said = replay("--format csv ping.pcap");
    assert_eq!((said.code, said.out.lines().count()), (Some(1), 1));
}

/// The numbers of the connections, as the table has them.
fn numbers(arguments: &str) -> Vec<u32> {
    list(arguments)
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number"))
        .collect()
}

#[test]
fn rows_are_sorted() {
    let column = |sort: &str, name: &str| -> Vec<String> {
        let rows = list(&format!("--format json --sort {sort}"));
        rows.lines().map(|line| plain(at(&serde_json::from_str(line).expect("JSON"), name))).collect()
    };
    let segments: Vec<u64> = column("segments", "segments").iter().map(|n| n.parse().expect("a number")).collect();
    assert!(segments.is_sorted() && segments.len() > 3, "{segments:?}");
    let mut down: Vec<u64> = column("segments:desc", "segments").iter().map(|n| n.parse().expect("a number")).collect();
    down.reverse();
    assert_eq!(down, segments);
    assert!(column("opened", "handshake").is_sorted());
    for direction in ["asc", "desc"] {
        let setup = column(&format!("setup:{direction}"), "handshake_ms");
        let there = setup.iter().position(String::is_empty).expect("one that never opened");
        assert!(there > 0 && setup[there..].iter().all(String::is_empty), "{setup:?}");
    }
    assert_eq!(numbers("--sort #:desc").first(), numbers("").last());
    let wrong = replay("--list --sort colour reset.pcap");
    assert!(wrong.code == Some(2) && wrong.err.contains("no column is called \"colour\""), "{wrong:?}");
    let wrong = replay("--list --sort duration:up reset.pcap");
    assert!(
        wrong.code == Some(2) && wrong.err.contains("asc (upwards, as it is without) or desc, not \"up\""),
        "{wrong:?}"
    );
    assert_eq!(replay("--sort duration reset.pcap").code, Some(2));
}

#[test]
fn a_long_table_is_written_as_it_comes() {
    // A connection from another port each time.
    let mut packets = packets("refused.pcap");
    let mut many = Vec::new();
    for port in 10_000..11_100_u16 {
        packets[0].bytes[34..36].copy_from_slice(&port.to_be_bytes());
        packets[1].bytes[36..38].copy_from_slice(&port.to_be_bytes());
        many.extend_from_slice(&packets);
    }
    let said = replay_bytes(&pcapng(&many), "--list");
    assert_eq!((said.code, said.out.lines().count()), (Some(0), 1_101));
    let places: BTreeSet<_> = said.out.lines().filter_map(|line| line.find("192.0.2.2:81")).collect();
    assert_eq!(places.len(), 1, "all rows stand in the same columns");
}
