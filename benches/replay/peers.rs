//! Who is measured: this program, and others that read captures.

use std::process::{Command, Stdio};

use crate::passes;

/// A program, and its arguments before and after the name of the capture.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) program: String,
    pub(crate) before: Vec<&'static str>,
    pub(crate) after: Vec<&'static str>,
    /// Its output goes to a file.
    pub(crate) writes: bool,
    /// So slow that one run must do.
    pub(crate) is_slow: bool,
}

impl Peer {
    fn new(name: &'static str, program: &str, before: &[&'static str]) -> Self {
        let before = before.to_vec();
        Self { name, program: program.to_owned(), before, after: Vec::new(), writes: true, is_slow: false }
    }

    /// This program.
    pub(crate) fn own(name: &'static str, arguments: &[&'static str]) -> Self {
        Self::new(name, env!("CARGO_BIN_EXE_rawshake"), arguments)
    }

    fn slow(self) -> Self {
        Self { is_slow: true, ..self }
    }

    /// Whether it can be started.
    pub(crate) fn is_installed(&self) -> bool {
        let quiet =
            |command: &mut Command| command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet(Command::new(&self.program).arg("--version")).is_ok()
    }
}

/// All of them; the first is what the others are compared with.
pub(crate) fn all() -> Vec<Peer> {
    let this = std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    vec![
        Peer::new("bare libpcap loop", &this, &[passes::LIBPCAP_LOOP]),
        Peer::own("rawshake replay --stats", &["replay", "--stats"]),
        Peer::own("rawshake replay --list", &["replay", "--list"]),
        Peer::own("rawshake replay --list (JSON)", &["replay", "--list", "--format", "json"]),
        Peer::own("rawshake replay --format lines", &["replay", "--format", "lines"]),
        Peer::new("tcpdump -nn -S -r", "tcpdump", &["-nn", "-S", "-r"]),
        Peer { after: vec!["-w", "/dev/null"], ..Peer::new("argus -r", "argus", &["-X", "-r"]) },
        Peer::new("tcptrace -n", "tcptrace", &["-n"]).slow(),
        Peer::new("tshark -q -z conv,tcp", "tshark", &["-n", "-q", "-z", "conv,tcp", "-r"]).slow(),
    ]
}
