//! `rawshake explain`, run as a program, and the commands that its pages offer, run in the lab: each must show what its
//! page is about.

#[path = "../common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Mutex;

use rawshake::tcp::State;
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rawshake"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .expect("rawshake runs")
}

fn said(output: &Output) -> (String, String, i32) {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr), output.status.code().expect("an exit code"))
}

/// What a command says in JSON: one object a line.
fn json(arguments: &[&str]) -> Vec<Value> {
    let (out, error, _) = said(&run(&[arguments, &["--format", "json"]].concat()));
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{arguments:?}: {line}\n{error}")))
        .collect()
}

/// Every page on the list, asked for by its kind and name.
fn pages() -> Vec<Value> {
    let listed = json(&["explain", "--list"]);
    let text = |listed: &Value, key: &str| listed[key].as_str().expect("text").to_owned();
    let words: Vec<String> = listed
        .iter()
        .flat_map(|one| match (text(one, "kind"), text(one, "name")) {
            (kind, name) if kind == "icmp" => vec![name],
            (kind, name) => vec![kind, name],
        })
        .collect();
    let words: Vec<&str> = ["explain"].into_iter().chain(words.iter().map(String::as_str)).collect();
    let pages = json(&words);
    let names = |all: &[Value]| all.iter().map(|one| (text(one, "kind"), text(one, "name"))).collect::<Vec<_>>();
    assert_eq!(names(&pages), names(&listed));
    pages
}

#[test]
fn a_page_a_list_and_what_is_unknown() {
    let (out, error, code) = said(&run(&["explain", "SYN"]));
    assert!(
        out.starts_with("SYN  flag, 0x002, [S]: asks for a connection\n") && error.is_empty() && code == 0,
        "{out}"
    );
    let (out, error, code) = said(&run(&["explain", "syn", "time_wait", "--width", "120", "--ascii"]));
    assert!(out.contains("\n\nTIME-WAIT  state") && error.is_empty() && code == 0 && out.is_ascii(), "{out}");
    let (out, error, code) = said(&run(&["explain", "TIME-WIAT"]));
    assert!(out.is_empty() && error.contains("near to it: TIME-WAIT") && code == 2, "{error}");
    let (out, error, code) = said(&run(&["explain", "2"]));
    assert!(out.is_empty() && error.contains("rawshake explain exit 2") && code == 1, "{error}");
    let (list, ..) = said(&run(&["explain", "--list"]));
    let (bare, ..) = said(&run(&["explain"]));
    assert!(list == bare && list.lines().count() > 250, "{}", list.lines().count());
    let (states, ..) = said(&run(&["explain", "--list", "states"]));
    assert_eq!(states.lines().count(), State::ALL.len() + 1, "{states}");
}

/// The texts in quotation marks from `begin` up to `end`, in a file of the program.
fn quoted(file: &str, begin: &str, end: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).expect("a file of the program");
    let table = text.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).expect("the table").0;
    table.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// `--kernel` tells system calls and their errors by name.
#[test]
fn every_call_and_error_that_a_kernel_tells_is_explained() {
    let mut calls = quoted("src/sys/tracefs/points.rs", "const CALLS:", "];");
    // What only certain arguments are recorded for has those in quotation marks, too.
    calls.retain(|call| !call.contains(' '));
    let errors = quoted("src/drive/kernel/names.rs", "const ERRORS:", "];");
    assert!(calls.len() > 20 && errors.len() > 20, "{calls:?} {errors:?}");
    let data = quoted("src/ladder/builder/kernel.rs", "const DATA:", "];");
    assert!(data.len() > 5 && data.iter().all(|call| calls.contains(call)), "drawn together, and never read: {data:?}");
    let calls = calls.iter().map(|call| ("call", call));
    for (kind, name) in calls.chain(errors.iter().map(|error| ("errno", error))) {
        let (out, error, code) = said(&run(&["explain", kind, name]));
        assert!(code == 0 && error.is_empty() && out.contains(name.as_str()), "{name}: {error}");
    }
}

