//! The RST guard, proved on our own kernel: a SYN by hand to a kernel listener is followed by our kernel's RST without
//! the guard, and by none with it. The witnesses are the kernel's counter of RST sent and the listener's accept().

mod common;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rawshake::sys::sockdiag::{self, KernelState};
use rawshake::sys::{self, RawSender, RstGuard, Version};

use common::{Listener, in_own_network, segment};

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// RST segments that the kernel of this namespace has sent.
fn resets_sent() -> u64 {
    let snmp = fs::read_to_string("/proc/thread-self/net/snmp").unwrap();
    let mut lines = snmp.lines().filter(|line| line.starts_with("Tcp:")).map(str::split_whitespace);
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    names.zip(values).find(|(name, _)| *name == "OutRsts").unwrap().1.parse().unwrap()
}

/// A kernel listener, and everything that a hand-made client needs.
struct Scene {
    server: TcpListener,
    to: SocketAddr,
    from: SocketAddr,
    raw: RawSender,
    ear: Listener,
}

impl Scene {
    fn new(address: IpAddr) -> Self {
        let server = TcpListener::bind((address, 0)).unwrap();
        Self {
            to: server.local_addr().unwrap(),
            from: SocketAddr::new(address, 40123),
            raw: RawSender::open(Version::of(address), None).unwrap(),
            ear: Listener::open(address),
            server,
        }
    }

    fn send(&self, flags: &str, seq: u32, ack: u32, payload: &[u8]) {
        let packet = segment(self.from, self.to, flags, seq, ack, payload);
        self.raw.send(&packet, self.to.ip(), 0).unwrap();
    }

    fn server_state(&self) -> Option<&'static str> {
        sockdiag::tcp_state(self.to, self.from).unwrap().map(KernelState::name)
    }
}

#[test]
fn without_the_guard_our_kernel_resets() {
    in_own_network(|| {
        for address in LOOPBACK {
            let before = resets_sent();
            let scene = Scene::new(address);
            scene.send("S", 1000, 0, b"");
            let answer = scene.ear.next(scene.from.port());
            assert_eq!((answer.flags.as_str(), answer.ack), ("S.", 1001));
            let reset = scene.ear.next(scene.to.port());
            assert_eq!((reset.flags.as_str(), reset.seq), ("R", 1001));
            assert_eq!(resets_sent(), before + 1);
            assert_eq!(scene.server_state(), None);
        }
    });
}

#[test]
fn with_the_guard_a_connection_by_hand_lives() {
    in_own_network(|| {
        for address in LOOPBACK {
            let scene = Scene::new(address);
            let guard = RstGuard::engage(scene.from, None).unwrap();
            assert_eq!(guard.local(), scene.from);
            scene.send("S", 1000, 0, b"");
            let answer = scene.ear.next(scene.from.port());
            assert_eq!((answer.flags.as_str(), answer.ack), ("S.", 1001));
            assert_eq!(scene.server_state(), Some("SYN_RECV"));
            let ack = answer.seq.wrapping_add(1);
            scene.send(".", 1001, ack, b"");
            scene.send("P.", 1001, ack, b"hello");
            let (mut stream, from) = scene.server.accept().unwrap();
            assert_eq!(from, scene.from);
            let mut bytes = [0; 5];
            std::io::Read::read_exact(&mut stream, &mut bytes).unwrap();
            assert_eq!(&bytes, b"hello");
            assert_eq!((scene.server_state(), resets_sent()), (Some("ESTABLISHED"), 0));
        }
    });
}

#[test]
fn the_guard_reserves_its_port_and_gives_it_back() {
    in_own_network(|| {
        for address in LOOPBACK {
            let guard = RstGuard::engage((address, 0).into(), None).unwrap();
            assert_ne!(guard.local().port(), 0);
            let second = RstGuard::engage(guard.local(), None).unwrap_err();
            assert!(matches!(second, sys::Error::PortInUse { .. }), "{second}");
            assert!(guard.method().contains(&guard.local().to_string()));
            let local = guard.local();
            drop(guard);
            RstGuard::engage(local, None).unwrap();
        }
        let foreign = RstGuard::engage("192.0.2.77:1".parse().unwrap(), None).unwrap_err().to_string();
        assert!(foreign.starts_with("192.0.2.77 is not an address of this machine; the addresses here: 127.0.0.1"));
        let unscoped = RstGuard::engage("[fe80::1]:1".parse().unwrap(), None).unwrap_err();
        assert!(matches!(unscoped, sys::Error::NoScope { .. }), "{unscoped}");
    });
}
