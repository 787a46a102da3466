//! `make bench`: what `rawshake watch` takes beside `tcpdump -w`, of the same traffic: 300,000 frames a second of 10,000
//! connections at once, made frame by frame at the far end of a cable between two network namespaces.
//!
//! Each contender has all of the traffic for itself, one after the other. What it lost is what it and the kernel say; the
//! number of connections is that of the generator. `-- --rate N --seconds N` measures another load; `-- --buffers` takes
//! buffers of 1 to 64 MiB instead, with batches and with `--immediate`; `-- --growth` follows the memory of one run, minute by
//! minute, for eight minutes if `--seconds` does not say otherwise, and holds its list against the generator's own.

mod growth;
#[path = "../../tests/watch/load.rs"]
#[allow(dead_code, reason = "tests send a flood, too")]
mod load;
mod watcher;

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use rawshake::sys::{Namespace, link, namespace};

use load::{Load, NEAR};
use watcher::{CONTENDERS, Contender, Watcher};

/// Connections that are open at once, and pairs of segments with data in each.
const AT_ONCE: u32 = 10_000;
const PAIRS: u32 = 12;

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
        return growth::run(plan.load, &far, folder.path(), &mut out);
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

fn row(contender: &Contender, plan: &Plan, far: &Namespace, folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let name = &contender.name;
    let Some(watcher) = Watcher::start(contender, NEAR.name, folder, Path::new("/dev/null"))? else {
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

fn mib(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}
