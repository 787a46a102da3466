//! A way with a router on it: the far host's kernel, which forwards to a network where nobody is.

use crate::common::router::{BEHIND, route};
use crate::programs::{RAWSHAKE, run, same_to};
use crate::{SERVER, beside_iputils};

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
