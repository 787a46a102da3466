//! `make bench`: how long `rawshake replay` takes for a generated capture and how much memory, beside peers in the same
//! run.
//!
//! Every program runs on its own, several times by turns, and its fastest run counts; ratios are to a libpcap loop that
//! does nothing with the packets. Only ratios mean anything on another machine. Arguments, all of them optional:
//! `--connections N`, `--data-segments N`, `--at-once N`, `--snap-length N`, `--runs N`, and `--file FILE` to measure
//! with a capture that is there already (it is generated if it is not).

mod child;
mod generate;
mod memory;
mod passes;
mod peers;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use child::Cost;
use generate::Plan;
use peers::Peer;

/// What to measure, and how often.
struct Settings {
    plan: Plan,
    runs: u32,
    /// Where the capture is or shall be; in a temporary folder otherwise.
    file: Option<PathBuf>,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [child::MEASURE, output, program, ref rest @ ..] => child::measure(Path::new(output), program, rest),
        [passes::LIBPCAP_LOOP, file] => {
            passes::libpcap_loop(Path::new(file));
            Ok(())
        }
        ref options => bench(&read_settings(options)),
    }
}

fn read_settings(words: &[&str]) -> Settings {
    let mut settings = Settings { plan: Plan::default(), runs: 3, file: None };
    for pair in words.chunks(2) {
        let [name, value] = pair else { panic!("{pair:?}: an option takes a value") };
        let number = || value.parse::<u32>().unwrap_or_else(|_| panic!("{name} {value}: a number is needed")).max(1);
        match *name {
            "--connections" => settings.plan.connections = number(),
            "--data-segments" => settings.plan.data_segments = number(),
            "--at-once" => settings.plan.at_once = number(),
            "--snap-length" => settings.plan.snap_length = number() as usize,
            "--runs" => settings.runs = number(),
            "--file" => settings.file = Some(PathBuf::from(value)),
            _ => panic!("{name}: no such option"),
        }
    }
    settings
}

fn bench(settings: &Settings) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = settings.file.clone().unwrap_or_else(|| folder.path().join("generated.pcap"));
    let mut out = io::stdout().lock();
    if !file.exists() {
        generate::generate(&settings.plan, &file)?;
    }
    let segments = passes::libpcap_loop(&file);
    writeln!(out, "{:?}: {segments} segments, {} MB", settings.plan, file.metadata()?.len() / 1_000_000)?;
    let (peers, missing): (Vec<Peer>, Vec<Peer>) = peers::all().into_iter().partition(Peer::is_installed);
    let costs = measure(settings, &peers, &file, &folder.path().join("output"))?;
    writeln!(
        out,
        "{:<32} {:>8} {:>7} {:>8} {:>7} {:>11} {:>9}",
        "", "seconds", "ratio", "CPU s", "ratio", "ns/segment", "peak MiB"
    )?;
    for (peer, cost) in peers.iter().zip(&costs) {
        writeln!(out, "{:<32} {}", peer.name, row(cost, &costs[0], segments))?;
    }
    missing
        .iter()
        .try_for_each(|peer| writeln!(out, "{:<32} skipped: there is no {} here", peer.name, peer.program))?;
    memory::report(&settings.plan, folder.path(), &mut out)
}

/// The figures of one program; ratios are to those of `base`.
fn row(cost: &Cost, base: &Cost, segments: u64) -> String {
    let (wall, cpu) = (cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
    let (wall_ratio, cpu_ratio) = (wall / base.wall.as_secs_f64(), cpu / base.cpu.as_secs_f64());
    let each = wall * 1e9 / segments as f64;
    let mebibytes = cost.peak_kib as f64 / 1024.0;
    format!("{wall:>8.3} {wall_ratio:>6.2}x {cpu:>8.3} {cpu_ratio:>6.2}x {each:>11.0} {mebibytes:>9.1}")
}

/// The least that each peer took, in their order. Slow ones run once.
fn measure(settings: &Settings, peers: &[Peer], file: &Path, output: &Path) -> io::Result<Vec<Cost>> {
    let mut least: Vec<Option<Cost>> = vec![None; peers.len()];
    for run in 0..settings.runs {
        for (peer, least) in peers.iter().zip(&mut least) {
            if run > 0 && peer.is_slow {
                continue;
            }
            let cost = child::run(peer, file, output)?;
            *least = Some(least.map_or(cost, |least| least.least(cost)));
        }
    }
    Ok(least.into_iter().flatten().collect())
}
