//! Recordings made by kernels, and the program that plays them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rawshake::craft::conversation::{Act, Conversation, Recorder, Role};
use rawshake::lab::{self, Cue, Deed, Lab, Options, SERVER, Script, Server};
use rawshake::sink::capture::CaptureWriter;
use rawshake::source::{CaptureFile, Live, LiveOptions, Source as _};
use rawshake::sys::Version;
use rawshake::wire::{Content, decode};
use serde_json::Value;
use tempfile::TempDir;

use crate::common;

pub(crate) use crate::common::support::program::Said;

/// Requests of a recorded conversation.
pub(crate) const REQUESTS: usize = 10;
/// Turns: each request, and each answer.
pub(crate) const TURNS: usize = 2 * REQUESTS;

impl Said {
    /// The verdict on the run.
    pub(crate) fn rerun(&self) -> Value {
        self.events().pop().filter(|last| last["event"] == "rerun").unwrap_or_else(|| panic!("{self:?}"))
    }

    /// The tracer's verdict on the live connection.
    pub(crate) fn live(&self) -> Value {
        let ended = |object: &Value| object["event"] == "ended" && object["run"] == "live";
        self.events().into_iter().find(ended).unwrap_or_else(|| panic!("{self:?}"))
    }

    /// The same octets, and a clean beginning and end, with whatever was sent again between them.
    pub(crate) fn assert_same(&self) {
        let (rerun, live) = (self.rerun(), self.live());
        assert_eq!((self.code, &rerun["same"], &rerun["bytes"]), (Some(0), &true.into(), &Value::Null), "{self:?}");
        assert_eq!(rerun["said"]["live"], rerun["said"]["recorded"]);
        assert_eq!(live["handshake"], "three-way");
        assert!(["four-segment", "three-segment"].map(Value::from).contains(&live["termination"]), "{live}");
        assert_eq!((&live["closed_first"], &live["reset_by"]), (&"client".into(), &Value::Null));
    }
}

/// A lab, with such a wire if one is given; or the test is skipped.
pub(crate) fn in_lab(wire: Option<&str>, test: impl FnOnce(&mut Lab)) {
    let wire = wire.map(|wire| wire.parse().expect("a wire"));
    match Lab::enter(&Options { server: Server::Http, wire, ..Options::default() }) {
        Ok(mut lab) => test(&mut lab),
        Err(lab::Error::Sys(error)) if common::is_forbidden(&error) => common::refused(&error),
        Err(error) => panic!("{error}"),
    }
}

/// Where the HTTP server of the lab is.
pub(crate) fn http() -> SocketAddr {
    SocketAddr::new(SERVER.ip(Version::V4), Server::Http.port())
}

/// A capture of a conversation.
pub(crate) struct Recorded {
    pub(crate) path: PathBuf,
    _place: TempDir,
}

/// Captures what `talk` does, on `interface`.
pub(crate) fn record(interface: &str, talk: impl FnOnce()) -> Recorded {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("recorded.pcap");
    let mut live = Live::open(interface, Some("tcp"), LiveOptions::default()).expect("a live capture");
    talk();
    // The kernel shows packets within milliseconds; the last one is what the peer's kernel says at the end.
    std::thread::sleep(Duration::from_millis(300));
    let mut writer = CaptureWriter::create(&path).expect("a file");
    while let Some(packet) = live.next().expect("packets") {
        writer.write(&packet).expect("a packet written");
    }
    writer.finish().expect("a whole file");
    Recorded { path, _place: place }
}

/// A kernel's client asks `server` ten times over one connection, each time when it has the answer, and closes.
pub(crate) fn ask_ten_times(server: SocketAddr) {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    for number in 0..REQUESTS {
        write!(stream, "GET /{number} HTTP/1.1\r\nHost: server\r\nX-Fill: {}\r\n\r\n", "x".repeat(40 * number))
            .unwrap();
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            let mut piece = [0; 4096];
            let len = stream.read(&mut piece).expect("an answer");
            assert!(len > 0, "it closed");
            answer.extend_from_slice(&piece[..len]);
        }
    }
    stream.shutdown(Shutdown::Write).expect("our FIN");
    assert_eq!(stream.read(&mut [0]).expect("its FIN"), 0);
}

/// Head and body, of which the head tells the length.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    body.len() == length.parse::<usize>().expect("a number")
}

/// The program, about to play a recording.
pub(crate) fn command(recorded: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rawshake"));
    command.arg("replay").arg(recorded).args(arguments);
    command
}

/// Plays a recording, with its events as JSON.
pub(crate) fn play(recorded: &Path, arguments: &[&str]) -> Said {
    Said::of(command(recorded, arguments).args(["--format", "json", "--fast"]).output().expect("the program"))
}

/// The conversation in a capture, as the library reads it.
pub(crate) fn conversation(recorded: &Path, server: u16) -> Conversation {
    let mut file = CaptureFile::open(recorded).expect("a capture");
    let mut recorder = Recorder::new(Recorder::LIMIT);
    while let Some(packet) = file.next().expect("packets") {
        if let Content::Segment(segment) = decode(&packet).content {
            let role = if segment.source_port == server { Role::Server } else { Role::Client };
            recorder.segment(packet.time, role, &segment);
        }
    }
    recorder.finish().expect("a conversation")
}

/// What a server is to do that answers as the recorded one, but for what `change` makes of each answer, by its number.
pub(crate) fn changed(conversation: &Conversation, change: impl Fn(usize, Vec<u8>) -> Vec<u8>) -> Script {
    let mut script = Script::default();
    for line in conversation.script(Role::Server) {
        let deed = match line.act {
            Act::Say(octets) => {
                let start = script.octets.len();
                script.octets.extend(change(script.cues.len(), conversation.server.octets[octets].to_vec()));
                Deed::Say(start..script.octets.len())
            }
            Act::Shut => Deed::Shut,
            Act::Reset => Deed::Reset,
        };
        script.cues.push(Cue { heard: line.heard.octets, end: line.heard.fin, think: Duration::ZERO, deed });
    }
    script
}
