//! `make bench`: how long the program takes from its start to its end where it only writes a page, beside true(1), which does
//! nothing at all, and `ip help`, in turns.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RAWSHAKE: &str = env!("CARGO_BIN_EXE_rawshake");
const TURNS: usize = 50;
/// What a page may take.
const MOST: Duration = Duration::from_millis(10);

const STARTS: [(&str, &[&str]); 5] = [
    ("true", &[]),
    ("ip", &["help"]),
    (RAWSHAKE, &["--help"]),
    (RAWSHAKE, &["explain", "TIME-WAIT"]),
    (RAWSHAKE, &["explain", "Flags [S.]"]),
];

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut shortest = [Duration::MAX; STARTS.len()];
    for _ in 0..TURNS {
        for (shortest, (program, arguments)) in shortest.iter_mut().zip(STARTS) {
            *shortest = time(program, arguments)?.min(*shortest);
        }
    }
    writeln!(out, "shortest of {TURNS} starts, milliseconds, and as a multiple of true(1)")?;
    for (time, (program, arguments)) in shortest.iter().zip(STARTS) {
        let name = if program == RAWSHAKE { "rawshake" } else { program };
        let name = format!("{name} {}", arguments.join(" "));
        let verdict = if *time <= MOST { "within" } else { "NOT within" };
        let ratio = time.as_secs_f64() / shortest[0].as_secs_f64();
        writeln!(out, "  {name:<28} {:>6.2}  ×{ratio:<5.1} {verdict} {MOST:?}", time.as_secs_f64() * 1e3)?;
    }
    Ok(())
}

fn time(program: &str, arguments: &[&str]) -> io::Result<Duration> {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    command.status()?;
    Ok(began.elapsed())
}
