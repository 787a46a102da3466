//! Packets that come while they happen: through a pipe, or into a file that grows.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use std::net::SocketAddr;

use rawshake::wire::{Flags, IpFields, LinkType, SegmentFields, Time, emit};

use crate::program::{Kept, Said, bytes, command, pcapng, replay};

/// A run whose output is read while it goes on.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    out: String,
}

impl Running {
    fn start(arguments: &str) -> Self {
        let mut command = command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output, out: String::new() }
    }

    /// Reads one more line.
    fn line(&mut self) {
        let read = self.output.read_line(&mut self.out).expect("a line");
        assert!(read > 0, "it ended: {}", self.out);
    }

    /// Reads on to a line that holds this.
    fn until(&mut self, text: &str) {
        let mut start = self.out.len();
        loop {
            self.line();
            if self.out[start..].contains(text) {
                return;
            }
            start = self.out.len();
        }
    }

    /// Waits until what the kernel says of the process is like that.
    fn status_until(&self, holds: impl Fn(&str) -> bool) {
        let path = format!("/proc/{}/status", self.child.id());
        while !holds(&std::fs::read_to_string(&path).expect("a process")) {
            std::thread::yield_now();
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process")).expect("a process");
        kill_process(pid, signal).expect("a signal");
    }

    /// Reads the rest.
    fn end(mut self) -> Said {
        drop(self.child.stdin.take());
        self.output.read_to_string(&mut self.out).expect("the rest");
        Said { out: self.out, ..Said::of(self.child.wait_with_output().expect("an end")) }
    }
}

/// Packets of a capture, without its header.
fn behind_header(name: &str) -> Vec<u8> {
    bytes(name).split_off(24)
}

/// A connection that is over is shown while the input is silent, not only when it ends: it is this test that ends it.
#[test]
fn a_connection_is_shown_when_it_is_over_though_a_pipe_stays_open() {
    let cases = [
        ("-", "Closed", "Closed"),
        ("--list -", "four-segment", "reset"),
        ("--list --format json -", "four-segment", "reset"),
        ("--format json -", "\"ended\"", "\"ended\""),
        ("--format json --only four-segment,reset -", "\"ended\"", "\"ended\""),
        ("--format csv -f tcp -", "four-segment", "reset"),
        ("- four-segment.pcap", "Closed", "Closed"),
    ];
    std::thread::scope(|scope| {
        for (arguments, first, second) in cases {
            scope.spawn(move || {
                let mut running = Running::start(arguments);
                let mut input = running.child.stdin.take().expect("a pipe");
                input.write_all(&bytes("four-segment.pcap")).expect("a connection");
                running.until(first);
                input.write_all(&behind_header("reset.pcap")).expect("another");
                running.until(second);
                drop(input);
                assert_eq!(running.end().code, Some(0), "{arguments}");
            });
        }
    });
}

#[test]
fn a_connection_is_shown_when_it_is_over_though_others_go_on() {
    let mut running = Running::start("--list -f tcp -");
    let mut input = running.child.stdin.take().expect("a pipe");
    input.write_all(&bytes("reset.pcap")).expect("a connection");
    // Somebody else's handshake, years earlier and later: the capture's clock tells that nothing came since.
    let mut other = behind_header("unanswered.pcap");
    other.truncate(16 + 74);
    for second in [1_u32, u32::MAX] {
        other[..4].copy_from_slice(&second.to_le_bytes());
        input.write_all(&other).expect("a packet");
    }
    running.until("reset");
    drop(input);
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn what_comes_behind_the_end_is_shown_as_a_continuation() {
    let bytes = bytes("four-segment.pcap");
    let last = bytes.len() - 16 - 66;
    let mut running = Running::start("-");
    let mut input = running.child.stdin.take().expect("a pipe");
    input.write_all(&bytes).expect("a connection");
    running.until("Closed");
    input.write_all(&bytes[last..]).expect("its last segment once more");
    drop(input);
    let said = running.end();
    assert!(said.out.contains("\nConnection 1, continued\n"), "{said:?}");
}

#[test]
fn a_followed_file_shows_a_connection_when_it_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.pcap");
    std::fs::write(&path, bytes("four-segment.pcap")).expect("a file");
    let mut running = Running::start(&format!("--follow --list {}", path.display()));
    running.until("four-segment");
    let mut file = OpenOptions::new().append(true).open(&path).expect("the file");
    file.write_all(&behind_header("reset.pcap")).expect("another");
    running.until("reset");
    running.signal(Signal::INT);
    assert_eq!(running.end().code, Some(0));
}

/// A capture of so many connections that are refused.
fn refusals(count: u16) -> Vec<u8> {
    let server = SocketAddr::from(([192, 0, 2, 2], 81));
    let reset = Flags::RST | Flags::ACK;
    let segment = |from, to, seq, ack, flags| {
        let fields = SegmentFields { seq, ack, flags, ..SegmentFields::default() };
        emit::segment(from, to, &IpFields::default(), &fields).expect("a segment")
    };
    let packets = (0..count).flat_map(|number| {
        let client = SocketAddr::from(([192, 0, 2, 1], 1000 + number));
        let time = Time::from_parts(1_700_000_000, i64::from(number) * 1_000_000);
        let both = [segment(client, server, 100, 0, Flags::SYN), segment(server, client, 0, 101, reset)];
        both.map(|bytes| Kept { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes })
    });
    pcapng(&packets.collect::<Vec<_>>())
}

