//! `--only` and `--where`: which connections are shown, in every output.

use std::io::Write as _;
use std::process::Stdio;

use crate::program::{FILES, Said, bytes, command, packets, pcapng, replay};

/// The files of the connections that are shown, in order.
fn shown(arguments: &[&str]) -> Vec<&'static str> {
    let output = command(&format!("--list --format csv {FILES}")).args(arguments).output().expect("the program");
    let said = Said::of(output);
    assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
    let numbers = said.out.lines().skip(1).map(|line| line.split(',').next().and_then(|word| word.parse().ok()));
    let files: Vec<_> = FILES.split(' ').collect();
    let mut numbers: Vec<usize> = numbers.map(|number| number.expect("a number")).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| files[number - 1]).collect()
}

#[test]
fn only_some_verdicts() {
    assert_eq!(shown(&["--only", "refused"]), ["refused.pcap"]);
    assert_eq!(shown(&["--only", "reset,unanswered"]), ["reset.pcap", "unanswered.pcap"]);
    assert_eq!(shown(&["--only", "syn-retransmission"]), ["unanswered.pcap"]);
    assert_eq!(
        shown(&["--only", "none", "--only", "one-sided"]),
        ["refused.pcap", "unanswered.pcap", "never-closes.pcap"]
    );
    let wrong = replay("--only rejected reset.pcap");
    assert!(wrong.code == Some(2) && wrong.err.contains("possible values: three-way"), "{wrong:?}");
}

#[test]
fn those_for_which_an_expression_holds() {
    assert_eq!(shown(&["--where", "handshake = refused or closed = reset"]), ["reset.pcap", "refused.pcap"]);
    assert_eq!(shown(&["--where", "syns > 1"]), ["unanswered.pcap"]);
    assert_eq!(shown(&["--where", "client ~ 2001:db8"]), ["ipv6.pcap"]);
    assert_eq!(shown(&["--where", "half_close"]), ["half-close.pcap"]);
    assert_eq!(shown(&["--where", "syns > 1", "--only", "reset"]), <[&str; 0]>::default());
}

#[test]
fn a_wrong_expression_is_shown_with_its_place() {
    let said = Said::of(command("reset.pcap").args(["--where", "syns and bites > 3"]).output().expect("the program"));
    assert_eq!(said.code, Some(2));
    let lines: Vec<_> = said.err.lines().collect();
    assert!(
        lines[0].starts_with("rawshake: --where: no field is called \"bites\"; there are: connection, "),
        "{said:?}"
    );
    assert_eq!(lines[1..], ["  syns and bites > 3", "           ^"]);
}

#[test]
fn whole_connections_are_chosen_by_how_they_end() {
    for format in ["lines", "json", "ladder"] {
        let said = replay(&format!("--format {format} --only reset,refused {FILES}"));
        let by_number = |number| replay(&format!("--format {format} -n {number} {FILES}")).out;
        let separator = if format == "ladder" { "\n" } else { "" };
        let files: Vec<_> = FILES.split(' ').collect();
        let number = |name| files.iter().position(|file| *file == name).expect("the file") + 1;
        let [reset, refused] = ["reset.pcap", "refused.pcap"].map(|name| by_number(number(name)));
        // The events of both may stand between each other, but for ladders.
        let in_order = |text: String| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines[..].sort_by_key(|line| if format == "ladder" { String::new() } else { line.clone() });
            lines
        };
        assert_eq!(said.code, Some(0), "{format}");
        assert_eq!(in_order(said.out), in_order(reset + separator + &refused), "{format}");
    }
}

