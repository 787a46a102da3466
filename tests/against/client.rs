//! The client's side, played to kernels and to ourselves.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use rawshake::lab::{INTERFACE, SERVER, YOU};
use rawshake::sys::Version;

use crate::program::{
    REQUESTS, Said, TURNS, ask_ten_times, changed, command, conversation, http, in_lab, play, record,
};

/// A wire that loses one frame of twenty, and lets one of twenty be overtaken.
const UNKIND: &str = "loss=5% reorder=5% seed=3";
/// The lab's HTTP server tells the time.
const DATE: &str = r"Date: [^\r]*";

#[test]
fn the_same_is_heard_from_the_kernels_server() {
    in_lab(None, |_| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let said = play(&recorded.path, &["--against", "192.0.2.2:80", "--ignore", DATE]);
        said.assert_same();
        assert_eq!(said.rerun()["differences"], serde_json::json!([]));
        // The port is the recorded server's, and IPv6 does as well.
        play(&recorded.path, &["--against", "2001:db8::2", "--ignore", DATE]).assert_same();
    });
}

#[test]
fn the_same_is_heard_over_a_wire_that_is_not_kind() {
    in_lab(Some(UNKIND), |lab| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        // Recorded octets came again and out of order, too.
        let conversation = conversation(&recorded.path, http().port());
        assert_eq!(conversation.turns().len(), TURNS);
        play(&recorded.path, &["--against", "192.0.2.2", "--ignore", DATE]).assert_same();
        lab.serve(changed(&conversation, |_, answer| answer), 8888).unwrap();
        let said = play(&recorded.path, &["--against", "192.0.2.2:8888"]);
        said.assert_same();
        assert!(said.out.contains("retransmission"), "nothing was lost");
    });
}