/// The program cannot have come to the end of the file before the signal: nobody reads what it writes, and a pipe holds
/// less than that.
#[test]
fn ctrl_c_ends_a_file_with_what_was_found_so_far() {
    const COUNT: u16 = 20_000;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.pcapng");
    std::fs::write(&path, refusals(COUNT)).expect("a file");
    for (arguments, signal, code) in [
        ("--list", Signal::INT, 130),
        ("--format csv --where segments>0", Signal::INT, 130),
        ("--format json", Signal::TERM, 143),
        ("-q", Signal::INT, 130),
        ("-f tcp --format lines", Signal::INT, 130),
    ] {
        let mut running = Running::start(&format!("{arguments} {}", path.display()));
        running.line();
        running.signal(signal);
        let said = running.end();
        assert_eq!(said.code, Some(code), "{arguments}: {}", said.err);
        assert!(said.out.ends_with('\n') && said.err.contains("many.pcapng: stopped after "), "{}", said.err);
        let packets =
            said.err.split("stopped after ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number");
        let packets: u64 = packets.replace(',', "").parse().expect("a number");
        assert!((2..u64::from(COUNT) * 2).contains(&packets), "{}", said.err);
    }
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.pcapng");
    std::fs::write(&path, refusals(20_000)).expect("a file");
    let mut running = Running::start(&format!("--format lines {}", path.display()));
    running.line();
    // It sleeps once the pipe is full, and wakes for the signal only.
    running.status_until(|status| status.contains("State:\tS"));
    running.signal(Signal::INT);
    running.status_until(|status| status.contains("ShdPnd:\t0000000000000000"));
    running.signal(Signal::INT);
    let status = running.child.wait().expect("an end");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
}

/// Where the packets of reset.pcap begin, and where the second of them ends.
fn reset_in_two() -> (Vec<u8>, usize) {
    let bytes = bytes("reset.pcap");
    let length = |at: usize| u32::from_le_bytes(bytes[at + 8..at + 12].try_into().expect("four octets")) as usize;
    let second = 24 + 16 + length(24);
    let end = second + 16 + length(second);
    (bytes, end)
}

#[test]
fn a_pipe_is_shown_as_it_comes() {
    let (bytes, two) = reset_in_two();
    let mut running = Running::start("--format lines -");
    let mut input = running.child.stdin.take().expect("a pipe");
    input.write_all(&bytes[..two]).expect("two packets");
    running.line();
    running.line();
    input.write_all(&bytes[two..]).expect("the rest");
    drop(input);
    let said = running.end();
    assert_eq!((said.code, said.out), (Some(0), replay("--format lines reset.pcap").out));
}

#[test]
fn ctrl_c_ends_a_pipe_as_its_end_would() {
    let (bytes, two) = reset_in_two();
    let mut running = Running::start("--format json -");
    let mut input = running.child.stdin.take().expect("a pipe");
    input.write_all(&bytes[..two]).expect("two packets");
    (0..3).for_each(|_| running.line());
    running.signal(Signal::INT);
    let said = running.end();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.lines().last().expect("a line").contains("\"event\":\"ended\""), "{said:?}");
}

#[test]
fn a_file_is_followed_as_it_grows() {
    let (bytes, two) = reset_in_two();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.pcap");
    // The second packet is only half there.
    std::fs::write(&path, &bytes[..two - 7]).expect("a file");
    let mut running = Running::start(&format!("--follow --format lines {}", path.display()));
    running.line();
    let mut file = OpenOptions::new().append(true).open(&path).expect("the file");
    file.write_all(&bytes[two - 7..]).expect("the rest");
    let whole = replay("--format lines reset.pcap").out;
    (1..whole.lines().count()).for_each(|_| running.line());
    running.signal(Signal::INT);
    let said = running.end();
    assert_eq!((said.code, said.out, &*said.err), (Some(0), whole, ""));
}

#[test]
fn a_followed_file_that_is_cut_short_is_said_and_read_again() {
    let (bytes, two) = reset_in_two();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.pcap");
    std::fs::write(&path, &bytes).expect("a file");
    let mut running = Running::start(&format!("--follow --format lines {}", path.display()));
    let count = replay("--format lines reset.pcap").out.lines().count();
    (0..count).for_each(|_| running.line());
    OpenOptions::new().write(true).open(&path).expect("the file").set_len(two as u64).expect("a shorter file");
    running.line();
    running.line();
    running.signal(Signal::TERM);
    let said = running.end();
    assert_eq!(said.code, Some(143), "{said:?}");
    assert!(said.err.contains("was cut from"), "{said:?}");
}

#[test]
fn the_speed_changes_nothing_but_the_time() {
    let said = replay("--replay-speed 1000000 --format lines reset.pcap unanswered.pcap");
    assert_eq!((said.code, said.out), (Some(0), replay("--format lines reset.pcap unanswered.pcap").out));
    for wrong in ["0", "-1", "inf", "nan", "fast"] {
        assert_eq!(replay(&format!("--replay-speed={wrong} reset.pcap")).code, Some(2), "{wrong}");
    }
}

/// The second SYN would come in twelve days.
#[test]
fn ctrl_c_ends_a_slow_replay_with_what_was_shown() {
    let mut running = Running::start("--replay-speed 0.000001 --format json unanswered.pcap");
    (0..2).for_each(|_| running.line());
    running.signal(Signal::INT);
    let said = running.end();
    let events: Vec<_> = said.out.lines().collect();
    assert_eq!((said.code, events.len()), (Some(130), 3), "{said:?}");
    assert!(events[2].contains("\"event\":\"ended\"") && events[2].contains("\"syns\":1,"), "{said:?}");
}
