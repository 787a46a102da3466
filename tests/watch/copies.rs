//! `-i any`: a packet that passes several interfaces shows once.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use rawshake::sys::{Namespace, link, namespace};
use serde_json::Value;

use crate::common;
use crate::program::watching;

fn ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split(' ')).status().expect("ip, of iproute2");
    status.success()
}

/// Two more networks behind a bridge of this one, which has an address itself: 192.0.2.1. Theirs are .2 and .3.
fn behind_a_bridge() -> Option<[Namespace; 2]> {
    if !ip("link add bridge type bridge") {
        common::impossible("the kernel has no bridges");
        return None;
    }
    assert!(ip("link set bridge address 02:00:00:00:00:09") && ip("address add 192.0.2.1/24 dev bridge"));
    let far = [2, 3].map(|number| {
        let (near, far) = (format!("near{number}"), format!("far{number}"));
        let plug = |name, last| link::Plug { name, mac: [2, 0, 0, 0, last, number] };
        let made = std::thread::spawn(|| namespace::enter_new_network().and_then(|()| Namespace::current()));
        let namespace = made.join().expect("a thread").expect("a namespace");
        link::create_cable(plug(&near, 0), plug(&far, 1), &namespace).expect("a cable");
        assert!(ip(&format!("link set {near} master bridge up")));
        let up = || ip(&format!("address add 192.0.2.{number}/24 dev {far}")) && ip(&format!("link set {far} up"));
        assert!(namespace.run(up).expect("the namespace"));
        namespace
    });
    assert!(ip("link set bridge up"));
    Some(far)
}

/// A connection from where this runs to a server in `server`'s network, with some data both ways.
fn talk(address: &str, server: impl FnOnce(&str) -> TcpListener) {
    let listener = server(address);
    let mut client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let (mut accepted, _) = listener.accept().expect("a connection");
    for _ in 0..3 {
        client.write_all(&[b'x'; 5000]).expect("room");
        accepted.read_exact(&mut [0; 5000]).expect("data");
        accepted.write_all(b"yes").expect("room");
        client.read_exact(&mut [0; 3]).expect("data");
    }
    drop(client);
    assert_eq!(accepted.read(&mut [0]).expect("the end"), 0);
}

fn listen(address: &str) -> TcpListener {
    TcpListener::bind((address, 8080)).expect("a port")
}

/// What counts of a connection, without the client's port.
fn row(event: &Value) -> Vec<Value> {
    let client = event["client"].as_str().expect("a client").rsplit_once(':').expect("a port").0;
    let words = ["server", "handshake", "termination", "segments", "bytes_client", "bytes_server", "marks"];
    std::iter::once(client.into()).chain(words.map(|word| event[word].clone())).collect()
}

#[test]
fn what_passes_a_bridge_its_ports_and_loopback_shows_once() {
    common::in_own_network(|| {
        let Some([two, three]) = behind_a_bridge() else { return };
        let watch = |interface: &str| watching(&format!("-i {interface} --list --format json tcp"));
        let (all, single) = (watch("any"), ["lo", "bridge", "near2"].map(watch));
        talk("127.0.0.1", listen);
        talk("192.0.2.2", |address| two.run(|| listen(address)).expect("the namespace"));
        // Through this machine, whose own addresses have no part in it.
        three.run(|| talk("192.0.2.2", |address| two.run(|| listen(address)).expect("the namespace"))).expect("talk");
        let all = all.stop();
        let [lo, bridge, port] = single.map(|running| running.stop().events().iter().map(row).collect::<Vec<_>>());
        let shown: Vec<_> = all.events().iter().map(row).collect();
        assert_eq!((lo.len(), bridge.len(), port.len()), (1, 1, 2), "{lo:?} {bridge:?} {port:?}");
        assert_eq!(shown, [&lo[..], &port[..]].concat(), "{all:?}");
        assert_eq!(bridge[0], port[0]);
        assert!(all.err.contains(" copies at other interfaces not shown again"), "{}", all.err);
    });
}
