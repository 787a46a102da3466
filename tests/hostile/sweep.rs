//! Captures made by others, whole and cut, through every output.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::thread;

use crate::common::support::{self, tracing};
use crate::looks;
use crate::outputs::{self, outputs};
use crate::run::{PATIENCE, replay};

/// Places at which each file is cut.
const CUTS: usize = 10;
/// In the long run it is told after each so many runs where it is.
const PROGRESS: usize = 10_000;
/// In the short run each so many files is looked at, in one state and one output.
const SLICE: u64 = 6;

/// Files that are looked at: those of others, where they are, and our own.
fn files() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut files = Vec::new();
    let mut folders = vec![own];
    match tracing::corpus() {
        corpus if corpus.is_dir() => folders.push(corpus),
        corpus => support::skip("files of others", &format!("there is no {}", corpus.display())),
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let is_folder = entry.file_type().expect("its type").is_dir();
            if is_folder { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    files
}

/// A number for a path that is the same in every run.
fn number(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.file_name().hash(&mut hasher);
    hasher.finish()
}

/// What is left of a file of so many octets in its states: the whole, and cut at ten places.
fn states(length: usize) -> Vec<usize> {
    let mut states: Vec<_> = (1..=CUTS).map(|cut| length * cut / (CUTS + 1)).collect();
    states.push(length);
    states.dedup();
    states
}

/// What became of all runs.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    /// Files that were cut, and those of them whose place was named.
    cut: usize,
    named: usize,
    wrong: Vec<String>,
}

/// What must hold of a run on what `length` octets of a file left.
fn judge(output: &outputs::Output, length: usize, ran: &Output, tally: &mut Tally) -> Result<(), String> {
    let said = std::str::from_utf8(&ran.stderr).map_err(|error| error.to_string())?;
    looks::sound(output, &ran.stdout)?;
    looks::harmless(said, output.arguments.iter().any(|word| word == "always"))?;
    match ran.status.code() {
        Some(0 | 1) if said.contains(" is damaged at ") => Err(format!("damage is no error: {said}")),
        Some(0 | 1) => Ok(()),
        Some(2) if is_told(said, length) => {
            tally.named += 1;
            Ok(())
        }
        Some(137) => Err(format!("it takes longer than {PATIENCE} s")),
        code => Err(format!("{code:?}: {said}")),
    }
}

/// Whether an error names the place in the file or the packet, or says that it is no capture, or none that is read.
fn is_told(said: &str, length: usize) -> bool {
    const NONE: [&str; 3] = [" is empty: ", " is not a capture file: it begins with ", " is compressed with "];
    let behind = |words: &str| {
        let (_, rest) = said.split_once(words)?;
        rest.split(|char: char| !char.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    match behind(" at byte ") {
        // Of what is packed the place is often in what was unpacked.
        Some(place) => place <= length || said.contains(".gz\""),
        None => behind(": packet ").is_some() || NONE.iter().any(|why| said.contains(why)),
    }
}

/// Tells who waits how far it is.
fn say(line: &str) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).expect("standard error");
}

/// One file in these states, each in these outputs.
fn sweep(path: &Path, states: &[usize], outputs: &[outputs::Output], tally: &Mutex<Tally>) {
    let bytes = fs::read(path).expect("a file");
    let folder = tempfile::tempdir().expect("a folder");
    // Its name tells how it is packed.
    let copy = folder.path().join(path.file_name().expect("a name"));
    for length in states {
        fs::write(&copy, &bytes[..*length]).expect("a file");
        for output in outputs {
            let ran = replay(&output.arguments, &copy);
            let mut tally = tally.lock().expect("nobody panics");
            tally.runs += 1;
            tally.cut += usize::from(*length < bytes.len());
            if tally.runs.is_multiple_of(PROGRESS) {
                say(&format!("{} runs, at {}", tally.runs, path.display()));
            }
            if let Err(why) = judge(output, *length, &ran, &mut tally) {
                let wrong = format!("{} cut to {length}: {}: {why}", path.display(), output.arguments.join(" "));
                say(&wrong);
                tally.wrong.push(wrong);
            }
        }
    }
}

/// Shares the files among threads.
fn share(files: &[PathBuf], work: impl Fn(&Path, &Mutex<Tally>) + Sync) -> Tally {
    let tally = Mutex::new(Tally::default());
    let workers = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| {
        for first in 0..workers {
            let (work, tally) = (&work, &tally);
            scope.spawn(move || files.iter().skip(first).step_by(workers).for_each(|path| work(path, tally)));
        }
    });
    let tally = tally.into_inner().expect("nobody panicked");
    assert!(tally.wrong.is_empty(), "{} of {} runs:\n{}", tally.wrong.len(), tally.runs, tally.wrong.join("\n"));
    // A cut between two records is no damage, and where the first packets are damaged anyhow, the cut may not be reached.
    assert!(tally.named > tally.cut / 2, "{tally:?}");
    tally
}

/// One file in six, in one of its states, in one output.
#[test]
fn a_slice_of_all_captures_whole_or_cut() {
    let outputs = outputs();
    let mut files = files();
    files.retain(|path| number(path).is_multiple_of(SLICE));
    let tally = share(&files, |path, tally| {
        let number = (number(path) / SLICE) as usize;
        let states = states(fs::metadata(path).expect("a file").len() as usize);
        let (state, output) = (number % states.len(), number / states.len() % outputs.len());
        sweep(path, &states[state..=state], &outputs[output..=output], tally);
    });
    assert!(tally.runs >= 10, "{tally:?}");
}

#[test]
#[ignore = "some 400,000 runs: cargo test --release --test hostile -- --ignored every_capture"]
fn every_capture_whole_and_cut_in_every_output() {
    // The usual manner of every output first: who ends this before its end has most of it.
    let (usual, others): (Vec<_>, Vec<_>) = outputs().into_iter().partition(outputs::Output::is_usual);
    for outputs in [usual, others] {
        let tally = share(&files(), |path, tally| {
            let length = fs::metadata(path).expect("a file").len() as usize;
            sweep(path, &states(length), &outputs, tally);
        });
        assert!(tally.runs > 10_000, "{tally:?}");
    }
}
