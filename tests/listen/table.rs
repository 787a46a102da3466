//! The table of sockets: in place on a terminal, as lines in a pipe, as events in JSON.

use std::io::Read as _;
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command};

use rawshake::sys::Version;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::common::support::screen::{Screen, Terminal};
use crate::program::{PORT, RAWSHAKE, address, connect, in_lab, listening_plain, serve};

/// `listen --table` on a terminal.
struct OnTerminal {
    child: Child,
    terminal: Terminal,
}

impl OnTerminal {
    fn start(rows: u16, columns: u16, no_color: bool) -> Self {
        let (terminal, [input, output, errors]) = Terminal::new(rows, columns);
        let mut command = Command::new(RAWSHAKE);
        command.args(["listen", &PORT.to_string(), "--table"]).env("TERM", "xterm").env_remove("NO_COLOR");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let child = command.stdin(input).stdout(output).stderr(errors).spawn().expect("the program");
        // It keeps the other end of the terminal.
        drop(command);
        let this = Self { child, terminal };
        this.terminal.until(|text| text.contains("LISTEN port"));
        this
    }

    /// Ctrl-C, which the terminal shows as well. The clients close when the program does. Gives the exit code and the
    /// screen.
    fn interrupt(mut self, clients: Vec<TcpStream>) -> (Option<i32>, Screen) {
        self.terminal.type_in("x");
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, Signal::INT).expect("a signal");
        for mut client in clients {
            assert_eq!(client.read(&mut [0]).expect("an end"), 0, "a FIN, no RST");
        }
        (self.child.wait().expect("an end").code(), self.terminal.end())
    }
}

fn callers(number: usize) -> Vec<TcpStream> {
    (0..number).map(|_| connect(address(Version::V4))).collect()
}

const INTRODUCTION: &str = "LISTEN on port 8080; Ctrl-C ends it";

#[test]
fn the_table_stays_in_its_place() {
    for no_color in [false, true] {
        in_lab(|lab| {
            let listening = OnTerminal::start(24, 80, no_color);
            let mut clients = lab.on_server(|| callers(3)).unwrap();
            // What is drawn arrives in pieces, and the third segment of a handshake after the first.
            let text = listening.terminal.until(|text| {
                text.contains("open 3") && text.matches("ESTABLISHED").count() == 3 && text.lines().count() >= 5
            });
            let rows: Vec<String> = clients
                .iter()
                .map(|client| format!("ESTABLISHED   192.0.2.1:8080  {}", client.local_addr().unwrap()))
                .collect();
            let lines: Vec<&str> = text.lines().collect();
            let heading = "LISTEN port 8080  backlog 0 of 1,024  open 3 of 1,024  served 0";
            assert_eq!(lines[..2], [INTRODUCTION, heading]);
            assert_eq!(lines.len(), 5, "{text}");
            assert!(rows.iter().all(|row| lines[2..].contains(&row.as_str())), "{text}");
            drop(clients.pop());
            listening.terminal.until(|text| text.contains("served 1") && text.lines().count() == 4);
            let (code, screen) = listening.interrupt(clients);
            assert_eq!((code, screen.is_styled), (Some(130), !no_color));
            let summary = "Port 8080: 3 SYNs, 3 accepted, 3 closed in good order";
            assert_eq!(
                (screen.text().as_str(), &screen.scrolled[..]),
                (format!("{INTRODUCTION}\n{summary}").as_str(), &[][..])
            );
        });
    }
}

#[test]
fn a_small_terminal_gets_a_small_table() {
    for (rows, columns, shown) in [(8, 80, 5), (12, 30, 9), (3, 80, 0)] {
        in_lab(|lab| {
            let listening = OnTerminal::start(rows, columns, false);
            let clients = lab.on_server(|| callers(12)).unwrap();
            let more = format!("and {} more", 12 - shown);
            let text = listening.terminal.until(|text| text.contains(&more) && !text.contains("SYN-RECEIVED"));
            assert_eq!(text.matches("LISTEN port").count(), 1, "{text}");
            assert_eq!(text.matches("ESTABLISHED   192.0.2.").count(), shown, "{text}");
            let (code, screen) = listening.interrupt(clients);
            assert_eq!(code, Some(130));
            // Nothing of any table is left, neither on the screen nor above.
            let whole = [screen.scrolled.clone(), vec![screen.text()]].concat().join("\n");
            assert!(!whole.contains("LISTEN port") && !whole.contains("ESTABLISHED"), "{whole}");
            assert!(whole.contains("Port 8080: 12 SYNs"), "{whole}");
        });
    }
}

#[test]
fn in_a_pipe_each_change_is_a_line() {
    in_lab(|lab| {
        let running = listening_plain("--table -c 1");
        let client = lab.on_server(|| connect(address(Version::V4)).local_addr().unwrap()).unwrap();
        let said = running.said();
        let lines = format!("192.0.2.1:8080 ESTABLISHED {client}\n192.0.2.1:8080 CLOSED {client} in good order\n");
        assert_eq!((said.out, said.code), (lines, Some(0)));
    });
}

#[test]
fn in_json_each_change_is_an_event() {
    let said = serve("-c 1 --table", |server| {
        let stream = connect(server);
        stream.shutdown(Shutdown::Write).unwrap();
    });
    let Some(said) = said else { return };
    let events = said.events();
    let tables: Vec<&Value> = events.iter().filter(|event| event["event"] == "sockets").collect();
    let last = tables[tables.len() - 1];
    assert_eq!((&last["sockets"], &last["served"], &last["more"]), (&json!([]), &1.into(), &0.into()));
    assert_eq!(last["backlog"], json!({ "used": 0, "allowed": 1024 }));
    assert!(tables.iter().all(|table| table["port"] == PORT && table["schema"] == 1 && table["time"].is_string()));
    let client = &said.verdict()["client"];
    let mut states: Vec<&Value> = Vec::new();
    for socket in tables.iter().flat_map(|table| table["sockets"].as_array().unwrap()) {
        assert_eq!((&socket["client"], &socket["server"]), (client, &"192.0.2.1:8080".into()));
        states.push(&socket["state"]);
    }
    assert_eq!(states[0], "SYN-RECEIVED");
    // How many states one turn passes through depends on how fast the client is.
    let known = ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK"];
    let places: Vec<_> = states.iter().map(|state| known.iter().position(|known| state == known).unwrap()).collect();
    assert!(places.is_sorted_by(|one, next| one < next), "{states:?}");
}
