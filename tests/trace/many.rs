//! Many connections to one server. What became of them is asked of the server's kernel and of tshark.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use rawshake::lab::{Options, Server};
use rawshake::sys::{counters, limits};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::common::{in_lab, in_own_network, skip, tcp_counters};
use crate::program::{self, RAWSHAKE, Said, command, has_lab, trace};
use crate::tshark;

/// The counts of a run with `--format json`.
fn counts(said: &Said) -> Value {
    let last = said.out.lines().last().unwrap_or_else(|| panic!("{said:?}"));
    let counts: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
    assert_eq!(counts["event"], "many", "{counts}");
    counts
}

/// Each connection of the capture opened by SYN and SYN-ACK and was closed by both ends' FINs, all with good checksums. A
/// reset may only answer an acknowledgment that was sent twice, for a FIN that came twice: the server has closed by then.
fn every_connection_is_whole(capture: &Path, connections: usize) {
    const SYN: u16 = 0x02;
    const FIN: u16 = 0x01;
    const RST: u16 = 0x04;
    const ALL: u16 = 0b1111;
    let Some(rows) = tshark::read(capture) else { return };
    let mut seen = vec![0; connections];
    for (number, row) in rows.iter().enumerate() {
        // A sum of zero Linux sends as its other form, which tshark dislikes: one of 65,536.
        assert!(row.checksum == "1" || row.sum == "0xffff", "packet {}: {row:?}", number + 1);
        let side = if row.source_port == 7 { 2 } else { 0 };
        let seen = &mut seen[row.stream];
        assert!(row.flags & RST == 0 || *seen == ALL, "packet {}: {row:?}", number + 1);
        *seen |= (row.flags & (SYN | FIN)) << side;
    }
    assert!(seen.iter().all(|seen| *seen == ALL), "{:?}", seen.iter().position(|seen| *seen != ALL));
}

#[test]
fn ten_thousand_connections_open_and_close() {
    const COUNT: usize = 10_000;
    in_lab(&Options { server: Server::Echo, ..Options::default() }, |lab| {
        let place = tempfile::tempdir().unwrap();
        let capture = place.path().join("run.pcap");
        let before = lab.on_server(tcp_counters).unwrap();
        let said = trace(&format!("192.0.2.2:7 -c {COUNT} --parallel 256 --pcap {}", capture.display()));
        let after = lab.on_server(tcp_counters).unwrap();
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.starts_with("10,000 connections to 192.0.2.2:7 in "), "{}", said.out);
        for row in ["handshake         10,000     100 %  three-way", "outcome           10,000     100 %  closed"] {
            assert!(said.out.contains(row), "{}", said.out);
        }
        let counted = |name: &str| after[name] - before[name];
        assert_eq!(counted("PassiveOpens"), COUNT as u64, "{after:?}");
        for name in ["EstabResets", "AttemptFails", "InErrs", "CurrEstab"] {
            assert_eq!(counted(name), 0, "{name}: {after:?}");
        }
        every_connection_is_whole(&capture, COUNT);
    });
}

/// Accepts `count` connections, and only when it has them all reads and closes each.
fn barrier(count: usize) -> SocketAddr {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(4096).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let all: Vec<TcpStream> = listener.incoming().take(count).map(|stream| stream.expect("a client")).collect();
        drop(all);
    });
    address
}

#[test]
fn two_thousand_are_open_at_once() {
    const COUNT: u64 = 2000;
    if limits::raise_open_files() < COUNT + 100 {
        return crate::common::impossible("this machine allows too few open files");
    }
    in_own_network(|| {
        let server = barrier(COUNT as usize);
        let arguments = format!("{server} -c {COUNT} --parallel {COUNT} --close passive --deadline 60 --format json");
        let said = trace(&arguments);
        let counts = counts(&said);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{counts}");
        assert_eq!(
            (&counts["connections"], &counts["outcomes"]["closed"], &counts["handshakes"]["three-way"]),
            (&COUNT.into(), &COUNT.into(), &COUNT.into())
        );
        assert_eq!((&counts["limited_to"], tcp_counters()["EstabResets"]), (&Value::Null, 0), "{counts}");
    });
}

