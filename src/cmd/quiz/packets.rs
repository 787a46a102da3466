//! Where the connections come from: capture files, or a run in the lab.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::Args;
use crate::cmd::exit::remark;
use crate::cmd::give_up::give_up;
use crate::cmd::trace;
use crate::quiz::{Kind, MAX_CONNECTIONS, Record, Records};
use crate::sink::Sink;
use crate::source::{Chain, Source as _};
use crate::sys::Interrupts;
use crate::sys::confine::Needs;
use crate::trace::{Event, Hint, Tracer, TracerOptions};
use crate::wire::{self, Reassembler};

/// Runs in the lab to ask about, as arguments of `rawshake trace --lab`.
const RUNS: [&[&str]; 6] = [
    &["--send", "hello"],
    &["--http"],
    &["--close", "half", "--send", "hello"],
    &["--close", "passive", "--send", "hello"],
    &["--close", "simultaneous", "--send", "hello"],
    &["--send", "hello", "--lab-wire", "drop=4"],
];

/// Runs for who asks for phenomena alone.
const PHENOMENA: [&[&str]; 4] = [
    &["--lab-wire", "drop=1"],
    &["--send", "hello", "--lab-wire", "drop=4"],
    &["--lab-server", "refuses"],
    &["--close", "simultaneous", "--send", "hello"],
];

/// The run that the seed chooses.
fn run(seed: u64, kinds: &[Kind]) -> &'static [&'static str] {
    let runs: &[&[&str]] = if *kinds == [Kind::Phenomenon] { &PHENOMENA } else { &RUNS };
    runs[(seed % runs.len() as u64) as usize]
}

/// The connections in the files, or of a run in the lab where there are none.
///
/// # Errors
/// There is no lab to be had, or no packet in the files.
pub(super) fn records(
    args: &Args,
    (seed, kinds): (u64, &[Kind]),
    stop: &Interrupts,
    err: &mut dyn Write,
) -> anyhow::Result<Vec<Record>> {
    let mut records = Records::default();
    let verbose = u8::from(args.verbose);
    if args.files.is_empty() {
        remark(err, "A connection is made in the lab.")?;
        trace::in_lab(run(seed, kinds), Box::new(Keep(&mut records)), || give_up(Needs::default(), verbose, err))?;
    } else {
        let is_stdin = args.files.iter().any(|file| file == Path::new("-"));
        ensure!(!is_stdin, "answers come from standard input, so packets cannot; name a capture file");
        give_up(Needs::default(), verbose, err)?;
        read(&args.files, &mut records, stop, err)?;
    }
    if records.left_out() > 0 {
        remark(err, &format!("Questions are about the first {MAX_CONNECTIONS} connections only."))?;
    }
    Ok(records.finish())
}

fn read(files: &[PathBuf], records: &mut Records, stop: &Interrupts, err: &mut dyn Write) -> anyhow::Result<()> {
    let mut source = Chain::of_files(files);
    let (mut tracer, mut fragments) = (Tracer::new(TracerOptions::default()), Reassembler::default());
    let mut number = 0;
    let mut take = |event: &Event| records.event(event);
    loop {
        if stop.is_pending() {
            bail!("stopped while the capture was read");
        }
        match source.next() {
            Ok(Some(packet)) => {
                number += 1;
                let decoded = wire::decode(&packet);
                match fragments.add(&packet, &decoded) {
                    Some(whole) => {
                        let hint = Hint { reassembled: true, ..Hint::default() };
                        tracer.packet(number, &whole, &wire::decode(&whole), hint, &mut take);
                    }
                    None => tracer.packet(number, &packet, &decoded, Hint::default(), &mut take),
                }
            }
            Ok(None) => break,
            // What is damaged is passed over, and told.
            Err(error) if number > 0 => remark(err, &format!("{error}"))?,
            Err(error) => return Err(error.into()),
        }
    }
    tracer.finish(&mut take);
    Ok(())
}

/// Keeps what passes.
struct Keep<'a>(&'a mut Records);

impl Sink for Keep<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.0.event(event);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
