//! The far host of a lab as a router to a network where nobody is.

use std::fs;
use std::process::Command;

use rawshake::lab::Lab;

use super::skip;

/// Addresses behind the router.
pub const BEHIND: [&str; 2] = ["198.51.100.7", "2001:db8:1::7"];
/// The router's addresses.
pub const ROUTER: [&str; 2] = ["192.0.2.2", "2001:db8::2"];
const NETWORKS: [&str; 2] = ["198.51.100.0/24", "2001:db8:1::/64"];

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("ip of iproute2");
    assert!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes the far host a router that is not slow to complain; false where ip(8) is missing.
pub fn route(lab: &Lab) -> bool {
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
    NETWORKS.iter().zip(ROUTER).for_each(|(network, router)| ip(&["route", "add", network, "via", router]));
    true
}