#[test]
fn too_few_open_files_bound_what_is_open_at_once() {
    if !has_lab() {
        return;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 200 && exec \"$0\" trace --lab -c 300 --parallel 300 --format json", RAWSHAKE]);
    let said = Said::of(shell.output().expect("a shell"));
    let counts = counts(&said);
    assert_eq!((said.code, &counts["succeeded"]), (Some(0), &300.into()), "{said:?}");
    let limited = counts["limited_to"].as_u64().unwrap();
    assert!((10..200).contains(&limited), "{limited}");
}

#[test]
fn a_full_backlog_is_explained() {
    in_own_network(|| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(2).unwrap();
        let server = socket.local_addr().unwrap().as_socket().unwrap();
        let before = counters::listen_overflows().unwrap();
        let run = command(&format!("{server} -c 8 --parallel 8 --retries 6 --timeout 0.3"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody accepts before the queue has overflowed.
        let overflowed = (0..20_000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            counters::listen_overflows().unwrap() > before
        });
        assert!(overflowed, "the queue has room for 8?");
        // What is sent again comes for all at once, and finds room for three each time.
        std::thread::spawn(move || while socket.accept().is_ok() {});
        let said = Said::of(run.wait_with_output().unwrap());
        assert_eq!(said.code, Some(0), "{said:?}");
        let dropped = counters::listen_overflows().unwrap() - before;
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("net.core.somaxconn"), "{}", said.out);
        assert!(text.contains(&format!("{dropped} times (ListenOverflows)")), "{}", said.out);
        assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{}", said.out);
    });
}

#[test]
fn what_failed_is_counted_and_told() {
    if !has_lab() {
        return;
    }
    for (arguments, outcome, words) in [
        ("--lab-server refuses", "refused", "refused the connection: connect() would fail with ECONNREFUSED"),
        ("--lab-server silent --retries 0 --timeout 0.2", "unanswered", "no answer from 192.0.2.2:8082"),
        ("--lab-server never-closes --deadline 0.3", "peer-never-closed", "sent no FIN within 0.3 s"),
    ] {
        let said = trace(&format!("--lab -c 20 --format json {arguments}"));
        let counts = counts(&said);
        assert_eq!((said.code, &counts["outcomes"][outcome]), (Some(1), &20.into()), "{said:?}");
        assert_eq!((&counts["succeeded"], said.err.lines().count()), (&0.into(), 1), "{said:?}");
        assert!(said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn what_never_opened_is_no_sign_of_a_full_backlog() {
    if has_lab() {
        let said = trace("--lab -c 5 --lab-server silent --retries 1 --timeout 0.2");
        assert!(said.code == Some(1) && said.out.contains("unanswered"), "{said:?}");
        assert!(!said.out.contains("sent again") && !said.out.contains("backlog"), "{}", said.out);
    }
}

#[test]
fn what_never_opened_was_tried_for_as_long_as_the_run_lasted() {
    if has_lab() {
        let arguments = "--lab -c 5 --parallel 5 --lab-server silent --retries 0 --timeout 0.2";
        let said = trace(arguments);
        let headline = said.out.lines().next().unwrap();
        assert!(headline.starts_with("5 connections to 192.0.2.2:8082 tried in "), "{headline}");
        assert!(headline.ends_with(": none opened"), "{headline}");
        let counts = counts(&trace(&format!("{arguments} --format json")));
        assert!(counts["seconds"].as_f64().unwrap() >= 0.2, "{counts}");
    }
}

/// Accepts and echoes, for whoever calls.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut &stream, &mut &stream);
            });
        }
    });
    address
}

/// Somebody else's clients: one that talks all the time, and one connection after the other. Gives their ports.
fn strangers(server: SocketAddr, over: &AtomicBool) -> Vec<u16> {
    let constant = TcpStream::connect(server).unwrap();
    let mut ports = vec![constant.local_addr().unwrap().port()];
    while !over.load(Ordering::Relaxed) {
        let other = TcpStream::connect(server).unwrap();
        ports.push(other.local_addr().unwrap().port());
        (&constant).write_all(b"x").unwrap();
        (&constant).read_exact(&mut [0]).unwrap();
    }
    ports
}

