//! Marks of segments against tshark's analysis flags, segment by segment: in captures/, and in captures made by others.
//! Where the two differ, a table says why (`kinds.rs`).

mod facts;
mod kinds;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use facts::{Fact, Numbers};
use kinds::{CORPUS, CORPUS_KINDS, Case, KINDS, Kind, Who};
use rawshake::trace::{EventKind, Marks, PHENOMENA};
use support::tracing;

/// Of a hundred segments, how many have the same flags at least.
const AGREEMENT: usize = 98;

type Flags = BTreeSet<&'static str>;

/// The segments of one packet.
#[derive(Clone, Debug, Default)]
struct Found {
    flags: Flags,
    now: Marks,
    /// Those of earlier segments on the connection.
    behind: Marks,
    facts: Vec<Fact>,
    connection: u32,
}

/// What the tracer says of a capture: each packet with segments, and all marks of each connection.
#[derive(Default)]
struct Traced {
    packets: BTreeMap<u64, Found>,
    connections: BTreeMap<u32, Marks>,
    segments: usize,
}

impl Traced {
    fn count(&self, flag: &str) -> usize {
        self.packets.values().filter(|found| found.flags.contains(flag)).count()
    }
}

fn traced(path: &Path) -> Traced {
    let (mut traced, mut numbers) = (Traced::default(), Numbers::default());
    tracing::trace(path, &mut |event| {
        let EventKind::Segment(segment) = event.kind else { return };
        let all = traced.connections.entry(event.connection).or_default();
        let behind = *all;
        *all |= segment.marks;
        traced.segments += 1;
        let flags = segment.marks.iter().filter_map(|mark| mark.row().wireshark).collect();
        let facts = numbers.note(event.connection, &segment);
        let found = Found { flags, now: segment.marks, behind, facts, connection: event.connection };
        traced.packets.insert(segment.number, found);
    });
    traced
}

/// Every flag of tshark that a phenomenon has.
fn flags() -> Flags {
    PHENOMENA.iter().filter_map(|row| row.wireshark).collect()
}

/// What tshark says of each TCP packet of a capture.
fn told(path: &Path) -> BTreeMap<u64, Flags> {
    let flags = flags();
    let mut command = Command::new("tshark");
    command.args(["-2", "-n", "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-r"]).arg(path);
    flags.iter().for_each(|flag| _ = command.args(["-e", &format!("tcp.analysis.{flag}")]));
    let output = command.output().expect("tshark runs");
    let row = |line: &str| {
        let (number, cells) = line.split_once('\t').expect("columns");
        let set = flags.iter().zip(cells.split('\t')).filter(|(_, cell)| !cell.is_empty());
        (number.parse().expect("a number"), set.map(|(flag, _)| *flag).collect())
    };
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(row).collect()
}

/// What was not explained, and which reasons were given.
struct Judge<'a> {
    kinds: Vec<&'a Kind>,
    used: Vec<bool>,
    wrong: Vec<String>,
}

impl<'a> Judge<'a> {
    fn new(kinds: impl IntoIterator<Item = &'a Kind>) -> Self {
        let kinds: Vec<_> = kinds.into_iter().collect();
        Self { used: vec![false; kinds.len()], kinds, wrong: Vec::new() }
    }

    fn compare(&mut self, path: &Path, traced: &Traced, told: &BTreeMap<u64, Flags>) {
        for (number, found) in &traced.packets {
            let theirs = told.get(number).cloned().unwrap_or_default();
            let ours = found.flags.difference(&theirs).map(|flag| (*flag, Who::Ours));
            for (flag, who) in ours.chain(theirs.difference(&found.flags).map(|flag| (*flag, Who::Theirs))) {
                self.explain(path, *number, (flag, who), found, traced.connections[&found.connection]);
            }
        }
    }

    fn explain(&mut self, path: &Path, number: u64, (flag, who): (&str, Who), found: &Found, all: Marks) {
        let file = path.to_str().expect("a name in UTF-8");
        let case = Case { file, now: found.now, behind: found.behind, all, facts: &found.facts };
        match self.kinds.iter().position(|kind| kind.explains(flag, who, &case)) {
            Some(kind) => self.used[kind] = true,
            None => self.wrong.push(format!("{file}, packet {number}: {who:?} {flag}, {:?}", found.facts)),
        }
    }

