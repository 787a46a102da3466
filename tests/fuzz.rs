//! What cargo-fuzz runs for as long as it is let (`make fuzz`), here on seeds, on so many changed ones, and on all that once
//! broke a promise: `fuzz/regressions/BODY/` has a file for each.

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;
#[allow(dead_code, reason = "another test needs more of it")]
#[path = "damage/random.rs"]
mod random;

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher as _;
use std::path::Path;
use std::time::{Duration, Instant};

use random::{Random, mutate};

/// Inputs made from seeds, for the quickest bodies; slower ones get a tenth. RAWSHAKE_FUZZ_SECONDS asks for as many as there is
/// time for, and others each time.
const CHANGED: u64 = 20_000;
/// How long each body is exercised in continuous integration, unless it asks for another time.
const IN_CI: Duration = Duration::from_secs(30);

/// How long each body is exercised, where that is asked for.
fn time_asked_for() -> Option<Duration> {
    let in_ci = (std::env::var("CI").as_deref() == Ok("true")).then_some(IN_CI);
    let asked = std::env::var("RAWSHAKE_FUZZ_SECONDS").ok();
    let seconds = |text: String| text.parse().expect("RAWSHAKE_FUZZ_SECONDS is a number of seconds");
    asked.map(|text| Duration::from_secs(seconds(text))).or(in_ci)
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().filter(|path| path.is_file()).map(|path| fs::read(path).expect("a file")).collect()
}

/// Runs a body on octets. Where it panics, they are kept for `fuzz/regressions/`, and their number is told.
fn try_out(name: &str, body: fn(&[u8]), number: u64, octets: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| body(octets)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/artifacts").join(name);
        let kept =
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(format!("changed-{number}")), octets));
        kept.expect("what breaks is kept");
        std::panic::resume_unwind(panic);
    }
}

/// Runs a body on seeds, on what once broke a promise, and on so many changed inputs.
fn exercise(name: &str, body: fn(&[u8]), seeds: &[Vec<u8>], changed: u64) {
    let once = files(&format!("fuzz/regressions/{name}"));
    seeds.iter().chain(&once).for_each(|octets| body(octets));
    let until = time_asked_for().map(|time| Instant::now() + time);
    let first = until.map_or(0, |_| RandomState::new().hash_one(name));
    let is_more = |done| until.map_or(done < changed, |until| Instant::now() < until);
    for number in (0..).take_while(|done| is_more(*done)).map(|done| first.wrapping_add(done)) {
        let mut random = Random::new(number);
        let mut octets = seeds[random.below(seeds.len())].clone();
        (0..=random.below(4)).for_each(|_| mutate(&mut octets, &mut random));
        try_out(name, body, number, &octets);
    }
}

/// Octets as they come.
fn noise() -> Vec<Vec<u8>> {
    (0..64)
        .map(|seed| {
            let mut random = Random::new(seed);
            (0..=random.below(600)).map(|_| u8::try_from(random.below(256)).expect("an octet")).collect()
        })
        .collect()
}

#[test]
fn headers_of_all_links() {
    let packets = files("captures").into_iter().map(|file| file.get(40..).unwrap_or_default().to_vec());
    let seeds: Vec<_> = packets.chain(noise()).collect();
    exercise("headers", bodies::headers::body, &seeds, CHANGED);
}

#[test]
fn capture_files() {
    exercise("files", bodies::files::body, &files("captures"), CHANGED / 10);
}

#[test]
fn every_output() {
    exercise("outputs", bodies::outputs::body, &files("captures"), CHANGED / 10);
}

/// Lines of help that are commands, with their words below each other as the body wants them.
fn commands() -> Vec<Vec<u8>> {
    let mut root = rawshake::cmd::command();
    root.build();
    let mut all = vec![root];
    let mut lines = Vec::new();
    while let Some(command) = all.pop() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let typed = help.lines().filter_map(|line| line.trim().strip_prefix("rawshake ").map(str::to_owned));
        lines.extend(typed.map(|line| line.split("  ").next().unwrap_or_default().replace(' ', "\n").into_bytes()));
        all.extend(command.get_subcommands().cloned());
    }
    lines
}

#[test]
fn arguments_conditions_and_scripts() {
    let conditions = ["setup > 100ms and syns = 1", "not (server.port = 443) or payload ~ 'x'", "duration >= 1.5s"];
    let conditions = conditions.map(|text| text.as_bytes().to_vec());
    let seeds: Vec<_> = commands().into_iter().chain(files("examples/scripts")).chain(conditions).collect();
    assert!(seeds.len() > 100, "{}", seeds.len());
    exercise("arguments", bodies::arguments::body, &seeds, CHANGED / 10);
}

#[test]
fn hand_made_ends() {
    exercise("endpoints", bodies::endpoints::body, &noise(), CHANGED);
}
