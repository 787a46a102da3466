//! UDP and ICMP exchanges beside connections.

use crate::program::{bytes, replay, replay_bytes};

/// A capture of Ethernet frames from several, in this order; all files are of one format.
fn joined(names: &[&str]) -> Vec<u8> {
    const HEADER: usize = 24;
    let mut all = bytes(names[0])[..HEADER].to_vec();
    names.iter().for_each(|name| all.extend_from_slice(&bytes(name)[HEADER..]));
    all
}

fn mixed(arguments: &str) -> crate::program::Said {
    replay_bytes(&joined(&["udp-echo.pcap", "refused.pcap", "udp-port-unreachable.pcap", "ping.pcap"]), arguments)
}

#[test]
fn where_there_is_tcp_only_connections_are_shown() {
    for arguments in ["", "--list", "--format lines", "--format json", "--list --format json"] {
        let said = mixed(arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.out.contains("UDP") && !said.out.contains("udp") && !said.out.contains("echo"), "{}", said.out);
        assert!(said.out.contains("192.0.2.2:81") || said.out.contains("192.0.2.2.81"), "{}", said.out);
    }
    assert_eq!(mixed("").out, mixed("-p tcp").out);
}

#[test]
fn what_was_asked_for_is_shown() {
    insta::assert_snapshot!("exchanges-list", mixed("-p all --list --width 100").out);
    let udp = mixed("-p udp --list").out;
    assert!(udp.contains("UDP") && !udp.contains("ICMP") && !udp.contains("opened"), "{udp}");
    let icmp = mixed("-p icmp --format lines").out;
    assert!(icmp.lines().count() == 6 && icmp.lines().all(|line| line.contains("ICMP echo")), "{icmp}");
    let both = mixed("-p icmp,tcp").out;
    let headings: Vec<_> = both.lines().filter(|line| line.contains(" > ")).collect();
    assert_eq!(headings.len(), 2, "{both}");
    assert!(headings[0].starts_with("Connection 1") && headings[1].starts_with("ICMP echo exchange 2"), "{both}");
}

#[test]
fn one_exchange_is_chosen_by_its_number() {
    let said = mixed("--exchange 2 -q");
    assert!(said.out.contains("echo request") && !said.out.contains("UDP"), "{}", said.out);
    let said = mixed("--exchange 7");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("there is no exchange 7") && said.err.contains("it holds 2"), "{}", said.err);
}

#[test]
fn what_is_not_there_is_said() {
    for (arguments, words) in [
        ("-p udp ping.pcap", "No UDP exchange in this capture: 3 ICMP echo requests, 3 ICMP echo replies."),
        ("-p tcp ping.pcap", "No TCP connection in this capture: 3 ICMP echo requests, 3 ICMP echo replies."),
        ("-p udp,icmp refused.pcap", "No UDP or ICMP exchange in this capture: 2 TCP segments."),
        (
            "-f arp ping.pcap",
            "No TCP connection and no UDP or ICMP exchange among the packets that pass\n--filter \"arp\": no packet.",
        ),
        (
            "-p tcp --width 40 ping.pcap",
            "No TCP connection in this capture: 3\nICMP echo requests, 3 ICMP echo replies.",
        ),
    ] {
        let said = replay(arguments);
        assert_eq!((said.code, said.out.trim_end()), (Some(1), words), "{arguments}");
    }
}

#[test]
fn options_for_connections_do_not_go_with_exchanges() {
    for option in ["-n 1", "--only refused", "--where segments>1", "--list --sort segments", "--format csv"] {
        let said = replay(&format!("-p udp {option} ping.pcap"));
        assert_eq!(said.code, Some(2), "{option}");
        assert!(said.err.contains("knows TCP connections only"), "{}", said.err);
        // Beside them, a capture without TCP has nothing to show.
        let said = replay(&format!("{option} ping.pcap"));
        assert!(said.code != Some(0) && !said.out.contains("echo request  "), "{option}: {said:?}");
    }
    assert_eq!(replay("-p tcp --exchange 1 ping.pcap").code, Some(2));
}

#[test]
fn a_copy_holds_what_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.pcap");
    let arguments = format!("-p udp --format lines --pcap {}", copy.display());
    assert_eq!(mixed(&arguments).code, Some(0));
    let said = replay(&format!("--format lines -p all {}", copy.display()));
    assert!(
        said.out.lines().count() == 6 && !said.out.contains("ICMP echo") && !said.out.contains("Flags"),
        "{}",
        said.out
    );
}

/// So many datagrams that it is decided to show them; the connection behind them is shown as well.
#[test]
fn what_is_held_is_bounded() {
    let (datagrams, connection) = (bytes("udp-unanswered.pcap"), bytes("refused.pcap"));
    let mut file = datagrams.clone();
    (0..8_000).for_each(|_| file.extend_from_slice(&datagrams[24..]));
    file.extend_from_slice(&connection[24..]);
    let said = replay_bytes(&file, "--format lines");
    assert_eq!(said.code, Some(0));
    assert_eq!(said.out.lines().filter(|line| line.contains("UDP")).count(), 3 * 8_001);
    assert_eq!(said.out.lines().filter(|line| line.contains("Flags")).count(), 2);
}
