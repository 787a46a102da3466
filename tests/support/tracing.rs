//! Captures through the tracer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rawshake::source::{CaptureFile, Source};
use rawshake::trace::exchange::{ExchangeEvent, Exchanges};
use rawshake::trace::{Event, Hint, Tracer, TracerOptions};
use rawshake::wire::{Decoded, Packet, Reassembler, decode};

/// Where captures made by others are looked for: where RAWSHAKE_CORPUS says, then in ../shared/corpus.
pub(crate) fn corpus() -> PathBuf {
    std::env::var_os("RAWSHAKE_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from)
}

/// The text of a table of the corpus; where it is not there, that is put on record for `test`.
pub(crate) fn corpus_table(test: &str, name: &str) -> Option<String> {
    let folder = corpus();
    let table = fs::read_to_string(folder.join(name)).ok();
    if table.is_none() {
        super::skip(test, &format!("there is no {name} in {}", folder.display()));
    }
    table
}

/// The bytes of a capture, decompressed by gzip where its name asks for it.
fn contents(path: &Path) -> Vec<u8> {
    if path.extension().is_some_and(|extension| extension == "gz") {
        Command::new("gzip").arg("-dc").arg(path).output().expect("gzip").stdout
    } else {
        fs::read(path).expect("a capture")
    }
}

/// Gives every packet of the capture at `path` to `out`, with its number from 1; what is no capture has none. Of fragments
/// that make a packet, the last is that packet.
pub(crate) fn packets(path: &Path, out: &mut dyn FnMut(u64, &Packet<'_>, &Decoded<'_>, Hint)) {
    let bytes = contents(path);
    let Ok(mut file) = CaptureFile::new(&bytes[..], path.display().to_string()) else { return };
    let mut fragments = Reassembler::default();
    let mut number = 0;
    loop {
        match file.next() {
            Ok(Some(packet)) => {
                number += 1;
                let decoded = decode(&packet);
                match fragments.add(&packet, &decoded) {
                    Some(whole) => {
                        out(number, &whole, &decode(&whole), Hint { reassembled: true, ..Hint::default() });
                    }
                    None => out(number, &packet, &decoded, Hint::default()),
                }
            }
            Ok(None) => break,
            Err(error) if error.is_final() => break,
            Err(_) => {}
        }
    }
}

/// Gives every event of the connections in the capture at `path` to `out`.
pub(crate) fn trace(path: &Path, out: &mut dyn FnMut(&Event)) {
    let mut tracer = Tracer::new(TracerOptions::default());
    packets(path, &mut |number, packet, decoded, hint| tracer.packet(number, packet, decoded, hint, out));
    tracer.finish(out);
}

/// Gives every event of the exchanges in the capture at `path` to `out`.
pub(crate) fn trace_exchanges(path: &Path, out: &mut dyn FnMut(&ExchangeEvent)) {
    let mut exchanges = Exchanges::default();
    packets(path, &mut |number, packet, decoded, _| exchanges.packet(number, packet, decoded, out));
    exchanges.finish(out);
}
