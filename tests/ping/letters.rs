//! The letters that change what is sent, or when.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::common::skip;
use crate::programs::{RAWSHAKE, masked, run, same_to};
use crate::{NOBODY, SERVER, SILENT, beside_iputils};

#[test]
fn letters_of_pace() {
    beside_iputils(|_lab| {
        for host in SERVER {
            for options in
                ["-f -c 20 -q", "-A -c 5 -i 0.05 -q", "-l 3 -c 5 -i 0.05", "-f -i 0.01 -c 3 -q", "-l 5 -f -c 50 -q"]
            {
                same_to(host, options, 0);
            }
        }
        let arguments = ["ping", "-l", "3", "-c", "5", "-i", "0.05", SERVER[0]];
        for (program, arguments) in [("ping", &arguments[1..]), (RAWSHAKE, &arguments)] {
            let outcome = run(program, arguments);
            assert!(outcome.out.contains(" ms, pipe "), "several were on their way: {outcome:?}");
        }
        for host in SILENT {
            same_to(host, "-f -c 3 -W 0.2", 1);
            same_to(host, "-f -c 3 -W 0.2 -O", 1);
            same_to(host, "-l 4 -c 4 -W 0.2", 1);
        }
    });
}

/// A dot for each request, and each reply wipes one out, in whatever order they come.
#[test]
fn a_flood_leaves_a_dot_for_what_is_lost() {
    beside_iputils(|_lab| {
        let line = |program: &str, arguments: &[&str]| {
            let outcome = run(program, arguments);
            let line = outcome.out.lines().nth(1).expect("a line of dots").to_owned();
            (line.matches('.').count(), line.matches("\u{8} \u{8}").count(), line.matches("\u{8}E").count())
        };
        for (host, dots) in [(SERVER[0], (7, 7, 0)), (NOBODY[0], (2, 0, 2))] {
            let count = dots.0.to_string();
            assert_eq!(line("ping", &["-f", "-c", &count, host]), dots, "iputils, {host}");
            assert_eq!(line(RAWSHAKE, &["ping", "-f", "-c", &count, host]), dots, "{host}");
        }
    });
}

