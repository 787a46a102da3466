//! Options that do not go together, and what is wrong with them in one line.

use crate::cable::{captures, replay};

#[test]
fn what_shows_connections_does_not_send() {
    let path = &captures()[0];
    for (option, arguments) in [
        ("--list", "--list"),
        ("--stats", "--stats"),
        ("--protocol and --exchange", "-p udp"),
        ("--only", "--only refused"),
        ("--replay-speed", "--replay-speed 2"),
        ("every --format but json", "--format lines"),
        ("every --format but json", "--format mermaid"),
        ("--pcap", "--pcap nothing.pcap"),
        ("--handout", "--handout blank"),
        ("--width", "--width 90"),
        ("--verbose", "-v"),
    ] {
        let said = replay(path, &format!("--onto lo {arguments}"));
        let line = format!("rawshake: --onto sends packets and shows no connections: leave out {option}");
        assert!(said.err.starts_with(&line) && said.err.lines().count() == 1, "{said:?}");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    }
}

#[test]
fn what_sends_needs_an_interface_and_a_sense() {
    let path = &captures()[0];
    for (arguments, part) in [
        ("--top-speed", "--onto <INTERFACE>"),
        ("--onto lo --top-speed --pps 5", "cannot be used with"),
        ("--lab --against server --top-speed", "cannot be used with"),
        ("--onto lo --against server", "cannot be used with"),
        ("--onto lo --pps 0", "not a number above 0"),
        ("--onto lo --mbps nan", "not a number above 0"),
        ("--onto lo --limit 0", "--limit"),
        ("--onto lo --map-ip 192.0.2.1=::1", "IPv4 cannot become IPv6"),
        ("--onto lo --map-ip 10.0.0.0/8=192.0.2.0/24", "a prefix of 8 bits cannot become one of 24"),
        ("--onto lo --via pigeon", "[possible values: xdp, batch, packet]"),
        ("--onto nosuch", "there is no interface \"nosuch\" here; there are: "),
        ("--onto lo -f ]", "filter \"]\" is not usable"),
    ] {
        let said = replay(path, arguments);
        assert!(said.err.contains(part) && said.err.lines().count() == 1, "{arguments}: {said:?}");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    }
    let said = replay(path, "--onto nosuch");
    assert!(said.err.ends_with("; nothing was sent\n"), "{said:?}");
    let said = replay("-".as_ref(), "--onto lo --loop 2");
    assert!(said.err.contains("--loop reads the capture again"), "{said:?}");
    let said = replay(path, "--onto lo --dry-run --loop 2 --limit 3");
    assert!(said.err.contains("--dry-run looks through one round"), "{said:?}");
    let said = replay("-".as_ref(), "--onto lo --one-at-a-time");
    assert!(said.err.contains("read the capture from a file"), "{said:?}");
}
