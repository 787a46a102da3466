//! What the lab's kernel answers, and how that is shown.

use crate::program::{has_lab, send};

#[test]
fn each_segment_has_its_answer() {
    if !has_lab() {
        return;
    }
    let table: [(&str, i32, &[&str]); 9] = [
        ("", 0, &["client SYN", "server SYN ACK"]),
        ("-6", 0, &["client SYN", "server SYN ACK"]),
        ("server:81", 0, &["client SYN", "server RST ACK"]),
        ("-f A", 0, &["client ACK", "server RST"]),
        ("-S -A --ack 1000", 0, &["server SYN ACK", "client RST"]),
        ("-f FPU --timeout 0.1", 1, &["client FIN PSH URG"]),
        ("--bad-checksum --timeout 0.1", 1, &["client SYN"]),
        ("-f S --fragment 16 --payload hello", 0, &["client SYN", "server SYN ACK"]),
        ("silent --timeout 0.1", 1, &["client SYN"]),
    ];
    for (arguments, code, segments) in table {
        let said = send(&format!("--lab {arguments} --format json"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        assert_eq!(said.segments(), segments, "{arguments}");
        assert_eq!(said.events()[1]["origin"], "hand-made");
        assert_eq!(said.err.is_empty(), code == 0, "{arguments}: {}", said.err);
    }
}

#[test]
fn the_guard_keeps_our_kernel_quiet() {
    if !has_lab() {
        return;
    }
    // Twice in a row, so that what the kernel says after the first reply is seen in any case.
    let arguments = "--lab -c 2 -i 50ms --keep --seq 1 --format json";
    let said = send(&format!("{arguments} --rst-guard off"));
    let events = said.events();
    let origins: Vec<_> = events.iter().filter(|event| event["event"] == "segment").map(|e| &e["origin"]).collect();
    assert!(origins.iter().any(|origin| **origin == "own-kernel"), "{said:?}");
    let said = send(arguments);
    assert!(!said.out.contains("own-kernel"), "{said:?}");
}

#[test]
fn datagrams_and_messages_are_exchanges() {
    if !has_lab() {
        return;
    }
    for (arguments, protocol, last) in [
        ("--udp -p 53 --payload hi", "udp", "message-error"),
        ("--icmp echo", "icmp-echo", "message"),
        ("-1 -6", "icmp-echo", "message"),
        ("--icmp timestamp", "icmp-timestamp", "message"),
    ] {
        let said = send(&format!("--lab {arguments} --format json"));
        assert_eq!(said.code, Some(0), "{arguments}: {said:?}");
        let events = said.events();
        let kinds: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
        assert_eq!(kinds, ["exchange-began", "message", last, "exchange-ended"], "{arguments}");
        assert!(events.iter().all(|event| event["protocol"] == protocol), "{said:?}");
    }
}

#[test]
fn many_ports_are_a_list() {
    if !has_lab() {
        return;
    }
    let said = send("--lab -p 7,81-83 --rate 1000");
    assert_eq!(said.code, Some(0), "{said:?}");
    let rows: Vec<_> = said.out.lines().take_while(|line| !line.is_empty()).collect();
    let found: Vec<_> = rows.iter().map(|row| row.split("  ").next().unwrap_or_default()).collect();
    assert_eq!(found, ["7/tcp", "81/tcp", "82/tcp", "83/tcp"], "{said:?}");
    assert!(rows[0].contains("SYN ACK") && rows[1..].iter().all(|row| row.contains("RST ACK")), "{said:?}");
    assert!(said.out.contains("4 packets sent, 4 answered"), "{said:?}");
}