#[test]
fn a_recorded_route() {
    beside_iputils(|_lab| {
        for options in ["-R -c 3 -i 0.01", "-R -c 1 -q", "-R -n -c 2 -i 0.01", "-R -c 1 -s 0"] {
            same_to(SERVER[0], options, 0);
        }
        let json = run(RAWSHAKE, &["ping", "-R", "-c", "1", "--format", "json", SERVER[0]]);
        assert!(json.out.contains(r#""route":["192.0.2.1","192.0.2.2","192.0.2.2","192.0.2.1"]"#), "{json:?}");
        let v6 = run(RAWSHAKE, &["ping", "-R", "-c", "1", SERVER[1]]);
        assert_eq!((v6.code, v6.err.lines().count()), (Some(2), 1), "{v6:?}");
    });
}

#[test]
fn packets_longer_than_the_path() {
    beside_iputils(|_lab| {
        for [host, fits, long] in [[SERVER[0], "1472", "1473"], [SERVER[1], "1452", "1453"]] {
            for how in ["do", "dont", "want"] {
                same_to(host, &format!("-M {how} -c 1 -s {fits}"), 0);
            }
            same_to(host, &format!("-M dont -c 1 -s {long}"), 0);
            same_to(host, &format!("-M want -c 1 -s {long}"), 0);
            let arguments = ["-M", "do", "-c", "2", "-i", "0.01", "-W", "0.2", "-s", long, host];
            let (theirs, ours) = (run("ping", &arguments), run(RAWSHAKE, &[&["ping"], &arguments[..]].concat()));
            assert_eq!((masked(&ours.out), ours.code), (masked(&theirs.out), theirs.code), "{ours:?}\n{theirs:?}");
            assert_eq!(ours.err.matches("too long").count(), 2, "{ours:?}");
            let probe = run(RAWSHAKE, &["ping", "-M", "probe", "-c", "1", "-s", fits, host]);
            assert_eq!(probe.code, Some(0), "{probe:?}");
        }
    });
}

/// What tshark reads of a request.
#[test]
fn fields_are_on_the_wire() {
    if let Err(error) = Command::new("tshark").arg("-v").output() {
        return skip(&format!("tshark: {error}"));
    }
    beside_iputils(|_lab| {
        let folder = tempfile::tempdir().expect("a folder");
        let cases = [
            ("-e 4660 -Q 0xb8 -M do", SERVER[0], "icmp.type==8", "4660\t0xb8\t1"),
            ("-e 0 -Q 3 -M dont", SERVER[0], "icmp.type==8", "0\t0x03\t0"),
            ("-e 65535 -Q 255", SERVER[1], "icmpv6.type==128", "0xffff\t0x000000ff\t"),
        ];
        for (number, (options, host, filter, expected)) in cases.into_iter().enumerate() {
            let file = folder.path().join(format!("{number}.pcap"));
            let file = file.to_str().expect("a name");
            let arguments: Vec<_> =
                ["ping", "-c", "1", "--pcap", file, host].into_iter().chain(options.split(' ')).collect();
            assert_eq!(run(RAWSHAKE, &arguments).code, Some(0), "{options}");
            let fields = match host {
                host if host == SERVER[0] => ["icmp.ident", "ip.dsfield", "ip.flags.df"],
                _ => ["icmpv6.echo.identifier", "ipv6.tclass", "ip.flags.df"],
            };
            let fields = fields.iter().flat_map(|field| ["-e", field]);
            let read: Vec<_> = ["-r", file, "-Y", filter, "-T", "fields"].into_iter().chain(fields).collect();
            assert_eq!(run("tshark", &read).out.trim_end_matches('\n'), expected, "{options}");
        }
    });
}

/// The kernel's stamps at both ends, as an ordinary raw socket of this machine gives them.
#[test]
fn round_trips_name_their_clock() {
    beside_iputils(|_lab| {
        let json = run(RAWSHAKE, &["ping", "--format", "json", "-c", "3", "-i", "0.01", SERVER[0]]);
        assert_eq!(json.out.matches(r#""clock":"CLOCK_REALTIME""#).count(), 1, "{json:?}");
        assert_eq!(json.out.matches(r#""departure":"kernel""#).count(), 3, "{json:?}");
        assert!(json.out.contains(r#""stamped":3"#) && json.out.contains("rtt_p99_ms"), "{json:?}");
        let verbose = run(RAWSHAKE, &["ping", "-v", "-c", "3", "-i", "0.01", SERVER[1]]);
        for said in ["SO_TIMESTAMPING", "SO_TIMESTAMPNS", "CLOCK_REALTIME", "3 round trips, measured by the kernel"] {
            assert!(verbose.err.contains(said), "{said}: {verbose:?}");
        }
    });
}

#[test]
fn an_error_is_explained() {
    beside_iputils(|_lab| {
        let ours = run(RAWSHAKE, &["ping", "-v", "-c", "1", "-e", "4660", NOBODY[0]]);
        assert!(
            ours.out.contains("ICMP type 3, code 1: the last router, or this machine, asked for the host"),
            "{ours:?}"
        );
        assert!(ours.out.contains("it quotes 192.0.2.1 > 192.0.2.9, ttl 64, tos 0x00, id "), "{ours:?}");
        assert!(ours.out.contains("length 84: your echo request with identifier 4660"), "{ours:?}");
    });
}

#[test]
fn the_distribution_follows_the_summary() {
    beside_iputils(|_lab| {
        let ours = run(RAWSHAKE, &["ping", "-c", "50", "-i", "0", "-q", "--histogram", "--percentiles", SERVER[0]]);
        let (_, after) = ours.out.split_once("ipg/ewma ").expect("the summary");
        let lines: Vec<_> = after.lines().skip(1).collect();
        assert!(lines[0].starts_with("rtt p50/p90/p95/p99 = ") && lines[0].ends_with(" ms"), "{ours:?}");
        let counts = lines[1..].iter().map(|line| line.split_whitespace().nth(4).expect("a count"));
        assert_eq!(counts.map(|count| count.parse::<u64>().expect("a number")).sum::<u64>(), 50, "{ours:?}");
    });
}

/// The terminal is gone: what was seen is told all the same, and the exit code names the signal.
#[test]
fn a_hangup_ends_with_the_summary() {
    beside_iputils(|_lab| {
        // Started under nohup(1), this test would hand the ignored signal on.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", RAWSHAKE, "ping", "-i", "5", SERVER[0]]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a program");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut text = String::new();
        (0..2).for_each(|_| assert_ne!(out.read_line(&mut text).expect("a line"), 0));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("a signal");
        out.read_to_string(&mut text).expect("the rest");
        assert!(text.contains("1 packets transmitted, 1 received, 0% packet loss"), "{text}");
        assert_eq!(child.wait().expect("an end").code(), Some(129), "{text}");
    });
}

#[test]
fn wrong_arguments_get_one_clear_line() {
    let cases = [
        ("-l 0", "'0'"),
        ("-l 65537", "65537"),
        ("-M never", "never"),
        ("-Q 256", "0 to 255"),
        ("-Q x", "0 to 255"),
        ("-e 65536", "65536"),
        ("-e -1", "-1"),
        ("-R -6", "--ipv6"),
        ("--lab --lab-wire spoil=3", "corrupt=6"),
        ("--lab-wire dup=1", "--lab"),
        ("-R -s 65500", "-s 65467"),
        ("-s 70000", "-s 65507"),
        ("-p xy", "xy"),
        ("-6", "127.0.0.1 has no address"),
    ];
    for (options, said) in cases {
        let arguments: Vec<_> = ["ping"].into_iter().chain(options.split(' ')).chain(["127.0.0.1"]).collect();
        let ours = run(RAWSHAKE, &arguments);
        assert_eq!((ours.code, ours.out.as_str()), (Some(2), ""), "{options}: {ours:?}");
        assert!(ours.err.lines().count() == 1 && ours.err.contains(said), "{options}: {ours:?}");
    }
}
