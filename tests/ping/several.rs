//! Several hosts at once, with the summary of fping.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::programs::{RAWSHAKE, masked, run};
use crate::{NOBODY, SERVER, SILENT, beside_iputils};

/// The text with `#` for every time of a summary.
fn masked_times(text: &str) -> String {
    let is_time = |word: &&str| {
        word.matches('.').count() == 1 && word.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
    };
    let word = |word: &str| if word.split('/').all(|part| is_time(&part)) { "#".to_owned() } else { word.to_owned() };
    masked(text).lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn each_host_has_its_summary() {
    beside_iputils(|_lab| {
        let hosts = [SERVER[0], SERVER[1], SILENT[0]];
        let ours = run(RAWSHAKE, &[&["ping", "-q", "-c", "3", "-i", "0.05", "-W", "0.2"], &hosts[..]].concat());
        let summary: Vec<_> = masked_times(&ours.out).lines().skip(4).map(str::to_owned).collect();
        assert_eq!(
            summary,
            [
                "192.0.2.2   : xmt/rcv/%loss = 3/3/0%, min/avg/max = #/#/#",
                "2001:db8::2 : xmt/rcv/%loss = 3/3/0%, min/avg/max = #/#/#",
                "192.0.2.3   : xmt/rcv/%loss = 3/0/100%",
            ],
            "{ours:?}"
        );
        assert_eq!(ours.code, Some(1), "one of them is silent");
        let alive = run(RAWSHAKE, &["ping", "-c", "1", SERVER[0], SERVER[1], SERVER[0]]);
        assert_eq!((alive.code, alive.out.matches(" bytes from ").count()), (Some(0), 3), "{alive:?}");
    });
}

#[test]
fn every_round_trip_is_told_in_the_end() {
    beside_iputils(|_lab| {
        let arguments = ["ping", "-C", "3", "--period", "50", "-W", "0.2", "-q", SERVER[0], NOBODY[0]];
        let ours = run(RAWSHAKE, &arguments);
        let lines: Vec<_> = ours.out.lines().rev().take(2).collect();
        assert_eq!(lines[0], "192.0.2.9 : - - -", "{ours:?}");
        assert_eq!(masked_times(lines[1]), "192.0.2.2 : # # #\n", "{ours:?}");
        let alone = run(RAWSHAKE, &["ping", "-C", "2", "-i", "0.01", "-q", SERVER[0]]);
        assert_eq!(alone.out.lines().last().map(masked_times).as_deref(), Some("192.0.2.2 : # #\n"), "{alone:?}");
    });
}

#[test]
fn lines_and_objects_name_their_host() {
    beside_iputils(|_lab| {
        let ours = run(RAWSHAKE, &["ping", "-O", "-c", "2", "-i", "0.05", "-W", "0.2", SERVER[0], SILENT[0]]);
        assert!(ours.out.contains("\n192.0.2.3: no answer yet for icmp_seq=1\n"), "{ours:?}");
        let json = run(RAWSHAKE, &["ping", "--format", "json", "-c", "1", "-W", "0.2", SERVER[0], SILENT[0]]);
        let objects: Vec<serde_json::Value> =
            json.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let told = |event: &str, field: &str| {
            let object = objects.iter().find(|object| object["event"] == event).expect("an event");
            object[field].as_str().map(str::to_owned)
        };
        assert_eq!(told("reply", "to").as_deref(), Some("192.0.2.2"));
        assert_eq!(told("timeout", "to").as_deref(), Some("192.0.2.3"));
        let summaries: Vec<_> = objects.iter().filter(|object| object["event"] == "summary").collect();
        assert_eq!((&summaries[0]["received"], &summaries[1]["received"]), (&1.into(), &0.into()), "{json:?}");
    });
}

#[test]
fn what_several_hosts_cannot_have() {
    let many = vec!["127.0.0.1"; 129];
    for (arguments, said) in
        [(&many[..], "129 hosts"), (&["127.0.0.1", "::1", "--pcap", "x.pcap"], "--pcap records one host")]
    {
        let ours = run(RAWSHAKE, &[&["ping", "-c", "1"], arguments].concat());
        assert!(ours.code == Some(2) && ours.err.lines().count() == 1 && ours.err.contains(said), "{ours:?}");
    }
}

/// Ctrl-\ counts each host for itself, and the run goes on.
#[test]
fn a_summary_on_the_way() {
    beside_iputils(|_lab| {
        let mut command = Command::new(RAWSHAKE);
        command.args(["ping", "-i", "5", "-W", "5", SERVER[0], SILENT[0]]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let (mut text, mut status) = (String::new(), String::new());
        (0..3).for_each(|_| assert_ne!(out.read_line(&mut text).expect("a line"), 0));
        let signal = |signal| {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, signal).expect("a signal");
        };
        signal(rustix::process::Signal::QUIT);
        (0..2).for_each(|_| assert_ne!(err.read_line(&mut status).expect("a line"), 0));
        assert!(status.starts_with("192.0.2.2: 1/1 packets, 0% loss, "), "{status}");
        assert!(status.ends_with("\n192.0.2.3: 0/1 packets, 100% loss\n"), "{status}");
        signal(rustix::process::Signal::INT);
        out.read_to_string(&mut text).expect("the rest");
        assert!(text.contains("192.0.2.2 : xmt/rcv/%loss = 1/1/0%, "), "{text}");
        assert_eq!(child.wait().expect("an end").code(), Some(1), "one of them is silent");
    });
}
