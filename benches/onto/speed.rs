//! Packets a second at top speed.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rawshake::sys::Interface;
use rawshake::sys::transmit::{Aim, Block, Transmitter, Via};
use rawshake::wire::Time;

use crate::cable::{self, NEAR};

/// Packets in the file, and how often it is played.
const PACKETS: usize = 200_000;
const ROUNDS: &str = "3";
const ALL: usize = 600_000;
/// Many short turns: in one of them the machine does nothing else.
const TURNS: usize = 6;

/// Plays the file; gives packets a second.
type Play = fn(&Path, usize) -> io::Result<f64>;

const CONTENDERS: [(&str, Play); 6] = [
    ("loop around sendmmsg(2), file not read", |_, octets| bare_loop(Via::Batch, octets)),
    ("tcpreplay -t -K", tcpreplay),
    ("loop around send(2), file not read", |_, octets| bare_loop(Via::Packet, octets)),
    ("rawshake replay --top-speed --via xdp", |file, _| rawshake(file, "xdp")),
    ("rawshake replay --top-speed --via batch", |file, _| rawshake(file, "batch")),
    ("rawshake replay --top-speed --via packet", |file, _| rawshake(file, "packet")),
];

/// One row for each contender.
pub(crate) fn table(out: &mut dyn Write, folder: &Path, octets: usize) -> io::Result<()> {
    let file = cable::capture(folder, octets, std::iter::repeat_n(Duration::from_micros(1), PACKETS))?;
    let mut best = [0.0_f64; CONTENDERS.len()];
    for _ in 0..TURNS {
        for ((_, play), best) in CONTENDERS.iter().zip(&mut best) {
            match play(&file, octets) {
                Ok(rate) => *best = best.max(rate),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    writeln!(
        out,
        "{:<42} {:>12} {:>14} {:>14}",
        format!("{octets}-byte packets"),
        "a second",
        "to sendmmsg",
        "to tcpreplay"
    )?;
    for ((name, _), rate) in CONTENDERS.iter().zip(best) {
        match rate {
            0.0 => writeln!(out, "{name:<42} skipped: not installed")?,
            rate => {
                let [to_loop, to_tcpreplay] = [rate / best[0], rate / best[1]];
                writeln!(out, "{name:<42} {rate:>12.0} {to_loop:>13.2}x {to_tcpreplay:>13.2}x")?;
            }
        }
    }
    Ok(())
}

/// The same packets from memory, with nothing between two calls.
fn bare_loop(via: Via, octets: usize) -> io::Result<f64> {
    let interface = Interface::named(NEAR).map_err(io::Error::other)?;
    let mut transmitter = Transmitter::open(&interface, via, Aim::Speed).map_err(io::Error::other)?;
    let mut block: Block = transmitter.take_blocks().remove(0);
    let (frame, count) = (cable::frame(octets), transmitter.at_once());
    while block.packets().len() < count
        && let Some(room) = block.room(octets)
    {
        room.copy_from_slice(&frame);
        block.push(octets, Time::default(), Duration::ZERO);
    }
    let (begun, mut sent) = (Instant::now(), 0);
    while sent < ALL {
        sent += transmitter
            .send(&block, 0..block.packets().len())
            .map_err(|refusal| io::Error::other(refusal.to_string()))?;
    }
    Ok(sent as f64 / begun.elapsed().as_secs_f64())
}

/// `Actual: 2000000 packets (192000000 bytes) sent in 1.83 seconds`.
fn tcpreplay(file: &Path, _: usize) -> io::Result<f64> {
    let said = cable::run("tcpreplay", &["-q", "-t", "-K", "--loop", ROUNDS, "-i", NEAR], file)?;
    let line = said.lines().find(|line| line.starts_with("Actual: "));
    let rate = line.and_then(|line| {
        let packets: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        let seconds: f64 = line.split_once("sent in ")?.1.split_whitespace().next()?.parse().ok()?;
        Some(packets / seconds)
    });
    rate.ok_or_else(|| io::Error::other(format!("tcpreplay: {said}")))
}

fn rawshake(file: &Path, via: &str) -> io::Result<f64> {
    let arguments =
        ["replay", "--onto", NEAR, "--yes", "--top-speed", "--loop", ROUNDS, "--format", "json", "--via", via];
    let said = cable::run(env!("CARGO_BIN_EXE_rawshake"), &arguments, file)?;
    let report: serde_json::Value = serde_json::from_str(&said)?;
    assert_eq!(report["packets"].as_u64(), Some(ALL as u64), "{report}");
    report["packets_per_second"].as_f64().ok_or_else(|| io::Error::other(said))
}
