//! `rawshake ping` beside ping from iputils, in the same network: the same lines but for the times, the same exit code.

#[path = "../common/mod.rs"]
mod common;
mod far_host;
mod letters;
mod probes;
mod programs;
mod router;
mod several;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rawshake::lab::{self, Lab, Options};

use common::{impossible, is_forbidden, refused, skip};
use far_host::{FarHost, Request};
use programs::{Outcome, RAWSHAKE, masked, run, same, same_to};

/// Runs a test on the near host of a lab where iputils is installed, or skips it.
fn beside_iputils(test: impl FnOnce(&Lab)) {
    beside_iputils_in(&Options::default(), test);
}

/// The same in a lab of one's own wishes.
fn beside_iputils_in(options: &Options, test: impl FnOnce(&Lab)) {
    match Command::new("ping").arg("-V").output() {
        Err(error) => return skip(&format!("ping: {error}")),
        Ok(version) if !String::from_utf8_lossy(&version.stdout).contains("iputils") => {
            return skip("the ping that is installed is not that of iputils");
        }
        Ok(_) => {}
    }
    match Lab::enter(options) {
        Ok(lab) => {
            // Only for speed: the kernel gives up on a neighbour after three questions, usually one a second.
            for version in ["ipv4", "ipv6"] {
                let _ = fs::write(format!("/proc/sys/net/{version}/neigh/you/retrans_time_ms"), "50");
            }
            test(&lab);
        }
        Err(lab::Error::Sys(error)) if is_forbidden(&error) => refused(&error),
        Err(error) => panic!("{error}"),
    }
}

const SERVER: [&str; 2] = ["192.0.2.2", "2001:db8::2"];
/// Takes packets and never answers.
const SILENT: [&str; 2] = ["192.0.2.3", "2001:db8::3"];
/// Nobody has this address.
const NOBODY: [&str; 2] = ["192.0.2.9", "2001:db8::9"];

#[test]
fn a_host_that_replies() {
    beside_iputils(|_lab| {
        for options in [
            "-c 3 -i 0.01",
            "-c 5 -i 0.01 -q",
            "-c 2 -i 0.01 -n",
            "-c 2 -i 0.01 -D",
            "-c 2 -i 0.01 -O",
            "-c 2 -i 0.01 -s 0",
            "-c 2 -i 0.01 -s 8",
            "-c 2 -i 0.01 -s 16",
            "-c 2 -i 0.01 -s 1400",
            "-c 1 -s 65507",
            "-c 1 -p ff",
            "-c 1 -p 0aBc1",
            "-c 1 -p ff -q",
            "-c 1 -t 1",
            "-c 1 -t 255",
            "-c 1 -I you",
            "-c 20 -i 0 -q",
            "-c 2 -i 0.01 -w 5",
            "-c 1 -W 0",
        ] {
            SERVER.iter().for_each(|host| same_to(host, options, 0));
        }
        same(&["-c", "1", "-I", "192.0.2.1", SERVER[0]], 0);
        same(&["-c", "1", "-I", "2001:db8::1", SERVER[1]], 0);
    });
}

#[test]
fn names_and_other_spellings() {
    beside_iputils(|_lab| {
        rawshake::sys::link::set_up("lo").unwrap();
        for host in ["localhost", "127.1", "127.0.0.1", "::1", "0.0.0.0"] {
            same_to(host, "-c 2 -i 0.01", 0);
        }
        same_to("localhost", "-c 1 -4 -n", 0);
    });
}

#[test]
fn a_host_that_is_silent() {
    beside_iputils(|_lab| {
        for host in SILENT {
            same_to(host, "-c 3 -i 0.05 -W 0.2", 1);
            same_to(host, "-c 3 -i 0.05 -W 0.2 -O", 1);
            same_to(host, "-c 2 -i 0.05 -W 0.2 -O -D -q", 1);
            same_to(host, "-c 1 -W 0.2 -q", 1);
        }
        // How many requests fit into a deadline is a matter of time.
        let outcome = run(RAWSHAKE, &["ping", "-c", "1", "-i", "0.3", "-w", "0.7", SILENT[0]]);
        assert!(outcome.out.contains(" packets transmitted, 0 received, 100% packet loss"), "{outcome:?}");
        assert_eq!(outcome.code, Some(1));
    });
}

#[test]
fn an_address_that_nobody_has() {
    beside_iputils(|_lab| NOBODY.iter().for_each(|host| same_to(host, "-c 1", 1)));
}

