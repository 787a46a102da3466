//! Connections in captures made by others: `conn_state` and `history` as Zeek logs them.
//!
//! Zeek does not agree with RFC 9293 on what one connection is: it forgets one that was silent for seconds after a FIN or
//! RST, and logs what comes later as another. We keep a connection for four minutes (TIME-WAIT), as tshark does for good.
//! The words of a connection are held against the log within Zeek's own bounds, so that every row of it counts; how many
//! rows agree without that is said, too.
//!
//! The corpus is no part of the project; `corpus.rs` says where it is looked for. Its zeek_conn.tsv has a row for each
//! connection, with the columns `file`, `originator`, `responder`, `conn_state` and `history`.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rawshake::trace::{Event, EventKind, Tracer, TracerOptions};
use rawshake::wire::{Content, Flags, Time};
use support::tracing;

/// Of a hundred connections at least so many have the same `conn_state`.
const AGREEING: usize = 95;

const LAYERS: &str = "a tunnel that is not decoded";
const IGNORED: &str = "Zeek was run with checksums ignored, so it has no `c`";
const SAMPLER: &str = "Zeek was told to stop its analysis, and says so with `X`";
const ROLES: &str = "in the middle of a stream the well-known port is the server's";

/// Connections (file and port of the originator) of which we say something else than Zeek logs, and why.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("ldap/missing_krbtgt_ldap_request.pcapng", "63815", IGNORED),
    ("ldap/simpleauth.pcap", "25936", IGNORED),
    ("tunnels/Teredo.pcap", "1286", LAYERS),
    ("tunnels/ayiya3.pcap", "53382", LAYERS),
    ("tunnels/geneve-many-options.pcap", "39088", IGNORED),
    ("tunnels/gre-aruba-amsdu.pcap", "443", ROLES),
    ("tunnels/gtp/gtp2_different_udp_port.pcap", "51803", SAMPLER),
];

/// How long a connection must be silent after a FIN or RST to be forgotten by Zeek, in any case: its `tcp_close_delay` is
/// five seconds, the other delays are shorter.
const FORGOTTEN: Duration = Duration::from_secs(5);

/// Rows of the log that show late segments of another row's connection.
const LATE: usize = 6;

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
    tracing::trace(path, &mut |event| connections.extend(ended(event)));
    connections.into_values().collect()
}

/// The row of a connection that has ended, and its number.
fn ended(event: &Event) -> Option<(u32, Logged)> {
    let EventKind::Ended(summary) = event.kind else { return None };
    let show = |socket: SocketAddr| format!("{} {}", socket.ip(), socket.port());
    let logged = Logged {
        originator: show(summary.client),
        responder: show(summary.server),
        conn_state: summary.conn_state.name().to_owned(),
        history: summary.history.to_string(),
    };
    Some((event.connection, logged))
}

/// What follows the segments between two sockets until Zeek forgets the connection.
struct Remembered {
    tracer: Tracer,
    /// A FIN or RST was seen.
    closing: bool,
    last: Time,
}

/// The connections of a capture as Zeek bounds them.
fn traced_within_bounds(path: &Path) -> Vec<Logged> {
    let (mut flows, mut rows) = (BTreeMap::<_, Remembered>::new(), Vec::new());
    tracing::packets(path, &mut |number, packet, decoded, hint| {
        let (Some(ip), Content::Segment(segment)) = (&decoded.ip, &decoded.content) else { return };
        let ends = [(ip.source, segment.source_port), (ip.destination, segment.destination_port)];
        let key = [ends[0].min(ends[1]), ends[0].max(ends[1])];
        let mut out = |event: &Event| rows.extend(ended(event).map(|(_, row)| row));
        let time = packet.time;
        let is_forgotten = |flow: &Remembered| flow.closing && time.since(flow.last) >= FORGOTTEN;
        if let Some(mut old) = flows.get(&key).is_some_and(is_forgotten).then(|| flows.remove(&key)).flatten() {
            old.tracer.finish(&mut out);
        }
        let new = || Remembered { tracer: Tracer::new(TracerOptions::default()), closing: false, last: time };
        let flow = flows.entry(key).or_insert_with(new);
        flow.tracer.packet(number, packet, decoded, hint, &mut out);
        flow.closing |= segment.flags.intersects(Flags::FIN | Flags::RST);
        flow.last = time;
    });
    for mut flow in flows.into_values() {
        flow.tracer.finish(&mut |event| rows.extend(ended(event).map(|(_, row)| row)));
    }
    rows
}

/// What Zeek logged of each capture.
fn expected(table: &str) -> BTreeMap<String, Vec<Logged>> {
    let mut files = BTreeMap::<String, Vec<Logged>>::new();
    table.lines().skip(1).map(row).for_each(|(file, logged)| files.entry(file).or_default().push(logged));
    files
}

/// The name of a file below the folder in which all are.
fn short(file: &str) -> &str {
    file.strip_prefix("zeek/testing/btest/Traces/").unwrap_or(file)
}

/// The row that is most like Zeek's, taken out of ours.
fn take(found: &mut Vec<Logged>, row: &Logged) -> Option<Logged> {
    let exact = found.iter().position(|ours| ours == row);
    let place = exact.or_else(|| found.iter().position(|ours| ours.is_between_the_same_as(row)));
    place.map(|place| found.remove(place))
}

#[test]
fn connections_are_those_of_zeek() {
    let test = "connections_are_those_of_zeek";
    let Some(table) = tracing::corpus_table(test, "zeek_conn.tsv") else { return };
    let (mut all, mut agreeing, mut unbounded, mut late) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for (file, rows) in expected(&table) {
        let path = tracing::corpus().join(&file);
        let (mut found, mut whole) = (traced_within_bounds(&path), traced(&path));
        for row in rows {
            let has_same_word =
                |ours: &Option<Logged>| ours.as_ref().is_some_and(|ours| ours.conn_state == row.conn_state);
            let (ours, as_shown) = (take(&mut found, &row), take(&mut whole, &row));
            all += 1;
            agreeing += usize::from(has_same_word(&ours));
            unbounded += usize::from(has_same_word(&as_shown));
            late += usize::from(as_shown.is_none() && has_same_word(&ours));
            let explained = EXPLAINED.iter().any(|(name, port, _)| *name == short(&file) && *port == row.port());
            if (ours.as_ref() == Some(&row)) == explained {
                wrong.push(format!("{file}: Zeek logs {row:?}, and we {ours:?} (explained: {explained})"));
            }
        }
    }
    let text = format!(
        "conn_state: {agreeing} of {all} rows agree within Zeek's bounds of a connection, {unbounded} as rawshake counts \
         connections, where {late} rows are late segments of another row\n"
    );
    std::io::stderr().write_all(text.as_bytes()).expect("standard error");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreeing * 100 >= all * AGREEING, "{text}");
    assert!(late == LATE && unbounded + late == agreeing, "{text}");
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
