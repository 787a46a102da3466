//! Scripts against the lab's kernel: the examples as their first lines say, and what goes wrong.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Said, command_of, has_lab, send};

/// The scripts that are shown to people.
fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scripts");
    let entries = fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "send")).collect()
}

/// Runs a script of these lines in the lab.
fn run(lines: &str, arguments: &str) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.send");
    fs::write(&path, lines).expect("a script");
    let mut said = send(&format!("{arguments} --file {}", path.display()));
    let name = path.display().to_string();
    (said.out, said.err) = (said.out.replace(&name, "x.send"), said.err.replace(&name, "x.send"));
    said
}

fn expectations(said: &Said) -> Vec<Value> {
    said.events().into_iter().filter(|event| event["event"] == "expectation").collect()
}

#[test]
fn the_examples_do_as_they_say() {
    if !has_lab() {
        return;
    }
    let examples = examples();
    assert!(examples.len() >= 5, "{examples:?}");
    for path in examples {
        let text = fs::read_to_string(&path).expect("a script");
        let arguments = text.lines().find_map(|line| line.split_once("rawshake send ")).expect("a command").1;
        assert!(arguments.ends_with(path.file_name().and_then(|name| name.to_str()).expect("a name")), "{arguments}");
        for version in ["-4", "-6"] {
            let said = send(&format!("{arguments} {version} --format json"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments} {version}: {said:?}");
            let expected = text.lines().filter(|line| line.starts_with("expect")).count();
            let checked = expectations(&said);
            assert_eq!(checked.len(), expected, "{arguments}");
            assert!(checked.iter().all(|event| event["met"] == true && event["complaint"] == Value::Null), "{said:?}");
            let whole = said.events().pop().expect("a summary");
            assert_eq!((&whole["event"], &whole["met"]), (&json!("script"), &json!(expected)), "{arguments}");
            assert_eq!((&whole["unexpected"], &whole["not_reached"]), (&json!(0), &json!(0)), "{arguments}: {said:?}");
        }
    }
}

#[test]
fn the_documents_run_the_examples_as_they_stand_there() {
    if !has_lab() {
        return;
    }
    for name in ["README.md", "examples/scripts/README.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a document");
        let shown = text.lines().filter_map(|line| line.strip_prefix("rawshake send --lab "));
        let commands: Vec<_> = shown.filter(|line| line.contains("examples/scripts/")).collect();
        assert!(!commands.is_empty(), "{name} shows no script");
        for command in commands {
            let arguments = command.split_once(" #").map_or(command, |(arguments, _)| arguments);
            let said = send(&format!("--lab {arguments}"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}: {arguments}: {said:?}");
        }
    }
}

#[test]
fn each_expectation_that_fails_is_told_with_its_line() {
    if !has_lab() {
        return;
    }
    let script = "# comment\n-f S --seq 1000\nexpect RA\n-f A\nexpect nothing within=10ms\n-f PA --payload hi\n\
                  expect A ack=rcv.nxt-1 # wrong\nexpect A within=10ms\n-f S\nexpect A len=1\n--udp -p 9\nexpect icmp 3/2\n\
                  -p 81 -f A --ack 7\nexpect R seq=7\nexpect udp within=10ms\n";
    let said = run(script, "--lab --lab-server discard --color never --width 80");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(said.err, "x.send: 6 of 8 expectations not met: lines 3, 7, 8, 10, 12, 15\n");
    let report = said.out.split_once("Script x.send\n").expect("a report").1;
    let rows: Vec<&str> = report.lines().map(|line| line.split(" after ").next().unwrap_or_default()).collect();
    let table = [
        "    3  FAIL  expect RA                      SYN ACK",
        "    5  ok    expect nothing within=10ms",
        "    7  FAIL  expect A ack=rcv.nxt-1 # wrong  ACK",
        "    8  FAIL  expect A within=10ms            nothing within 10 ms",
        "   10  FAIL  expect A len=1                  ACK",
        "   12  FAIL  expect icmp 3/2                 port unreachable",
        "   14  ok    expect R seq=7                  RST",
        "   15  FAIL  expect udp within=10ms          nothing within 10 ms",
        "6 packets sent, 8 expectations: 2 met, 6 not",
    ];
    let words = |row: &str| row.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows.iter().map(|row| words(row)).collect::<Vec<_>>(), table.map(words), "{report}");
    assert!(report.contains("its ack is rcv.nxt\n") && report.contains("its len is 0\n"), "{report}");
}

