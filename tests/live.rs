//! Live capture, on the loopback interface of a network namespace that the tests make for themselves.
//!
//! Each test that needs one starts itself again inside `unshare`, as root of a user namespace where it is not root
//! already; the inner tests are marked `ignore` so that only that way leads to them.

mod support;

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use rawshake::source::{CaptureFile, Error, Live, LiveOptions, Source as _, Stored, Supply};
use rawshake::wire::{LinkType, Time};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

/// Runs the ignored test `inner` in a network namespace of its own, or says why that is not possible here.
fn in_namespace(test: &str, inner: &str, wrapper: &[&str]) {
    in_namespace_as(&["--map-root-user"], test, inner, wrapper);
}

/// The same as a user that options of unshare(1) describe.
fn in_namespace_as(user: &[&str], test: &str, inner: &str, wrapper: &[&str]) {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.arg("--user").args(user).args(["--net", "--"]);
        command
    };
    let possible = unshare().arg("true").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return support::skip(test, "user namespaces are not allowed here, or unshare(1) is missing");
    }
    let own = std::env::current_exe().unwrap();
    let output = unshare().args(wrapper).arg(own).args(["--exact", inner, "--include-ignored"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Makes the namespace's loopback interface usable.
fn raise_loopback() {
    ip("link set lo up");
}

/// What arrives until nothing has arrived for half a second.
fn drain(live: &mut Live) -> Vec<Stored> {
    let quiet = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };
    let mut packets = Vec::new();
    loop {
        while let Some(packet) = live.next().unwrap() {
            packets.push(Stored::from(packet));
        }
        if poll(&mut [PollFd::new(live, PollFlags::IN)], Some(&quiet)).unwrap() == 0 {
            return packets;
        }
    }
}

/// Sends datagrams of these lengths to a port of the loopback interface, where somebody listens.
fn send(lengths: &[usize]) -> u16 {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = receiver.local_addr().unwrap().port();
    for length in lengths {
        sender.send_to(&vec![b'x'; *length], ("127.0.0.1", port)).unwrap();
    }
    port
}

#[test]
fn loopback_shows_each_packet_once() {
    in_namespace("loopback_shows_each_packet_once", "inner_each_packet_once", &[]);
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_each_packet_once() {
    raise_loopback();
    for interface in ["lo", "any"] {
        let mut live = Live::open(interface, None, LiveOptions::default()).unwrap();
        assert!(live.next().unwrap().is_none());
        let before = now();
        send(&[10, 20, 30]);
        let packets = drain(&mut live);
        let after = now();
        let head = if interface == "lo" { 14 } else { 20 };
        let expected = [10, 20, 30].map(|length| head + 20 + 8 + length);
        assert_eq!(packets.iter().map(|packet| packet.bytes.len()).collect::<Vec<_>>(), expected, "{interface}");
        assert!(packets.iter().all(|packet| before <= packet.time && packet.time <= after), "{packets:?}");
        assert!(packets.iter().any(|packet| packet.time.as_nanos() % 1000 != 0), "no nanoseconds: {packets:?}");
        let link = if interface == "lo" { LinkType::ETHERNET } else { LinkType::LINUX_SLL2 };
        assert_eq!((live.link_type(), live.dropped().unwrap()), (link, 0));
        assert!(packets.iter().all(|packet| packet.link == link));
    }
}

fn now() -> Time {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Time::from_parts(time.tv_sec, time.tv_nsec)
}

#[test]
fn options_and_filter_reach_the_kernel() {
    in_namespace("options_and_filter_reach_the_kernel", "inner_options_and_filter", &[]);
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_options_and_filter() {
    raise_loopback();
    let options = LiveOptions { snaplen: 60, buffer_size: 1 << 16, ..LiveOptions::default() };
    // Lengths are those on the wire, so the filter sees the uncut packet.
    let mut live = Live::open("lo", Some("udp and greater 900"), options).unwrap();
    send(&[10, 1000]);
    let packets = drain(&mut live);
    assert_eq!(packets.iter().map(|packet| packet.original_len).collect::<Vec<_>>(), [1042]);
    // The kernel's ring may leave two octets less than asked for.
    assert!((58..=60).contains(&packets[0].bytes.len()), "{packets:?}");
    // Far more than the buffer holds, while nobody reads: the kernel counts what it had to drop.
    send(&[1000; 5000]);
    assert!(live.dropped().unwrap() > 0);
    let received = drain(&mut live).len() as u64;
    // On loopback the copies that go out are dropped and counted too, though they would not have been shown.
    assert!((5000..=10_000).contains(&(received + live.dropped().unwrap())), "{received}");
}

#[test]
fn an_interface_that_disappears_is_an_error_and_not_silence() {
    in_namespace("an_interface_that_disappears_is_an_error_and_not_silence", "inner_interface_gone", &[]);
}

fn ip(arguments: &str) {
    assert!(Command::new("ip").args(arguments.split(' ')).status().expect("ip, of iproute2").success());
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_interface_gone() {
    ip("link add here type veth peer name there");
    ip("link set here up");
    let mut live = Live::open("here", None, LiveOptions::default()).unwrap();
    // Down is silent: it may come up again.
    ip("link set here down");
    assert!(drain(&mut live).is_empty());
    ip("link delete here");
    let error = loop {
        poll(&mut [PollFd::new(&live, PollFlags::IN)], Some(&Timespec { tv_sec: 1, tv_nsec: 0 })).unwrap();
        if let Err(error) = live.next() {
            break error.to_string();
        }
    };
    assert!(error.starts_with("capture on interface \"here\" failed: "), "{error}");
}

#[test]
fn bad_requests_are_named() {
    in_namespace("bad_requests_are_named", "inner_bad_requests", &[]);
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_bad_requests() {
    raise_loopback();
    let error = |interface, filter| Live::open(interface, filter, LiveOptions::default()).err().unwrap();
    assert!(matches!(error("nosuch0", None), Error::NoInterface { known, .. } if known.contains(&"lo".to_owned())));
    assert!(matches!(error("lo\0", None), Error::NoInterface { .. }));
    let message = error("lo", Some("tcp prot 80")).to_string();
    assert!(
        message.starts_with("filter \"tcp prot 80\" is not usable on packets of link type 1, Ethernet: "),
        "{message}"
    );
}

#[test]
fn without_the_capability_it_is_not_permitted() {
    let drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"];
    if support::installed("without_the_capability_it_is_not_permitted", "setpriv") {
        in_namespace("without_the_capability_it_is_not_permitted", "inner_not_permitted", &drop);
    }
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_not_permitted() {
    let error = Live::open("lo", None, LiveOptions::default()).err().unwrap();
    assert!(matches!(&error, Error::NotPermitted { interface } if interface == "lo"), "{error}");
    let message = error.to_string();
    assert!(["sudo", "setcap", "--lab"].iter().all(|way| message.contains(way)), "{message}");
}

#[test]
fn packets_of_tcpdump_come_through_a_pipe_while_it_runs() {
    let test = "packets_of_tcpdump_come_through_a_pipe_while_it_runs";
    if support::installed(test, "tcpdump") {
        // As root it would become another user, which does not exist there.
        in_namespace_as(&["--map-user=1000", "--keep-caps"], test, "inner_tcpdump", &[]);
    }
}

#[test]
#[ignore = "runs inside a namespace"]
fn inner_tcpdump() {
    raise_loopback();
    let mut tcpdump = Command::new("tcpdump")
        .args(["-i", "lo", "--immediate-mode", "-U", "-w", "-", "udp"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // tcpdump writes the header when it has begun to capture.
    let mut capture = CaptureFile::new(tcpdump.stdout.take().unwrap(), "tcpdump").unwrap();
    for length in [10, 20, 30] {
        send(&[length]);
        assert_eq!(capture.next().unwrap().unwrap().bytes.len(), 14 + 20 + 8 + length);
        assert_eq!(capture.supply(), Supply::Pending);
    }
    assert!(tcpdump.try_wait().unwrap().is_none(), "tcpdump is still running");
    tcpdump.kill().unwrap();
    assert!(capture.next().unwrap().is_none());
    tcpdump.wait().unwrap();
}
