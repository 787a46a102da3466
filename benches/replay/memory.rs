//! What connections cost in memory: those that are over, and those of a flood.

use std::io::{self, Write};
use std::path::Path;

use crate::child;
use crate::generate::{self, Plan};
use crate::peers::Peer;

/// Half-open connections of the flood.
const FLOOD: u32 = 1_000_000;

/// Says how the memory of `--stats` grows with the connections of `plan`, and with those of a flood. `folder` is for files.
pub(crate) fn report(plan: &Plan, folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nPeak memory of rawshake replay --stats --max-connections 1000000")?;
    for connections in [plan.connections / 4, plan.connections / 2, plan.connections] {
        let peak = peak(&Plan { connections, ..*plan }, folder)?;
        writeln!(out, "{connections:>9} connections, one after the other  {:>6.1} MiB", peak as f64 / 1024.0)?;
    }
    let [one, all] = [1, FLOOD].map(|connections| peak(&Plan { connections, only_syns: true, ..*plan }, folder));
    let (one, all) = (one?, all?);
    let each = (all - one) * 1024 / u64::from(FLOOD);
    writeln!(out, "{FLOOD:>9} half-open connections at once   {:>6.1} MiB, {each} octets each", all as f64 / 1024.0)
}

/// The most KiB that were resident while a capture was read.
fn peak(plan: &Plan, folder: &Path) -> io::Result<u64> {
    let file = folder.join("memory.pcap");
    generate::generate(plan, &file)?;
    let peer = Peer::own("rawshake replay --stats", &["replay", "--stats", "--max-connections", "1000000"]);
    child::run(&peer, &file, Path::new("/dev/null")).map(|cost| cost.peak_kib)
}
