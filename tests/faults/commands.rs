//! Each command that speaks on a wire, while that breaks: what it says, its exit code, and a capture that is whole.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rawshake::lab::{Lab, Options, Server, YOU};
use rustix::process::Signal;

use crate::common;
use crate::run::{Running, Said, command, for_each, run};

/// What is done to the wire behind the first words of a run.
const FAULTS: [&str; 6] = [
    "link set you down",
    "link delete you",
    "addr flush dev you",
    "route flush table main",
    "route add blackhole 192.0.2.2",
    "route add unreachable 192.0.2.2",
];

/// What becomes of the run.
enum End {
    /// It cannot go on, and says so in one line, with one of these words.
    Broken(&'static [&'static str]),
    /// It goes on: exit code, and words among what it says.
    GoesOn(i32, &'static str),
}

use End::{Broken, GoesOn};

struct Case {
    arguments: &'static str,
    /// What is printed before the wire breaks.
    ready: &'static str,
    /// For each of [`FAULTS`].
    ends: [End; 6],
}

const DOWN: &[&str] = &["interface you is down"];
/// Who notices first tells it: the capture, or who sends.
const GONE: &[&str] = &["interface \"you\" failed: The interface disappeared", "interface you is gone"];
/// Its own address is asked for at each packet.
const NO_ADDRESS: &[&str] = &["192.0.2.1 is not an address of this machine"];
const WHOLE: &str = "";

const CASES: [Case; 6] = [
    Case {
        arguments: "send 192.0.2.2:9 -f S -c 20 -i 0.02 --format lines",
        ready: "[R.]",
        ends: [
            Broken(DOWN),
            Broken(GONE),
            Broken(NO_ADDRESS),
            // Bound to the interface, it asks no routing table.
            GoesOn(0, WHOLE),
            GoesOn(0, WHOLE),
            GoesOn(0, WHOLE),
        ],
    },
    Case {
        arguments: "trace 192.0.2.2:9 --count 20 --rate 50 --format lines",
        ready: "[R.]",
        ends: [
            Broken(DOWN),
            Broken(GONE),
            Broken(NO_ADDRESS),
            GoesOn(1, "refused"),
            GoesOn(1, "refused"),
            GoesOn(1, "refused"),
        ],
    },
    Case {
        arguments: "ping 192.0.2.2 -c 20 -i 0.02 -W 0.2",
        ready: "icmp_seq=2 ",
        ends: [
            GoesOn(0, "cannot send icmp_seq=20: Network is unreachable"),
            Broken(GONE),
            GoesOn(0, "cannot send icmp_seq=20: Network is unreachable"),
            GoesOn(0, "cannot send icmp_seq=20: Network is unreachable"),
            GoesOn(0, "cannot send icmp_seq=20: Invalid argument, as a blackhole route answers"),
            GoesOn(0, "cannot send icmp_seq=20: No route to host"),
        ],
    },
    Case {
        arguments: "ping 192.0.2.2 --tcp 9 -c 20 -i 0.02 -W 0.2",
        ready: "seq=2 ",
        ends: [
            GoesOn(0, "cannot send tcp_seq=20: Network is unreachable"),
            Broken(GONE),
            GoesOn(0, "cannot send tcp_seq=20: Cannot assign requested address"),
            GoesOn(0, "20 received"),
            GoesOn(0, "20 received"),
            GoesOn(0, "20 received"),
        ],
    },
    Case {
        arguments: "listen 8080 -I you --format lines",
        ready: "length 5",
        ends: [
            Broken(DOWN),
            Broken(GONE),
            GoesOn(130, "closed in good order"),
            GoesOn(130, "closed in good order"),
            GoesOn(130, "closed in good order"),
            GoesOn(130, "closed in good order"),
        ],
    },
    // On all interfaces, it stays for the others.
    Case {
        arguments: "listen 8080 --format lines",
        ready: "length 5",
        ends: [
            GoesOn(130, "that this machine did not let out: Network is unreachable"),
            GoesOn(130, "that this machine did not let out: Network is unreachable"),
            GoesOn(130, "that this machine did not let out: Network is unreachable"),
            GoesOn(130, "that this machine did not let out: Network is unreachable"),
            GoesOn(130, "that this machine did not let out: Invalid argument"),
            GoesOn(130, "that this machine did not let out: No route to host"),
        ],
    },
];

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split_whitespace()).status().expect("ip, of iproute2");
    assert!(status.success(), "ip {arguments}");
}

/// A client on the other host, whose octets are answered.
fn client(lab: &Lab) -> TcpStream {
    let own = SocketAddr::new(YOU.v4.into(), 8080);
    let connect = move || {
        let again = |_| std::thread::sleep(Duration::from_millis(5));
        (0..2000).find_map(|_| TcpStream::connect(own).map_err(again).ok())
    };
    let mut stream = lab.on_server(connect).expect("the server").expect("somebody listens");
    stream.write_all(b"hello").expect("a connection");
    stream.read_exact(&mut [0; 5]).expect("an answer");
    stream
}

/// Breaks the wire under a run; gives what it said, or nothing where there is no wire to break.
fn broken(case: &Case, fault: &str, folder: &Path) -> Option<Said> {
    let mut said = None;
    common::in_lab(&Options { server: Server::Refuses, ..Options::default() }, |lab| {
        let arguments = format!("{} --pcap out.pcap", case.arguments);
        let mut running = Running::start(&mut command(&arguments, folder));
        let peer = case.arguments.starts_with("listen").then(|| client(lab));
        running.until(case.ready);
        ip(fault);
        if peer.is_some() {
            // By Ctrl-C it has something to send, which nothing may let through.
            running.signal(Signal::INT);
        }
        drop(peer);
        said = Some(running.said());
    });
    said
}

fn check(case: &Case, fault: &str, end: &End) {
    let folder = tempfile::tempdir().expect("a folder");
    // A lab takes the thread that enters it.
    let said = std::thread::scope(|scope| scope.spawn(|| broken(case, fault, folder.path())).join()).expect("no panic");
    let Some(said) = said else { return };
    let when = format!("{}: {fault}: {said:?}", case.arguments);
    match end {
        Broken(words) => {
            let mut errors = said.err.lines().filter(|line| line.starts_with("rawshake: "));
            let is_named = errors.next().is_some_and(|line| words.iter().any(|words| line.contains(words)));
            assert!(said.code == Some(2) && is_named && errors.next().is_none(), "{when}");
        }
        GoesOn(code, words) => {
            assert_eq!(said.code, Some(*code), "{when}");
            assert!(said.err.contains(words) || said.out.contains(words), "no {words:?}: {when}");
        }
    }
    let again = run("replay out.pcap --format lines", folder.path());
    assert!(again.code == Some(0) && again.err.is_empty() && !again.out.is_empty(), "{when}: {again:?}");
}

#[test]
fn every_command_says_how_its_wire_broke_and_leaves_a_whole_capture() {
    let rows: Vec<_> =
        CASES.iter().flat_map(|case| FAULTS.iter().zip(&case.ends).map(move |row| (case, row))).collect();
    common::as_another_root(|| for_each(&rows, |(case, (fault, end))| check(case, fault, end)));
}
