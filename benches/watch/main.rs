//! `make bench`: what `rawshake watch` takes beside `tcpdump -w`, of the same traffic: 300,000 frames a second of 10,000
//! connections at once, made frame by frame at the far end of a cable between two network namespaces.
//!
//! Each contender has all of the traffic for itself, one after the other. What it lost is what it and the kernel say; the
//! number of connections is that of the generator. `-- --rate N --seconds N` measures another load; `-- --buffers` takes
//! buffers of 1 to 64 MiB instead, with batches and with `--immediate`; `-- --growth` follows the memory of one run, minute by
//! minute, for eight minutes if `--seconds` does not say otherwise.

#[path = "../../tests/watch/load.rs"]
mod load;
mod watcher;

use std::io::{self, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rawshake::sys::{Namespace, link, namespace};

use load::{Load, NEAR};
use watcher::{CONTENDERS, Contender, Cost, Watcher};

/// Connections that are open at once, and pairs of segments with data in each.
const AT_ONCE: u32 = 10_000;
const PAIRS: u32 = 12;
/// Between two looks at the memory of a run.
const LOOK: Duration = Duration::from_secs(60);

/// MiB of the kernel's buffer with which `--buffers` measures.
const BUFFERS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// Every contender.
    Contenders,
    /// Batches and single packets, with buffers of several sizes.
    Buffers,
    /// The memory of one run.
    Growth,
}

/// What was asked for.
struct Plan {
    load: Load,
    aim: Aim,
}

impl Plan {
    fn of_arguments() -> Result<Self, String> {
        let (mut rate, mut seconds, mut aim) = (300_000, None, Aim::Contenders);
        let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = arguments.next() {
            let mut number = || {
                let value = arguments.next().and_then(|value| value.parse::<u32>().ok());
                value.filter(|value| *value > 0).ok_or(format!("{word} takes a number above 0"))
            };
            match word.as_str() {
                "--rate" => rate = number()?,
                "--seconds" => seconds = Some(number()?),
                "--growth" => aim = Aim::Growth,
                "--buffers" => aim = Aim::Buffers,
                _ => {
                    return Err(format!(
                        "there is no option {word}; there are: --rate, --seconds, --growth, --buffers"
                    ));
                }
            }
        }
        let seconds = seconds.unwrap_or(match aim {
            Aim::Contenders => 10,
            Aim::Buffers => 5,
            Aim::Growth => 480,
        });
        let load = Load { at_once: AT_ONCE, connections: AT_ONCE, pairs: PAIRS, rate };
        let rounds = (u64::from(rate) * u64::from(seconds)).div_ceil(u64::from(AT_ONCE * load.segments()));
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        Ok(Self { load: Load { connections: AT_ONCE.saturating_mul(rounds), ..load }, aim })
    }
}

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    let plan = Plan::of_arguments().map_err(io::Error::other)?;
    let far = match namespace::enter_new().and_then(|_| link::set_up("lo")).and_then(|()| load::cable()) {
        Ok(far) => far,
        Err(error) => return writeln!(out, "skipped: {error}"),
    };
    let folder = tempfile::tempdir()?;
    let Load { connections, rate, .. } = plan.load;
    writeln!(out, "{connections} connections, {AT_ONCE} at once, {rate} frames a second")?;
    if plan.aim == Aim::Growth {
        return growth(&plan, &far, folder.path(), &mut out);
    }
    writeln!(
        out,
        "{:<44} {:>10} {:>8} {:>12} {:>10} {:>9}",
        "", "frames/s", "lost", "connections", "processor", "peak MiB"
    )?;
    let contenders = if plan.aim == Aim::Buffers { with_buffers() } else { CONTENDERS.to_vec() };
    contenders.iter().try_for_each(|contender| row(contender, &plan, &far, folder.path(), &mut out))
}

/// The program with each of the buffers, once for each way to capture.
fn with_buffers() -> Vec<Contender> {
    let ways = ["", " --immediate"].into_iter();
    let all = ways.flat_map(|way| BUFFERS.map(|mib| format!("watch -i IF --stats --buffer-size {mib}{way}")));
    all.map(|arguments| Contender::own(arguments.replace(" -i IF", ""), arguments)).collect()
}

fn row(
    contender: &Contender,
    plan: &Plan,
    far: &Namespace,
    folder: &std::path::Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = &contender.name;
    let Some(watcher) = Watcher::start(contender, NEAR.name, folder)? else {
        return writeln!(out, "{name:<44} skipped: not installed");
    };
    let start = Instant::now();
    let sent = load::send(far, plan.load, || ());
    let took = start.elapsed().as_secs_f64();
    let cost = watcher.cost()?;
    let said = watcher.stop()?;
    let lost = said.dropped.map_or_else(|| "?".to_owned(), |lost| lost.to_string());
    let found = said.connections.map_or_else(String::new, |found| format!("{found} of {}", plan.load.connections));
    let (rate, processor) = (sent as f64 / took, 100.0 * cost.processor.as_secs_f64() / took);
    writeln!(out, "{name:<44} {rate:>10.0} {lost:>8} {found:>12} {processor:>8.0} % {:>9.1}", mib(cost.peak))
}

/// The memory of one run.
fn growth(plan: &Plan, far: &Namespace, folder: &std::path::Path, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let contender = &CONTENDERS[0];
    let Some(watcher) = Watcher::start(contender, NEAR.name, folder)? else { return Ok(()) };
    let state = Mutex::new((Instant::now(), out, Ok(())));
    let begun = Instant::now();
    let look = || {
        let mut state = state.lock().expect("no panic");
        if state.0.elapsed() >= LOOK {
            state.0 = Instant::now();
            let Cost { processor, own, .. } = watcher.cost().unwrap_or_default();
            let (seconds, own) = (begun.elapsed().as_secs(), mib(own));
            let line =
                format!("{seconds:>4} s  {own:>6.1} MiB of its own  {:>6.1} s of processors", processor.as_secs_f64());
            state.2 = writeln!(state.1, "{line}");
        }
    };
    let sent = load::send(far, plan.load, look);
    let said = watcher.stop()?;
    let (_, out, written) = state.into_inner().expect("no panic");
    written?;
    writeln!(out, "{}: {sent} frames; it says: {}", contender.name, said.words)
}

fn mib(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}