#[test]
fn what_cannot_be_done_exits_with_2() {
    beside_iputils(|_lab| {
        for arguments in [
            "-c 1 nosuch.invalid",
            "-c 1 203.0.113.1",
            "-c 1 2001:db8:1::1",
            "-c 1 -I nosuch 192.0.2.2",
            "-c 1 -I 192.0.2.77 192.0.2.2",
            "-c 1 192.0.2.255",
            "-4 -c 1 2001:db8::2",
            "-6 -c 1 192.0.2.2",
            "-c 1 -p 0g 192.0.2.2",
            "-c 1 -W -1 192.0.2.2",
            "-c 1 -t 0 192.0.2.2",
        ] {
            let arguments: Vec<_> = arguments.split(' ').collect();
            let theirs = run("ping", &arguments);
            let ours = run(RAWSHAKE, &[&["ping"], &arguments[..]].concat());
            assert_eq!((ours.code, theirs.code), (Some(2), Some(2)), "{arguments:?}\n{ours:?}\n{theirs:?}");
            assert!(!ours.err.is_empty(), "{arguments:?} is explained");
        }
        // Where iputils exits with 1, or sends what cannot be sent.
        for arguments in ["-c 0", "-c x", "-t 256", "-i x", "-w -1", "-s 65508", "-p ''", "-s -1"] {
            let arguments: Vec<_> = ["ping", SERVER[0]].into_iter().chain(arguments.split(' ')).collect();
            assert_eq!(run(RAWSHAKE, &arguments).code, Some(2), "{arguments:?}");
        }
        assert_eq!(run(RAWSHAKE, &["ping"]).code, Some(2), "no host");
    });
}

#[test]
fn duplicates_and_late_replies() {
    beside_iputils(|lab| {
        for host in SERVER {
            let Some(far) = FarHost::start(lab, |request| vec![request.reply(), request.reply()]) else { return };
            same_to(host, "-c 3 -i 0.05", 0);
            same_to(host, "-c 3 -i 0.05 -q", 0);
            drop(far);
            let _late = FarHost::start(lab, |request| match request.seq() {
                4 => (1..=4).map(|seq| request.with_seq(seq).reply()).collect(),
                _ => Vec::new(),
            });
            same_to(host, "-c 4 -i 0.05", 0);
            same_to(host, "-c 4 -i 0.05 -O", 0);
        }
    });
}

#[test]
fn a_reply_that_is_missing() {
    beside_iputils(|lab| {
        let honest = |request: &Request| vec![request.reply()];
        let Some(_far) =
            FarHost::start(lab, move |request| if request.seq() == 2 { Vec::new() } else { honest(request) })
        else {
            return;
        };
        for host in SERVER {
            same_to(host, "-c 3 -i 0.05", 0);
            same_to(host, "-c 3 -i 0.05 -O", 0);
            same_to(host, "-c 3 -i 0.05 -w 5", 0);
        }
    });
}

#[test]
fn data_that_comes_back_other_than_it_was_sent() {
    beside_iputils(|lab| {
        let wrong = |request: &Request| vec![request.with_data(|data| data[44] ^= 0x21).reply()];
        let cut = |request: &Request| vec![request.with_data(|data| data.truncate(32)).reply()];
        let long = |request: &Request| vec![request.with_data(|data| data.extend([1, 2, 3])).reply()];
        for host in SERVER {
            let Some(far) = FarHost::start(lab, wrong) else { return };
            same_to(host, "-c 1", 0);
            same_to(host, "-c 1 -s 100 -D", 0);
            drop(far);
            let far = FarHost::start(lab, cut);
            same_to(host, "-c 1", 0);
            drop(far);
            let _far = FarHost::start(lab, long);
            same_to(host, "-c 1", 0);
        }
    });
}

/// Each program with a wire of its own that does the same: ours is the second outcome. None where it cannot be tried.
fn on_the_wire(wire: &str, arguments: &[&str]) -> Option<[Outcome; 2]> {
    let options = Options { wire: Some(wire.parse().expect("a wire")), ..Options::default() };
    let [mut theirs, mut ours] = [None, None];
    beside_iputils_in(&options, |lab| {
        quiet(lab, arguments);
        theirs = Some(run("ping", arguments));
    });
    beside_iputils_in(&options, |lab| {
        quiet(lab, arguments);
        ours = Some(run(RAWSHAKE, &[&["ping"], arguments].concat()));
    });
    Some([theirs?, ours?])
}

/// Nothing of IPv6 on the wire of IPv4, so that frames have the numbers that the test counts on.
fn quiet(lab: &Lab, arguments: &[&str]) {
    if arguments.contains(&SERVER[0]) {
        let off = || fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").expect("a setting of this namespace");
        off();
        lab.on_server(off).expect("the far host is there");
    }
}

