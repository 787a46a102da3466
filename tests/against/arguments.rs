//! What cannot be played is told in one line, before anything is sent.

use std::path::Path;

use crate::program::{Said, command};

fn refused(capture: &str, arguments: &[&str]) -> String {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(capture);
    let said = Said::of(command(&capture, arguments).output().unwrap());
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    let mut lines: Vec<_> = said.err.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 1, "{}", said.err);
    lines.remove(0)
}

#[test]
fn captures_that_hold_no_whole_conversation() {
    for (capture, complaint) in [
        ("udp-echo.pcap", "there is no TCP connection in "),
        ("mid-stream.pcap", "the capture lacks its handshake: no SYN of the client was seen"),
        ("gap-in-capture.pcap", "the capture lacks octets of the client, from octet 0"),
        ("refused.pcap", "it never opened: no SYN of the server answers that of the client"),
        ("syn-flood.pcap", "choose one with --connection"),
        ("no-such-file.pcap", "cannot open capture file"),
    ] {
        let line = refused(capture, &["--against", "192.0.2.2"]);
        assert!(line.contains(complaint), "{capture}: {line}");
    }
    let line = refused("four-segment.pcap", &["--against", "192.0.2.2", "-n", "7"]);
    assert!(line.contains("there is no connection 7 in "), "{line}");
}

#[test]
fn arguments_that_make_no_sense() {
    for (arguments, complaint) in [
        (&["--fast"][..], "--against <HOST[:PORT]>"),
        (&["--against", "a:b:c"], "neither HOST:PORT nor an IPv6 address"),
        (&["--against", "server", "--list"], "cannot be used with"),
        (&["--against", "server", "--as", "nobody"], "invalid value 'nobody'"),
        (&["--against", "server", "--ignore", "("], "unclosed group"),
        (&["--against", "server", "--ignore", "x*"], "it matches nothing at all"),
        (&["--against", "server", "--format", "csv"], "--format csv is for --list"),
        (&["--against", "you", "--as", "server", "--lab", "--lab-server", "http"], "--lab-server serves a client"),
    ] {
        let line = refused("four-segment.pcap", arguments);
        assert!(line.contains(complaint), "{arguments:?}: {line}");
    }
}
