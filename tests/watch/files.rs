//! `--pcap` with rotation: what the files hold together is what was there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common;
use crate::load::{self, Load, NEAR};
use crate::program::{RAWSHAKE, Said, is_caught_up, watch, watching};

const LOAD: Load = Load { at_once: 100, connections: 1_000, pairs: 2, rate: 10_000 };

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

/// Records the load with these arguments.
fn record(folder: &Path, arguments: &str) -> Said {
    let far = load::cable().expect("a cable");
    let file = folder.join("a.pcap");
    let running = watching(&format!("-i {} --stats --pcap {} {arguments}", NEAR.name, file.display()));
    load::send(&far, LOAD, || ());
    let said = running.stop();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("10,000 packets, 1,000 connections; 0 packets dropped"), "{said:?}");
    said
}

#[test]
fn many_files_are_one_capture() {
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let said = record(folder.path(), "--rotate-size 0.1");
        let files = files(folder.path());
        assert!(files.len() > 5, "{files:?}");
        assert!(files.iter().all(|file| std::fs::metadata(file).expect("a file").len() <= 100_000));
        let mut replay = Command::new(RAWSHAKE);
        let again = Said::of(replay.arg("replay").args(&files).arg("--stats").output().expect("the program"));
        assert_eq!(again.out, said.out);
    });
}

#[test]
fn only_the_newest_files_stay() {
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        record(folder.path(), "--rotate-size 0.1 --files 2");
        let left = files(folder.path());
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.iter().all(|file| !file.ends_with("a-00001.pcap")));
        // What is there already is not replaced.
        let file = folder.path().join("a.pcap");
        let said = watch(&format!("-i lo --pcap {} --rotate-time 60", file.display()));
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains(" is there already; name another file, or say --force to replace it"), "{said:?}");
        assert_eq!(files(folder.path()), left);
    });
}

#[test]
fn a_full_disk_ends_the_file_and_not_the_watching() {
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let mut running = watching(&format!("-i {} --stats --pcap /dev/full --force", NEAR.name));
        load::send(&far, LOAD, || ());
        let told = running.note();
        assert!(told.contains("cannot write to \"/dev/full\"") && told.ends_with("; going on without it\n"), "{told}");
        let said = running.stop();
        assert!(said.err.contains("10,000 packets, 1,000 connections"), "{said:?}");
        assert_eq!(said.code, Some(2));
    });
}

#[test]
fn a_killed_run_leaves_nothing_but_a_whole_capture() {
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.pcap");
        let running = watching(&format!("-i {} --promiscuous --stats --pcap {}", NEAR.name, file.display()));
        load::send(&far, LOAD, || ());
        while std::fs::metadata(&file).expect("a file").len() < 100_000 {}
        running.signal(rustix::process::Signal::KILL);
        assert_eq!(running.said().code, None);
        let sockets = std::fs::read_to_string("/proc/thread-self/net/packet").expect("packet sockets");
        assert_eq!(sockets.lines().count(), 1, "no packet socket is left: {sockets}");
        let link = Command::new("ip").args(["-d", "link", "show", NEAR.name]).output().expect("ip");
        assert!(String::from_utf8_lossy(&link.stdout).contains("promiscuity 0"), "{link:?}");
        let mut replay = Command::new(RAWSHAKE);
        let said = Said::of(replay.arg("replay").arg(&file).arg("--stats").output().expect("the program"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    });
}

#[test]
fn an_interface_that_goes_down_is_told_and_heard_again() {
    common::in_own_network(|| {
        let far = load::cable().expect("a cable");
        let mut running = watching(&format!("-i {} --list", NEAR.name));
        let ip = |arguments: &str| {
            let status = Command::new("ip").args(arguments.split(' ')).status().expect("ip, of iproute2");
            assert!(status.success(), "{arguments}");
        };
        ip("link set near down");
        let told = running.note();
        assert!(told.contains("interface \"near\" is down: nothing is captured until it is up again"), "{told}");
        ip("link set near up");
        load::send(&far, LOAD, || ());
        // Gone is the end, and what was seen is shown all the same.
        while !is_caught_up(&mut running, 10_000) {}
        ip("link delete near");
        let said = running.said();
        assert_eq!((said.code, said.out.lines().count()), (Some(2), 1 + 1_000), "{}", said.err);
        assert!(said.err.contains("10,000 packets, 1,000 connections; "), "{}", said.err);
        assert!(said.err.contains("capture on interface \"near\" failed: "), "{}", said.err);
    });
}