/// Replies that come twice, never, damaged and late. iputils does not look at checksums: it shows the wrong data alone,
/// and counts the reply as received.
#[test]
fn a_bad_wire() {
    let arguments = ["-c", "6", "-i", "0.2", "-W", "0.4", SERVER[0]];
    let Some([theirs, ours]) = on_the_wire("dup=4 drop=6 corrupt=10 delay=2ms", &arguments) else { return };
    let received = "5 received, +1 duplicates, 16.6667% packet loss";
    let checked = "4 received, +1 duplicates, +1 corrupted, 33.3333% packet loss";
    assert!(theirs.out.contains(received) && ours.out.contains(checked), "{ours:?}\n{theirs:?}");
    let same = masked(&ours.out).replace(checked, received).replace(" (BAD CHECKSUM!)", "");
    assert_eq!((same, ours.code), (masked(&theirs.out), theirs.code), "{ours:?}\n{theirs:?}");
}

/// What happens to every frame alike, whatever else is on the wire.
#[test]
fn a_wire_that_is_always_bad() {
    for host in SERVER {
        for (wire, said) in [
            ("dup=100%", "2 received, +3 duplicates,"),
            ("corrupt=100%", "0 received, 100%"),
            ("loss=100%", "0 received, 100%"),
        ] {
            let arguments = ["-c", "2", "-i", "0.2", "-W", "0.3", host];
            let Some([theirs, ours]) = on_the_wire(wire, &arguments) else { return };
            assert_eq!(
                (masked(&ours.out), ours.code),
                (masked(&theirs.out), theirs.code),
                "{wire}: {ours:?}\n{theirs:?}"
            );
            assert!(ours.out.contains(said), "{wire}: {ours:?}");
            let own = run(RAWSHAKE, &[&["ping", "--lab", "--lab-wire", wire], &arguments[..]].concat());
            assert_eq!(masked(&own.out), masked(&ours.out), "in the lab of the program itself");
        }
    }
}

/// Every request gets another error.
#[test]
fn errors_by_name() {
    beside_iputils(|lab| {
        let v4: Vec<_> = (0..16).map(|code| (3, code)).chain([(4, 0)]).chain((0..5).map(|code| (5, code))).collect();
        let v4 = [v4, vec![(11, 0), (11, 2), (12, 0)]].concat();
        let v6: Vec<_> = (0..9).map(|code| (1, code)).chain([(2, 0), (3, 0), (3, 1), (3, 2)]).collect();
        let v6 = [v6, (0..4).map(|code| (4, code)).chain([(100, 0), (127, 1)]).collect()].concat();
        for (host, kinds) in [(SERVER[0], v4), (SERVER[1], v6)] {
            let count = kinds.len();
            let answer = move |request: &Request| {
                let kind = kinds.get(usize::from(request.seq()) - 1);
                kind.map(|&(kind, code)| request.error(kind, code)).into_iter().collect()
            };
            let Some(_far) = FarHost::start(lab, answer) else { return };
            same_to(host, &format!("-c {count} -i 0.02 -W 0.3"), 1);
            same_to(host, &format!("-c {count} -i 0.02 -W 0.3 -q"), 1);
            same_to(host, "-c 3 -i 0.2 -O -W 0.3", 1);
            same_to(host, "-w 5", 1);
        }
    });
}

/// Ctrl-C after the second reply, and Ctrl-\ before it.
#[test]
fn a_person_asks_and_stops() {
    beside_iputils(|_lab| {
        let interrupted = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            let mut child =
                command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
            let pid = rustix::process::Pid::from_child(&child);
            let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
            let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
            let (mut text, mut status) = (String::new(), String::new());
            (0..3).for_each(|_| assert_ne!(out.read_line(&mut text).expect("a line"), 0));
            rustix::process::kill_process(pid, rustix::process::Signal::QUIT).expect("a signal");
            err.read_line(&mut status).expect("the status");
            rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a signal");
            out.read_to_string(&mut text).expect("the rest");
            (child.wait().expect("an end").code(), masked(&text), masked(&status))
        };
        // An interval so long that no third request is sent meanwhile.
        let ours = interrupted(RAWSHAKE, &["ping", "-i", "2", SERVER[0]]);
        let theirs = interrupted("ping", &["-i", "2", SERVER[0]]);
        assert_eq!(ours, theirs);
        assert_eq!(ours.0, Some(0));
    });
}

