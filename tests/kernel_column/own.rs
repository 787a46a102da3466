//! This machine's own sockets, outside the lab: those of programs that ran before, and of those that come.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::account::{Account, possible, rawshake};
use super::common::in_own_network;
use super::common::support::{installed, program::Said};

const SERVER: &str = "tests/kernel_column/programs/forking_server.py";

/// A server that waits in accept(), under strace: what it calls is written to a file.
struct Server {
    child: Child,
    process: String,
    port: u16,
    calls: PathBuf,
}

impl Server {
    fn start(name: &str) -> Self {
        let calls = std::env::temp_dir().join(format!("rawshake-{name}-{}.strace", std::process::id()));
        let mut child = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=accept4,close,recvfrom,sendto", "-o"])
            .arg(&calls)
            .args(["python3", SERVER])
            .stdout(Stdio::piped())
            .spawn()
            .expect("strace");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let (port, process) = line.trim().split_once(' ').expect("a port and a process");
        sleep(Duration::from_millis(100));
        Self { child, process: process.to_owned(), port: port.parse().expect("a port"), calls }
    }

    /// Each call that has returned since the first connection was accepted: process, name and result.
    fn calls(&self) -> Vec<(u64, String, i64)> {
        let text = fs::read_to_string(&self.calls).expect("what strace wrote");
        let calls: Vec<_> = text.lines().filter_map(returned).collect();
        let first = calls.iter().position(|(_, name, result)| name == "accept4" && *result > 0);
        calls[first.expect("a connection")..].to_vec()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // strace ends when what it traces does.
        let _ = Command::new("kill").args(["-KILL", &self.process]).status();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.calls);
    }
}

/// `4711 close(4) = 0`, or `4711 <... accept4 resumed>…) = 4`.
fn returned(line: &str) -> Option<(u64, String, i64)> {
    let (process, rest) = line.trim_start().split_once(' ')?;
    let (call, result) = rest.rsplit_once(" = ")?;
    let call = call.trim_start();
    let name = call.strip_prefix("<... ").map_or_else(|| call.split('(').next(), |call| call.split(' ').next())?;
    Some((process.parse().ok()?, name.to_owned(), result.split(' ').next()?.parse().ok()?))
}

/// The same, of what was told of the server's end.
fn told(account: &Account) -> Vec<(u64, String, i64)> {
    let events = account.said.events();
    let returned = events.iter().filter(|event| event["what"] == "returned" && event["side"] == "server");
    let number = |event: &Value, name: &str| event[name].as_u64().expect("a number");
    let row = |event: &Value| {
        let name = event["call"].as_str().expect("a call").to_owned();
        (number(event, "process"), name, event["result"].as_i64().expect("a result"))
    };
    returned.map(row).collect()
}

/// The calls of each process in their order.
fn by_process(mut calls: Vec<(u64, String, i64)>) -> Vec<(u64, String, i64)> {
    calls.sort_by_key(|(process, ..)| *process);
    calls
}

fn is_possible() -> bool {
    possible() && ["python3", "strace"].iter().all(|program| installed("own", program))
}

fn missing(account: &Account, words: &str) {
    let expected: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(account.missing(None, &expected), None, "{account:?}");
}

#[test]
fn a_server_of_this_machine_is_told_as_strace_tells_it() {
    if !is_possible() {
        return;
    }
    in_own_network(|| {
        let server = Server::start("trace");
        let mut command =
            rawshake(&format!("trace 127.0.0.1:{} --send hello --wait 1 --kernel --format json", server.port));
        let account = Account::told(&mut command, false);
        assert_eq!((account.said.code, account.compared), (Some(0), (5, 0)), "{account:?}");
        missing(
            &account,
            "accept4( client:SYN server:SYN+ACK client:ACK >SYN_RECV >ESTABLISHED accept4=fd recvfrom=5 \
             sendto( server:PSH+ACK client:FIN+ACK >CLOSE_WAIT recvfrom=0 close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
        );
        assert_eq!(by_process(told(&account)), by_process(server.calls()), "{account:?}");
    });
}

#[test]
fn a_port_at_which_nobody_listens_has_no_calls() {
    if !possible() {
        return;
    }
    in_own_network(|| {
        let account = Account::told(&mut rawshake("trace 127.0.0.1:9 --kernel --format json"), false);
        missing(&account, "client:SYN reset:NO_SOCKET server:RST+ACK");
        assert!(account.said.err.contains("No program of this machine listens at 127.0.0.1:9"), "{account:?}");
        assert_eq!(
            (account.said.code, account.words.iter().filter(|word| word.text.contains('=')).count()),
            (Some(1), 0)
        );
    });
}

#[test]
fn another_machine_cannot_be_asked() {
    if !possible() {
        return;
    }
    in_own_network(|| {
        let script = "ip link add far type veth peer name near && ip addr add 198.51.100.1/24 dev far && ip link set far up && ip link set near up";
        assert!(Command::new("sh").args(["-c", script]).status().expect("sh").success());
        for command in ["trace 198.51.100.2 --kernel", "send -S 198.51.100.2 --kernel"] {
            let said = Said::of(rawshake(command).output().expect("the program"));
            assert_eq!(said.code, Some(2), "{said:?}");
            assert!(said.err.contains("198.51.100.2:80 is another machine") && said.err.contains("--lab"), "{said:?}");
        }
    });
}

