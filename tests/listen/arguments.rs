//! Wrong arguments: a clear word each, and exit code 2.

use std::process::Command;

use crate::program::RAWSHAKE;

#[test]
fn each_wrong_argument_is_named() {
    for (arguments, words) in [
        ("", "<PORT>"),
        ("0", "not a port: they go from 1 to 65535"),
        ("70000", "not a port: they go from 1 to 65535"),
        ("80 --window 70000", "70000 is not in 1..=65535"),
        ("80 --backlog -1", "-1"),
        ("80 --backlog 1000001", "1000001 is not in 0..=1000000"),
        ("80 --max-connections 0", "0 is not in 1..=20000"),
        ("80 --close later", "first, after, never, reset"),
        ("80 --syn-cookies=maybe", "never, full, always"),
        ("80 --split-handshake --simultaneous", "cannot be used with"),
        ("80 --simultaneous --syn-cookies", "cannot be used with"),
        ("80 --delay-syn-ack soon", "not a number of seconds"),
        ("80 --timeout 0", "more than 0"),
        ("80 --idle 0", "more than 0"),
        ("80 --lab-client hello", "--lab"),
        ("--lab --lab-client burglar", "hello, http, waits, resets, nobody"),
        ("80 -4 -6", "cannot be used with"),
        ("80 -c 0", "0 is not in"),
        ("--lab nosuch", "not a port: they go from 1 to 65535"),
    ] {
        let mut command = Command::new(RAWSHAKE);
        let output = command.arg("listen").args(arguments.split_whitespace()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &[][..]), "{arguments}: {said}");
        assert!(said.lines().count() == 1 && said.contains(words), "{arguments}: {said}");
    }
}
