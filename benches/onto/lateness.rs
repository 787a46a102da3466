//! How late packets arrive that are sent with the timing of the capture.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use rawshake::measure::Histogram;
use rawshake::source::{CaptureFile, Live, LiveOptions, Source as _};
use rawshake::sys::{Namespace, poll};
use rawshake::wire::Time;

use crate::cable::{self, FAR, NEAR};

const PACKETS: usize = 5_000;
const TURNS: usize = 3;
const OCTETS: usize = 100;
/// What has not arrived then does not arrive any more.
const PATIENCE: Duration = Duration::from_secs(1);

/// A program, what it is called with, and its name in the table.
const CONTENDERS: [(&str, &[&str], &str); 3] = [
    ("tcpreplay", &["-q", "-K", "-i", NEAR], "tcpreplay -K"),
    ("tcpreplay", &["-q", "-K", "--timer=nano", "-i", NEAR], "tcpreplay -K --timer=nano"),
    (env!("CARGO_BIN_EXE_rawshake"), &["replay", "--onto", NEAR, "--yes", "--quiet"], "rawshake replay"),
];

/// Gaps of 1 to 399 µs, the same in every run.
fn gaps() -> impl Iterator<Item = Duration> {
    (0..PACKETS as u64).map(|number| Duration::from_micros(1 + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 399))
}

/// One row for each contender: its best turn by the 99th percentile.
pub(crate) fn table(out: &mut dyn Write, folder: &Path, far: &Namespace) -> io::Result<()> {
    let file = cable::capture(folder, OCTETS, gaps())?;
    let mut source = CaptureFile::open(&file).map_err(io::Error::other)?;
    let mut scheduled = Vec::new();
    while let Some(packet) = source.next().map_err(io::Error::other)? {
        scheduled.push(packet.time);
    }
    let mut best: [Option<[Duration; 3]>; CONTENDERS.len()] = [None; CONTENDERS.len()];
    for _ in 0..TURNS {
        for ((program, arguments, _), best) in CONTENDERS.iter().zip(&mut best) {
            match heard(far, || cable::run(program, arguments, &file)) {
                Ok(times) => {
                    let turn = late(&scheduled, &times)?;
                    *best = Some(best.filter(|best| best[1] <= turn[1]).unwrap_or(turn));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    writeln!(out, "{:<42} {:>12} {:>12} {:>12}", "lateness at recorded speed, µs", "median", "99 %", "longest")?;
    for ((.., name), best) in CONTENDERS.iter().zip(best) {
        match best.map(|late| late.map(|late| late.as_secs_f64() * 1e6)) {
            Some([median, p99, longest]) => writeln!(out, "{name:<42} {median:>12.1} {p99:>12.1} {longest:>12.1}")?,
            None => writeln!(out, "{name:<42} skipped: not installed")?,
        }
    }
    Ok(())
}

/// When the far end heard each packet that `play` sent.
fn heard(far: &Namespace, play: impl FnOnce() -> io::Result<String>) -> io::Result<Vec<Time>> {
    std::thread::scope(|scope| {
        let (ready, is_ready) = channel();
        let listen = scope.spawn(move || {
            far.enter().map_err(io::Error::other)?;
            let options = LiveOptions { snaplen: 128, buffer_size: 16 << 20, promiscuous: true, batch: None };
            let mut live = Live::open(FAR, None, options).map_err(io::Error::other)?;
            let _ = ready.send(());
            let mut times = Vec::new();
            while times.len() < PACKETS {
                while let Some(packet) = live.next().map_err(io::Error::other)? {
                    times.push(packet.time);
                }
                let patience = if times.is_empty() { 10 * PATIENCE } else { PATIENCE };
                if poll::wait(&[live.as_fd()], Some(patience)).map_err(io::Error::other)?.is_empty() {
                    break;
                }
            }
            Ok(times)
        });
        let played = is_ready.recv().map_err(io::Error::other).and_then(|()| play());
        let times = listen.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        played.and(times)
    })
}

/// Median, 99th percentile and longest, each packet behind the schedule that the most punctual of them keeps.
fn late(scheduled: &[Time], heard: &[Time]) -> io::Result<[Duration; 3]> {
    if scheduled.len() != heard.len() {
        return Err(io::Error::other(format!("{} of {} packets arrived", heard.len(), scheduled.len())));
    }
    let behind = || scheduled.iter().zip(heard).map(|(due, time)| time.as_nanos() - due.as_nanos());
    let punctual = behind().min().unwrap_or(0);
    let mut histogram = Histogram::new();
    behind().for_each(|nanos| histogram.add(Duration::from_nanos((nanos - punctual) as u64)));
    let known = [histogram.percentile(50), histogram.percentile(99), histogram.longest()];
    Ok(known.map(Option::unwrap_or_default))
}
