//! What the kernel says of the threads of a running program: proc(5), /proc/PID/task/TID/status.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

/// The lines of one thread's status.
#[derive(Clone, Debug)]
pub(crate) struct Status(HashMap<String, String>);

impl Status {
    /// None of a thread that has ended.
    fn read(path: &std::path::Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let field = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Some(Self(text.lines().filter_map(field).collect()))
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("{name} in {self:?}"))
    }

    /// Real, effective, saved and file system user, or group.
    pub(crate) fn ids(&self, name: &str) -> Vec<u32> {
        self.get(name).split_whitespace().map(|id| id.parse().expect("a number")).collect()
    }

    /// Holds it against what every thread has to be like. `bounding`: that set could be emptied, too.
    pub(crate) fn assert_confined(&self, bounding: bool) {
        let sets = ["CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"];
        for set in &sets[..if bounding { 5 } else { 4 }] {
            assert_eq!(u64::from_str_radix(self.get(set), 16), Ok(0), "{set}: {self:?}");
        }
        assert_eq!(self.get("NoNewPrivs"), "1", "{self:?}");
        assert_eq!(self.get("Seccomp"), "2", "{self:?}");
    }
}

/// A program that has shown its first line, and so has decoded something. It is killed when it is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts it and waits for its first line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        // Some go on only then, and wait for the next.
        child.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("Enter");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        if line.is_empty() {
            let mut said = String::new();
            let _ = std::io::Read::read_to_string(&mut child.stderr.take().expect("a pipe"), &mut said);
            panic!("{command:?} shows nothing: {said}");
        }
        child.stdout = Some(out.into_inner());
        Self(child)
    }

    /// Starts it, where it shows nothing before its end.
    pub(crate) fn start_silent(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program"))
    }

    /// The processes that it has started and that have not ended, by the first thread of each.
    pub(crate) fn children(&self) -> Vec<Status> {
        let parent = self.0.id().to_string();
        let entries = fs::read_dir("/proc").expect("processes").flatten();
        let statuses = entries.filter_map(|entry| Status::read(&entry.path().join("status")));
        statuses.filter(|status| status.get("PPid") == parent && !status.get("State").starts_with('Z')).collect()
    }

    /// Its threads, of which there is one at least: it still runs.
    pub(crate) fn threads(&self) -> Vec<Status> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0.id())).expect("the threads");
        let statuses = tasks.filter_map(|task| Status::read(&task.ok()?.path().join("status")));
        let threads: Vec<_> = statuses.collect();
        assert!(threads.iter().any(|thread| !thread.get("State").starts_with(['Z', 'X'])), "it ended: {threads:?}");
        threads
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
