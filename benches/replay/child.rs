//! A program under measurement: this program starts itself, and that one the other, so that what the system says of
//! finished children is of this one alone.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::peers::Peer;

/// The argument that makes this program measure another.
pub(crate) const MEASURE: &str = "measure";

/// What one run took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of all processors, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
    /// The most memory that was resident.
    pub(crate) peak_kib: u64,
}

impl Cost {
    pub(crate) fn least(self, other: Self) -> Self {
        let peak_kib = self.peak_kib.min(other.peak_kib);
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu), peak_kib }
    }
}

/// Runs `peer` over `file`, its output to `output`.
pub(crate) fn run(peer: &Peer, file: &Path, output: &Path) -> io::Result<Cost> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(MEASURE).arg(if peer.writes { output } else { Path::new("/dev/null") });
    command.arg(&peer.program).args(&peer.before).arg(file).args(&peer.after);
    let said = command.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&said.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match (said.status.success(), &*numbers) {
        (true, &[wall, cpu, peak_kib]) => {
            Ok(Cost { wall: Duration::from_nanos(wall), cpu: Duration::from_micros(cpu), peak_kib })
        }
        _ => Err(io::Error::other(format!("{} failed", peer.name))),
    }
}

/// Runs a program and says how many nanoseconds it took, how many microseconds of processors, and how many KiB.
pub(crate) fn measure(output: &Path, program: &str, arguments: &[&str]) -> io::Result<()> {
    let start = Instant::now();
    let status = Command::new(program).args(arguments).stdout(File::create(output)?).stderr(Stdio::null()).status()?;
    let wall = start.elapsed();
    if !status.success() {
        return Err(io::Error::other(format!("{program}: {status}")));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    writeln!(io::stdout(), "{} {cpu} {}", wall.as_nanos(), usage.max_rss())
}