/// Programs print errors by number, and the kernel's headers say which is which.
#[test]
fn every_error_has_the_number_that_linux_gives_it() {
    let all = [
        ("ECONNREFUSED", libc::ECONNREFUSED),
        ("ECONNRESET", libc::ECONNRESET),
        ("EPIPE", libc::EPIPE),
        ("ETIMEDOUT", libc::ETIMEDOUT),
        ("EHOSTUNREACH", libc::EHOSTUNREACH),
        ("ENETUNREACH", libc::ENETUNREACH),
        ("EADDRINUSE", libc::EADDRINUSE),
        ("EADDRNOTAVAIL", libc::EADDRNOTAVAIL),
        ("EINPROGRESS", libc::EINPROGRESS),
        ("EAGAIN", libc::EAGAIN),
        ("EISCONN", libc::EISCONN),
        ("ENOTCONN", libc::ENOTCONN),
        ("ECONNABORTED", libc::ECONNABORTED),
        ("EMSGSIZE", libc::EMSGSIZE),
        ("EPERM", libc::EPERM),
        ("EACCES", libc::EACCES),
        ("ENOPROTOOPT", libc::ENOPROTOOPT),
        ("EHOSTDOWN", libc::EHOSTDOWN),
        ("ENONET", libc::ENONET),
        ("EPROTO", libc::EPROTO),
        ("EOPNOTSUPP", libc::EOPNOTSUPP),
        ("EBADF", libc::EBADF),
        ("EINTR", libc::EINTR),
        ("EINVAL", libc::EINVAL),
        ("EMFILE", libc::EMFILE),
        ("ENFILE", libc::ENFILE),
        ("ENOMEM", libc::ENOMEM),
        ("ENOTSOCK", libc::ENOTSOCK),
    ];
    let numbers: Vec<String> = all.iter().map(|row| row.1.to_string()).collect();
    let words: Vec<&str> = numbers.iter().flat_map(|number| ["errno", number.as_str()]).collect();
    let named: Vec<Value> = json(&[&["explain"], words.as_slice()].concat());
    let names: Vec<_> = named.iter().map(|page| page["name"].as_str().expect("a name")).collect();
    assert_eq!(names, all.map(|row| row.0));
    let listed = json(&["explain", "--list", "errnos"]);
    assert_eq!(listed.len(), all.len(), "every error has a number");
}

/// RFC 9293 would have a reset take away what was not read; pages and a lesson say that Linux does not.
#[test]
fn what_came_before_a_reset_can_be_read_on_linux() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut client = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    let (mut server, _) = listener.accept().expect("a client");
    client.write_all(b"unread").expect("sent");
    server.write_all(b"answer").expect("sent");
    // Only what has come lets close() reset.
    server.peek(&mut [0]).expect("data");
    drop(server);
    // Nothing is read before the reset has come.
    let mut wait = [PollFd::new(&client, PollFlags::empty())];
    poll(&mut wait, None).expect("its error");
    assert!(wait[0].revents().contains(PollFlags::ERR));
    let mut answer = Vec::new();
    let error = client.read_to_end(&mut answer).expect_err("a reset");
    assert_eq!((answer.as_slice(), error.kind()), (&b"answer"[..], ErrorKind::ConnectionReset));
}