#[test]
fn only_connections_of_the_run_are_counted() {
    const COUNT: u64 = 300;
    in_own_network(|| {
        let server = echo_server();
        let over = AtomicBool::new(false);
        let (said, ports) = std::thread::scope(|scope| {
            let strangers = scope.spawn(|| strangers(server, &over));
            let said = trace(&format!("{server} -c {COUNT} --parallel 5 --format json"));
            over.store(true, Ordering::Relaxed);
            (said, strangers.join().unwrap())
        });
        let counts = counts(&said);
        assert_eq!((said.code, &counts["connections"]), (Some(0), &COUNT.into()), "{counts}");
        assert_eq!(counts["handshakes"], serde_json::json!({ "three-way": COUNT }), "{counts}");
        assert!(ports.len() > 2, "{ports:?}");
        let clients = said.events();
        let clients = clients.iter().filter(|event| event["event"] == "opened");
        let clients: Vec<SocketAddr> =
            clients.map(|event| event["client"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(clients.len() as u64, COUNT);
        assert!(clients.iter().all(|client| !ports.contains(&client.port())), "{clients:?} {ports:?}");
    });
}

#[test]
fn a_reset_follows_a_whole_handshake() {
    if has_lab() {
        let said = trace("--lab -c 5 --close reset --format json");
        let counts = counts(&said);
        assert_eq!((said.code, &counts["handshakes"]["three-way"]), (Some(0), &5.into()), "{said:?}");
        assert_eq!((&counts["terminations"]["reset"], &counts["outcomes"]["aborted"]), (&5.into(), &5.into()));
    }
}

/// What had opened got a FIN first; only what did not get that far when the interrupt came is reset at once.
fn resets_are_for_what_did_not_open_or_close(said: &Said) {
    let mut sent: HashMap<u64, Vec<String>> = HashMap::new();
    for event in said.events().iter().filter(|event| event["event"] == "segment") {
        let sent = sent.entry(event["connection"].as_u64().expect("a number")).or_default();
        let segment = program::segment(event);
        let has = |segment: &str| sent.iter().any(|before| before == segment);
        if segment.contains("RST") {
            assert!(!has("client ACK") || has("client FIN ACK"), "{sent:?}");
        }
        sent.push(segment);
    }
}

#[test]
fn an_interrupt_shows_what_there_is() {
    if !has_lab() {
        return;
    }
    let mut child = command("--lab -c 1000000 --format json --parallel 8");
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut out = String::new();
    while !out.contains(r#""event":"ended""#) {
        assert!(output.read_line(&mut out).unwrap() > 0, "it ended: {out}");
    }
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    output.read_to_string(&mut out).unwrap();
    let said = Said { out, ..Said::of(child.wait_with_output().unwrap()) };
    assert_eq!((said.code, said.err.as_str()), (Some(130), ""));
    let counts = counts(&said);
    let begun = said.events().iter().filter(|event| event["event"] == "opened").count();
    assert_eq!((&counts["wanted"], &counts["connections"]), (&1_000_000.into(), &begun.into()), "{counts}");
    resets_are_for_what_did_not_open_or_close(&said);
}

#[test]
fn a_rate_spreads_the_beginnings() {
    if !has_lab() {
        return;
    }
    let said = trace("--lab -c 20 --rate 50 --format json");
    assert_eq!(said.code, Some(0), "{said:?}");
    let events = said.events();
    let opened = events.iter().filter(|event| event["event"] == "opened");
    let times: Vec<f64> = opened.map(|event| event["time"].as_str().unwrap().parse().unwrap()).collect();
    // Nineteen intervals, and what may be made up for.
    assert!(times.len() == 20 && times[19] - times[0] > 0.38 - 0.06, "{times:?}");
}

#[test]
fn every_connection_can_be_shown() {
    if !has_lab() {
        return;
    }
    let said = trace("--lab -c 5 -v --send hello --width 80");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.out.matches("SYN-SENT").count(), 5, "{}", said.out);
    assert!(said.out.contains("5 connections to 192.0.2.2:7"), "{}", said.out);
    let said = trace("--lab -c 5 --format csv");
    assert_eq!((said.code, said.out.lines().count()), (Some(0), 6), "{}", said.out);
    assert!(said.err.contains("5 connections to 192.0.2.2:7"), "{}", said.err);
}

#[test]
fn over_ipv6_as_well() {
    if !has_lab() || !rawshake::sys::Version::V6.is_supported() {
        return skip("this kernel has no IPv6");
    }
    let said = trace("--lab -6 -c 50 --format json");
    let counts = counts(&said);
    assert_eq!((said.code, &counts["succeeded"]), (Some(0), &50.into()), "{said:?}");
    assert_eq!(counts["server"], "[2001:db8::2]:7");
}
