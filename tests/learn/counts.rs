//! What lessons count: each number is counted once more in the capture of its run.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::capture::Seen;

const FIN: u16 = 1;
const SYN: u16 = 2;
const SYN_ACK: u16 = 18;

/// A number that a lesson tells, as it stands in its text, `#`, and what it counts in one of its runs.
type Row = (&'static str, usize, &'static str, fn(&[Seen]) -> usize);

const ROWS: [Row; 15] = [
    ("closing", 1, "Right is #.", from_first_fin),
    ("closing", 2, "Right is #.", from_first_fin),
    ("closing", 2, "but only # segments.", from_first_fin),
    ("time-wait", 1, "there is # SYN in the picture", connections),
    ("time-wait", 2, "Right is #.", connections),
    ("odd-flags", 2, "and # answers came.", back),
    ("odd-flags", 3, "and # segments came back.", back),
    ("icmp", 2, "# requests of type 8 left", |seen| seen.iter().filter(|packet| packet.icmp == Some(8)).count()),
    ("icmp", 2, "and # replies of type 0 came", |seen| seen.iter().filter(|packet| packet.icmp == Some(0)).count()),
    ("icmp", 3, "Right is #.", <[Seen]>::len),
    ("icmp", 3, "and yet # packets of IP were on the wire", <[Seen]>::len),
    ("sockets", 1, "Right is #.", <[Seen]>::len),
    ("sockets", 1, "# packets: ", <[Seen]>::len),
    ("sockets", 2, "# packets, for the same", <[Seen]>::len),
    ("one-port", 1, "There were # connections", connections),
];

/// Segments from the first FIN on.
fn from_first_fin(seen: &[Seen]) -> usize {
    seen.iter().skip_while(|packet| packet.flags & FIN == 0).count()
}

/// Connections that a SYN asks for.
fn connections(seen: &[Seen]) -> usize {
    let asks = seen.iter().filter(|packet| packet.flags & SYN_ACK == SYN);
    asks.map(|packet| &packet.flow).collect::<HashSet<_>>().len()
}

/// Packets of the other host.
fn back(seen: &[Seen]) -> usize {
    seen.iter().filter(|packet| packet.flow.0 != seen[0].flow.0).count()
}

/// Takes every count of this lesson out of `told`: what is left are other numbers. `runs`: what was captured in each.
pub(crate) fn without_counts(lesson: &str, told: &str, runs: &BTreeMap<usize, Vec<Seen>>) -> String {
    let mut told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for (_, run, text, count) in ROWS.iter().filter(|row| row.0 == lesson) {
        let wanted = text.replace('#', &count(&runs[run]).to_string());
        assert!(told.contains(&wanted), "{lesson} does not tell {wanted:?}: {told}");
        told = told.replacen(&wanted, "", 1);
    }
    told
}

/// A lesson that counts something else needs a row here.
#[test]
fn every_count_of_every_lesson_is_counted_once_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/learn/lessons");
    for entry in std::fs::read_dir(folder).expect("the lessons") {
        let path = entry.expect("a lesson").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let text = std::fs::read_to_string(&path).expect("its text");
        let told = text.matches(".count}").count() + text.matches("{run.").count();
        let asked = text.lines().filter(|line| line.starts_with("number = "));
        let asked = asked.filter(|line| line.ends_with(".count") || line.contains("= run.")).count();
        let rows = ROWS.iter().filter(|row| &name[3..] == row.0).count();
        assert_eq!(told + asked, rows, "{name}");
    }
}
