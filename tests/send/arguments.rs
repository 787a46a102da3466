//! Wrong arguments: one clear line each, and nothing is sent.

use crate::common::in_own_network;
use crate::program::{Said, has_lab, send};

#[test]
fn each_wrong_argument_is_told_in_one_line() {
    let table = [
        ("server -p 70000", "70000 is not a port"),
        ("server:70000", "70000 is not a port"),
        ("server --source-port 70000", "not a number from 0 to 65535"),
        ("server -f Q", "Q is no flag"),
        ("server --payload-hex abc", "3 digits are not whole bytes"),
        ("server --payload-hex zz", "'z' is not a hexadecimal digit"),
        ("server --opt md5=abc", "md5: HEX: 3 digits are not whole bytes"),
        ("server --opt nope", "no option is called nope"),
        ("server --opt mss=70000", "mss: not a number from 0 to 65535"),
        ("server --window 70000", "not a number from 0 to 65535"),
        ("server --fragment 7", "from 8 to 65528"),
        ("server --fragment 0", "from 8 to 65528"),
        ("server --data-offset 16", "not a number from 0 to 15"),
        ("server --reserved 8", "not a number from 0 to 7"),
        ("server --ttl 300", "300 is not a time to live"),
        ("server --ttl 9-3", "9-3 goes down"),
        ("server -i x", "write seconds"),
        ("server --rate 0", "packets a second"),
        ("server --udp --icmp 8", "cannot be used with"),
        ("server --icmp 8/999", "the code is not a number"),
        ("server:80 81", "two ports"),
        ("server 80 --sweep 81-82", "ports are named twice"),
        ("server --sweep tos=1", "tos cannot be swept"),
        ("server -T --ttl 5", "cannot be used with"),
        ("server --tcp --udp", "cannot be used with"),
        ("server --fast --faster", "cannot be used with"),
        ("server --sweep ttl=1-3 --ttl 5", "cannot be used with"),
        ("server --sweep ttl=0-256", "256 is not a time to live"),
        ("server --allow-spoof", "required"),
        ("no-such-host.invalid --payload a --payload-hex 00", "cannot be used with"),
    ];
    table.iter().for_each(|(arguments, words)| is_told(&send(arguments), arguments, words));
}

/// Nothing but one line on standard error, and exit code 2.
fn is_told(said: &Said, arguments: &str, words: &str) {
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}: {said:?}");
    assert!(said.err.contains(words), "{arguments}: {}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{arguments}: {}", said.err);
}

#[test]
fn a_host_without_such_an_address_is_told_in_one_line() {
    // With nothing but `lo`, no question leaves this machine.
    in_own_network(|| {
        let table = [
            ("no-such-host.invalid", "cannot find the address of no-such-host.invalid"),
            ("::1 -4", "::1 has no IPv4 address"),
            ("127.0.0.1 -6", "127.0.0.1 has no IPv6 address"),
            ("::1 -4 --from established", "::1 has no IPv4 address"),
        ];
        table.iter().for_each(|(arguments, words)| is_told(&send(arguments), arguments, words));
    });
}

#[test]
fn an_equivalent_needs_no_privilege_and_sends_nothing() {
    let said = send("127.0.0.1 80 -S --seq 1 -s 5 --id 9 --show-equivalent");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let starts: Vec<_> = said.out.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(starts, ["hping3", "nping", "scapy:", "octets:"], "{said:?}");
}

#[test]
fn what_depends_on_the_host_is_told_in_one_line() {
    if !has_lab() {
        return;
    }
    let table = [
        ("no-such-host", "there is no host no-such-host in the lab"),
        ("2001:db8::2 -4", "2001:db8::2 has no IPv4 address"),
        ("192.0.2.2 -6", "192.0.2.2 has no IPv6 address"),
        ("server -6 --ip-opt 0101", "--ip-opt is for IPv4"),
        ("server -6 --df", "--df is for IPv4"),
        ("server --flow-label 1", "--flow-label is for IPv6"),
        ("server --id 65536", "--id has 16 bits in IPv4"),
        ("server --udp -f S", "flags and options are TCP's"),
        ("server --udp --icmp-code 1", "--icmp-code is for --icmp"),
        ("server --frag-offset 4", "a fragment offset of 4 octets cannot be"),
        (
            "server --opt raw=00000000000000000000 --opt md5=0000000000000000000000000000000000000000000000000000000000000000",
            "44 octets of TCP options, but a header has room for 40",
        ),
        ("server --source 198.51.100.9", "198.51.100.9"),
    ];
    table.iter().for_each(|(arguments, words)| is_told(&send(&format!("--lab {arguments}")), arguments, words));
}
