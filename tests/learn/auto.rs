//! Every lesson, for root and for a user without any privilege, and every number that it tells.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use crate::capture::Numbers;
use crate::{School, counts, has_lab, names};

/// So many lessons run at a time: most of their time they wait.
const AT_ONCE: usize = 3;

/// What is told behind the runs: with the right answers, without what is asked and what to try.
fn told(out: &str) -> String {
    let mut told = String::new();
    let mut is_told = false;
    for line in out.lines() {
        match line {
            "What happened" | "Where the textbook is wrong" => is_told = true,
            "What do you expect?" | "Try it yourself" => is_told = false,
            line if line.starts_with("Because ") => is_told = true,
            line if line.starts_with("$ rawshake ") => is_told = false,
            // A choice has a number, which is none of the capture.
            line if line.starts_with("Right is ") && !line.contains(". ") => told += line,
            line if is_told => told += line,
            _ => continue,
        }
        told.push('\n');
    }
    told.replace("RFC 9293", "").replace("RFC 5961", "").replace("4-tuple", "")
}

/// Runs one lesson without questions, and holds what it tells against its captures.
fn check(school: &School, name: &str) {
    let keep = format!("keep-{name}");
    fs::create_dir(school.path(&keep)).expect("a folder");
    if school.user.is_some() {
        std::os::unix::fs::chown(school.path(&keep), school.user, school.user).expect("another owner");
    }
    let said = school.learn(&["--lesson", name, "--auto", "--keep", &keep], "");
    if !has_lab(&said) {
        return;
    }
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}: {}", said.out);
    let mut numbers = Numbers::default();
    let mut runs = BTreeMap::new();
    for entry in fs::read_dir(school.path(&keep)).expect("a folder") {
        let path = entry.expect("an entry").path();
        // lesson-05-1.pcap
        let run = path.file_stem().and_then(|stem| stem.to_str()?.rsplit('-').next()?.parse::<usize>().ok());
        runs.insert(run.expect("the number of a run"), numbers.add(&path));
    }
    assert_eq!(runs.len(), said.out.matches("\n$ rawshake ").count(), "{name}: each run has its capture");
    let told = told(&said.out);
    assert!(told.chars().any(|char| char.is_ascii_digit()), "{name} tells no number: {told}");
    let told = counts::without_counts(name, &told, &runs);
    let strangers = numbers.strangers(&told);
    assert!(strangers.is_empty(), "{name} tells what is not in its captures: {strangers:?}\n{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{name}: {}", said.out);
}

fn every_lesson(school: &School) {
    let names = Mutex::new(names());
    assert!(!names.lock().expect("names").is_empty());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(name) = names.lock().expect("names").pop() else { break };
                    check(school, &name);
                }
            });
        }
    });
    assert!(school.left().is_empty(), "{:?}", school.left());
    assert!(!school.path("state").exists(), "nobody has learned anything");
}

#[test]
fn every_lesson_tells_what_is_in_its_captures() {
    every_lesson(&School::new());
}

#[test]
fn every_lesson_runs_without_any_privilege() {
    if let Some(school) = School::of_nobody() {
        every_lesson(&school);
    }
}

#[test]
fn a_number_of_nobody_is_found_out() {
    let school = School::new();
    fs::create_dir(school.path("keep")).expect("a folder");
    let said = school.learn(&["--lesson", "1", "--auto", "--keep", "keep"], "");
    if !has_lab(&said) {
        return;
    }
    let mut numbers = Numbers::default();
    numbers.add(&school.path("keep/lesson-01-1.pcap"));
    assert_eq!(
        numbers.strangers("ack 1, from 192.0.2.1, then 4711 and 77 s; 192.0.2.99"),
        ["4711 and", "77 s", "192.0.2.99 "]
    );
    let again = school.learn(&["--lesson", "1", "--auto", "--keep", "keep"], "");
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains(" is there already; name another file, or say --force to replace it"), "{}", again.err);
}

#[test]
fn what_cannot_be_done_is_told_at_once() {
    let said = School::new().learn(&["--auto", "--lesson", "1", "--keep", "nowhere"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("--keep \"nowhere\" is no folder"), "{}", said.err);
    let said = School::new().learn(&["--auto", "--lesson", "no-such"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("no lesson is called \"no-such\"; rawshake learn --list shows all"), "{}", said.err);
}
