//! What there is to see of a few connections.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use rustix::process::Signal;

use crate::common;
use crate::program::{RAWSHAKE, Said, watch, watching};

/// A connection of this kernel with itself, with data both ways, closed by the client; and one that is refused.
fn talk() {
    let listener = TcpListener::bind("127.0.0.1:8080").expect("a port");
    let mut client = TcpStream::connect("127.0.0.1:8080").expect("a connection");
    let (mut server, _) = listener.accept().expect("a connection");
    client.write_all(b"hello").expect("room");
    server.read_exact(&mut [0; 5]).expect("data");
    server.write_all(b"hello, too").expect("room");
    client.read_exact(&mut [0; 10]).expect("data");
    drop(client);
    assert_eq!(server.read(&mut [0; 1]).expect("the end"), 0);
    drop(server);
    drop(listener);
    TcpStream::connect("127.0.0.1:9").expect_err("nobody listens");
}

/// The lines without their times, and with `C` for the client, whose port the kernel chose.
fn words(said: &Said) -> Vec<String> {
    let is_client = |word: &str| word.starts_with("127.0.0.1:") && !word.ends_with(':');
    let line = |line: &str| {
        let words = line.split(' ').skip(1).map(|word| if is_client(word) { "C" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    said.out.lines().map(line).collect()
}

#[test]
fn a_connection_has_a_line_when_it_opens_and_one_when_it_ends() {
    common::in_own_network(|| {
        for interface in ["lo", "any"] {
            let running = watching(&format!("-i {interface} --brief"));
            talk();
            let said = running.stop();
            let lines = words(&said);
            assert_eq!(lines.len(), 3, "{said:?}");
            assert!(lines[0].starts_with("1 open C > 127.0.0.1:8080: after "), "{lines:#?}");
            let ended = lines
                .iter()
                .find(|line| line.starts_with("1 end  C > 127.0.0.1:8080: three-way, three-segment by client; "));
            assert!(ended.is_some_and(|line| line.ends_with(" segments, 5 bytes there, 10 back")), "{lines:#?}");
            assert!(lines.iter().any(|line| line.starts_with("2 end  C > 127.0.0.1:9: refused; ")), "{lines:#?}");
            // Each packet once, on loopback, too: the refused connection has two.
            assert!(lines.iter().any(|line| line.ends_with(" 2 segments")), "{lines:#?}");
            assert!(said.err.ends_with(" packets, 2 connections; 0 packets dropped by the kernel\n"), "{said:?}");
            assert_eq!(said.code, Some(0));
        }
    });
}

#[test]
fn pictures_are_drawn_of_what_came_by() {
    common::in_own_network(|| {
        for (format, begin, each) in [("svg", "<svg ", ">Connection "), ("html", "<!DOCTYPE html>", "<section ")] {
            let running = watching(&format!("-i lo --format {format}"));
            talk();
            let said = running.stop();
            assert_eq!(said.code, Some(0), "{said:?}");
            assert!(said.out.starts_with(begin) && said.out.contains("127.0.0.1:8080"), "{said:?}");
            assert!(said.out.contains("RST ACK") && said.out.matches(each).count() >= 2, "{said:?}");
        }
    });
}

#[test]
fn what_is_written_is_what_was_shown() {
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, mode) in [("a.pcap", ""), ("b.pcapng", "--immediate"), ("c.pcap", "--list")] {
            let file = folder.path().join(name);
            let format = "--format json";
            let running = watching(&format!("-i lo {format} {mode} --pcap {}", file.display()));
            talk();
            let live = running.stop();
            let mut replay = Command::new(RAWSHAKE);
            replay
                .arg("replay")
                .arg(&file)
                .args(format.split(' '))
                .args(mode.split_whitespace().filter(|word| *word == "--list"));
            let again = Said::of(replay.output().expect("the program"));
            let sorted = |said: &Said| {
                let mut lines: Vec<_> = said.out.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            };
            assert!(live.out.lines().count() > 1 && live.code == Some(0), "{live:?}");
            assert_eq!(sorted(&live), sorted(&again), "{name}");
        }
    });
}

#[test]
fn it_ends_by_itself_after_packets_or_seconds() {
    common::in_own_network(|| {
        let running = watching("-i lo --list -c 5");
        talk();
        let said = running.said();
        assert!(said.err.starts_with("lo: 5 packets, 1 connection; "), "{said:?}");
        assert_eq!(said.code, Some(0));
        let said = watch("-i lo --stats --duration 0.1");
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
        assert!(said.err.ends_with("lo: 0 packets, 0 connections; 0 packets dropped by the kernel\n"), "{said:?}");
    });
}

#[test]
fn only_what_was_asked_for_is_shown() {
    common::in_own_network(|| {
        for (arguments, shown, code) in [
            ("--only refused --list", 1, 0),
            ("--where segments>2 --format json --brief", 2, 0),
            ("--where segments>200 --brief", 0, 1),
            ("--brief port 8080", 2, 0),
            ("--brief port 1", 0, 1),
        ] {
            let running = watching(&format!("-i lo {arguments}"));
            talk();
            let said = running.stop();
            let lines = said.out.lines().filter(|line| !line.contains("duration")).count();
            assert_eq!((lines, said.code), (shown, Some(code)), "{arguments}: {said:?}");
        }
    });
}

#[test]
fn who_asks_is_told_the_sums_so_far() {
    common::in_own_network(|| {
        let mut running = watching("-i lo --stats --format json");
        talk();
        // It counts what is over when nothing came of it for a second; so the answer of a later question has it.
        let told = loop {
            running.signal(Signal::QUIT);
            let line = running.note();
            if !line.contains("so far 0 packets") {
                break line;
            }
        };
        assert!(told.contains(" connection") && told.ends_with("; 0 packets dropped by the kernel\n"), "{told}");
        talk();
        let said = running.stop();
        let reports = said.events();
        assert!(reports.len() >= 2, "{said:?}");
        assert_eq!(reports.last().map(|report| report["connections"].clone()), Some(4.into()), "{said:?}");
    });
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    common::in_own_network(|| {
        for (arguments, told) in [
            ("-i nosuch", "no interface \"nosuch\" to capture on; there are: "),
            ("-i lo port", "can't parse filter expression"),
            ("-i lo --list --format lines", "leave one of them out"),
            ("-i lo --stats --format csv", "--stats gives text or --format json, not csv"),
            ("-i lo --brief --format csv", "--brief gives text or --format json, not csv"),
            ("-i lo --only reset --pcap x.pcap", "let replay choose"),
            ("-i lo --only nonsense", "invalid value 'nonsense'"),
            ("-i lo --duration 0", "must be more than 0 seconds"),
            ("-i lo --buffer-size 4096", "4096 is not in 1..=2047"),
        ] {
            let said = watch(arguments);
            assert_eq!((said.code, said.out.as_str(), said.err.lines().count()), (Some(2), "", 1), "{said:?}");
            assert!(said.err.contains(told), "{said:?}");
        }
    });
}
