//! The table on a terminal: open connections and those that are over, in place.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};

use crate::common;
use crate::common::support::screen::Terminal;
use crate::load::{self, Load, NEAR};
use crate::program::RAWSHAKE;

/// The program, which is stopped when this is dropped.
struct OnTerminal(Child);

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl OnTerminal {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.0.id().cast_signed()).expect("a process"), signal).expect("a signal");
    }

    /// Ctrl-C; gives the exit code.
    fn end(mut self) -> Option<i32> {
        self.signal(Signal::INT);
        self.0.wait().expect("an end").code()
    }
}

fn start(terminal: (u16, u16), arguments: &str) -> (OnTerminal, Terminal) {
    let (terminal, [input, output, errors]) = Terminal::new(terminal.0, terminal.1);
    let mut command = Command::new(RAWSHAKE);
    command.arg("watch").args(arguments.split(' ')).env("TERM", "xterm").env_remove("NO_COLOR");
    let child = OnTerminal(command.stdin(input).stdout(output).stderr(errors).spawn().expect("the program"));
    // It keeps the other end of the terminal.
    drop(command);
    terminal.until(|text| text.contains("watching "));
    (child, terminal)
}

#[test]
fn a_connection_is_seen_from_its_opening_to_its_end() {
    common::in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:8080").expect("a port");
        let (child, terminal) = start((24, 100), "-i lo --list");
        let mut client = TcpStream::connect("127.0.0.1:8080").expect("a connection");
        let (mut server, _) = listener.accept().expect("a connection");
        terminal.until(|text| text.contains("1 open, 0 over  ") && text.contains(" ESTABLISHED "));
        client.write_all(b"hello").expect("room");
        // What is not read would make its close() a reset.
        server.read_exact(&mut [0; 5]).expect("data");
        terminal.until(|text| text.lines().any(|line| line.contains(" ESTABLISHED ") && line.contains(" 5  ")));
        client.shutdown(std::net::Shutdown::Write).expect("to close");
        terminal.until(|text| text.contains("FIN-WAIT-2/CLOSE-WAIT"));
        // What is asked for stands beside the table, which is drawn again.
        child.signal(Signal::QUIT);
        terminal.until(|text| text.contains("so far ") && text.contains("1 connection; 0 packets dropped"));
        drop(server);
        // One table stands there.
        terminal.until(|text| {
            text.contains("0 open, 1 over  ")
                && text.contains("over: four-segment")
                && text.matches(" over  ").count() == 1
        });
        assert_eq!(child.end(), Some(0));
        let screen = terminal.end();
        assert!(screen.text().contains("0 open, 1 over  ") && screen.text().contains("lo: "), "{screen:?}");
    });
}

#[test]
fn more_than_the_screen_has_lines_is_counted() {
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let (child, terminal) = start((10, 60), &format!("-i {} --list", NEAR.name));
        load::send(&far, Load { at_once: 200, connections: 400, pairs: 1, rate: 10_000 }, || ());
        let text = terminal.until(|text| text.contains("0 open, 400 over  3,200 segments"));
        assert!(text.lines().count() <= 10, "{text}");
        assert_eq!(child.end(), Some(0));
        assert!(!terminal.end().text().contains('\x1b'));
    });
}
