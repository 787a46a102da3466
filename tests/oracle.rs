//! Marks of segments against tshark's analysis flags: segment by segment in captures/, and by their number in each file
//! of the corpus. Where the two differ, a table says why.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use rawshake::trace::{EventKind, Mark, Marks, PHENOMENA};
use support::tracing;

/// Of a hundred segments, how many have the same flags at least.
const AGREEMENT: usize = 98;

/// Who has a flag that the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Ours,
    Theirs,
}
use Who::{Ours, Theirs};

/// Which segments a reason holds for.
#[derive(Debug)]
enum When {
    Always,
    /// Those with one of the marks.
    Now(&'static [Mark]),
    /// Those with one of them, and all behind them on the connection.
    Since(&'static [Mark]),
    /// All of a connection that has one of them.
    With(&'static [Mark]),
}

/// Why tshark and the tracer differ in captures/.
#[derive(Debug)]
struct Kind {
    flags: &'static [&'static str],
    who: Who,
    when: When,
    why: &'static str,
}

const DROPPED: &[Mark] = &[
    Mark::BadChecksum,
    Mark::Malformed,
    Mark::OutsideWindow,
    Mark::ResetOutsideWindow,
    Mark::ResetInexact,
    Mark::WithoutAck,
];

const KINDS: &[Kind] = &[
    Kind {
        flags: &["retransmission", "spurious_retransmission", "duplicate_ack"],
        who: Theirs,
        when: When::Now(&[Mark::DuplicatePacket]),
        why: "one packet that was captured twice was not sent twice",
    },
    Kind {
        flags: &["retransmission", "out_of_order", "lost_segment"],
        who: Theirs,
        when: When::Since(DROPPED),
        why: "tshark counts the numbers of a segment that its receiver drops (RFC 9293 section 3.10.7.4)",
    },
    Kind {
        flags: &["duplicate_ack"],
        who: Theirs,
        when: When::Always,
        why: "an ACK is a duplicate only while something waits for one (RFC 5681 section 2)",
    },
    Kind {
        flags: &["lost_segment", "ack_lost_segment"],
        who: Theirs,
        when: When::Since(&[Mark::AckUnseen]),
        why: "what an acknowledgment covers has arrived; tshark forgets it, and says the same again",
    },
    Kind {
        flags: &["lost_segment", "ack_lost_segment", "reused_ports", "retransmission"],
        who: Theirs,
        when: When::Since(&[Mark::HalfOpen]),
        why: "the numbers of another connection are none of this one's (RFC 9293 section 3.5.1)",
    },
    Kind {
        flags: &["ack_lost_segment"],
        who: Theirs,
        when: When::Since(&[Mark::SynFin]),
        why: "SYN and FIN together take two numbers (RFC 9293 section 3.4); tshark counts one",
    },
    Kind {
        flags: &["retransmission", "window_update"],
        who: Theirs,
        when: When::With(&[Mark::SimultaneousOpen, Mark::SplitHandshake, Mark::SelfConnect]),
        why: "the SYN,ACK behind a bare SYN is the first to acknowledge the peer's (RFC 9293 section 3.5), and its window \
              is not scaled (RFC 7323 section 2.2)",
    },
    Kind {
        flags: &["retransmission"],
        who: Ours,
        when: When::Now(&[Mark::Retransmission]),
        why: "these very numbers were seen before, or asked for again: no matter how soon",
    },
    Kind {
        flags: &["out_of_order"],
        who: Theirs,
        when: When::Now(&[Mark::Retransmission]),
        why: "these very numbers were seen before, or asked for again: no matter how soon",
    },
    Kind {
        flags: &["zero_window_probe", "zero_window_probe_ack"],
        who: Ours,
        when: When::Since(&[Mark::ZeroWindowProbe]),
        why: "an old number into a closed window probes it, with or without an octet (RFC 9293 section 3.8.6.1)",
    },
    Kind {
        flags: &["keep_alive"],
        who: Theirs,
        when: When::Now(&[Mark::ZeroWindowProbe]),
        why: "an old number into a closed window probes it, with or without an octet (RFC 9293 section 3.8.6.1)",
    },
    Kind {
        flags: &["keep_alive_ack"],
        who: Ours,
        when: When::Now(&[Mark::KeepAliveAck]),
        why: "the window before stood on a SYN and was not scaled (RFC 7323 section 2.2): it did not change",
    },
    Kind {
        flags: &["window_update"],
        who: Theirs,
        when: When::Now(&[Mark::KeepAliveAck]),
        why: "the window before stood on a SYN and was not scaled (RFC 7323 section 2.2): it did not change",
    },
];

/// The segments of one packet.
#[derive(Clone, Debug, Default)]
struct Found {
    flags: BTreeSet<&'static str>,
    now: Marks,
    since: Marks,
    connection: u32,
}

/// What the tracer says of a capture: each packet with segments, and all marks of each connection.
#[derive(Default)]
struct Traced {
    packets: BTreeMap<u64, Found>,
    connections: BTreeMap<u32, Marks>,
    segments: usize,
}

fn traced(path: &Path) -> Traced {
    let mut traced = Traced::default();
    tracing::trace(path, &mut |event| {
        let EventKind::Segment(segment) = event.kind else { return };
        let all = traced.connections.entry(event.connection).or_default();
        *all |= segment.marks;
        traced.segments += 1;
        let flags = segment.marks.iter().filter_map(|mark| mark.row().wireshark).collect();
        let found = Found { flags, now: segment.marks, since: *all, connection: event.connection };
        traced.packets.insert(segment.number, found);
    });
    traced
}

/// Every flag of tshark that a phenomenon has.
fn flags() -> BTreeSet<&'static str> {
    PHENOMENA.iter().filter_map(|row| row.wireshark).collect()
}

/// What tshark says of each TCP packet of a capture.
fn told(path: &Path) -> BTreeMap<u64, BTreeSet<&'static str>> {
    let flags = flags();
    let mut command = Command::new("tshark");
    command.args(["-2", "-n", "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-r"]).arg(path);
    flags.iter().for_each(|flag| _ = command.args(["-e", &format!("tcp.analysis.{flag}")]));
    let output = command.output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let row = |line: &str| {
        let (number, cells) = line.split_once('\t').expect("columns");
        let set = flags.iter().zip(cells.split('\t')).filter(|(_, cell)| !cell.is_empty());
        (number.parse().expect("a number"), set.map(|(flag, _)| *flag).collect())
    };
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(row).collect()
}

