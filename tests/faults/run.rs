//! Runs of the program, whole or line by line.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use rustix::process::{Pid, Signal, kill_process};

pub(crate) use crate::common::support::program::{RAWSHAKE, Said};

/// A capture with packets to read.
pub(crate) const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/four-segment.pcap");

/// The program with these arguments, separated by blanks, in this folder; `CAPTURE` stands for [`CAPTURE`].
pub(crate) fn command(arguments: &str, folder: &Path) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.args(words(arguments)).current_dir(folder).env("HOME", folder).env("SHELL", "/bin/true");
    command.stdin(Stdio::null());
    command
}

fn words(arguments: &str) -> impl Iterator<Item = &str> {
    arguments.split_whitespace().map(|word| if word == "CAPTURE" { CAPTURE } else { word })
}

/// Runs it to its end.
pub(crate) fn run(arguments: &str, folder: &Path) -> Said {
    Said::of(command(arguments, folder).output().expect("the program"))
}

/// Runs it to its end behind commands of a shell, such as `ulimit -n 5`.
pub(crate) fn run_behind(shell: &str, arguments: &str, folder: &Path) -> Said {
    Said::of(behind(shell, arguments).current_dir(folder).env("HOME", folder).output().expect("sh"))
}

/// The same as a command.
pub(crate) fn behind(shell: &str, arguments: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell} && exec \"$@\""), "sh", RAWSHAKE]).args(words(arguments));
    command.env("SHELL", "/bin/true").stdin(Stdio::null());
    command
}

/// Does this for each row; several rows at once, since they wait for the kernel most of the time. Threads are in the namespaces
/// of who starts them.
pub(crate) fn for_each<T: Sync>(rows: &[T], work: impl Fn(&T) + Sync) {
    let left = Mutex::new(rows.iter());
    let next = || left.lock().expect("rows").next();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = next() {
                    work(row);
                }
            });
        }
    });
}

/// A run whose results are read line by line. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    read: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, out, read: String::new() }
    }

    /// Reads the next line of standard output; false at its end.
    pub(crate) fn line(&mut self) -> bool {
        self.out.read_line(&mut self.read).expect("UTF-8") > 0
    }

    /// Reads on until a line has these words; fails where none has.
    pub(crate) fn until(&mut self, words: &str) {
        while !self.read.contains(words) {
            assert!(self.line(), "no {words} in {}", self.read);
        }
    }

    /// Nobody reads its results any more.
    pub(crate) fn stop_reading(&mut self) {
        let (reader, _) = std::io::pipe().expect("a pipe");
        self.out = BufReader::new(OwnedFd::from(reader).into());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // One that has ended is still to be waited for, so the number is its own.
        kill_process(Pid::from_child(&self.child), signal).expect("a signal");
    }

    /// Waits until it collects signals, as /proc tells.
    pub(crate) fn until_it_waits(&self) {
        let status = format!("/proc/{}/status", self.child.id());
        let is_caught = |line: &str| {
            let mask = line.strip_prefix("SigCgt:").map(|mask| u64::from_str_radix(mask.trim(), 16).expect("a mask"));
            mask.is_some_and(|mask| mask & 1 << (Signal::TERM.as_raw() - 1) != 0)
        };
        loop {
            let text = std::fs::read_to_string(&status).expect("a process");
            assert!(!text.contains("State:\tZ"), "it has ended");
            if text.lines().any(is_caught) {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Whether it has ended, and only waits for somebody to ask how.
    pub(crate) fn has_ended(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
    }

    /// Whether it is stopped by a signal, as /proc tells.
    pub(crate) fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// Waits for its end, and gives all that it said.
    pub(crate) fn said(mut self) -> Said {
        let mut err = String::new();
        self.out.read_to_string(&mut self.read).expect("UTF-8");
        self.child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
        let status = self.child.wait().expect("an end");
        Said { out: std::mem::take(&mut self.read), err, code: status.code() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