#[test]
fn a_probe_of_this_machine_is_told_with_what_its_kernel_does() {
    if !is_possible() {
        return;
    }
    in_own_network(|| {
        let server = Server::start("send");
        let to = format!("127.0.0.1:{}", server.port);
        let account = Account::told(&mut rawshake(&format!("send -A {to} --kernel --format json")), false);
        missing(&account, "client:ACK reset:TCP_FLAGS server:RST");
        let from = format!("send --from established --rst {to} --kernel --format json");
        let account = Account::told(&mut rawshake(&from), false);
        missing(&account, "client:SYN server:SYN+ACK client:ACK >SYN_RECV >ESTABLISHED client:RST reset-taken >CLOSE");
        missing(&account, "accept4( accept4=fd recvfrom=ECONNRESET close=0");
        assert_eq!((account.said.code, account.compared), (Some(0), (3, 0)), "{account:?}");
    });
}

/// A client whose calls are all told, though it is started later: by whoever.
const CLIENT: &str = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); \
    s.send(b'hello'); s.recv(100); s.close()";

/// What ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It does, by itself.
    Own,
    /// Ctrl-C, when it has told the end of so many connections.
    CtrlC(usize),
}

/// Starts it, waits until it says that it has begun (its capture is open then), lets `meanwhile` happen, and waits for its end.
fn beside(arguments: &str, begun: &str, end: End, meanwhile: impl FnOnce()) -> Account {
    let mut child = rawshake(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut err = BufReader::new(child.stderr.take().expect("its errors"));
    let mut line = String::new();
    while !line.contains(begun) {
        line.clear();
        assert!(err.read_line(&mut line).expect("a line") > 0, "{arguments}: ended too early");
    }
    meanwhile();
    let (mut out, mut ended) = (String::new(), 0);
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        let line = line.expect("UTF-8") + "\n";
        out.push_str(&line);
        if line.contains(r#""event":"ended""#) {
            ended += 1;
            if end == End::CtrlC(ended) {
                let process = Pid::from_raw(child.id().cast_signed()).expect("a process");
                kill_process(process, Signal::INT).expect("a signal");
            }
        }
    }
    let said = Said { out, ..Said::of(child.wait_with_output().expect("its end")) };
    Account::sorted(said, true)
}

#[test]
fn connections_that_are_watched_are_told_with_the_calls_of_both_programs() {
    if !is_possible() {
        return;
    }
    in_own_network(|| {
        let server = Server::start("watch");
        let port = server.port;
        // A handshake that is not watched comes first in the queue of accept().
        let call = |times: usize| {
            for _ in 0..times {
                let mut client = Command::new("python3");
                assert!(client.args(["-c", CLIENT, &port.to_string()]).status().expect("python3").success());
            }
        };
        let watch = format!("watch -i lo --kernel --format json port {port}");
        let account = beside(&watch, "watching lo", End::CtrlC(2), || call(2));
        assert_eq!(account.compared, (20, 0), "{account:?}");
        for connection in 1..=2 {
            let words: Vec<&str> =
                "c.socket=fd c.connect( c.>SYN_SENT client:SYN server:SYN+ACK c.>ESTABLISHED client:ACK \
                c.connect=0 c.sendto( client:PSH+ACK c.recvfrom=5 c.close( c.>FIN_WAIT1 client:FIN+ACK"
                    .split_whitespace()
                    .collect();
            assert_eq!(account.missing(Some(connection), &words), None, "{account:?}");
        }
        assert_eq!(by_process(told(&account)), by_process(server.calls()), "{account:?}");
    });
}

#[test]
fn a_client_of_this_machine_is_told_by_the_server_that_is_made_by_hand() {
    if !is_possible() {
        return;
    }
    in_own_network(|| {
        let listen = "listen 7654 --reply echo --kernel --format json --count 1 -v";
        let account = beside(listen, "RST guard", End::Own, || {
            let mut client = Command::new("python3");
            assert!(client.args(["-c", CLIENT, "7654"]).status().expect("python3").success());
        });
        missing(
            &account,
            "c.socket=fd c.connect( c.>SYN_SENT client:SYN server:SYN+ACK c.>ESTABLISHED client:ACK c.connect=0 c.sendto( \
             client:PSH+ACK server:PSH+ACK c.recvfrom=5 c.close( c.>FIN_WAIT1 client:FIN+ACK",
        );
        assert_eq!(account.compared.1, 0, "{account:?}");
    });
}

#[test]
fn a_datagram_socket_of_ours_is_told_outside_the_lab() {
    if !possible() {
        return;
    }
    in_own_network(|| {
        for (to, at) in [("127.0.0.1:9", "127.0.0.1"), ("[::1]:9", "::1")] {
            let account = Account::told(&mut rawshake(&format!("trace {to} --udp --kernel --format json")), true);
            missing(
                &account,
                "c.socket=fd c.bind=0 c.connect=0 c.sendto( client:UDP ICMP c.recvfrom=ECONNREFUSED c.close=0",
            );
            assert!(account.said.code == Some(1) && account.said.out.contains(at), "{account:?}");
        }
    });
}

#[test]
fn what_has_no_place_for_it_says_so() {
    for arguments in ["watch --kernel --list", "watch --kernel --stats", "watch --kernel --format csv"] {
        let said = Said::of(rawshake(arguments).output().expect("the program"));
        assert!(said.code == Some(2) && said.err.contains("--kernel"), "{arguments}: {said:?}");
    }
}
