//! What ss(8) lists.

use std::process::Command;

use serde_json::Value;

/// One socket: protocol, state, both queues, both ends, interface, timer, inode, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    name: [String; 4],
    state: String,
    queues: [u64; 2],
    timer: String,
    inode: u64,
    cookie: u64,
    processes: Vec<(String, u64, u64)>,
}

impl Row {
    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    /// From a line of `ss -H -tuanpoeO`.
    fn of_ss(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [protocol, state, received, sent, local, remote] = words[..6] else { panic!("{line}") };
        let after = |start: &str| words.iter().find_map(|word| word.strip_prefix(start));
        let local = local.replace("*:", "[::]:");
        let (address, port) = local.rsplit_once(':').expect("a port");
        let (address, interface) =
            address.trim_end_matches(']').split_once('%').unwrap_or((address.trim_end_matches(']'), ""));
        let closing = if address.starts_with('[') { "]" } else { "" };
        Self {
            name: [
                protocol.to_owned(),
                format!("{address}{closing}:{port}"),
                if remote.ends_with(":*") { "*".to_owned() } else { remote.to_owned() },
                interface.to_owned(),
            ],
            state: state.to_owned(),
            queues: [received, sent].map(|number| number.parse().expect("a number")),
            timer: after("timer:(").and_then(|timer| timer.split(',').next()).unwrap_or_default().to_owned(),
            inode: after("ino:").map_or(0, |inode| inode.parse().expect("a number")),
            cookie: after("sk:").map_or(0, |cookie| u64::from_str_radix(cookie, 16).expect("a number")),
            processes: after("users:").map(processes).unwrap_or_default(),
        }
    }

    /// From what `rawshake sockets --format json` says.
    pub(crate) fn of_json(socket: &Value) -> Self {
        let text = |name: &str| socket[name].as_str().unwrap_or_default().to_owned();
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let process = |one: &Value| {
            (one["command"].as_str().unwrap_or_default().to_owned(), number(&one["pid"]), number(&one["fd"]))
        };
        let mut held: Vec<_> =
            socket["processes"].as_array().map(|all| all.iter().map(process).collect()).unwrap_or_default();
        held.sort();
        let remote = socket["remote"].as_str().unwrap_or("*").to_owned();
        Self {
            name: [text("protocol"), text("local"), remote, text("interface")],
            state: STATES
                .iter()
                .find(|(ours, _)| *ours == socket["state"])
                .map_or_else(|| text("state"), |(_, theirs)| (*theirs).to_owned()),
            queues: [number(&socket["receive_queue"]), number(&socket["send_queue"])],
            timer: TIMERS
                .iter()
                .find(|(ours, _)| *ours == socket["timer"]["kind"])
                .map_or_else(String::new, |(_, theirs)| (*theirs).to_owned()),
            inode: number(&socket["inode"]),
            cookie: number(&socket["cookie"]),
            processes: held,
        }
    }
}

/// Where ss spells otherwise.
const STATES: [(&str, &str); 4] =
    [("ESTABLISHED", "ESTAB"), ("SYN-RECEIVED", "SYN-RECV"), ("connected", "ESTAB"), ("unconnected", "UNCONN")];
const TIMERS: [(&str, &str); 5] = [
    ("retransmission", "on"),
    ("keep-alive", "keepalive"),
    ("time-wait", "timewait"),
    ("persist", "persist"),
    // ss of iproute2 6.1 has no word for it.
    ("delayed-ack", "unknown"),
];

/// `(("sleep",pid=7,fd=0),("x",pid=8,fd=3))`.
fn processes(text: &str) -> Vec<(String, u64, u64)> {
    let one = |text: &str| {
        let (name, numbers) = text.split_once("\",pid=")?;
        let (pid, fd) = numbers.split_once(",fd=")?;
        Some((
            name.trim_start_matches(['(', '"', ',']).to_owned(),
            pid.parse().ok()?,
            fd.trim_end_matches(')').parse().ok()?,
        ))
    };
    let mut all: Vec<_> = text.split("),").filter_map(one).collect();
    all.sort();
    all
}

fn now() -> Vec<Row> {
    let output = Command::new("ss").args(["-H", "-tuanpoeO"]).output().expect("ss");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // What has a port and nothing else, newer versions list on request only.
    let mut rows: Vec<_> =
        text.lines().map(Row::of_ss).filter(|row| row.name[0] != "tcp" || row.state != "UNCONN").collect();
    rows.sort();
    rows
}

/// What ss lists, and what `run` gives, while nothing changes: ss says the same before and after.
pub(crate) fn while_still<T>(run: impl Fn() -> T) -> (Vec<Row>, T) {
    for _ in 0..50 {
        let before = now();
        let result = run();
        if now() == before {
            return (before, result);
        }
    }
    panic!("the sockets never stand still");
}
