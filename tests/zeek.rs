//! Connections in captures made by others: `conn_state` and `history` as Zeek logs them.
//!
//! The corpus is no part of the project; `corpus.rs` says where it is looked for. Its zeek_conn.tsv has a row for each
//! connection, with the columns `file`, `originator`, `responder`, `conn_state` and `history`.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use rawshake::trace::EventKind;
use support::tracing;

/// Of a hundred connections at least so many have the same `conn_state`.
const AGREEING: usize = 95;

const LAYERS: &str = "a tunnel that is not decoded";
const IGNORED: &str = "Zeek was run with checksums ignored, so it has no `c`";
const SAMPLER: &str = "Zeek was told to stop its analysis, and says so with `X`";
const ROLES: &str = "in the middle of a stream the well-known port is the server's";
const LEAP: &str = "more than 2 GiB are missing at once, so that new octets look old";

/// Connections (file and port of the originator) of which we say something else than Zeek logs, and why.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("ftp/bigtransfer.pcap", "59764", LEAP),
    ("ldap/missing_krbtgt_ldap_request.pcapng", "63815", IGNORED),
    ("ldap/simpleauth.pcap", "25936", IGNORED),
    ("tunnels/Teredo.pcap", "1286", LAYERS),
    ("tunnels/ayiya3.pcap", "53382", LAYERS),
    ("tunnels/geneve-many-options.pcap", "39088", IGNORED),
    ("tunnels/gre-aruba-amsdu.pcap", "443", ROLES),
    ("tunnels/gtp/gtp2_different_udp_port.pcap", "51803", SAMPLER),
];

/// What Zeek logs as another connection five seconds after the end of one between the same sockets: late segments of it for
/// RFC 9293, which gives them four minutes, and for tshark. File, port of the originator and `history`.
const LATE: &[(&str, &str, &str)] = &[
    ("modbus/modbus-and-non-modbus-p502.pcap", "60293", "Dr"),
    ("tunnels/Teredo.pcap", "1576", "R"),
    ("tunnels/Teredo.pcap", "1576", "^r"),
    ("tunnels/Teredo.pcap", "1577", "Fa"),
    ("tunnels/Teredo.pcap", "1577", "^r"),
    ("tunnels/Teredo.pcap", "1578", "^r"),
];

/// A connection as Zeek's log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Logged {
    originator: String,
    responder: String,
    conn_state: String,
    history: String,
}

impl Logged {
    fn port(&self) -> &str {
        self.originator.split(' ').next_back().unwrap_or_default()
    }

    fn is_between_the_same_as(&self, other: &Self) -> bool {
        let ends = |logged: &Self| BTreeSet::from([logged.originator.clone(), logged.responder.clone()]);
        ends(self) == ends(other)
    }
}

fn row(line: &str) -> (String, Logged) {
    let [file, originator, responder, conn_state, history] =
        line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().expect("five columns");
    (file, Logged { originator, responder, conn_state, history })
}

/// The connections of a capture in the order in which they began.
fn traced(path: &Path) -> Vec<Logged> {
    let mut connections = BTreeMap::new();
    tracing::trace(path, &mut |event| {
        let EventKind::Ended(summary) = event.kind else { return };
        let show = |socket: SocketAddr| format!("{} {}", socket.ip(), socket.port());
        let logged = Logged {
            originator: show(summary.client),
            responder: show(summary.server),
            conn_state: summary.conn_state.name().to_owned(),
            history: summary.history.to_string(),
        };
        connections.insert(event.connection, logged);
    });
    connections.into_values().collect()
}

/// What Zeek logged of the captures, without rows of late segments; and how many of those there were.
fn expected(table: &str) -> (BTreeMap<String, Vec<Logged>>, usize) {
    let mut files = BTreeMap::<String, Vec<Logged>>::new();
    let mut late = 0;
    for (file, logged) in table.lines().skip(1).map(row) {
        let name = short(&file);
        if LATE.contains(&(name, logged.port(), &logged.history)) {
            late += 1;
        } else {
            files.entry(file).or_default().push(logged);
        }
    }
    (files, late)
}

/// The name of a file below the folder in which all are.
fn short(file: &str) -> &str {
    file.strip_prefix("zeek/testing/btest/Traces/").unwrap_or(file)
}

#[test]
fn connections_are_those_of_zeek() {
    let test = "connections_are_those_of_zeek";
    let Some(table) = tracing::corpus_table(test, "zeek_conn.tsv") else { return };
    let (files, late) = expected(&table);
    assert_eq!(late, LATE.len());
    let (mut all, mut agreeing, mut wrong) = (0, 0, Vec::new());
    for (file, rows) in files {
        let mut found = traced(&tracing::corpus().join(&file));
        for row in rows {
            let place = found.iter().position(|ours| ours.is_between_the_same_as(&row));
            let ours = place.map(|place| found.remove(place));
            all += 1;
            agreeing += usize::from(ours.as_ref().is_some_and(|ours| ours.conn_state == row.conn_state));
            let explained = EXPLAINED.iter().any(|(name, port, _)| *name == short(&file) && *port == row.port());
            if (ours.as_ref() == Some(&row)) == explained {
                wrong.push(format!("{file}: Zeek logs {row:?}, and we {ours:?} (explained: {explained})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreeing * 100 >= all * AGREEING, "{agreeing} of {all} agree");
}

/// What the captures of this project give; each line was checked against its segments.
#[test]
fn captures_have_their_word_and_letters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("captures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pcap"))
        .collect();
    names.sort();
    let mut lines = String::new();
    for path in names {
        let name = path.file_stem().expect("a name").to_string_lossy();
        for Logged { conn_state, history, .. } in traced(&path) {
            lines += format!("{name:24} {conn_state:7} {history}").trim_end();
            lines.push('\n');
        }
    }
    insta::assert_snapshot!(lines);
}
