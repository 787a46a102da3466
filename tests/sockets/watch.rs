//! The same again and again.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::common;
use crate::common::support::program::{RAWSHAKE, Said};

/// It runs until Ctrl-C, and what it said before is left to read.
fn start(arguments: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = Command::new(RAWSHAKE);
    command.arg("sockets").args(arguments.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    (child, out)
}

fn end(child: Child, signal: Signal) -> Said {
    kill_process(Pid::from_raw(child.id().cast_signed()).expect("a process"), signal).expect("a signal");
    Said::of(child.wait_with_output().expect("an end"))
}

#[test]
fn each_block_shows_what_there_is_then() {
    common::in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (child, mut out) = start("--watch 0.05");
        let mut next = || {
            let mut line = String::new();
            assert!(out.read_line(&mut line).expect("a line") > 0, "it ended");
            line
        };
        assert!(next().starts_with("1 socket at "));
        let _client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        while !next().starts_with("3 sockets at ") {}
        assert!(next().contains("Local"));
        // The first such block may be of the middle of the handshake.
        while !next().contains("; 1 of ") {}
        // What goes on being written must not stop it.
        let reader = std::thread::spawn(move || out.lines().count());
        let said = end(child, Signal::INT);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        reader.join().expect("the rest");
    });
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    common::in_own_network(|| {
        let _listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (child, out) = start("--watch 0.01 --format json");
        drop(out);
        assert_eq!(Said::of(child.wait_with_output().expect("an end")).code, Some(0));
    });
}

#[test]
fn a_signal_that_is_not_ctrl_c_shows_in_the_exit_code() {
    common::in_own_network(|| {
        let _listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (child, mut out) = start("--watch");
        out.read_line(&mut String::new()).expect("a line");
        assert_eq!(end(child, Signal::TERM).code, Some(143));
    });
}

#[test]
fn whose_sockets_do_not_show_is_said() {
    common::in_own_network(|| {
        if !rustix::process::geteuid().is_root() {
            return common::impossible("only root can become another user");
        }
        let _listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("rawshake");
        std::fs::copy(RAWSHAKE, &program).expect("a copy");
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everyone).expect("permissions");
        let output = Command::new(&program).args(["sockets", "--format", "lines"]).uid(65534).gid(65534).output();
        let said = Said::of(output.expect("rawshake as nobody"));
        assert_eq!((said.code, said.out.contains("process=")), (Some(0), false), "{said:?}");
        assert_eq!(said.err, "1 socket of other users: their processes show as root only, with sudo\n");
        let mine = Said::of(Command::new(RAWSHAKE).args(["sockets", "--format", "lines"]).output().expect("as root"));
        assert!(mine.out.contains("process=") && mine.err.is_empty(), "{mine:?}");
    });
}
