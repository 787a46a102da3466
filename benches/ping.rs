//! `make bench`: the round trips that `rawshake ping` measures, beside those of iputils ping in the same run.
//!
//! Both ping the kernel at the far end of the lab's cable, taking turns of a hundred requests, so that both see the same
//! machine. The shortest round trip counts: all that is above it is the machine's doing. iputils begins to measure
//! before its request enters the kernel, and rawshake where the request leaves it.

use std::io::{self, Write};
use std::process::Command;

use rawshake::lab::{Lab, Options};

const TURNS: usize = 10;
const REQUESTS: &str = "100";
/// Milliseconds by which the two may differ.
const MOST: f64 = 0.010;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    if Command::new("ping").arg("-V").output().is_err() {
        return writeln!(out, "skipped: ping of iputils is not installed");
    }
    let _lab = match Lab::enter(&Options::default()) {
        Ok(lab) => lab,
        Err(error) => return writeln!(out, "skipped: {error}"),
    };
    for host in ["192.0.2.2", "2001:db8::2"] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            theirs.push(round_trips("ping", &[], host)?);
            ours.push(round_trips(env!("CARGO_BIN_EXE_rawshake"), &["ping"], host)?);
        }
        let [theirs, ours] = [theirs, ours].map(|turns| best(&turns));
        writeln!(out, "{host}: {TURNS} turns of {REQUESTS} requests each, milliseconds (min, mean of the best turn)")?;
        writeln!(out, "  ping of iputils   {:.3}  {:.3}", theirs.0, theirs.1)?;
        writeln!(out, "  rawshake ping     {:.3}  {:.3}", ours.0, ours.1)?;
        let apart = (ours.0 - theirs.0).abs();
        let verdict = if apart <= MOST { "within" } else { "NOT within" };
        writeln!(out, "  the minima are {:.0} µs apart: {verdict} {:.0} µs", apart * 1e3, MOST * 1e3)?;
    }
    Ok(())
}

/// Shortest and mean round trip of one turn.
fn round_trips(program: &str, first: &[&str], host: &str) -> io::Result<(f64, f64)> {
    let output = Command::new(program).args(first).args(["-q", "-i", "0.002", "-c", REQUESTS, host]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let times = text.split_once("mdev = ").and_then(|(_, rest)| {
        let mut times = rest.split('/').map_while(|time| time.parse().ok());
        Some((times.next()?, times.next()?))
    });
    times.ok_or_else(|| io::Error::other(format!("{program} printed no round trips: {text}")))
}

fn best(turns: &[(f64, f64)]) -> (f64, f64) {
    turns.iter().fold((f64::MAX, f64::MAX), |best, turn| (best.0.min(turn.0), best.1.min(turn.1)))
}
