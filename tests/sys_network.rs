//! Raw and ICMP sockets, routes and links against the kernel, in namespaces of their own.

mod common;

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::process::Command;

use rawshake::drive::{LiveWire, Wire as _};
use rawshake::sys::icmp::{Config, Kind, Origin};
use rawshake::sys::{self, IcmpSocket, Namespace, RawSender, Version, link, namespace, poll, route, sockdiag};

use common::{in_own_network, segment};

const NEAR: link::Plug<'_> = link::Plug { name: "near", mac: [2, 0, 0, 0, 0, 1] };
const FAR: link::Plug<'_> = link::Plug { name: "far", mac: [2, 0, 0, 0, 0, 2] };

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two namespaces with a cable: this thread has `near`, the result has `far`.
fn cable() -> Namespace {
    let far = std::thread::scope(|scope| {
        scope.spawn(|| namespace::enter_new_network().and_then(|()| Namespace::current())).join().unwrap().unwrap()
    });
    link::create_cable(NEAR, FAR, &far).unwrap();
    let configure = |name: &str, addresses: [&str; 2]| {
        link::offloads_off(name).unwrap();
        link::set_up(name).unwrap();
        link::add_address(name, ip(addresses[0]), 24).unwrap();
        link::add_address(name, ip(addresses[1]), 64).unwrap();
    };
    configure("near", ["192.0.2.1", "2001:db8::1"]);
    far.run(|| configure("far", ["192.0.2.2", "2001:db8::2"])).unwrap();
    // On a busy machine a question for a neighbour may stay without an answer for longer than a kernel asks.
    let introduce = |name: &str, other: link::Plug<'_>, addresses: [&str; 2]| {
        addresses.into_iter().for_each(|address| link::set_neighbour(name, ip(address), other.mac).unwrap());
    };
    introduce("near", FAR, ["192.0.2.2", "2001:db8::2"]);
    far.run(|| introduce("far", NEAR, ["192.0.2.1", "2001:db8::1"])).unwrap();
    far
}

/// What a tool of the system says, for comparison.
fn tool(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            common::skip(&format!("{program}: {error}"));
            None
        }
    }
}

#[test]
fn the_cable_is_as_ip_and_ethtool_see_it() {
    in_own_network(|| {
        let _far = cable();
        if let Some(text) = tool("ip", &["address", "show", "near"]) {
            for part in ["192.0.2.1/24", "2001:db8::1/64", "link/ether 02:00:00:00:00:01", "state UP"] {
                assert!(text.contains(part), "{part} in {text}");
            }
            assert!(!text.contains("fe80") && !text.contains("tentative"), "{text}");
        }
        if let Some(text) = tool("ip", &["neigh"]) {
            assert_eq!(text.matches("lladdr 02:00:00:00:00:02 PERMANENT").count(), 2, "{text}");
        }
        if let Some(text) = tool("ethtool", &["-k", "near"]) {
            for feature in [
                "tx-checksumming",
                "rx-checksumming",
                "scatter-gather",
                "tx-tcp-segmentation",
                "tx-tcp6-segmentation",
                "generic-segmentation-offload",
                "generic-receive-offload",
            ] {
                assert!(text.contains(&format!("{feature}: off")), "{feature} in {text}");
            }
        }
    });
}

#[test]
fn routes_are_the_kernels() {
    in_own_network(|| {
        let _far = cable();
        for (destination, source) in [("192.0.2.9", "192.0.2.1"), ("2001:db8::9", "2001:db8::1")] {
            let found = route::to(ip(destination), None, None).unwrap();
            assert_eq!((found.interface.as_str(), found.source, found.gateway), ("near", ip(source), None));
            assert_eq!((found.mtu, found.loopback), (1500, false));
            assert_eq!(route::to(ip(destination), Some(ip(source)), Some("near")).unwrap(), found);
            let own = route::to(ip(source), None, None).unwrap();
            assert_eq!((own.interface.as_str(), own.source, own.loopback), ("lo", ip(source), true));
        }
        for nowhere in ["198.51.100.1", "2001:db8:1::1"] {
            let error = route::to(ip(nowhere), None, None).unwrap_err();
            assert!(error.is_unreachable(), "{error}");
            assert!(error.to_string().starts_with(&format!("no route to {nowhere}: ")), "{error}");
        }
        let foreign = route::to(ip("192.0.2.2"), Some(ip("203.0.113.5")), None).unwrap_err();
        assert!(matches!(foreign, sys::Error::ForeignSource { .. }), "{foreign}");
        let scoped = route::to(ip("fe80::2"), None, Some("near"));
        assert!(scoped.is_err() || scoped.unwrap().interface == "near");
        if tool("ip", &["route", "add", "default", "via", "192.0.2.2", "mtu", "1400"]).is_some() {
            let far = route::to(ip("198.51.100.1"), None, None).unwrap();
            assert_eq!((far.gateway, far.mtu, far.source), (Some(ip("192.0.2.2")), 1400, ip("192.0.2.1")));
        }
    });
}

