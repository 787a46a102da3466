//! Names of hosts: looked up where they were asked for and nowhere else, and what comes back is anybody's.

use std::fs;
use std::process::Command;

use crate::common::support::program::{RAWSHAKE, Said};
use crate::common::{self, support};
use crate::looks;

/// Runs a shell's line as root of namespaces of its own with `lo` up and `hosts` in place of /etc/hosts; none where that is
/// not allowed, which is put on record. `$0` is the program.
fn beside_a_liar(hosts: &[u8], line: &str) -> Option<Said> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), hosts).expect("a file");
    let line = format!("mount --bind \"$1\" /etc/hosts && ip link set lo up || exit 99; {line}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c", &line, RAWSHAKE]).arg(file.path());
    let said = Said::of(command.output().expect("unshare"));
    if said.code == Some(99) || said.err.starts_with("unshare: ") {
        common::impossible(&said.err);
        return None;
    }
    Some(said)
}

/// A resolver may call an address anything; only what the program makes of it is shown.
#[test]
fn a_reverse_name_is_no_order() {
    let evil: [(&[u8], bool); 5] = [
        (b"evil\x1b[2J\x1b]0;x\x07", true),
        ("evil\u{202e}\u{200b}\u{9b}31m".as_bytes(), true),
        ("evil\u{5e9}\u{5dc}\u{301}".as_bytes(), true),
        (b"evil\",\"rtt_ms\":0,\"x\":\"\\", true),
        // Not UTF-8, so it is no name.
        (b"evil\xff\xfe\x9b", false),
    ];
    for (name, is_shown) in evil {
        let hosts = [b"127.0.0.9 ", name, b" asked\n127.0.0.1 localhost\n"].concat();
        for arguments in ["", "-v", "--format json"] {
            let line = format!("\"$0\" ping -c 1 {arguments} asked");
            let Some(said) = beside_a_liar(&hosts, &line) else { return };
            assert_eq!(said.code, Some(0), "{said:?}");
            looks::harmless(&said.out, false).and_then(|()| looks::harmless(&said.err, false)).expect("harmless");
            assert!(!said.out.chars().any(rawshake::wire::is_right_to_left), "{said:?}");
            assert_eq!(said.out.contains("evil"), is_shown, "{said:?}");
            if arguments.ends_with("json") {
                let replies = said.events().into_iter().filter(|event| event["event"] == "reply").count();
                assert_eq!(replies, 1, "{said:?}");
            }
        }
    }
}

/// What a run looks at, by strace.
const LOOKING: &str = "strace -f -qq -e trace=connect,/^open -o \"$1.log\" \"$0\"";
/// What whoever looks a name up opens or calls.
const RESOLVER: [&str; 6] =
    ["/etc/hosts", "/etc/resolv.conf", "/nscd/", "resolve/io.systemd.Resolve", "htons(53)", "libnss_dns"];

fn looked_up(arguments: &str) -> Option<Vec<String>> {
    let line = format!("{LOOKING} {arguments} >&2; cat \"$1.log\"; rm \"$1.log\"");
    let said = beside_a_liar(b"127.0.0.9 asked\n127.0.0.1 localhost\n", &line)?;
    let lines = said.out.lines().filter(|line| line.contains(" connect(") || line.contains(" open"));
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{arguments}: {said:?}");
    let is_resolver = |line: &&String| RESOLVER.iter().any(|sign| line.contains(sign));
    Some(lines.iter().filter(is_resolver).cloned().collect())
}

#[test]
fn no_name_is_looked_up_that_was_not_asked_for() {
    if !support::installed("no_name_is_looked_up_that_was_not_asked_for", "strace") {
        return;
    }
    let capture = format!("{}/captures/ping-time-exceeded.pcap", env!("CARGO_MANIFEST_DIR"));
    for (arguments, is_asked) in [
        ("ping -c 1 asked", true),
        ("ping -c 1 127.0.0.9", false),
        ("ping -c 1 -n 127.0.0.9", false),
        ("trace 127.0.0.9:9", false),
        ("trace --udp 127.0.0.9:9", false),
        ("send 127.0.0.9 9 -S", false),
        ("watch -i lo --duration 0.1", false),
        ("listen --lab", false),
        ("sockets", false),
        (&*format!("replay {capture}"), false),
        (&*format!("replay -p all --list {capture}"), false),
    ] {
        let Some(found) = looked_up(arguments) else { return };
        assert_eq!(!found.is_empty(), is_asked, "{arguments}: {found:#?}");
    }
}
