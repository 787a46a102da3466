//! Any command in the lab: what is on the wire, what its end is, and what is left of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::in_own_network;
use crate::common::support::installed;
use crate::program::{RAWSHAKE, Said, has_lab, wire};

/// `rawshake lab` with these arguments; those behind `--` are the command's.
fn lab(arguments: &[&str], command: &[&str]) -> Command {
    let mut lab = Command::new(RAWSHAKE);
    lab.arg("lab").args(arguments).arg("--").args(command);
    lab
}

fn run(arguments: &[&str], command: &[&str]) -> Said {
    Said::of(lab(arguments, command).output().expect("the program"))
}

#[test]
fn the_end_of_a_command_is_handed_on() {
    if !has_lab() {
        return;
    }
    for (command, code, told) in [
        (&["true"][..], 0, "No packet was on the wire"),
        (&["sh", "-c", "exit 7"], 7, ""),
        (&["sh", "-c", "exit 255"], 255, ""),
        (&["sh", "-c", "kill -9 $$"], 137, ""),
        (&["sh", "-c", "kill -2 $$"], 130, ""),
        (&["no\u{1b}such"], 127, "no such file"),
        (&["/etc/passwd"], 126, "permission denied"),
        // Not a child of ours, and it is buried all the same.
        (&["sh", "-c", "(sleep 0.01 &); sleep 0.05; exit 3"], 3, ""),
    ] {
        let said = run(&["run"], command);
        assert_eq!(said.code, Some(code), "{command:?}: {said:?}");
        assert!(said.err.contains(told) && !said.err.contains('\u{1b}'), "{command:?}: {said:?}");
    }
}

#[test]
fn hosts_have_their_names_and_nothing_else_is_there() {
    if !has_lab() {
        return;
    }
    let before = fs::read("/etc/hosts").ok();
    let said = run(&["run", "-q"], &["getent", "hosts", "you", "server", "silent"]);
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        assert!(said.out.contains(address), "{said:?}");
    }
    let said = run(&["run", "-q", "--on", "server"], &["sh", "-c", "ls /sys/class/net >/dev/null; cat /proc/net/dev"]);
    assert!(said.out.contains("server:") && !said.out.contains("you:"), "{said:?}");
    assert_eq!(fs::read("/etc/hosts").ok(), before);
}

#[test]
fn curl_and_python_are_shown_on_the_wire() {
    if !has_lab() || !installed("running", "curl") || !installed("running", "python3") {
        return;
    }
    let curl = ["curl", "-4", "-s", "-o", "/dev/null", "http://server/"];
    let said = run(&["run", "--format", "json"], &curl);
    assert_eq!((said.code, wire(&said)), (Some(0), vec![">S <S. >P. <P. >F. <F.".to_owned()]), "{said:?}");
    // A program that looks away, and closes with unread data.
    let rude = "import socket, time; s = socket.create_connection(('192.0.2.2', 7)); s.send(b'hello'); time.sleep(.1)";
    let said = run(&["run", "--format", "json"], &["python3", "-c", rude]);
    assert_eq!((said.code, wire(&said)), (Some(0), vec![">S <S. >P. <P. >R.".to_owned()]), "{said:?}");
    // The wire is the lab's here, too, and what is shown can go to a file.
    let path = std::env::temp_dir().join(format!("rawshake-wire-{}", std::process::id()));
    let out = path.to_str().expect("UTF-8");
    let said = run(&["run", "--wire", "drop=1", "--format", "lines", "--out", out], &["curl", "-4s", "http://server/"]);
    let shown = fs::read_to_string(&path).expect("the file");
    fs::remove_file(&path).expect("the file");
    assert_eq!((said.out.as_str(), shown.matches("Flags [S],").count()), ("Hello from the lab.\n", 2), "{said:?}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn a_shell_reads_its_commands_on_its_host() {
    if !has_lab() {
        return;
    }
    for (host, other) in [("you", "server"), ("server", "you")] {
        let mut shell = crate::program::command(&format!("shell --on {host}"));
        shell.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut shell = shell.spawn().expect("the program");
        let commands =
            b"echo $((6*7)) \"$PS1\"\ngrep -c : /proc/net/dev\ngrep -o 'you:\\|server:' /proc/net/dev\nexit 5\n";
        std::io::Write::write_all(&mut shell.stdin.take().expect("a pipe"), commands).expect("commands");
        let said = Said::of(shell.wait_with_output().expect("an end"));
        assert_eq!((said.code, said.out), (Some(5), format!("42 ({host}) $ \n2\n{host}:\n")), "{}", said.err);
        assert!(said.err.contains(&format!("A shell on the host {host}")), "{}", said.err);
        assert!(said.err.contains("http 80, echo 7") && said.err.contains(&format!("--on {other}")), "{}", said.err);
    }
}

/// A server that forks for each connection and keeps the socket open in the parent: so the child's close() sends no FIN.
const FORGETFUL: &str = "
import os, socket
listener = socket.create_server(('', 9000))
print('listening', flush=True)
kept = []
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        listener.close()
        connection.send(connection.recv(100))
        connection.close()
        os._exit(0)
    kept.append(connection)
";

/// The same, with a shell behind it.
const SHELL: &str = "
import os, socket
listener = socket.create_server(('', 9000))
print('listening', flush=True)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        for descriptor in range(3):
            os.dup2(connection.fileno(), descriptor)
        os.execlp('sh', 'sh')
    connection.close()
";

/// What passes when `client` calls the server of this Python script.
fn with_server(script: &str, client: &[&str]) -> (Said, Said) {
    let mut server = lab(&["run", "--on", "server", "--format", "json"], &["python3", "-c", script]);
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut out = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("UTF-8");
    assert_eq!(line, "listening\n");
    let client = run(&["run", "--join"], client);
    sleep(Duration::from_millis(400));
    let pid = Pid::from_raw(i32::try_from(server.id()).expect("a process")).expect("a process");
    kill_process(pid, Signal::TERM).expect("a signal");
    let shown = std::io::read_to_string(out).expect("UTF-8");
    let ended = Said { out: shown, ..Said::of(server.wait_with_output().expect("an end")) };
    (client, ended)
}

#[test]
fn servers_that_fork_are_shown_as_they_are() {
    if !has_lab() || !installed("running", "python3") {
        return;
    }
    in_own_network(|| {
        let shell =
            "import socket; s = socket.create_connection(('192.0.2.2', 9000)); s.send(b'echo $((6*7)); exit\\n');
print(b''.join(iter(lambda: s.recv(100), b'')).decode(), end='')";
        let (client, server) = with_server(SHELL, &["python3", "-c", shell]);
        assert_eq!((client.code, client.out.as_str()), (Some(0), "42\n"), "{client:?}");
        assert_eq!((server.code, wire(&server)), (Some(143), vec![">S <S. >P. <P. <F. >F.".to_owned()]), "{server:?}");

        let hello =
            "import socket; s = socket.create_connection(('192.0.2.2', 9000)); s.send(b'hello'); s.settimeout(.3)
s.recv(100)
try: s.recv(100)
except TimeoutError: print('no end')";
        let (client, server) = with_server(FORGETFUL, &["python3", "-c", hello]);
        assert_eq!(client.out, "no end\n", "{client:?}");
        // What is sent when it is killed may be shown, or not any more.
        assert!(wire(&server)[0].starts_with(">S <S. >P. <P. >F."), "{server:?}");
    });
}

/// Every process that a run has started has this in its environment.
const MARK: &str = "RAWSHAKE_TEST_MARK";

/// Processes with this mark.
fn marked(mark: &str) -> Vec<String> {
    let wanted = format!("{MARK}={mark}");
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str().map(str::to_owned));
    let has_mark = |name: &String| {
        let environment = fs::read(format!("/proc/{name}/environ")).unwrap_or_default();
        environment.split(|octet| *octet == 0).any(|variable| variable == wanted.as_bytes())
    };
    names.filter(|name| name.bytes().all(|octet| octet.is_ascii_digit())).filter(has_mark).collect()
}