/// Plays from the far host to a listener of ours on the near one, after a kernel's client has been recorded there.
fn against_listen(wire: Option<&str>) {
    in_lab(wire, |lab| {
        let mut listener = Command::new(env!("CARGO_BIN_EXE_rawshake"));
        listener.args(["listen", "8080", "--reply", "http", "-c", "2", "--format", "json"]);
        let mut listener = listener.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(listener.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        assert!(line.starts_with("LISTEN"), "{line}");
        let mut out = listener.stdout.take().unwrap();
        let listened = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let server = (YOU.ip(Version::V4), 8080).into();
        let said = lab.on_server(move || {
            let recorded = record(SERVER.name, || ask_ten_times(server));
            play(&recorded.path, &["--against", "192.0.2.1:8080", "--ignore", DATE])
        });
        said.unwrap().assert_same();
        assert_eq!(listener.wait().unwrap().code(), Some(0));
        let text = listened.join().unwrap();
        assert_eq!(text.lines().filter(|line| line.contains(r#""handshake":"three-way""#)).count(), 2, "{text}");
    });
}

#[test]
fn the_same_is_heard_from_a_server_made_by_hand() {
    against_listen(None);
}

#[test]
fn the_same_is_heard_from_a_server_made_by_hand_over_a_wire_that_is_not_kind() {
    against_listen(Some(UNKIND));
}

#[test]
fn a_header_more_is_the_first_difference() {
    in_lab(None, |lab| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let conversation = conversation(&recorded.path, http().port());
        let with_header = |number, answer: Vec<u8>| match number {
            6 => [&answer[..17], b"X-New: 1\r\n", &answer[17..]].concat(),
            _ => answer,
        };
        lab.serve(changed(&conversation, with_header), 8888).unwrap();
        let said = play(&recorded.path, &["--against", "192.0.2.2:8888"]);
        let (rerun, answer) = (said.rerun(), conversation.server.octets.len() / REQUESTS);
        assert_eq!((said.code, &rerun["same"]), (Some(1), &false.into()), "{said:?}");
        let bytes = &rerun["bytes"];
        // The seventh answer, the fourteenth turn: behind the status line.
        let at = 6 * answer + 17;
        assert_eq!(
            (&bytes["recorded_at"], &bytes["live_at"], &bytes["turn"]),
            (&at.into(), &at.into(), &serde_json::json!([14, TURNS]))
        );
        assert!(bytes["recorded"].as_str().unwrap().starts_with("Date: "), "{bytes}");
        assert!(bytes["live"].as_str().unwrap().starts_with(r"X-New: 1\r\nDate: "), "{bytes}");
        // It was heard out, and asked everything all the same.
        assert_eq!(rerun["said"]["live"], rerun["said"]["recorded"]);
        assert_eq!(rerun["heard"]["live"].as_u64().unwrap(), 10 + rerun["heard"]["recorded"].as_u64().unwrap());
        assert_eq!(said.live()["reset_by"], serde_json::Value::Null);
        let ignored =
            play(&recorded.path, &["--against", "192.0.2.2:8888", "--ignore", r"(X-New: 1\r\n)?Date: [^\r]*"]);
        ignored.assert_same();
    });
}

#[test]
fn an_answer_that_is_cut_short_is_not_waited_for_for_ever() {
    in_lab(None, |lab| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let conversation = conversation(&recorded.path, http().port());
        let cut = |number, answer: Vec<u8>| if number == 9 { answer[..answer.len() - 5].to_vec() } else { answer };
        lab.serve(changed(&conversation, cut), 8888).unwrap();
        let said = play(&recorded.path, &["--against", "192.0.2.2:8888", "--deadline", "0.5"]);
        let rerun = said.rerun();
        assert_eq!((said.code, &rerun["bytes"]["live"]), (Some(1), &"".into()), "{said:?}");
        assert_eq!(rerun["bytes"]["turn"], serde_json::json!([20, TURNS]));
    });
}

#[test]
fn both_ladders_show_where_they_differ() {
    in_lab(None, |lab| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let conversation = conversation(&recorded.path, http().port());
        let other = |number, answer: Vec<u8>| match number {
            2 => [b"HTTP/1.1 404", &answer[12..]].concat(),
            _ => answer,
        };
        lab.serve(changed(&conversation, other), 8888).unwrap();
        for width in ["80", "120"] {
            let said = Said::of(
                command(&recorded.path, &["--against", "192.0.2.2:8888", "--fast", "--width", width]).output().unwrap(),
            );
            assert_eq!(said.code, Some(1), "{said:?}");
            assert_eq!(said.out.matches('≠').count(), 2, "{}", said.out);
            let heads = said.out.lines().filter(|line| line.contains("192.0.2.1:"));
            // Below each other, or beside each other.
            assert_eq!(heads.count(), if width == "80" { 2 } else { 1 }, "{}", said.out);
            assert!(
                said.out.contains("Recorded: connection 1 of ") && said.out.contains("in turn 6 of 20"),
                "{}",
                said.out
            );
            let wide: Vec<_> = said.out.lines().filter(|line| line.chars().count() > width.parse().unwrap()).collect();
            assert!(wide.is_empty(), "{wide:?}");
        }
    });
}

#[test]
fn the_lab_has_both_ends() {
    let mut path = None;
    in_lab(None, |_| path = Some(record(INTERFACE, || ask_ten_times(http()))));
    let Some(recorded) = path else { return };
    // Within the network of the test; its own lab is another one.
    for (arguments, same) in [
        (&["--against", "server", "--lab"][..], true),
        (&["--against", "server", "--lab", "--wire", UNKIND], true),
        (&["--against", "server", "--lab", "--lab-server", "http", "--ignore", DATE], true),
        (&["--against", "server", "--lab", "--lab-server", "echo", "--wait", "0.05"], false),
        (&["--against", "you", "--as", "server", "--lab"], true),
        (&["--against", "you", "--as", "server", "--lab", "--lab-wire", UNKIND], true),
    ] {
        let said = play(&recorded.path, arguments);
        assert_eq!(
            (said.code, &said.rerun()["same"]),
            (Some(i32::from(!same)), &same.into()),
            "{arguments:?} {said:?}"
        );
    }
}

#[test]
fn who_refuses_and_who_is_silent_is_told() {
    in_lab(None, |_| {
        let recorded = record(INTERFACE, || ask_ten_times(http()));
        let said = play(&recorded.path, &["--against", "192.0.2.2:81"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        let failure = said.rerun()["failure"].as_str().unwrap().to_owned();
        assert!(failure.starts_with("192.0.2.2:81 refused the connection"), "{failure}");
        assert_eq!(said.rerun()["bytes"], serde_json::Value::Null);
        // The fewest SYNs that a second or so has time for, and not all the repetitions that data would have.
        let said = play(&recorded.path, &["--against", "192.0.2.3", "--deadline", "0.5"]);
        let failure = said.rerun()["failure"].as_str().unwrap().to_owned();
        assert!(
            ["no answer from 192.0.2.3:80: 1 SYN ", "no answer from 192.0.2.3:80: 2 SYNs "]
                .iter()
                .any(|words| failure.starts_with(words)),
            "{failure}"
        );
        assert_eq!((said.code, &said.rerun()["bytes"]), (Some(1), &serde_json::Value::Null));
    });
}