#[test]
fn a_pipe_that_can_be_read_once_gives_the_same() {
    for arguments in
        ["--format lines --only reset", "--format ladder --where closed~reset", "--format csv --only reset"]
    {
        let mut child = command(&format!("{arguments} -"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut input = child.stdin.take().expect("a pipe");
        let all = pcapng(&["refused.pcap", "reset.pcap", "ipv6.pcap"].map(packets).concat());
        input.write_all(&all).expect("packets");
        drop(input);
        let said = Said::of(child.wait_with_output().expect("an end"));
        let file = crate::program::replay_bytes(&all, arguments);
        assert_eq!((said.code, said.out), (Some(0), file.out), "{arguments}");
    }
}

#[test]
fn no_capture_is_made_or_lost_where_none_was_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.pcap");
    let copied = |arguments: &str| {
        Said::of(command(arguments).arg("--pcap").arg(&path).stdin(Stdio::null()).output().expect("the program")).code
    };
    for arguments in ["no-such.pcap", "README.md", "--list no-such.pcap", "--list --only reset no-such.pcap", "-"] {
        assert_eq!((copied(arguments), path.exists()), (Some(2), false), "{arguments}");
    }
    std::fs::write(&path, "precious").expect("a file");
    for arguments in ["--force no-such.pcap", "reset.pcap"] {
        assert_eq!((copied(arguments), std::fs::read(&path).expect("a file")), (Some(2), b"precious".to_vec()));
    }
    assert_eq!(copied("--force no-such.pcap reset.pcap"), Some(2), "one of them cannot be read");
    assert_eq!(std::fs::read(&path).expect("a capture"), bytes("reset.pcap"));
    assert_eq!(copied("--force -f arp reset.pcap"), Some(1));
    assert!(packets(path.to_str().expect("a name")).is_empty());
}

#[test]
fn packets_of_chosen_connections_make_a_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chosen.pcap");
    let output = command(&format!("--list --only reset {FILES} --pcap")).arg(&path).output().expect("the program");
    assert_eq!(Said::of(output).code, Some(0));
    assert_eq!(std::fs::read(&path).expect("a capture"), bytes("reset.pcap"));
    let refused = Said::of(
        command("--only reset - --pcap")
            .arg(folder.path().join("x"))
            .stdin(Stdio::piped())
            .output()
            .expect("the program"),
    );
    assert!(refused.code == Some(2) && refused.err.contains("has to read twice"), "{refused:?}");
}

#[test]
fn nothing_that_was_asked_for_is_said() {
    let said = replay("--only split reset.pcap refused.pcap");
    assert_eq!((said.code, &*said.out), (Some(1), ""));
    assert_eq!(said.err, "2 files: none of 2 connections passes --only split\n");
    let run = |expression: &str| {
        let mut command = command("-n 1 --only reset refused.pcap --where");
        Said::of(command.arg(expression).output().expect("the program"))
    };
    let said = run("client ~ '\u{1b}[2J'");
    let options = "--connection 1 and --only reset and --where \"client ~ '\\u{1b}[2J'\"";
    assert_eq!(said.err, format!("refused.pcap: none of 1 connection passes {options}\n"));
}

/// The verdict with `-v` says what the fields of JSON say.
#[test]
fn a_verbose_verdict_names_what_other_tools_say() {
    for (file, expected) in [
        ("four-segment.pcap", "Briefly conn_state SF, history ShADadFf (Zeek); tcp.completeness 31 (Wireshark)"),
        ("refused.pcap", "Briefly conn_state REJ, history Sr (Zeek); tcp.completeness 37 (Wireshark)"),
    ] {
        let last =
            |options: &str| replay(&format!("{options} --width 100 {file}")).out.lines().last().map(str::to_owned);
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(last("-v").map(|line| words(&line)), Some(words(expected)), "{file}");
        assert!(last("").is_some_and(|line| !line.contains("conn_state")), "{file}");
        let json = replay(&format!("--format json {file}")).out;
        let ended: serde_json::Value = serde_json::from_str(json.lines().last().expect("a line")).expect("JSON");
        let told = ["conn_state", "history"].map(|field| ended[field].as_str().expect("a word").to_owned());
        let told =
            format!("conn_state {}, history {} (Zeek); tcp.completeness {}", told[0], told[1], ended["completeness"]);
        assert!(words(expected).contains(&told), "{told}");
    }
}
