//! Files that cannot grow any further, and readers that leave.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common;
use crate::run::{RAWSHAKE, Running, Said, command, for_each, run, run_behind};

/// Runs that would write more than a thousand octets to a capture file. Each comes to its end by itself.
const RUNS: [&str; 6] = [
    "trace --lab -q --send-file CAPTURE",
    "send --lab -q -c 20 -i 0.001",
    "listen --lab -q",
    "ping --lab -q -c 20 -i 0.002",
    "replay -q CAPTURE CAPTURE",
    "lab serve -q --clients 3",
];

/// The number of packets in the capture, by capinfos; fails when that has anything to complain of.
fn packets(path: &Path) -> u64 {
    let output = Command::new("capinfos").args(["-M", "-c", "-T", "-r"]).arg(path).output().expect("capinfos");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.trim().rsplit('\t').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// The packets that the file is said to hold.
fn told(said: &Said, why: &str) -> u64 {
    let rest = said.err.split_once("; it is a valid capture of the first ").unwrap_or_else(|| panic!("{said:?}")).1;
    let (number, rest) = rest.split_once(" packets: ").unwrap_or_else(|| panic!("{said:?}"));
    assert!(rest.starts_with(why), "{said:?}");
    number.parse().expect("a number")
}

#[test]
fn a_capture_for_which_there_is_no_room_ends_behind_a_whole_packet() {
    if !common::support::installed("a_capture_for_which_there_is_no_room", "capinfos") {
        return;
    }
    common::in_own_network(|| {
        for_each(&RUNS, |arguments| {
            for name in ["out.pcap", "out.pcapng"] {
                let folder = tempfile::tempdir().expect("a folder");
                // Of 512 octets each.
                let (name, path) = (format!("--pcap {name}"), folder.path().join(name));
                let (command, rest) = arguments.rsplit_once(" -q").expect("all are quiet");
                let said = run_behind("ulimit -f 1", &format!("{command} -q {name}{rest}"), folder.path());
                assert_eq!(said.code, Some(2), "{arguments}: {said:?}");
                assert!(std::fs::metadata(&path).expect("the file").len() <= 512, "{arguments}");
                assert_eq!(told(&said, "File too large"), packets(&path), "{arguments}: {said:?}");
            }
        });
    });
}

#[test]
fn on_a_full_disk_what_was_written_is_whole() {
    if !common::support::installed("on_a_full_disk_what_was_written_is_whole", "capinfos") {
        return;
    }
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        // Gone with its mount namespace, so capinfos looks at it there.
        const SCRIPT: &str = "mount -t tmpfs -o size=64k none \"$1\" || exit 77; cd \"$1\"; shift
            \"$@\" --pcap out.pcap > /dev/null; echo \"code $?\"; capinfos -M -c -T -r out.pcap";
        let many = std::iter::repeat_n(crate::run::CAPTURE, 100);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", SCRIPT, "sh"]).arg(folder.path()).args([RAWSHAKE, "replay", "-q"]).args(many);
        let output = command.output().expect("unshare");
        if output.status.code() == Some(77) {
            return common::impossible(&String::from_utf8_lossy(&output.stderr));
        }
        assert!(output.status.success(), "{output:?}");
        let said = Said::of(output);
        let count = said.out.trim().rsplit('\t').next().and_then(|number| number.parse().ok());
        assert_eq!(count, Some(told(&said, "No space left on device")), "{said:?}");
        assert!(said.out.starts_with("code 2\n") && count > Some(100), "{said:?}");
    });
}

#[test]
fn results_that_cannot_be_written_are_no_success() {
    let folder = tempfile::tempdir().expect("a folder");
    common::in_own_network(|| {
        let runs = [
            "trace --lab",
            "replay CAPTURE --format svg",
            "replay CAPTURE --list",
            "ping --lab -c 1",
            "explain SYN",
            "learn --list",
            "--help",
            "trace --help",
            "--version",
        ];
        for_each(&runs[..], |arguments| {
            let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
            let output = command(arguments, folder.path()).stdout(full).output().expect("the program");
            let said = Said::of(output);
            let line = "cannot write to standard output: No space left on device";
            assert!(said.code == Some(2) && said.err.contains(line), "{arguments}: {said:?}");
        });
        let said = run("quiz CAPTURE --export sheet --force", folder.path());
        assert_eq!(said.code, Some(0), "{said:?}");
        let said = run_behind("ulimit -f 1", "quiz CAPTURE --export sheet --force", folder.path());
        assert!(said.code == Some(2) && said.err.contains("cannot write to \"sheet\": File too large"), "{said:?}");
    });
}

#[test]
fn a_reader_who_leaves_ends_it_and_not_by_a_signal() {
    common::in_own_network(|| {
        let runs = ["trace --lab --format lines", "replay CAPTURE --format lines", "ping --lab -i 0.01"];
        for_each(&runs[..], |arguments| {
            let folder = tempfile::tempdir().expect("a folder");
            let mut running = Running::start(&mut command(arguments, folder.path()));
            assert!(running.line());
            running.stop_reading();
            let said = running.said();
            assert_eq!((said.code, &*said.err), (Some(0), ""), "{arguments}");
        });
    });
}

#[test]
fn a_pipe_that_was_named_has_to_have_a_reader_to_the_end() {
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().expect("mkfifo");
        assert!(made.success());
        let said = run("trace --lab --force --pcap pipe", folder.path());
        let line = "nobody reads from \"pipe\", which is a pipe; start who reads from it first\n";
        assert!(said.code == Some(2) && said.err.ends_with(line), "{said:?}");
        // It reads the header, and leaves; and another holds the pipe open until then.
        let script = "exec 3<> pipe; head -c 24 < pipe > /dev/null & \"$@\" 3<&- & exec 3<&-; wait $!";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", RAWSHAKE, "ping", "--lab", "-c", "9", "-i", "0.05", "--force"]);
        let output = command.args(["--pcap", "pipe"]).current_dir(folder.path()).stdout(Stdio::null()).output();
        let output = output.expect("sh");
        assert_eq!(output.status.signal(), None);
        let said = Said::of(output);
        assert!(said.code == Some(2) && said.err.contains("cannot write to \"pipe\" behind "), "{said:?}");
        assert!(said.err.contains("Broken pipe"), "{said:?}");
    });
}