impl Kind {
    fn explains(&self, flag: &str, who: Who, found: &Found, traced: &Traced) -> bool {
        let any = |marks: &[Mark], of: &Marks| marks.iter().any(|mark| of.has(*mark));
        let holds = match &self.when {
            When::Always => true,
            When::Now(marks) => any(marks, &found.now),
            When::Since(marks) => any(marks, &found.since),
            When::With(marks) => any(marks, &traced.connections[&found.connection]),
        };
        self.who == who && holds && self.flags.contains(&flag)
    }
}

#[test]
fn segments_of_our_captures_are_marked_as_tshark_marks_them() {
    if !support::installed("segments_of_our_captures_are_marked_as_tshark_marks_them", "tshark") {
        return;
    }
    let mut used = vec![false; KINDS.len()];
    let mut wrong = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")).expect("captures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "pcap") {
            continue;
        }
        let (traced, told) = (traced(&path), told(&path));
        for (number, found) in &traced.packets {
            let theirs = told.get(number).cloned().unwrap_or_default();
            let ours = found.flags.difference(&theirs).map(|flag| (*flag, Ours));
            for (flag, who) in ours.chain(theirs.difference(&found.flags).map(|flag| (*flag, Theirs))) {
                match KINDS.iter().position(|kind| kind.explains(flag, who, found, &traced)) {
                    Some(kind) => used[kind] = true,
                    None => wrong.push(format!("{}, packet {number}: {who:?} {flag}", path.display())),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle: Vec<_> = KINDS.iter().zip(used).filter(|(_, used)| !used).map(|(kind, _)| kind.why).collect();
    assert!(idle.is_empty(), "explains nothing any more: {idle:#?}");
}

const AGAIN: &str = "what an acknowledgment covers has arrived; tshark forgets it, and says the same again";
const START: &str = "of a stream whose opening was not captured, tshark passes over what is missing at first";
const TWICE: &str = "one packet that was captured twice was not sent twice";
const SEEN: &str = "numbers that were seen before, or asked for again, were sent again: no matter how soon";
const PROBES: &str = "an old number into a closed window probes it, with or without an octet";
const UNSCALED: &str = "the window of a SYN is not scaled: no change can be told from it";
const OTHER: &str = "a SYN,ACK that its receiver drops, or that answers another connection's SYN, opens none";

/// By how many the counts of a flag differ, added up over the files in which the tracer, or tshark, finds more; and why.
const CORPUS: &[(&str, Who, usize, &str)] = &[
    ("ack_lost_segment", Ours, 90, START),
    ("ack_lost_segment", Theirs, 226, AGAIN),
    ("duplicate_ack", Theirs, 394, "an ACK is a duplicate only while something waits for one; or captured twice"),
    ("fast_retransmission", Theirs, 5, "a FIN without octets is only a FIN again"),
    ("keep_alive", Theirs, 4, PROBES),
    ("keep_alive_ack", Ours, 3, UNSCALED),
    ("lost_segment", Ours, 23, START),
    ("lost_segment", Theirs, 307, AGAIN),
    ("out_of_order", Ours, 2, "a gap was filled within the round trip that the handshake took"),
    ("out_of_order", Theirs, 122, SEEN),
    ("retransmission", Ours, 99, SEEN),
    ("retransmission", Theirs, 452, TWICE),
    ("reused_ports", Theirs, 19, OTHER),
    ("spurious_retransmission", Ours, 5, SEEN),
    ("spurious_retransmission", Theirs, 1, TWICE),
    ("window_update", Theirs, 3, UNSCALED),
    ("zero_window_probe", Ours, 3, PROBES),
    ("zero_window_probe_ack", Ours, 3, PROBES),
];

#[test]
fn flags_in_the_corpus_are_as_many_as_tshark_finds() {
    let Some(table) = tracing::corpus_table("flags_in_the_corpus_are_as_many_as_tshark_finds", "tcp_flags.tsv") else {
        return;
    };
    if !support::installed("flags_in_the_corpus_are_as_many_as_tshark_finds", "gzip") {
        return;
    }
    let mut lines = table.lines();
    let names: Vec<_> = lines.next().expect("names of columns").split('\t').skip(1).collect();
    assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), flags());
    let mut segments = 0;
    let mut differences = BTreeMap::<(&str, Who), usize>::new();
    for line in lines {
        let (file, counts) = line.split_once('\t').expect("columns");
        let traced = traced(&tracing::corpus().join(file));
        segments += traced.segments;
        for (flag, count) in names.iter().zip(counts.split('\t')) {
            let theirs = count.parse().expect("a number");
            let ours = traced.packets.values().filter(|found| found.flags.contains(flag)).count();
            let who = if ours > theirs { Ours } else { Theirs };
            *differences.entry((*flag, who)).or_default() += ours.abs_diff(theirs);
        }
    }
    differences.retain(|_, count| *count > 0);
    let explained: BTreeMap<_, _> = CORPUS.iter().map(|(flag, who, count, _)| ((*flag, *who), *count)).collect();
    assert_eq!(differences, explained, "of {segments} segments");
    let all: usize = differences.values().sum();
    assert!(all * 100 <= segments * (100 - AGREEMENT), "{all} of {segments} differ");
}
