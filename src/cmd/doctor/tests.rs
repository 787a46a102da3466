use super::checks::{CHECKS, Finding, Grade};
use super::facts::{Facts, Link};
use crate::sys::machine::Inside;
use crate::sys::privilege::Privileges;

/// A machine on which all is well.
fn healthy() -> Facts {
    Facts {
        kernel: "6.1.0-18-amd64".to_owned(),
        inside: None,
        privileges: Privileges { net_raw: true, net_admin: true, sys_admin: true },
        is_root: true,
        ways: String::new(),
        lab: Ok(()),
        may_ping: false,
        sock_diag: Ok(()),
        tracefs: Some(Ok(())),
        libpcap: "libpcap version 1.10.3".to_owned(),
        links: vec![link("lo", true), link("eth0", false)],
        routes: [Some("eth0".to_owned()), Some("eth0".to_owned())],
        speaks_v6: true,
        tables: Some(Vec::new()),
        is_liberal: None,
        open_files: 1 << 20,
    }
}

fn link(name: &str, is_loopback: bool) -> Link {
    let (is_up, has_carrier) = (true, true);
    Link { name: name.to_owned(), is_up, has_carrier, is_loopback, offloads: Vec::new(), is_strict: false }
}

fn finding(name: &str, facts: &Facts) -> Finding {
    CHECKS.iter().find(|check| check.name == name).expect("a check").finding(facts)
}

#[test]
fn nothing_is_found_where_all_is_well() {
    for check in &CHECKS {
        let finding = check.finding(&healthy());
        assert_eq!((finding.grade, finding.mend), (Grade::Ok, None), "{}: {}", check.name, finding.text);
    }
}

/// What is wrong, the check that finds it, how it judges, a word that it says, and the command that mends it.
type Case = (fn(&mut Facts), &'static str, Grade, &'static str, Option<&'static str>);

const CASES: [Case; 17] = [
    (
        |it| it.inside = Some(Inside::Wsl1),
        "machine",
        Grade::No,
        "WSL 2 has both",
        Some("wsl --set-version DISTRIBUTION 2"),
    ),
    (|it| it.inside = Some(Inside::Wsl2), "machine", Grade::Note, "a router of its own", None),
    (|it| it.inside = Some(Inside::Container("Docker")), "machine", Grade::Note, "container (Docker)", None),
    (
        |it| {
            (it.privileges, it.is_root) = (Privileges { net_raw: true, ..Privileges::default() }, false);
            it.ways = "run with sudo, or once: sudo setcap cap_net_raw,cap_net_admin+ep /bin/rawshake".into();
        },
        "privileges",
        Grade::No,
        "CAP_NET_ADMIN missing; run with sudo",
        Some("sudo setcap cap_net_raw,cap_net_admin+ep /bin/rawshake"),
    ),
    (
        |it| {
            it.privileges = Privileges::default();
            it.ways = "root lacks both here; outside a container run with sudo, or once: sudo setcap x".into();
        },
        "privileges",
        Grade::No,
        "CAP_NET_RAW and CAP_NET_ADMIN missing",
        None,
    ),
    (
        |it| it.lab = Err("x = 0 forbids it (sudo sysctl x=1 allows it); or run with sudo".into()),
        "lab",
        Grade::No,
        "forbids it",
        Some("sudo sysctl x=1"),
    ),
    (|it| it.lab = Err("this kernel has no veth".into()), "lab", Grade::No, "no veth", None),
    (
        |it| it.privileges.net_raw = false,
        "ping",
        Grade::No,
        "none of your groups",
        Some("sudo sysctl net.ipv4.ping_group_range='0 2147483647'"),
    ),
    (|it| it.sock_diag = Err("none".into()), "sockets", Grade::No, "none", Some("sudo modprobe -a tcp_diag udp_diag")),
    (|it| it.tracefs = None, "kernel column", Grade::Note, "with sudo", None),
    (|it| it.links.truncate(1), "interfaces", Grade::Note, "no interface but loopback", None),
    (|it| it.links[1].has_carrier = false, "interfaces", Grade::Note, "eth0 up, but without a carrier", None),
    (|it| it.routes = [None, None], "routes", Grade::Note, "no default route", None),
    (
        |it| it.links[1].is_strict = true,
        "reverse path",
        Grade::Note,
        "strict on eth0",
        Some("sudo sysctl net.ipv4.conf.eth0.rp_filter=2"),
    ),
    (
        |it| (it.tables, it.is_liberal) = (Some(vec!["inet filter".into()]), Some(false)),
        "firewall",
        Grade::Note,
        "inet filter",
        Some("sudo sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1"),
    ),
    (|it| it.links[0].is_up = false, "loopback", Grade::Note, "down", Some("sudo ip link set lo up")),
    (|it| it.open_files = 256, "open files", Grade::Note, "256 at most", Some("sudo prlimit --nofile=65536 --pid $$")),
];

#[test]
fn each_fault_is_found_and_mended() {
    for (spoil, name, grade, word, mend) in CASES {
        let mut facts = healthy();
        spoil(&mut facts);
        let finding = finding(name, &facts);
        assert!(finding.text.contains(word), "{name}: {finding:?}");
        assert_eq!((finding.grade, finding.mend.as_deref()), (grade, mend), "{name}");
        // And nothing else is, but that who lacks CAP_NET_RAW may not ping.
        let others = CHECKS.iter().filter(|check| check.name != name && !["privileges", "ping"].contains(&check.name));
        assert!(others.map(|check| check.finding(&facts).grade).all(|it| it == Grade::Ok), "{name}");
    }
}

#[test]
fn a_user_may_ping_by_the_groups_alone() {
    let mut facts = healthy();
    facts.privileges.net_raw = false;
    facts.may_ping = true;
    assert_eq!(finding("ping", &facts).grade, Grade::Ok);
}
