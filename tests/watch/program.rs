//! A running `rawshake watch`, in the network of the test that starts it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

pub(crate) use crate::common::support::program::{RAWSHAKE, Said};

/// The program while it watches. It is stopped when it is dropped.
pub(crate) struct Watching {
    child: Option<Child>,
    out: Option<JoinHandle<String>>,
    err: BufReader<ChildStderr>,
}

impl Watching {
    /// Starts it with these arguments, separated by blanks, and waits until it captures.
    pub(crate) fn start(arguments: &str) -> Self {
        let mut command = Command::new(RAWSHAKE);
        command.arg("watch").args(arguments.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let mut stdout = child.stdout.take().expect("a pipe");
        // Read all the time: a full pipe would stop it.
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let err = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut this = Self { child: Some(child), out: Some(out), err };
        let line = this.note();
        assert!(line.starts_with("watching "), "{line}");
        this
    }

    /// The next line of standard error.
    pub(crate) fn note(&mut self) -> String {
        let mut line = String::new();
        assert!(self.err.read_line(&mut line).expect("a line") > 0, "it ended");
        line
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a child").id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid().cast_signed()).expect("a process"), signal).expect("a signal");
    }

    /// Whether it has looked at so many packets by now.
    pub(crate) fn is_caught_up(&mut self, packets: u64) -> bool {
        self.signal(Signal::QUIT);
        self.note().starts_with(&format!("so far {} packets, ", rawshake::explain::grouped(packets)))
    }

    /// Ends it, and gives what it said.
    pub(crate) fn stop(self) -> Said {
        self.signal(Signal::INT);
        self.said()
    }

    /// Waits for its end.
    pub(crate) fn said(mut self) -> Said {
        let mut err = String::new();
        self.err.read_to_string(&mut err).expect("UTF-8");
        let status = self.child.take().expect("a child").wait().expect("an end");
        let out = self.out.take().expect("a thread").join().expect("its output");
        Said { out, err, code: status.code() }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs it to its own end.
pub(crate) fn watch(arguments: &str) -> Said {
    let mut command = Command::new(RAWSHAKE);
    Said::of(command.arg("watch").args(arguments.split_whitespace()).output().expect("the program"))
}