#[test]
fn the_json_is_complete() {
    beside_iputils(|_lab| {
        let outcome = run(RAWSHAKE, &["ping", "--format", "json", "-c", "2", "-i", "0.01", SERVER[0]]);
        let objects: Vec<serde_json::Value> =
            outcome.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let events: Vec<_> = objects.iter().map(|object| object["event"].as_str().expect("an event")).collect();
        assert_eq!(events, ["start", "reply", "reply", "summary"]);
        assert!(objects.iter().all(|object| object["schema"] == 1));
        assert_eq!(objects[0]["socket"], "raw");
        assert_eq!((&objects[2]["icmp_seq"], &objects[2]["from"]), (&2.into(), &SERVER[0].into()));
        assert_eq!((&objects[3]["received"], &objects[3]["loss_percent"]), (&2.into(), &0.0.into()));
        let outcome = run(RAWSHAKE, &["ping", "--format", "json", "-c", "1", "-W", "0.1", SILENT[0]]);
        assert!(outcome.out.contains(r#""event":"timeout""#), "{outcome:?}");
        let outcome = run(RAWSHAKE, &["ping", "--format", "json", "-c", "1", NOBODY[1]]);
        assert!(outcome.out.contains(r#""text":"Destination unreachable: Address unreachable""#), "{outcome:?}");
    });
}

/// Without a raw socket: the kernel's ICMP datagram socket, where it is allowed, and otherwise the ways out.
#[test]
fn an_ordinary_user() {
    beside_iputils(|_lab| {
        let Some(program) = program_for_all() else { return };
        let path = program.path().join("rawshake");
        let as_nobody = |arguments: &[&str]| -> Outcome {
            let mut command = Command::new(&path);
            command.arg("ping").args(arguments).uid(65534).gid(65534);
            Outcome::of(command.output().expect("rawshake as nobody"))
        };
        let refused = as_nobody(&["-c", "1", SERVER[0]]);
        assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{refused:?}");
        for way in ["sudo", "setcap", "--lab"] {
            assert!(refused.err.contains(way), "{way}: {refused:?}");
        }
        fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").expect("a setting of this namespace");
        for [reachable, unreachable] in [[SERVER[0], NOBODY[0]], [SERVER[1], NOBODY[1]]] {
            let json = as_nobody(&["--format", "json", "-c", "1", reachable]);
            assert!(json.out.contains(r#""socket":"datagram""#), "{json:?}");
            for arguments in [vec!["-c", "3", "-i", "0.01", reachable], vec!["-c", "1", unreachable]] {
                let (ours, theirs) = (as_nobody(&arguments), run("ping", &arguments));
                assert_eq!((masked(&ours.out), ours.code), (masked(&theirs.out), theirs.code), "{ours:?}");
            }
        }
        for forbidden in [&["-i", "0.001"][..], &["-f"], &["-l", "4"]] {
            let ours = as_nobody(&[forbidden, &["-c", "1", SERVER[0]]].concat());
            assert_eq!((ours.code, ours.err.lines().count()), (Some(2), 1), "{ours:?}");
        }
        for allowed in ["-f -i 0.002 -c 2 -q", "-l 3 -c 3 -q", "-R -c 1", "-e 4660 -c 1", "-A -c 3 -q -i 0.01"] {
            let arguments: Vec<_> = allowed.split(' ').chain([SERVER[0]]).collect();
            let (ours, theirs) = (as_nobody(&arguments), run("ping", &arguments));
            assert_eq!((masked(&ours.out), ours.code), (masked(&theirs.out), theirs.code), "{allowed}: {ours:?}");
        }
        assert_eq!(as_nobody(&["-c", "1", "-i", "0.002", SERVER[0]]).code, Some(0));
    });
}

/// A copy of the program where everybody may run it; none where this test cannot become another user.
fn program_for_all() -> Option<tempfile::TempDir> {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    if !rustix::process::geteuid().is_root() || !map.split_whitespace().eq(["0", "0", "4294967295"]) {
        impossible("only root can run a program as another user");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a folder for all");
    fs::copy(RAWSHAKE, folder.path().join("rawshake")).expect("a copy");
    Some(folder)
}

/// The lab of the program itself: the same lines as in the lab of this test.
#[test]
fn the_lab_of_ping() {
    beside_iputils(|_lab| {
        for (version, host) in [("-4", SERVER[0]), ("-6", SERVER[1])] {
            let ours = run(RAWSHAKE, &["ping", "--lab", "-c", "5", "-i", "0.01", host]);
            let theirs = run("ping", &["-c", "5", "-i", "0.01", host]);
            assert_eq!((masked(&ours.out), ours.code), (masked(&theirs.out), theirs.code), "{ours:?}");
            let named = run(RAWSHAKE, &["ping", "--lab", "-c", "1", version]);
            assert!(named.out.contains(&format!("64 bytes from server ({host}): icmp_seq=1")), "{named:?}");
        }
        assert_eq!(run(RAWSHAKE, &["ping", "--lab", "-c", "1", "-W", "0.1", "silent"]).code, Some(1));
        assert_eq!(run(RAWSHAKE, &["ping", "--lab", "-c", "1", "example.org"]).code, Some(2));
    });
}