#[test]
fn a_refused_packet_says_why() {
    in_own_network(|| {
        let _far = cable();
        for (from, to, nowhere) in
            [("192.0.2.1:1", "192.0.2.2:2", "198.51.100.1"), ("[2001:db8::1]:1", "[2001:db8::2]:2", "2001:db8:1::1")]
        {
            let (from, to) = (from.parse().unwrap(), to.parse::<std::net::SocketAddr>().unwrap());
            let raw = RawSender::open(Version::of(to.ip()), Some("near")).unwrap();
            let long = segment(from, to, "S", 0, 0, &[0; 1500]);
            let error = raw.send(&long, to.ip(), 0).unwrap_err();
            assert!(error.is_too_long(), "{error}");
            raw.send(&long[..60], to.ip(), 0).unwrap();
            let free = RawSender::open(Version::of(to.ip()), None).unwrap();
            let error = free.send(&segment(from, to, "S", 0, 0, b""), ip(nowhere), 0).unwrap_err();
            assert!(error.is_unreachable(), "{error}");
            assert!(error.to_string().contains(nowhere), "{error}");
        }
        let error = RawSender::open(Version::V4, Some("eth99")).map(drop).unwrap_err().to_string();
        assert_eq!(error, "there is no interface \"eth99\" here; there are: lo, near");
    });
}

