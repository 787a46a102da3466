//! Packets that come while they happen: through a pipe, or into a file that grows.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Said, bytes, command, replay};

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