/// Starts it, kills it a moment after so many processes of it are there, and waits until nothing of it is left.
fn killed(mut lab: Command, processes: usize, moment: Duration) {
    let mark = format!("{:?}-{processes}-{moment:?}-{}", lab.get_args().nth(1), std::process::id());
    let mut child = lab.env(MARK, &mark).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
    // The bounds are there so that a broken lab ends the test.
    let deadline = Instant::now() + Duration::from_secs(60);
    while marked(&mark).len() < processes {
        assert!(Instant::now() < deadline, "{lab:?}: {:?} are there, not {processes}", marked(&mark));
    }
    sleep(moment);
    child.kill().expect("a signal");
    child.wait().expect("an end");
    while !marked(&mark).is_empty() {
        assert!(Instant::now() < deadline, "{lab:?} after {processes}, {moment:?}: {:?} are left", marked(&mark));
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn nothing_is_left_behind_whenever_it_is_killed() {
    if !has_lab() {
        return;
    }
    // One that is not ours any more, some that do not hear signals.
    let stubborn = "setsid sleep 1000 & (trap '' HUP TERM INT; sleep 1001 & sleep 1002) & nohup sleep 1003 & wait";
    let hybrid = || crate::program::command("serve --model hybrid --clients 2 --silence 60");
    let run = || lab(&["run"], &["sh", "-c", stubborn]);
    std::thread::scope(|scope| {
        for moment in [0, 300, 1500].map(Duration::from_micros) {
            scope.spawn(move || (1..=8).for_each(|processes| killed(run(), processes, moment)));
            // The lab, the server, its workers, and the clients.
            scope.spawn(move || (1..=7).for_each(|processes| killed(hybrid(), processes, moment)));
        }
    });
}

#[test]
fn a_lab_that_ends_takes_its_guests_with_it() {
    if !has_lab() {
        return;
    }
    in_own_network(|| {
        let waiting = crate::joining::Waiting::start("serve");
        let mark = format!("guest-{}", std::process::id());
        let guest = lab(&["run", "--join"], &["sleep", "1000"]).env(MARK, &mark).spawn();
        let guest = guest.expect("the program");
        let deadline = Instant::now() + Duration::from_secs(20);
        while marked(&mark).len() < 4 {
            assert!(Instant::now() < deadline, "{:?}", marked(&mark));
            sleep(Duration::from_millis(5));
        }
        drop(waiting);
        let said = Said::of(guest.wait_with_output().expect("an end"));
        assert_eq!(said.code, Some(129), "{said:?}");
        // The kernel ends what is left after who told of it has ended.
        while !marked(&mark).is_empty() {
            assert!(Instant::now() < deadline, "{:?}", marked(&mark));
            sleep(Duration::from_millis(5));
        }
    });
}