/// An echo request with a checksum (RFC 792); ICMPv6 needs none from us.
fn echo_request(version: Version, identifier: u16) -> Vec<u8> {
    let mut bytes = match version {
        Version::V4 => vec![8, 0, 0, 0],
        Version::V6 => vec![128, 0, 0, 0],
    };
    bytes.extend(identifier.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(*b"payload!");
    let sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// What comes from the network; the clock's word on what left is passed over.
fn receive(socket: &IcmpSocket, buffer: &mut [u8]) -> sys::icmp::Received {
    loop {
        match socket.recv(buffer).unwrap() {
            Some(received) if matches!(received.origin, Origin::Departure { .. }) => continue,
            Some(received) => return received,
            None => {}
        }
        poll::wait(&[socket.as_fd()], None).unwrap();
    }
}

/// Pings the far host and checks everything that the socket reports.
fn ping(kind: Kind, to: &str, from: &str) {
    let to = ip(to);
    let version = Version::of(to);
    let config =
        Config { ttl: Some(9), tos: Some(0x20), source: Some(ip(from)), identifier: Some(77), ..Config::default() };
    let socket = IcmpSocket::open_kind(version, kind, &config).unwrap();
    assert_eq!(socket.kind(), kind);
    assert_eq!(socket.identifier(), (kind == Kind::Datagram).then_some(77));
    let mut buffer = [0; 200];
    assert_eq!(socket.recv(&mut buffer).unwrap(), None);
    let before = sys::clock::now();
    let request = echo_request(version, 77);
    socket.send(&request, to, 0).unwrap();
    let reply = receive(&socket, &mut buffer);
    assert!(reply.time >= before && reply.time <= sys::clock::now());
    assert_eq!((reply.from, reply.len, reply.truncated, reply.origin), (to, request.len(), false, Origin::Network));
    assert_eq!(reply.ttl, Some(64));
    // The kernel answers with the type of service of the request.
    assert_eq!(reply.tos, Some(0x20));
    assert_eq!(buffer[0], if version == Version::V4 { 0 } else { 129 });
    assert_eq!(buffer[4..reply.len], request[4..]);
    socket.send(&request, to, 0).unwrap();
    let cut = receive(&socket, &mut buffer[..if version == Version::V4 && kind == Kind::Raw { 30 } else { 10 }]);
    assert_eq!((cut.len, cut.truncated), (10, true));
}

#[test]
fn pings_over_raw_and_datagram_sockets() {
    in_own_network(|| {
        let _far = cable();
        // The sysctl belongs to the namespace; where /proc/sys is read-only there are only raw sockets.
        let datagrams = std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0").is_ok();
        let kinds = if datagrams { vec![Kind::Raw, Kind::Datagram] } else { vec![Kind::Raw] };
        for kind in kinds {
            ping(kind, "192.0.2.2", "192.0.2.1");
            ping(kind, "2001:db8::2", "2001:db8::1");
        }
        if !datagrams {
            common::impossible("/proc/sys is read-only: no ICMP datagram sockets");
        }
    });
}

#[test]
fn a_datagram_socket_reports_errors_from_its_queue() {
    in_own_network(|| {
        if std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0").is_err() {
            return common::impossible("/proc/sys is read-only: no ICMP datagram sockets");
        }
        let far = cable();
        // A router with a way on, so that a time to live of 1 ends there.
        let onwards = far.run(|| {
            std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
            tool("ip", &["route", "add", "default", "via", "192.0.2.1"])
        });
        let (Some(_), Some(_)) = (onwards.unwrap(), tool("ip", &["route", "add", "default", "via", "192.0.2.2"]))
        else {
            return;
        };
        let config = Config { ttl: Some(1), ..Config::default() };
        let socket = IcmpSocket::open_kind(Version::V4, Kind::Datagram, &config).unwrap();
        let request = echo_request(Version::V4, 0);
        socket.send(&request, ip("198.51.100.1"), 0).unwrap();
        let mut buffer = [0; 200];
        let error = receive(&socket, &mut buffer);
        assert_eq!(error.from, ip("192.0.2.2"));
        assert!(
            matches!(error.origin, Origin::Error { errno: libc::EHOSTUNREACH, icmp: Some((11, 0)), .. }),
            "{error:?}"
        );
        assert_eq!(buffer[..2], [8, 0], "the request comes back, as it was quoted");
        assert_eq!(socket.recv(&mut buffer).unwrap(), None, "an error is reported once");
        socket.send(&request, ip("192.0.2.2"), 0).unwrap();
        assert_eq!(receive(&socket, &mut buffer).origin, Origin::Network);
    });
}

/// Who waits until nothing is left must not wait for a socket that has a port and nothing else.
#[test]
fn connections_and_listeners_are_ended_once() {
    in_own_network(|| {
        link::set_up("lo").unwrap();
        for own in [ip("127.0.0.1"), ip("::1")] {
            let listener = TcpListener::bind((own, 4000)).unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let _accepted = listener.accept().unwrap();
            let ended: Vec<_> = (0..3).map(|_| sockdiag::end_connections(&[own]).unwrap()).collect();
            assert!(ended[0] > 1 && ended[1..] == [0, 0], "{ended:?}");
            assert!(client.read(&mut [0]).is_err());
            assert!(TcpStream::connect(listener.local_addr().unwrap()).is_err());
        }
    });
}

#[test]
fn unknown_interfaces_and_foreign_sources_are_named() {
    in_own_network(|| {
        let open = |config: &Config| IcmpSocket::open(Version::V4, config).unwrap_err();
        let error = open(&Config { interface: Some("eth99".to_owned()), ..Config::default() });
        assert_eq!(error.to_string(), "there is no interface \"eth99\" here; there are: lo");
        let error = open(&Config { source: Some(ip("203.0.113.5")), ..Config::default() });
        assert!(matches!(error, sys::Error::ForeignSource { .. }), "{error}");
    });
}

#[test]
fn a_burst_waits_in_the_kernel_until_somebody_looks() {
    in_own_network(|| {
        let [local, remote]: [SocketAddr; 2] = ["127.0.0.1:40000", "127.0.0.1:80"].map(|end| end.parse().unwrap());
        let route = route::to(remote.ip(), None, None).unwrap();
        let mut wire = LiveWire::open(&route, local, remote).unwrap();
        // A full window; nobody answers a reset. On loopback each packet takes two places.
        for number in 0..50 {
            assert!(wire.send(&segment(local, remote, "R", number, 0, b"")).unwrap());
        }
        let heard = std::iter::from_fn(|| wire.next().unwrap().map(drop)).count();
        assert_eq!(heard, 50);
    });
}