    /// Nothing is unexplained, and none of `kinds` is idle.
    fn end(self, kinds: &[Kind]) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        let idle = self.kinds.iter().zip(self.used).filter(|(_, used)| !used).map(|(kind, _)| *kind);
        let own = idle.filter(|kind| kinds.iter().any(|other| std::ptr::eq(*kind, other)));
        let idle: Vec<_> = own.map(|kind| kind.why).collect();
        assert!(idle.is_empty(), "explains nothing any more: {idle:#?}");
    }
}

#[test]
fn segments_of_our_captures_are_marked_as_tshark_marks_them() {
    if !support::installed("segments_of_our_captures_are_marked_as_tshark_marks_them", "tshark") {
        return;
    }
    let mut judge = Judge::new(KINDS);
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).expect("captures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "pcap") {
            judge.compare(&path, &traced(&path), &told(&path));
        }
    }
    judge.end(KINDS);
}

/// The counts of tshark for each file of the corpus, and by how much those of the tracer are others.
struct Corpus {
    segments: usize,
    differences: BTreeMap<(&'static str, Who), usize>,
    files: Vec<(String, BTreeMap<&'static str, usize>)>,
}

fn corpus(table: &str) -> Corpus {
    let mut lines = table.lines();
    let flags = flags();
    let names: Vec<_> = lines.next().expect("names of columns").split('\t').skip(1).collect();
    let names: Vec<&'static str> =
        names.iter().filter_map(|name| flags.iter().copied().find(|flag| flag == name)).collect();
    assert_eq!(names.len(), flags.len());
    let mut corpus = Corpus { segments: 0, differences: BTreeMap::new(), files: Vec::new() };
    for line in lines {
        let (file, counts) = line.split_once('\t').expect("columns");
        let traced = traced(&tracing::corpus().join(file));
        corpus.segments += traced.segments;
        let counts = counts.split('\t').map(|count| count.parse::<usize>().expect("a number"));
        let counts: BTreeMap<_, _> = names.iter().copied().zip(counts).collect();
        for (flag, theirs) in &counts {
            let ours = traced.count(flag);
            let who = if ours > *theirs { Who::Ours } else { Who::Theirs };
            *corpus.differences.entry((*flag, who)).or_default() += ours.abs_diff(*theirs);
        }
        // Also where the counts agree: one too many and one too few would make up for each other.
        corpus.files.push((file.to_owned(), counts));
    }
    corpus.differences.retain(|_, count| *count > 0);
    corpus
}

/// The table of the corpus, where it is there with what reading it needs.
fn table(test: &str) -> Option<String> {
    let table = tracing::corpus_table(test, "tcp_flags.tsv");
    table.filter(|_| support::installed(test, "gzip"))
}

#[test]
fn flags_in_the_corpus_are_as_many_as_tshark_finds() {
    let Some(table) = table("flags_in_the_corpus_are_as_many_as_tshark_finds") else { return };
    let Corpus { segments, differences, .. } = corpus(&table);
    assert_eq!(differences, CORPUS.iter().map(|(flag, who, count)| ((*flag, *who), *count)).collect());
    let all: usize = differences.values().sum();
    assert!(all * 100 <= segments * (100 - AGREEMENT), "{all} of {segments} differ");
}

#[test]
#[ignore = "starts tshark for every file: make oracle runs it"]
fn differences_in_the_corpus_have_reasons() {
    const NAME: &str = "differences_in_the_corpus_have_reasons";
    let Some(table) = table(NAME).filter(|_| support::installed(NAME, "tshark")) else { return };
    let files = corpus(&table).files;
    let (next, others) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let judge = Mutex::new(Judge::new(KINDS.iter().chain(CORPUS_KINDS)));
    let work = || {
        while let Some((file, counts)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let path = tracing::corpus().join(file);
            let (traced, told) = (traced(&path), told(&path));
            let count = |flag: &str| told.values().filter(|flags| flags.contains(flag)).count();
            if counts.iter().all(|(flag, recorded)| count(flag) == *recorded) {
                judge.lock().expect("no other panic").compare(&path, &traced, &told);
            } else {
                others.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(1, usize::from)).for_each(|_| _ = scope.spawn(work));
    });
    match others.into_inner() {
        0 => judge.into_inner().expect("no panic").end(CORPUS_KINDS),
        files => support::skip(NAME, &format!("this tshark counts otherwise than that of the table, in {files} files")),
    }
}
