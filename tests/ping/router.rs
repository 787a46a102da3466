//! A way with a router on it: the far host's kernel, which forwards to a network where nobody is.

use std::fs;
use std::process::Command;

use rawshake::lab::Lab;

use crate::common::skip;
use crate::programs::{RAWSHAKE, run, same_to};
use crate::{SERVER, beside_iputils};

/// Addresses behind the router.
const BEHIND: [&str; 2] = ["198.51.100.7", "2001:db8:1::7"];
const NETWORKS: [&str; 2] = ["198.51.100.0/24", "2001:db8:1::/64"];

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("ip of iproute2");
    assert!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes the far host a router that is not slow to complain; false where ip(8) is missing.
fn route(lab: &Lab) -> bool {
    if let Err(error) = Command::new("ip").arg("-V").output() {
        skip(&format!("ip: {error}"));
        return false;
    }
    let forward = || {
        for (setting, value) in [
            ("ipv4/ip_forward", "1"),
            ("ipv6/conf/all/forwarding", "1"),
            ("ipv4/icmp_ratelimit", "0"),
            ("ipv6/icmp/ratelimit", "0"),
        ] {
            fs::write(format!("/proc/sys/net/{setting}"), value).expect("a setting of this namespace");
        }
        // A cable to nobody.
        ip(&["link", "add", "rear", "type", "veth", "peer", "name", "end"]);
        ip(&["link", "set", "rear", "up"]);
        ip(&["link", "set", "end", "up"]);
        NETWORKS.iter().for_each(|network| ip(&["route", "add", network, "dev", "rear"]));
    };
    lab.on_server(forward).expect("the far host is there");
    NETWORKS.iter().zip(SERVER).for_each(|(network, router)| ip(&["route", "add", network, "via", router]));
    true
}

#[test]
fn hops_that_are_used_up() {
    beside_iputils(|lab| {
        if !route(lab) {
            return;
        }
        for host in BEHIND {
            same_to(host, "-t 1 -c 2 -i 0.01", 1);
            same_to(host, "-t 1 -c 2 -i 0.01 -q", 1);
        }
    });
}

#[test]
fn probes_whose_hops_are_used_up() {
    beside_iputils(|lab| {
        if !route(lab) {
            return;
        }
        for (host, router, said) in [
            (BEHIND[0], SERVER[0], "Time to live exceeded\n    ICMP type 11, code 0: "),
            (BEHIND[1], SERVER[1], "Time exceeded: Hop limit\n    ICMPv6 type 3, code 0: "),
        ] {
            for probe in ["tcp", "udp"] {
                let ours = run(RAWSHAKE, &["ping", &format!("--{probe}"), "443", "-t", "1", "-c", "1", "-v", host]);
                let line = format!("From {router} {probe}_seq=1 {said}");
                assert!(ours.code == Some(1) && ours.out.contains(&line), "{line}: {ours:?}");
                assert!(ours.out.contains(&format!("> {host}, ")) && ours.out.contains(" to port 443; "), "{ours:?}");
            }
        }
    });
}
