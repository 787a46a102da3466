//! Peers that lie: what they say is shown as what it is, not believed, and costs neither time nor memory without bound.

mod peer;

use std::process::{Child, Command, Stdio};

use rawshake::lab::{Options, SILENT, Server};
use rawshake::wire::Flags;
use serde_json::Value;

use self::peer::{Heard, ISN, Liar, Lies, Request, message};
use crate::common;
use crate::common::support::program::{RAWSHAKE, Said};
use crate::run::MEMORY;

/// A lie, told to those who call at the port of its place in the table.
struct Case {
    name: &'static str,
    lie: fn(&Heard) -> Vec<Vec<u8>>,
    arguments: &'static str,
    code: i32,
    /// What the verdict says of how it opened, and of how it closed.
    verdict: [&'static str; 2],
    /// Marks that it has.
    marks: &'static [&'static str],
    /// Octets that the peer said, where that is in question.
    octets: Option<u64>,
}

/// What an honest peer offers.
const WINDOW: u16 = 1000;
/// The port of the first row.
const PORT: u16 = 100;
const RST: Flags = Flags::RST;
const OPENED: [&str; 2] = ["three-way", "three-segment"];

/// What comes of a peer that does not lie.
const HONEST: Case = Case {
    name: "",
    lie: |heard| heard.honest(WINDOW),
    arguments: "",
    code: 0,
    verdict: OPENED,
    marks: &[],
    octets: None,
};

const CASES: &[Case] = &[
    Case {
        name: "a SYN,ACK that acknowledges what was not sent",
        lie: |heard| vec![heard.say(Flags::SYN | Flags::ACK, ISN, heard.seq.wrapping_add(77), WINDOW, b"")],
        arguments: "--retries 1 --timeout 0.2",
        code: 1,
        verdict: ["unanswered", "none"],
        marks: &["unacceptable-ack"],
        ..HONEST
    },
    Case {
        name: "a reset of a SYN without an acknowledgment, and with a wrong one",
        lie: |heard| {
            let forged =
                [heard.say(RST, 0, 0, 0, b""), heard.say(RST | Flags::ACK, 0, heard.seq.wrapping_add(5), 0, b"")];
            if heard.syn { forged.into_iter().chain(heard.honest(WINDOW)).collect() } else { heard.honest(WINDOW) }
        },
        ..HONEST
    },
    Case {
        name: "a reset outside the window",
        lie: |heard| behind_data(heard, |heard| heard.say(RST, heard.ack.wrapping_sub(100_000), 0, 0, b"")),
        marks: &["reset-outside-window"],
        ..HONEST
    },
    Case {
        name: "a reset in the window that is not exact",
        lie: |heard| behind_data(heard, |heard| heard.say(RST, heard.ack.wrapping_add(10), 0, 0, b"")),
        marks: &["reset-inexact"],
        ..HONEST
    },
    Case {
        name: "a reset of exactly RCV.NXT, which is a genuine one for all that anybody can see",
        lie: |heard| behind_data(heard, |heard| heard.say(RST, heard.ack, 0, 0, b"")),
        code: 1,
        verdict: ["three-way", "reset"],
        ..HONEST
    },
    Case {
        name: "ICMP errors that quote nothing, little, and other connections, one of them with IP options",
        lie: |heard| {
            let mut other = heard.packet.clone();
            other[21] ^= 1;
            let errors =
                [vec![], other[..8].to_vec(), heard.packet[..20].to_vec(), other[..28].to_vec(), optioned(&other)];
            let errors = errors.into_iter().flat_map(|quote| [1, 3].map(|code| heard.unreachable(code, &quote)));
            errors.chain(heard.honest(WINDOW)).collect()
        },
        ..HONEST
    },
    Case {
        name: "an ICMP error that quotes our SYN behind IP options, which is about us",
        lie: |heard| vec![heard.unreachable(3, &optioned(&heard.packet))],
        arguments: "--retries 0 --timeout 2",
        code: 1,
        verdict: ["unreachable", "none"],
        marks: &["icmp-error"],
        ..HONEST
    },
    Case {
        name: "a peer that never stops talking",
        lie: |heard| match heard {
            Heard { syn: true, .. } => heard.honest(WINDOW),
            _ => vec![heard.say(Flags::ACK, heard.ack, heard.next(), WINDOW, &[b'x'; 900])],
        },
        arguments: "--deadline 0.5",
        code: 1,
        verdict: ["three-way", ""],
        ..HONEST
    },
    Case {
        name: "a window that stays closed",
        lie: |heard| match heard {
            // Its answers to probes say that nothing of them was taken.
            Heard { syn: false, payload: 1.., .. } => vec![heard.say(Flags::ACK, heard.ack, heard.seq, 0, b"")],
            _ => heard.honest(0),
        },
        arguments: "--deadline 0.8",
        code: 1,
        verdict: ["three-way", ""],
        marks: &["zero-window"],
        ..HONEST
    },
    Case {
        name: "octets that are said twice, and differ",
        lie: |heard| {
            let mut said = heard.honest(WINDOW);
            if heard.payload > 0 {
                for (at, text) in [(0, "AAAA"), (2, "BBBBBB"), (1, "CCC")] {
                    said.push(heard.say(Flags::ACK, heard.ack.wrapping_add(at), heard.next(), WINDOW, text.as_bytes()));
                }
            }
            said
        },
        marks: &["retransmission"],
        octets: Some(8),
        ..HONEST
    },
];

