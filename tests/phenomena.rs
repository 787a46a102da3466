//! Every phenomenon of opening, data, closing and odd segments that is known of TCP is shown by a capture and told by its
//! verdict or a mark, or there is a reason why no wire can show it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// How a phenomenon is told.
enum Told {
    /// In the file of this name, one connection has all of these, each a field and its value; a mark is in `marks`.
    By(&'static str, &'static [(&'static str, &'static str)]),
    /// Nothing on the wire tells of it.
    Never(&'static str),
}
use Told::{By, Never};

const fn marked<const N: usize>(marks: [&'static str; N]) -> [(&'static str, &'static str); N] {
    let mut fields = [("marks", ""); N];
    let mut index = 0;
    while index < N {
        fields[index].1 = marks[index];
        index += 1;
    }
    fields
}

/// A row for each capture: the phenomenon by its group (O opening, D data, C closing, X odd segments) and number, what it is,
/// and how it is told.
const TABLE: &[(&str, &str, Told)] = &[
    ("O1", "three-way handshake", By("four-segment", &[("handshake", "three-way")])),
    (
        "O1",
        "a handshake of which one end was captured",
        By("one-way", &[("handshake", "one-way"), ("one_way", "client")]),
    ),
    ("O2", "a SYN lost, sent again with growing pauses", By("unanswered", &marked(["syn-retransmission"]))),
    ("O3", "a SYN,ACK lost", By("syn-ack-lost", &marked(["syn-retransmission", "syn-ack-retransmission"]))),
    ("O4", "the last ACK lost", By("final-ack-lost", &marked(["syn-ack-retransmission", "backlog-overflow"]))),
    ("O5", "nothing listens", By("refused", &[("handshake", "refused")])),
    ("O6", "a filter drops the SYN", By("unanswered", &[("handshake", "unanswered")])),
    ("O7", "an ICMP error answers the SYN", By("icmp-error", &[("handshake", "unreachable"), ("marks", "icmp-error")])),
    ("O8", "no route, no neighbour", Never("the own kernel refuses connect() before there is a segment")),
    ("O9", "both ends open at once", By("simultaneous-open", &[("handshake", "simultaneous-open")])),
    ("O10", "a socket connects to itself", By("self-connect", &marked(["self-connect"]))),
    ("O11", "a SYN answered by a SYN", By("split-handshake", &[("handshake", "split")])),
    ("O11", "two answers to a SYN", By("second-syn-ack", &marked(["second-syn-ack", "challenge-ack"]))),
    ("O12", "data on a SYN that must wait", By("syn-with-data", &marked(["syn-with-data"]))),
    ("O13", "Fast Open: the cookie", By("fast-open", &marked(["fast-open-request", "fast-open-cookie"]))),
    ("O13", "Fast Open: its use", By("fast-open", &[("handshake", "fast-open"), ("marks", "fast-open")])),
    ("O13", "Fast Open: refused", By("fast-open-refused", &marked(["fast-open-refused"]))),
    ("O14", "data on the third segment", By("ack-with-data", &marked(["ack-with-data"]))),
    ("O15", "accept queue full, SYN dropped", By("backlog-full", &marked(["late-answer"]))),
    ("O16", "accept queue full, ACK dropped", By("backlog-overflow", &marked(["backlog-overflow"]))),
    ("O17", "accept queue full, reset", By("backlog-reset", &marked(["late-refusal"]))),
    ("O18", "SYN queue full: some are answered", By("syn-queue-full", &[("handshake", "syn-received")])),
    ("O18", "SYN queue full: some are not", By("syn-queue-full", &[("handshake", "unanswered")])),
    ("O19", "SYN cookies", By("syn-cookie", &marked(["possible-syn-cookie"]))),
    ("O20", "SYN flood", By("syn-flood", &marked(["syn-flood"]))),
    ("O21", "a SYN finds an old connection", By("half-open-syn", &marked(["half-open", "challenge-ack"]))),
    ("O22", "data find no connection", By("half-open-data", &marked(["half-open"]))),
    ("O23", "an old duplicate SYN", By("old-duplicate-syn", &marked(["old-duplicate-syn"]))),
    ("O24", "a bare ACK answers the SYN", By("time-wait-refused", &marked(["half-open", "challenge-ack"]))),
    ("O25", "accept() is deferred until data come", By("deferred-accept", &marked(["deferred-accept"]))),
    ("O26", "data before accept()", Never("accept() sends nothing, so nobody sees when it was called")),
    ("O27", "a reset in place of the third segment", By("handshake-reset", &marked(["handshake-reset"]))),
    ("O28", "connect() given up", By("connect-abandoned", &[("handshake", "aborted"), ("closed_first", "client")])),
    ("O29", "a reset or FIN before accept()", Never("accept() sends nothing, so nobody sees which came first")),
    ("O30", "ECN agreed", By("ecn", &marked(["ecn-setup"]))),
    ("O31", "accurate ECN asked for", By("acc-ecn", &marked(["acc-ecn-setup"]))),
    ("O32", "Multipath TCP", By("mptcp", &marked(["mptcp"]))),
    ("O32", "a path for a Multipath connection", By("mptcp-join", &marked(["mptcp-join"]))),
    ("O33", "MD5 signatures", By("md5-signature", &marked(["md5-signature"]))),
    ("O33", "TCP-AO", By("authentication-option", &marked(["authentication-option"]))),
    ("O34", "options offered on the SYN", By("four-segment", &[("offered.client.window_scale", "7")])),
    ("O34", "options not seen", By("mid-stream", &[("offered.client", "null")])),
    ("O35", "ports used again", By("port-reuse", &marked(["port-reuse"]))),
    ("D1", "data, pushed", By("four-segment", &[("bytes_client", "5"), ("bytes_server", "5")])),
    ("D2", "a delayed ACK", By("delayed-ack", &marked(["delayed-ack"]))),
    ("D3", "retransmission by timer", By("retransmission", &marked(["retransmission"]))),
    ("D4", "a tail loss probe", By("tail-loss-probe", &marked(["tail-loss-probe"]))),
    ("D5", "fast retransmission", By("fast-retransmission", &marked(["duplicate-ack", "fast-retransmission"]))),
    ("D6", "selective acknowledgments", By("sack", &marked(["sack"]))),
    ("D7", "segments out of order", By("out-of-order", &marked(["out-of-order"]))),
    ("D8", "sent again for nothing", By("spurious-retransmission", &marked(["spurious-retransmission", "d-sack"]))),
    ("D9", "doubled by the network", By("network-duplicate", &marked(["duplicate-packet"]))),
    ("D10", "window 0, and probes", By("zero-window", &marked(["zero-window", "zero-window-probe"]))),
    ("D11", "a window update", By("zero-window", &marked(["window-update"]))),
    ("D12", "the window full", By("zero-window", &marked(["window-full"]))),
    ("D13", "keep-alive", By("keep-alive", &marked(["keep-alive", "keep-alive-ack"]))),
    ("D13", "keep-alive unanswered", By("keep-alive-unanswered", &marked(["keep-alive", "gave-up"]))),
    ("D14", "an old timestamp", By("old-timestamp", &marked(["old-timestamp"]))),
    ("D14", "a timestamp missing", By("timestamp-missing", &marked(["timestamp-missing"]))),
    ("D15", "urgent data", By("urgent", &marked(["urgent"]))),
    (
        "D16",
        "user timeout: silence, and a reset for who asks",
        By("user-timeout", &marked(["retransmission", "half-open"])),
    ),
    ("D17", "a gap in the capture", By("gap-in-capture", &marked(["gap-in-capture"]))),
    ("D17", "an ACK of what was not captured", By("ack-of-unseen-segment", &marked(["ack-of-unseen-segment"]))),
    ("C1", "close in four segments", By("four-segment", &[("termination", "four-segment")])),
    ("C2", "close in three segments", By("three-segment", &[("termination", "three-segment")])),
    ("C3", "data on the FIN", By("fin-with-data", &marked(["fin-with-data"]))),
    ("C4", "data after one side's FIN", By("half-close", &[("half_close", "true")])),
    (
        "C5",
        "both close at once",
        By("simultaneous-close", &[("termination", "simultaneous-close"), ("time_wait", "both")]),
    ),
    (
        "C6",
        "stuck in CLOSE-WAIT",
        By("never-closes", &[("termination", "one-sided"), ("states.server.state", "CLOSE-WAIT")]),
    ),
    ("C7", "close() with data unread", By("unread-data", &marked(["abort-unread"]))),
    ("C8", "a reset on purpose", By("linger-reset", &[("termination", "reset"), ("marks", "abort")])),
    ("C9", "data for who has closed", By("data-after-close", &marked(["data-after-close"]))),
    ("C10", "the FIN lost", By("fin-lost", &marked(["fin-retransmission"]))),
    ("C11", "the last ACK lost", By("last-ack-lost", &marked(["fin-retransmission"]))),
    ("C12", "TIME-WAIT at who closes first", By("four-segment", &[("time_wait", "client")])),
    ("C13", "a new SYN into TIME-WAIT: taken", By("time-wait-reuse", &marked(["time-wait-reuse"]))),
    (
        "C13",
        "a new SYN into TIME-WAIT: not taken",
        By("time-wait-refused", &marked(["time-wait-reuse", "challenge-ack"])),
    ),
    ("C14", "a new connection out of TIME-WAIT", By("port-reuse", &marked(["port-reuse", "time-wait-reuse"]))),
    ("C15", "TIME-WAIT assassination", By("time-wait-assassination", &marked(["time-wait-assassination"]))),
    (
        "C16",
        "data for an orphan in FIN-WAIT-2",
        By("data-after-close", &[("termination", "reset"), ("marks", "data-after-close")]),
    ),
    (
        "C17",
        "an orphan gives up its FIN",
        By("fin-unanswered", &[("termination", "one-sided"), ("marks", "fin-retransmission")]),
    ),
    ("C18", "the process dies", Never("its kernel closes for it, with the segments of close()")),
    ("C19", "one of two descriptors closed", Never("it sends nothing; the last close() is like any other")),
    ("C20", "the listener closed", By("listener-closed", &marked(["listener-closed"]))),
    ("C21", "a reset by somebody else", By("reset-by-third-party", &marked(["reset-by-third-party"]))),
    ("X1", "a challenge ACK", By("challenge-ack", &marked(["challenge-ack"]))),
    ("X2", "no flags", By("null", &marked(["no-flags"]))),
    ("X2", "FIN alone", By("fin", &marked(["bare-fin"]))),
    ("X2", "FIN, PSH and URG", By("xmas", &marked(["xmas"]))),
    ("X3", "SYN and FIN", By("syn-fin", &marked(["syn-fin"]))),
    ("X4", "SYN and RST", By("syn-reset", &marked(["syn-reset"]))),
    ("X5", "an ACK out of the blue", By("ack-probe", &marked(["half-open"]))),
    ("X5", "a SYN,ACK out of the blue", By("syn-ack-probe", &marked(["half-open"]))),
    ("X6", "a wrong checksum", By("bad-checksum", &marked(["bad-checksum"]))),
    ("X7", "data without the ACK flag", By("without-ack", &marked(["without-ack"]))),
    ("X8", "fragments", By("fragments", &marked(["fragmented"]))),
    ("X9", "a path with a smaller MTU", By("path-mtu", &marked(["path-mtu", "retransmission"]))),
    ("X10", "a header too short", By("malformed", &marked(["malformed"]))),
    ("X10", "an option of no length", By("malformed-options", &marked(["malformed-options"]))),
    ("X10", "reserved bits", By("reserved-bits", &marked(["reserved-bits"]))),
    ("X10", "an unknown option", By("unknown-option", &marked(["unknown-option"]))),
    ("X10", "an MSS of 1", By("tiny-mss", &marked(["tiny-mss"]))),
    ("X10", "port 0", By("port-zero", &marked(["port-zero"]))),
    ("X10", "LAND", By("land", &marked(["self-connect"]))),
    ("X10", "a SYN to all hosts", By("broadcast", &marked(["not-unicast"]))),
    ("X11", "a blind reset in the window", By("reset-inexact", &marked(["reset-inexact", "challenge-ack"]))),
    ("X11", "a blind reset outside the window", By("reset-outside-window", &marked(["reset-outside-window"]))),
    ("X12", "the TTL runs out on the way", By("ttl-exceeded", &[("handshake", "unreachable"), ("icmp.type", "11")])),
];

/// How many phenomena there are in each group.
const GROUPS: [(&str, usize); 4] = [("O", 35), ("D", 17), ("C", 21), ("X", 12)];

/// The verdicts on the connections of a capture, by its name.
fn verdicts(name: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(format!("{name}.pcap"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_rawshake"));
    let output = command.args(["replay", "--list", "--format", "json"]).arg(file).output().expect("rawshake runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Whether the field, which may be one within another, has that value, or holds it.
fn has(verdict: &Value, field: &str, value: &str) -> bool {
    let found = field.split('.').try_fold(verdict, |within, name| within.get(name));
    match found {
        Some(Value::Array(all)) => all.iter().any(|one| one == value),
        Some(Value::String(text)) => text == value,
        Some(other) => serde_json::to_string(other).is_ok_and(|text| text == value),
        None => false,
    }
}

#[test]
fn every_phenomenon_has_a_row() {
    let all: Vec<_> =
        GROUPS.iter().flat_map(|(group, count)| (1..=*count).map(move |n| format!("{group}{n}"))).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|(id, ..)| *id).collect();
    rows.dedup();
    assert_eq!(rows, all);
}

#[test]
fn every_phenomenon_is_told_or_nobody_could() {
    let mut read = BTreeMap::<_, Vec<Value>>::new();
    let mut missing = Vec::new();
    for (id, what, told) in TABLE {
        match told {
            Never(reason) => assert!(reason.split(' ').count() > 5, "{id}: {what}: {reason}"),
            By(name, fields) => {
                let verdicts = read.entry(name).or_insert_with(|| verdicts(name));
                let tells = |verdict: &Value| fields.iter().all(|(field, value)| has(verdict, field, value));
                if !verdicts.iter().any(tells) {
                    missing.push(format!("{id}, {what}: no connection of {name} has {fields:?}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
