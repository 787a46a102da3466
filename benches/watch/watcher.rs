//! A program that watches the near end of the cable.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Who takes part: what it is called, the program, and its arguments; FILE stands for a capture file of its own, IF for the
/// interface.
#[derive(Clone)]
pub(crate) struct Contender {
    pub(crate) name: Cow<'static, str>,
    program: &'static str,
    arguments: Cow<'static, str>,
}

const RAWSHAKE: &str = env!("CARGO_BIN_EXE_rawshake");

pub(crate) const CONTENDERS: [Contender; 6] = [
    Contender::new("rawshake watch --list", RAWSHAKE, "watch -i IF --list"),
    Contender::new("rawshake watch --stats", RAWSHAKE, "watch -i IF --stats"),
    Contender::new("rawshake watch --brief", RAWSHAKE, "watch -i IF --brief"),
    Contender::new("rawshake watch --stats --pcap FILE", RAWSHAKE, "watch -i IF --stats --force --pcap FILE"),
    Contender::new("tcpdump -w FILE -B 65536", "tcpdump", "-i IF -p -Z root -B 65536 -w FILE"),
    Contender::new("tcpdump -w FILE", "tcpdump", "-i IF -p -Z root -w FILE"),
];

impl Contender {
    const fn new(name: &'static str, program: &'static str, arguments: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), program, arguments: Cow::Borrowed(arguments) }
    }

    /// `rawshake` with these arguments.
    pub(crate) fn own(name: String, arguments: String) -> Self {
        Self { name: name.into(), program: RAWSHAKE, arguments: arguments.into() }
    }
}

/// What it took so far.
#[derive(Default)]
pub(crate) struct Cost {
    /// Of all processors, in the program and in the kernel for it.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in octets, the kernel's buffer included where it is mapped.
    pub(crate) peak: u64,
    /// What is resident now, likewise.
    pub(crate) resident: u64,
    /// What is resident now, without that buffer.
    pub(crate) own: u64,
}

/// What it said at the end.
pub(crate) struct Said {
    pub(crate) packets: Option<u64>,
    pub(crate) dropped: Option<u64>,
    pub(crate) connections: Option<u64>,
}

/// A contender that is running.
pub(crate) struct Watcher {
    child: Child,
    err: BufReader<ChildStderr>,
}

impl Watcher {
    /// Starts it, and waits until it captures; none where it is not installed. Its output goes into that file.
    pub(crate) fn start(contender: &Contender, interface: &str, folder: &Path, out: &Path) -> io::Result<Option<Self>> {
        let file = folder.join("watched.pcap");
        let file = file.to_string_lossy();
        let words = contender.arguments.split(' ').map(|word| match word {
            "IF" => interface,
            "FILE" => &file,
            word => word,
        });
        match Command::new(contender.program).arg("--version").output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            version => drop(version?),
        }
        // A bench that is killed takes it along. A change of its user would clear that: hence tcpdump's -Z.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", contender.program]).args(words);
        command.stdout(File::create(out)?).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn()?;
        let err = child.stderr.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let mut this = Self { child, err: BufReader::new(err) };
        let mut line = String::new();
        while !line.contains("watching ") && !line.contains("listening on ") {
            line.clear();
            if this.err.read_line(&mut line)? == 0 {
                return Err(io::Error::other(format!("{} did not begin", contender.name)));
            }
        }
        Ok(Some(this))
    }

    /// What it took so far.
    pub(crate) fn cost(&self) -> io::Result<Cost> {
        let folder = format!("/proc/{}", self.child.id());
        let stat = std::fs::read_to_string(format!("{folder}/stat"))?;
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
        let status = std::fs::read_to_string(format!("{folder}/status"))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        };
        let octets = |name| kib(name).unwrap_or(0) * 1024;
        let processor = Duration::from_millis(10 * ticks);
        Ok(Cost { processor, peak: octets("VmHWM:"), resident: octets("VmRSS:"), own: octets("RssAnon:") })
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> io::Result<Said> {
        let pid = Pid::from_raw(self.child.id().cast_signed()).ok_or_else(|| io::Error::other("no process"))?;
        kill_process(pid, Signal::INT)?;
        let mut words = String::new();
        self.err.read_to_string(&mut words)?;
        let before = |what: &str| {
            let text = words.replace(',', "");
            text.split(what).next().filter(|_| text.contains(what))?.split_whitespace().last()?.parse().ok()
        };
        let dropped = before("packets dropped by").or_else(|| before("packet dropped by"));
        let connections = before("connections;");
        Ok(Said { packets: before(" packets "), dropped, connections })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Where it has ended there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
