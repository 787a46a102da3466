//! The wire under a run: interfaces that go down or away, addresses and routes that change, a cable that is cut, a process
//! that stands still for a while, and clocks that go back.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;

use rawshake::lab::{Options, SERVER};
use rustix::process::Signal;

use crate::common;
use crate::run::{Running, Said, command, for_each, run};

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split_whitespace()).status().expect("ip, of iproute2");
    assert!(status.success(), "ip {arguments}");
}

/// What becomes of a connection by hand, and the words that tell it.
enum End {
    /// Nothing is left to send through.
    Broken(&'static [&'static str]),
    /// It goes on, since what is sent by hand asks no routing table and takes no address for granted.
    Whole,
}

/// Behind the handshake, and what is done before.
const FAULTS: [(&str, End); 6] = [
    ("link set you down", End::Broken(&["interface you is down"])),
    // Who notices first tells it: the capture, or who sends.
    ("link delete you", End::Broken(&["interface \"you\" failed: The interface disappeared", "interface you is gone"])),
    ("addr flush dev you", End::Whole),
    ("route flush table main", End::Whole),
    ("route add blackhole 192.0.2.2", End::Whole),
    ("route add unreachable 192.0.2.2", End::Whole),
];

/// Breaks the wire in the middle of a connection; gives what was said.
fn broken(fault: &str, folder: &Path) -> Said {
    let mut said = None;
    common::in_lab(&Options::default(), |lab| {
        let server = SocketAddr::new(SERVER.v4.into(), 9000);
        let listener = lab.on_server(move || TcpListener::bind(server)).expect("the server").expect("a port");
        let arguments = "trace 192.0.2.2:9000 --send hello --close passive --format lines --pcap out.pcap";
        let mut running = Running::start(&mut command(arguments, folder));
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.read_exact(&mut [0; 5]).expect("what was sent");
        running.until("length 5");
        ip(fault);
        // The peer closes, and our end in its turn; where nothing comes through, somebody stops it.
        drop(stream);
        if fault.starts_with("link") {
            running.signal(Signal::INT);
        }
        said = Some(running.said());
    });
    said.unwrap_or_else(|| Said { out: String::new(), err: String::new(), code: None })
}

#[test]
fn a_wire_that_breaks_is_named_and_what_was_seen_is_a_whole_capture() {
    for (fault, end) in FAULTS {
        let folder = tempfile::tempdir().expect("a folder");
        let said = std::thread::scope(|scope| {
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            let builder = std::thread::Builder::new().name(name);
            builder.spawn_scoped(scope, || broken(fault, folder.path())).expect("a thread").join().expect("no panic")
        });
        let Some(code) = said.code else { return };
        match end {
            End::Broken(words) => {
                let is_named = said.err.lines().count() == 1 && words.iter().any(|words| said.err.contains(words));
                assert!(code == 2 && is_named, "{fault}: {said:?}");
            }
            End::Whole => assert_eq!((code, &*said.err), (0, ""), "{fault}: {said:?}"),
        }
        let again = run("replay out.pcap --format lines", folder.path());
        assert!(again.code == Some(0) && again.out.contains("length 5"), "{fault}: {again:?}");
    }
}

#[test]
fn a_process_that_stood_still_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    common::in_lab(&Options::default(), |lab| {
        let server = SocketAddr::new(SERVER.v4.into(), 9000);
        let listener = lab.on_server(move || TcpListener::bind(server)).expect("the server").expect("a port");
        let arguments = "trace 192.0.2.2:9000 --send hello --close passive --format lines";
        let mut running = Running::start(&mut command(arguments, folder.path()));
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.read_exact(&mut [0; 5]).expect("what was sent");
        running.until("length 5");
        running.signal(Signal::STOP);
        while !running.is_stopped() {
            std::thread::yield_now();
        }
        // The peer's FIN comes meanwhile, more than once.
        drop(stream);
        std::thread::sleep(std::time::Duration::from_millis(700));
        running.signal(Signal::CONT);
        let said = running.said();
        assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
        assert!(said.out.contains("[F.]") && !said.out.contains("[R"), "{said:?}");
    });
}

/// A capture of a clock that was set back by an hour within a connection: nothing negative, nothing that hangs, and the same
/// verdict. What is made live counts by a clock that cannot be set (CLOCK_MONOTONIC).
#[test]
fn a_clock_that_goes_back_changes_no_verdict() {
    const HOUR: u32 = 3600;
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(crate::run::CAPTURE).expect("a capture");
    let mut stepped = whole.clone();
    let (mut at, mut number) = (24, 0);
    while at < whole.len() {
        let field = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().expect("four octets"));
        if number >= 4 {
            stepped[at..at + 4].copy_from_slice(&(field(at) - HOUR).to_le_bytes());
        }
        (at, number) = (at + 16 + field(at + 8) as usize, number + 1);
    }
    assert!(number > 5, "{number} packets");
    std::fs::write(folder.path().join("stepped.pcap"), stepped).expect("a file");
    let verdict = |file: &str| run(&format!("replay {file} --format json"), folder.path()).verdict();
    let (before, after) = (verdict("CAPTURE"), verdict("stepped.pcap"));
    for field in ["handshake", "termination", "conn_state", "history", "segments", "client", "server"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    let views = ["", "--list", "--stats", "--format svg", "--format csv", "--format json", "--replay-speed 1000"];
    for_each(&views, |view| {
        let said = run(&format!("replay stepped.pcap {view}"), folder.path());
        assert!(
            said.code == Some(0) && !said.out.contains("-3600") && !said.out.contains("-3,600"),
            "{view}: {said:?}"
        );
    });
}