#[test]
fn what_rfc_9293_asks_for_can_be_expected() {
    if !has_lab() {
        return;
    }
    let script = "-f S\nexpect rfc\n-f A\nexpect rfc within=50ms\n-f S --seq rcv.nxt\nexpect rfc\n\
                  -f none --seq rcv.nxt+1\nexpect rfc within=50ms\n-f R\nexpect rfc within=50ms\n-f A\nexpect rfc\n";
    let said = run(script, "--lab --lab-server discard --format json");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    // Behind the RST nothing else comes: silence is not what a SYN asks for.
    let script = "-f A --ack 5\nexpect rfc\n-p 81 -f S\nexpect rfc\nexpect rfc within=10ms\n";
    let said = run(script, "--lab --lab-server discard --color never --width 100");
    assert_eq!((said.code, said.err.as_str()), (Some(1), "x.send: 1 of 3 expectations not met: line 5\n"), "{said:?}");
    assert!(said.out.contains("nothing within 10 ms: not what RFC 9293 asks for"), "{said:?}");
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("Expected from LISTEN: SYN ACK") && words.contains("(RFC 9293 section 3.10.7.2)"),
        "{words}"
    );
}

#[test]
fn a_wrong_line_is_told_before_anything_is_sent() {
    for (script, words) in [
        ("-f S\nexpect Q\n", "x.send:2: Q is no flag"),
        ("\n\n-f S --window 70000\n", "x.send:3: invalid value '70000' for '--window <OCTETS>'"),
        ("-f S\nexpect SA ack=rcv.next\n", "x.send:2: ack: \"rcv.next\" is neither"),
        ("-f A --seq rcv.nxt\n", "x.send:1: --seq rcv.nxt counts from a connection"),
        ("-f S -c 3\n", "x.send:1: unexpected argument '-c'"),
        ("jump\n", "x.send:1: a line begins with"),
        ("# nothing\n", "x.send: no line says anything"),
        ("--payload \"x\n", "x.send:1: a \" is not closed"),
    ] {
        let said = run(script, "127.0.0.1");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{script}: {said:?}");
        assert!(said.err.starts_with(&format!("rawshake: {words}")), "{script}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{script}: {}", said.err);
    }
    for arguments in ["-f S", "-S", "--udp", "--ttl 3", "--payload x", "--bad-checksum", "-c 2", "--from listen"] {
        let said = run("-f S\n", &format!("127.0.0.1 {arguments}"));
        assert_eq!(said.code, Some(2), "{arguments}: {said:?}");
        assert!(said.err.contains("cannot be used with"), "{arguments}: {}", said.err);
    }
    let said = run("-f S\n", "127.0.0.1 -p 1-3");
    assert!(said.code == Some(2) && said.err.contains("--ports takes one port"), "{said:?}");
    let said = send("127.0.0.1 --file /no/such/script");
    assert!(said.code == Some(2) && said.err.starts_with("rawshake: cannot open /no/such/script"), "{said:?}");
}

#[test]
fn what_depends_on_the_target_is_told_with_its_line() {
    if !has_lab() {
        return;
    }
    for (script, arguments, words) in [
        ("-f S\n--df\n", "-6", "x.send:2: --df is for IPv4"),
        ("--flow-label 1\n", "-4", "x.send:1: --flow-label is for IPv6"),
        ("-S\n-S --frag-offset 4\n", "", "x.send:2: a fragment offset of 4 octets cannot be"),
        ("--udp -f S\n", "", "x.send:1: flags and options are TCP's"),
    ] {
        let said = run(script, &format!("--lab {arguments}"));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{script}: {said:?}");
        assert!(said.err.starts_with(&format!("rawshake: {words}")), "{script}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{script}: {}", said.err);
    }
}

#[test]
fn a_script_can_come_through_a_pipe_and_send_anything() {
    if !has_lab() {
        return;
    }
    let script = "send -s 5000 --bad-ip-checksum\nexpect nothing within=50ms\nsend -s 5000\nexpect SA\n\
                  --icmp echo --payload 'a b'\nexpect icmp 0/0\n--fragment 16 -s 5001 --payload-hex 00ff\nexpect SA\n";
    let mut child = command_of("send", "--lab --format json --file -")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("a pipe");
    let said = Said::of(child.wait_with_output().expect("an end"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    assert!(expectations(&said).iter().all(|event| event["file"] == "-"), "{said:?}");
}
