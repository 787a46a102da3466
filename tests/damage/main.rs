//! Damaged captures: every file in captures/, also as pcapng and packed, cut anywhere and changed at random, through source,
//! decoder, tracer and every output, alone and merged with another. Nothing panics, loops, asks for much memory, or brings a
//! control character to a terminal. A tracer that tells ends alone comes to the same verdicts.

mod files;
mod pass;
mod program;
mod random;

use std::{fs, thread};

use files::{Capture, Wrapping, captures};
use pass::{OUTPUTS, Scene};
use random::{Random, mutate};

/// Files as they are, up to this many octets, are cut at each of them.
const SMALL: usize = 1000;
/// Places at which larger files are cut.
const CUTS: usize = 1000;
/// Places at which files in another wrapping are cut.
const WRAPPED_CUTS: usize = 100;
/// Files changed at random, in all.
const MUTATIONS: usize = 100_000;
/// One of so many is merged with a whole one.
const MERGED: usize = 8;
/// Threads of each test. Each has an arena of its own, for which the allocator sets 64 MiB of addresses aside.
const WORKERS: usize = 4;
/// Address space that this process may have asked for in the end, in KiB: a length that lies, and is believed, asks for
/// more.
const MOST_MEMORY: u64 = 3 << 19;

/// Runs `work` for every number below `count`, on several threads. It answers how many passes it made over files that
/// are not packed, and how many of them showed something: most do, or the damage is too great to prove much.
fn share(count: usize, work: impl Fn(usize) -> [usize; 2] + Sync) {
    colored::control::set_override(false);
    let workers = thread::available_parallelism().map_or(1, Into::into).min(WORKERS);
    let [passes, shown] = thread::scope(|scope| {
        let some = |first| (first..count).step_by(workers).map(&work).fold([0; 2], sum);
        let threads: Vec<_> = (0..workers).map(|first| scope.spawn(move || some(first))).collect();
        threads.into_iter().map(|thread| thread.join().expect("every pass survives")).fold([0; 2], sum)
    });
    assert!(shown > passes / 2, "only {shown} of {passes} passes showed something");
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).expect("VmPeak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < MOST_MEMORY, "{peak} KiB were asked for");
}

fn sum(left: [usize; 2], right: [usize; 2]) -> [usize; 2] {
    [left[0] + right[0], left[1] + right[1]]
}

/// Replays what damage left of `capture`; answers passes and what they showed, as [`share`] counts them.
fn pass(
    files: &[Capture],
    capture: &Capture,
    bytes: &[u8],
    random: &mut Random,
    how: impl FnOnce() -> String,
) -> [usize; 2] {
    let merged = (random.below(MERGED) == 0).then(|| &files[random.below(files.len())]);
    let packed = [Some(capture), merged].into_iter().flatten().any(|file| file.wrapping.is_packed());
    let merged = merged.map(|whole| &*whole.bytes);
    let shown = Scene { bytes, packed, merged, output: random.of(&OUTPUTS) }.survives(&capture.name, how);
    if packed { [0; 2] } else { [1, usize::from(shown)] }
}

#[test]
fn cut_anywhere() {
    let files = captures();
    share(files.len(), |index| {
        let capture = &files[index];
        let mut random = Random::new(index as u64);
        let length = capture.bytes.len();
        let places: Vec<_> = match (capture.wrapping, length) {
            (Wrapping::Plain, 0..=SMALL) => (0..length).collect(),
            (Wrapping::Plain, _) => (0..CUTS).map(|_| random.below(length)).collect(),
            _ => (0..WRAPPED_CUTS).map(|_| random.below(length)).collect(),
        };
        let cut = |at: usize| pass(&files, capture, &capture.bytes[..at], &mut random, || format!("cut at {at}"));
        places.into_iter().map(cut).fold([0; 2], sum)
    });
}

#[test]
fn changed_at_random() {
    let files = captures();
    share(MUTATIONS, |seed| {
        let mut random = Random::new(seed as u64);
        let capture = &files[random.below(files.len())];
        let bytes = changed(capture, &mut random);
        pass(&files, capture, &bytes, &mut random, || format!("seed {seed}"))
    });
}

/// The octets of a file after some damage.
fn changed(capture: &Capture, random: &mut Random) -> Vec<u8> {
    let mut bytes = capture.bytes.clone();
    for _ in 0..=random.below(4) {
        mutate(&mut bytes, random);
    }
    bytes
}
