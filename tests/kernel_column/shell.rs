//! A server written in shell: socat forks for each client, and a shell and then cat have the connection as their standard input
//! and output. strace says which socket stands behind each descriptor of each call; so what is told can be held against it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::account::{Account, possible};
use super::common::support::{installed, program::RAWSHAKE};

const SCRIPT: &str = "tests/kernel_column/programs/shell_server.sh";
/// What strace writes for a socket of the server's that is connected.
const SOCKET: &str = "TCP:[192.0.2.2:9000->192.0.2.1:";
/// How many call at once.
const CLIENTS: u64 = 3;

/// A call, its descriptor, and what it returned: `close 6 0`.
type Calls = Vec<String>;

/// The calls of each process on one connection, each in its order; which number a process has depends on who looks.
type ByProcess = BTreeMap<u64, Calls>;

/// What strace saw of the connection of each client's port.
fn straced(text: &str) -> BTreeMap<u16, ByProcess> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut connections: BTreeMap<u16, ByProcess> = BTreeMap::new();
    for (process, line) in text.lines().filter_map(|line| line.split_once(' ')) {
        let line = line.trim_start();
        if let Some(beginning) = line.strip_suffix("<unfinished ...>") {
            begun.insert(process, beginning);
            continue;
        }
        let whole = match line.split_once(" resumed>").filter(|_| line.starts_with("<... ")) {
            Some((_, rest)) => format!("{}{rest}", begun.remove(process).expect("its beginning")),
            None => line.to_owned(),
        };
        if let Some((port, call)) = on_connection(&whole) {
            let number = process.parse().expect("a process");
            connections.entry(port).or_default().entry(number).or_default().push(call);
        }
    }
    connections
}

/// `close(6<TCP:[192.0.2.2:9000->192.0.2.1:57504]>) = 0`: the port of the client, and the call. What sets a flag of a
/// descriptor is left out.
fn on_connection(line: &str) -> Option<(u16, String)> {
    let (_, behind) = line.split_once(SOCKET)?;
    let port = behind.split(']').next()?.parse().ok()?;
    let (call, rest) = line.split_once('(')?;
    let (_, result) = line.rsplit_once(" = ")?;
    let number = |text: &str| text.split(['<', ' ', ',', ')']).next().map(str::to_owned);
    let result = result.strip_prefix("-1 ").unwrap_or(result);
    (!rest.contains("_SETFD")).then_some((port, format!("{call} {} {}", number(rest)?, number(result)?)))
}

/// What was told of the server's end of this connection, without what is of its listening socket, the descriptor `listening`.
fn told(events: &[Value], connection: u64, listening: u64) -> ByProcess {
    let mut processes = ByProcess::new();
    let of_listening = ["socket", "setsockopt", "bind", "listen"];
    for event in events.iter().filter(|event| event["what"] == "returned" && event["side"] == "server") {
        let (call, descriptor) = (event["call"].as_str().expect("a call"), event["descriptor"].as_u64());
        let closes_listening = descriptor == Some(listening) && ["close", "shutdown"].contains(&call);
        if event["connection"] == connection && !of_listening.contains(&call) && !closes_listening {
            let result = event["errno"].as_str().map_or_else(|| event["result"].to_string(), str::to_owned);
            let process = event["process"].as_u64().expect("a process");
            let descriptor = descriptor.expect("a descriptor");
            processes.entry(process).or_default().push(format!("{call} {descriptor} {result}"));
        }
    }
    processes
}

/// Without the numbers of processes.
fn sequences(processes: ByProcess) -> Vec<Calls> {
    let mut all: Vec<Calls> = processes.into_values().collect();
    all.sort();
    all
}

fn run() -> (Account, BTreeMap<u16, ByProcess>) {
    let path = std::env::temp_dir().join(format!("rawshake-shell-{}.strace", std::process::id()));
    let _ = fs::remove_file(&path);
    let mut command = Command::new("unshare");
    command.args(["--net", RAWSHAKE, "lab", "run", "--on", "server", "--kernel", "--format", "json", "--"]);
    let account = Account::told(command.args(["sh", SCRIPT, RAWSHAKE]).arg(&path), true);
    let straced = straced(&fs::read_to_string(&path).expect("what strace wrote"));
    fs::remove_file(&path).expect("its file");
    (account, straced)
}

#[test]
fn a_server_written_in_shell_is_told_with_its_forks_and_programs() {
    let name = "a_server_written_in_shell_is_told_with_its_forks_and_programs";
    if !possible() || ["socat", "strace"].iter().any(|program| !installed(name, program)) {
        return;
    }
    let (account, straced) = run();
    for greeting in ["hello, Anna\n", "hello, Bo\n", "hello, Chris\n"] {
        assert_eq!(account.said.err.matches(greeting).count(), 1, "{account:?}");
    }
    // Five states of each end of each connection: the client's last is TIME-WAIT, the server's LAST-ACK.
    assert_eq!((account.said.code, account.compared), (Some(0), (CLIENTS * 10, 0)), "{account:?}");
    let events = account.said.events();
    let is_listen = |event: &&Value| event["what"] == "returned" && event["call"] == "listen";
    let listen = events.iter().find(is_listen).expect("listen()");
    let (parent, listening) = (&listen["process"], listen["descriptor"].as_u64().expect("its descriptor"));
    for connection in 1..=CLIENTS {
        let opened = events.iter().find(|event| event["event"] == "opened" && event["connection"] == connection);
        let port = opened.and_then(|event| event["client"].as_str()?.rsplit(':').next()?.parse().ok()).expect("a port");
        let own = told(&events, connection, listening);
        assert_eq!(own.len(), 2, "the parent and its child: {own:?}");
        assert_eq!(sequences(own), sequences(straced[&port].clone()), "what strace says, at {port}: {account:?}");
        forks(&account, &events, connection, parent);
    }
}

/// The parent accepts and closes, and nothing ends by that; the child hands the connection on to other programs, whose last
/// close() is the end.
fn forks(account: &Account, events: &[Value], connection: u64, parent: &Value) {
    let of = |event: &&Value| event["connection"] == connection && event["side"] == "server";
    let returned = |event: &&Value| event["what"] == "returned";
    let mut all: Vec<&Value> = events.iter().filter(of).collect();
    all.sort_by_key(|event| event["time"].as_str());
    let place = |is_it: &dyn Fn(&Value) -> bool| all.iter().position(|event| is_it(event)).expect("it is told");
    let accepted = place(&|event| event["call"] == "accept" && event["what"] == "returned");
    let descriptor = &all[accepted]["result"];
    let is_close = |event: &Value| event["call"] == "close" && event["descriptor"] == *descriptor;
    let closed = place(&|event| is_close(event) && event["process"] == *parent && event["what"] == "returned");
    let last = place(&|event| event["what"] == "state" && event["new"] == "LAST_ACK");
    assert!(all[accepted]["process"] == *parent && accepted < closed && closed < last, "{account:?}");
    let by_child = all.iter().copied().filter(returned).filter(|event| event["process"] != *parent);
    let works = |event: &&Value| ["dup2", "read", "write"].iter().any(|call| event["call"] == *call);
    let mut programs: Vec<&str> = by_child.filter(works).filter_map(|event| event["name"].as_str()).collect();
    programs.dedup();
    assert_eq!(programs, ["socat", "sh", "cat"], "{account:?}");
    let end = all[last - 1];
    assert_eq!((&end["what"], &end["call"], &end["name"]), (&"called".into(), &"close".into(), &"cat".into()));
}
