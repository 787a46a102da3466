//! Comments in a capture, as Wireshark's editcap writes them.

use std::path::Path;
use std::process::Command;

use crate::program::{Said, bytes, command, folder, replay_bytes};
use crate::support;

/// A comment that would clear the screen, colour it, and turn the line round.
const EVIL: &str = "\x1b[2J here\u{9b}31m it goes\nwrong\u{202e}!";

/// What editcap with these arguments makes of a capture; none where it is not installed.
fn edited(name: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let (from, to) = (folder().join(name), file.path());
    if !support::installed("comments of captures", "editcap") {
        return None;
    }
    let run = Command::new("editcap").args(["-F", "pcapng"]).args(arguments).args([&*from, to]).output();
    let run = run.expect("editcap");
    assert!(run.status.success(), "{run:?}");
    Some(std::fs::read(to).expect("a file"))
}

fn commented() -> Option<Vec<u8>> {
    edited(
        "four-segment.pcap",
        &["-a", "2:the first answer", "-a", &format!("4:{EVIL}"), "--capture-comment", "from the lab"],
    )
}

/// The only line that holds `text`.
fn line<'a>(said: &'a Said, text: &str) -> &'a str {
    let lines: Vec<_> = said.out.lines().filter(|line| line.contains(text)).collect();
    assert_eq!(lines.len(), 1, "{text}: {said:?}");
    lines[0]
}

#[test]
fn a_comment_stands_with_its_packet_and_that_of_the_section_before_all() {
    let Some(capture) = commented() else { return };
    let said = replay_bytes(&capture, "--format lines");
    assert!(line(&said, "the first answer").ends_with(" [comment: \"the first answer\"]"), "{said:?}");
    assert!(line(&said, "the first answer").contains("Flags [S.]"), "{said:?}");
    assert!(said.out.starts_with("# comment on this section of the capture: \"from the lab\"\n"), "{said:?}");
    let plain = replay_bytes(&bytes("four-segment.pcap"), "--format lines").out;
    assert_eq!((said.out.lines().count(), said.code), (plain.lines().count() + 1, Some(0)));

    let said = replay_bytes(&capture, "--width 80");
    assert!(said.out.starts_with("comment on this section of the capture: \"from the lab\"\n\n"), "{said:?}");
    let above = said.out.lines().take_while(|line| !line.contains("the first answer")).collect::<Vec<_>>();
    let arrows = above.iter().filter(|line| line.contains('▶') || line.contains('◀')).count();
    assert_eq!(arrows, 2, "under the second arrow: {said:?}");
    assert!(!replay_bytes(&capture, "--width 80 -q").out.contains("the first answer"), "arrows alone");
}

#[test]
fn nothing_of_a_comment_reaches_a_terminal_as_it_is() {
    let Some(capture) = commented() else { return };
    for arguments in ["", "--ascii", "-v", "--format lines", "--format json", "--only four-segment"] {
        let said = replay_bytes(&capture, arguments);
        let obeyed = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!said.out.contains(obeyed) && said.out.contains("wrong"), "{arguments}: {said:?}");
    }
    let said = replay_bytes(&capture, "--format json");
    let json: serde_json::Value = serde_json::from_str(line(&said, "wrong")).expect("JSON");
    assert_eq!(json["comments"][0]["text"], EVIL, "a program gets it as it is");
    assert_eq!(json["number"], 4);
    let file: serde_json::Value = serde_json::from_str(line(&said, "from the lab")).expect("JSON");
    assert_eq!([&file["event"], &file["about"], &file["text"]], ["comment", "section", "from the lab"]);
}

/// In files one behind the other, merged, and chosen among: numbers are those of all packets together.
#[test]
fn comments_stay_with_their_packets_in_several_files() {
    let Some(capture) = commented() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("commented.pcapng");
    std::fs::write(&path, capture).expect("a file");
    let run = |arguments: &str| {
        Said::of(command(arguments).args([Path::new("reset.pcap"), &path]).output().expect("the program"))
    };
    for arguments in ["--format lines", "--format lines --merge", "--format lines --only four-segment"] {
        assert!(line(&run(arguments), "the first answer").contains("Flags [S.]"), "{arguments}");
    }
    assert!(run("--list").out.lines().all(|line| !line.contains("the first")), "the list has no place for them");
}

/// A comment in the middle of what would be folded keeps its packet from that.
#[test]
fn a_packet_with_a_comment_is_not_folded() {
    let Some(capture) = edited("duplicate-packets.pcap", &["-a", "14:look here"]) else { return };
    let plain = replay_bytes(&bytes("duplicate-packets.pcap"), "--width 80");
    let said = replay_bytes(&capture, "--width 80");
    assert!(line(&said, "look here").contains("comment: \"look here\""));
    assert!(said.out.lines().count() > plain.out.lines().count() + 1, "its arrow, too");
}

/// Packets of UDP have no connection, and their comments a place all the same.
#[test]
fn comments_on_exchanges_are_shown() {
    let Some(capture) = edited("udp-echo.pcap", &["-a", "1:asks"]) else { return };
    for arguments in ["", "--format lines", "--format json"] {
        assert!(line(&replay_bytes(&capture, arguments), "asks").contains("asks"), "{arguments}");
    }
}
