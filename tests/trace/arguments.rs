//! Wrong arguments, and missing privileges.

use std::os::unix::process::CommandExt as _;

use crate::common;
use crate::program::{Said, command, has_lab, trace};

#[test]
fn wrong_arguments_are_told_in_one_line() {
    let table = [
        ("server:80 81", "two ports"),
        ("server 65536", "65536 is not a port"),
        ("server:70000", "70000 is not a port"),
        ("server no-such-service", "no service is called no-such-service"),
        ("[::1", "lacks its closing bracket"),
        ("a:b:c", "neither HOST:PORT nor an IPv6 address"),
        ("127.0.0.1:", "there is no port behind the last colon of 127.0.0.1:"),
        ("::1:80", "write [::1:80] for that address, or [::1]:80 for a port"),
        ("server --window 65536 --no-wscale", "a window of 65536 does not fit"),
        ("server --count 2 --source-port 4000", "--source-port is one port"),
        ("server --count 2 --isn 5", "--isn is one number"),
        ("server --count 2 --open simultaneous", "leave out --open"),
    ];
    table.iter().for_each(|(arguments, words)| is_told(&trace(arguments), arguments, words));
}

/// Nothing but one line on standard error, and exit code 2.
fn is_told(said: &Said, arguments: &str, words: &str) {
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}: {said:?}");
    assert!(said.err.starts_with("rawshake: ") && said.err.contains(words), "{arguments}: {}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{arguments}: {}", said.err);
}

#[test]
fn a_host_without_such_an_address_is_told_in_one_line() {
    // With nothing but `lo`, no question leaves this machine.
    common::in_own_network(|| {
        for (arguments, words) in [
            ("no-such-host.invalid", "cannot find the address of no-such-host.invalid"),
            ("::1 -4", "::1 has no IPv4 address"),
            ("127.0.0.1 -6", "127.0.0.1 has no IPv6 address"),
            ("127.0.0.1 --send-hex abc", "--send-hex: 3 digits are not whole bytes"),
        ] {
            is_told(&trace(arguments), arguments, words);
        }
    });
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for arguments in [
        "",
        "server -4 -6",
        "server --send a --http",
        "server --send-hex 00 --send-file x",
        "server --no-options --mss 500",
        "server --wscale 15",
        "server --ttl 0",
        "server --timeout 0",
        "server --isn 4294967296",
        "server --source-port 70000",
        "server --window 4294967296",
        "server --close sometimes",
        "server --rst-guard maybe",
        "server --lab-server echo",
        "--lab --lab-server nobody",
        "server -q -v",
        "server --parallel 2",
        "server --rate 2",
        "server --count 0",
        "server --count 2 --parallel 25001",
        "server --count 2 --rate 0",
    ] {
        let said = trace(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}: {said:?}");
        assert!(said.err.starts_with("rawshake: "), "{arguments}: {}", said.err);
    }
}

#[test]
fn what_to_send_is_read_before_anything_is_sent() {
    if !has_lab() {
        return;
    }
    for (arguments, words) in [
        ("--lab --send-hex 0g", "--send-hex: 'g' is not a hexadecimal digit"),
        ("--lab --send-file /no/such/file", "cannot open /no/such/file to send it"),
    ] {
        let said = trace(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn without_privileges_there_are_three_ways_out() {
    const NOBODY: u32 = 65534;
    let mut command = command("127.0.0.1:80");
    if rawshake::sys::privilege::is_root() {
        command.uid(NOBODY).gid(NOBODY);
    } else if rawshake::sys::privilege::Privileges::effective().net_raw {
        return common::impossible("this user has CAP_NET_RAW, and cannot become another");
    }
    let said = match command.output() {
        Ok(output) => Said::of(output),
        Err(error) => return common::impossible(&format!("an ordinary user cannot run the program: {error}")),
    };
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    for way in ["sudo", "setcap cap_net_raw,cap_net_admin+ep", "--lab"] {
        assert!(said.err.contains(way), "{}", said.err);
    }
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
}

#[test]
fn loopback_addresses_keep_to_the_loopback_interface() {
    if !has_lab() {
        return;
    }
    for (arguments, words) in [
        ("127.0.0.1:80 -I you", "cannot be reached through you"),
        ("[::1]:80 -I you", "cannot be reached through you"),
        ("192.0.2.9 -I lo", "192.0.2.9"),
        ("--source ::1", "--source ::1 is a loopback address"),
        ("--source 127.0.0.1", "--source 127.0.0.1 is a loopback address"),
    ] {
        let said = trace(&format!("--lab {arguments}"));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}: {said:?}");
        assert!(said.err.contains(words) && said.err.lines().count() == 1, "{arguments}: {}", said.err);
    }
    let said = trace("--lab 127.0.0.1:9 -I lo --source 127.0.0.2");
    assert!(said.code == Some(1) && said.out.contains("Refused"), "{said:?}");
}