/// What an honest peer says, and behind it, to data, a forgery.
fn behind_data(heard: &Heard, forged: fn(&Heard) -> Vec<u8>) -> Vec<Vec<u8>> {
    let forged = (heard.payload > 0).then(|| forged(heard));
    // Before the acknowledgment, which would let us close.
    forged.into_iter().chain(heard.honest(WINDOW)).collect()
}

/// The packet with four octets of options in its IP header, as if a router had put them there.
fn optioned(packet: &[u8]) -> Vec<u8> {
    let mut bytes = [&packet[..20], &[1, 1, 1, 0], &packet[20..28]].concat();
    bytes[0] = 0x46;
    bytes
}

fn lie(heard: &Heard) -> Vec<Vec<u8>> {
    let case = heard.to.port().checked_sub(PORT).and_then(|row| CASES.get(usize::from(row)));
    case.map_or_else(Vec::new, |case| (case.lie)(heard))
}

/// Echo replies with another identifier, cut, with times from the end of the world, from somebody else; and one of ours.
fn echo(request: &Request) -> Vec<Vec<u8>> {
    let (head, data) = request.message.split_at(8);
    let reply = |id: [u8; 2], data: &[u8], from| {
        message(from, request.from, [0, 0, 0, 0, id[0], id[1], head[6], head[7]], data)
    };
    let (id, here) = ([head[4], head[5]], SILENT.v4.into());
    let absurd = [&[0xff; 16][..], &data[16..]].concat();
    let mut cut = reply(id, data, here);
    cut.truncate(20 + 5);
    vec![
        reply([!id[0], id[1]], data, here),
        cut,
        reply(id, data, [192, 0, 2, 77].into()),
        if head[7] == 1 { reply(id, &absurd, here) } else { reply(id, data, here) },
    ]
}

/// A run in as much memory as any other may take.
fn start(arguments: &str) -> Child {
    let line = format!("ulimit -v {MEMORY} && exec timeout -s KILL 30 \"$0\" {arguments}");
    let mut command = Command::new("sh");
    command.args(["-c", &line, RAWSHAKE]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("sh")
}

fn marks(verdict: &Value) -> Vec<&str> {
    verdict["marks"].as_array().expect("marks").iter().filter_map(Value::as_str).collect()
}

#[test]
fn no_lie_is_believed_and_each_is_shown() {
    let options = Options { server: Server::Refuses, ..Options::default() };
    common::in_lab(&options, |lab| {
        let _liar = Liar::start(lab, Lies { segment: lie, echo });
        let address = SILENT.v4;
        let runs: Vec<_> = (PORT..)
            .zip(CASES)
            .map(|(port, case)| {
                let line = format!("trace {address}:{port} --send hello --format json {}", case.arguments);
                (case, start(&line))
            })
            .collect();
        // All at once; each is read while the others go on, since a full pipe would stop it.
        let said: Vec<_> = runs
            .into_iter()
            .map(|(case, child)| (case, std::thread::spawn(|| Said::of(child.wait_with_output().expect("its end")))))
            .collect();
        for (case, said) in said {
            let said = said.join().expect("UTF-8");
            let end = said.out.lines().last().unwrap_or_default();
            let name = format!("{}: {:?}, {}{end}", case.name, said.code, said.err);
            assert_eq!(said.code, Some(case.code), "{name}");
            let verdict = said.verdict();
            assert_eq!(verdict["handshake"], case.verdict[0], "{name}");
            assert!(case.verdict[1].is_empty() || verdict["termination"] == case.verdict[1], "{name}");
            assert!(case.octets.is_none_or(|octets| verdict["bytes_server"] == octets), "{name}");
            let lacking: Vec<_> = case.marks.iter().filter(|mark| !marks(&verdict).contains(mark)).collect();
            assert!(lacking.is_empty(), "{lacking:?} lacking: {name}");
        }
    });
}

#[test]
fn an_echo_reply_is_ours_or_it_is_none() {
    let options = Options { server: Server::Refuses, ..Options::default() };
    common::in_lab(&options, |lab| {
        let _liar = Liar::start(lab, Lies { segment: lie, echo });
        let child = start(&format!("ping -c 2 -i 0.2 -W 1 --format json {}", SILENT.v4));
        let said = Said::of(child.wait_with_output().expect("its end"));
        let replies: Vec<_> = said.events().into_iter().filter(|event| event["event"] == "reply").collect();
        assert_eq!(replies.len(), 2, "{said:?}");
        for reply in replies {
            assert_eq!(reply["from"], SILENT.v4.to_string(), "{reply}");
            let trip = reply["rtt_ms"].as_f64().expect("a round trip");
            assert!((0.0..10_000.0).contains(&trip), "it is by our clock, not by what came back: {reply}");
        }
    });
}
