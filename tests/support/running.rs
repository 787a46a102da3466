//! The program while it runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use super::program::{RAWSHAKE, Said};

/// A run that goes on until it is ended. It is stopped when it is dropped.
pub(crate) struct Running {
    child: Option<Child>,
    out: Option<JoinHandle<String>>,
    err: BufReader<ChildStderr>,
}

impl Running {
    /// Starts it with these arguments, separated by blanks, and waits for the first line of standard error, which has to
    /// begin so.
    pub(crate) fn start(arguments: &str, ready: &str) -> Self {
        let mut command = Command::new(RAWSHAKE);
        command.args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
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
        assert!(line.starts_with(ready), "{line}");
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

    /// Ends it by Ctrl-C, and gives what it said.
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

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
