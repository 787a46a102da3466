//! The program on a terminal, and behind a pipe.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::common::support::program::{RAWSHAKE, Said};
use crate::common::support::screen::{Screen, Terminal};
use crate::wire::{self, Row};

/// What was on the wire of a run.
pub(crate) struct Recording(TempDir);

impl Recording {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("run.pcap")
    }

    /// Every segment; none where tshark is not installed, or nothing was recorded.
    pub(crate) fn rows(&self) -> Option<Vec<Row>> {
        wire::read(&self.file())
    }
}

/// The program on a terminal that sends the signals of its keys.
pub(crate) struct Person {
    pub(crate) terminal: Terminal,
    child: Child,
}

impl Person {
    pub(crate) fn at(rows: u16, columns: u16, arguments: &[&str]) -> Self {
        let (terminal, [input, output, error]) = Terminal::new(rows, columns);
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", RAWSHAKE]).args(arguments).arg("--ascii");
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        let child = command.stdin(input).stdout(output).stderr(error).spawn().expect("setsid of util-linux");
        drop(command);
        Self { terminal, child }
    }

    /// Steps through a connection in the lab at 80 by 24, which is recorded.
    pub(crate) fn in_lab(arguments: &str) -> (Self, Recording) {
        let recording = Recording::new();
        let file = recording.file();
        let mut all = vec!["trace", "--step", "--lab", "--pcap", file.to_str().expect("UTF-8")];
        all.extend(arguments.split_whitespace());
        (Self::at(24, 80, &all), recording)
    }

    /// Waits until this step is asked about: it is on the screen from its head to the prompt.
    pub(crate) fn asked(&self, step: u32) -> String {
        let heads = [format!("Step {step}: "), format!("Step {step} of ")];
        self.terminal.until(|screen| screen.ends_with("\n>") && heads.iter().any(|head| screen.contains(head)))
    }

    /// Waits until this is on the screen, and something is asked.
    pub(crate) fn told(&self, words: &str) -> String {
        self.terminal.until(|screen| screen.ends_with("\n>") && screen.contains(words))
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.terminal.type_in(&format!("{line}\n"));
    }

    /// Presses Enter at the steps from `first` to `last`.
    pub(crate) fn sends(&mut self, first: u32, last: u32) {
        for step in first..=last {
            self.asked(step);
            self.types("");
        }
    }

    /// Its exit code, and all that was ever on the screen.
    pub(crate) fn ends(mut self) -> (Option<i32>, String, Screen) {
        let code = self.child.wait().expect("its end").code();
        let screen = self.terminal.end();
        let all = format!("{}\n{}", screen.scrolled.join("\n"), screen.text());
        (code, all, screen)
    }

    /// Closes the terminal; the exit code.
    pub(crate) fn hangs_up(self) -> Option<i32> {
        let Self { terminal, mut child } = self;
        terminal.hang_up();
        child.wait().expect("its end").code()
    }
}

/// The program, and what is typed through a pipe.
pub(crate) fn typed(arguments: &[&str], input: &str) -> Said {
    use std::io::Write as _;
    let mut command = Command::new(RAWSHAKE);
    command.args(arguments).arg("--ascii").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("rawshake");
    // It need not read all of it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    Said::of(child.wait_with_output().expect("its end"))
}

/// Steps through a connection in the lab by what comes through a pipe.
pub(crate) fn scripted(arguments: &str, input: &str) -> Said {
    let all: Vec<&str> = ["trace", "--step", "--lab"].into_iter().chain(arguments.split_whitespace()).collect();
    typed(&all, input)
}

/// Whether a lab can be had here; if not, that is put on record.
pub(crate) fn has_lab() -> bool {
    let said = Said::of(Command::new(RAWSHAKE).args(["trace", "--lab", "-q"]).output().expect("rawshake"));
    let is_forbidden = said.code == Some(2) && said.err.contains("cannot set up the lab");
    if is_forbidden {
        crate::common::impossible(said.err.trim_end());
    }
    !is_forbidden
}