#[test]
fn the_state_diagram_the_header_and_octets() {
    let (out, error, code) = said(&run(&["explain", "states", "--width", "80"]));
    assert!(out.contains("│ ESTABLISHED │") && error.is_empty() && code == 0, "{out}{error}");
    let ways = json(&["explain", "states"]);
    assert!(ways.iter().any(|way| way["from"] == "FIN-WAIT-2" && way["to"] == "TIME-WAIT" && way["by"] == "a FIN"));
    let (out, error, code) = said(&run(&["explain", "header", "--width", "80"]));
    assert!(out.contains("Sequence Number") && error.is_empty() && code == 0, "{out}{error}");
    // The SYN of a connection from port 40000 to 80, alone and in its IP packet.
    let segment = "9c40 0050 00000007 00000000 5002 faf0 0000 0000";
    let packet = format!("4500 0028 0001 4000 4006 b6ca c0000201 c0000202 {segment}");
    for (digits, layer) in [(segment, "TCP"), (packet.as_str(), "IPv4")] {
        let (out, error, code) = said(&run(&["explain", "header", "--hex", digits]));
        assert!(out.starts_with(&format!("{layer}\n")) && code == 0, "{out}{error}");
        assert!(out.contains("40000") && out.contains("SYN  synchronise sequence numbers"), "{out}");
        let fields = json(&["explain", "--hex", digits]);
        assert_eq!((fields.len(), &fields[0]["fields"][0]["layer"]), (1, &layer.into()));
    }
    for wrong in
        [&["explain", "header", "--hex", "4g"][..], &["explain", "--hex", ""], &["explain", "SYN", "--hex", "00"]]
    {
        let (out, error, code) = said(&run(wrong));
        assert!(out.is_empty() && error.contains("--hex") && code == 2, "{wrong:?}: {error}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let coloured = Command::new(env!("CARGO_BIN_EXE_rawshake"))
        .args(["explain", "RST", "--color", "always", "--width", "80"])
        .output()
        .expect("rawshake runs");
    let (out, ..) = said(&coloured);
    insta::assert_snapshot!("RST-in-colour", out.replace('\u{1b}', "ESC"));
    let (plain, ..) = said(&run(&["explain", "RST", "--width", "80"]));
    assert_eq!(anstream::adapter::strip_str(&out).to_string(), plain);
}

/// What a run showed: marks, verdicts, states, and all of its text.
#[derive(Default)]
struct Shown {
    words: BTreeSet<String>,
    code: i32,
    error: String,
}

impl Shown {
    fn of(command: &str) -> Self {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if !command.starts_with("explain") && !command.starts_with("ping") && !command.contains("--table") {
            arguments.extend(["--format", "json"]);
        }
        let (out, error, code) = said(&run(&arguments));
        let mut words = BTreeSet::new();
        for value in out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            gather(&value, &mut words);
        }
        Self { words, code, error }
    }
}

/// Every text in `value`.
fn gather(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(words.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|value| gather(value, words)),
        Value::Object(map) => map.values().for_each(|value| gather(value, words)),
        _ => {}
    }
}

/// At most so many commands run at once.
const WORKERS: usize = 6;

/// Each command, run once.
fn shown_by(commands: BTreeSet<String>) -> BTreeMap<String, Shown> {
    let queue = Mutex::new(commands);
    let shown = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("the queue").pop_first();
                    let Some(command) = next else { return };
                    let seen = Shown::of(&command);
                    shown.lock().expect("the runs").insert(command, seen);
                }
            });
        }
    });
    shown.into_inner().expect("the runs")
}

#[test]
fn every_command_that_a_page_offers_shows_what_the_page_is_about() {
    let (_, error, code) = said(&run(&["send", "--lab", "-f", "S"]));
    if code == 2 {
        return common::impossible(&error);
    }
    let pages = pages();
    let command = |page: &Value| page["command"].as_str().expect("a command").to_owned();
    let commands = pages.iter().filter(|page| page["kind"] != "exit").map(command).collect();
    let shown = shown_by(commands);
    // A run that shows everything would prove nothing.
    assert!(!shown["trace --lab"].words.contains("abort") && !shown["send --lab -f S"].words.contains("TIME-WAIT"));
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|page| page["kind"] != "exit") {
        let (command, name) = (command(page), page["name"].as_str().expect("a name"));
        let seen = &shown[&command];
        if seen.code == 2 {
            wrong.push(format!("{command}: {}", seen.error));
        }
        let is_shown = matches!(page["kind"].as_str(), Some("phenomenon" | "verdict" | "state"));
        if is_shown && !seen.words.contains(name) {
            wrong.push(format!("{name} is not in: rawshake {command}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
