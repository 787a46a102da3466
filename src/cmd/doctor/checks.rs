//! The checks, one row each: what is looked at, which commands need it, and what is found.

use super::facts::{Facts, Link};
use crate::sys::machine::Inside;

/// A row.
pub(super) struct Check {
    pub(super) name: &'static str,
    /// What cannot work where the finding is [`Grade::No`].
    pub(super) needed_by: &'static str,
    judge: fn(&Facts) -> Finding,
}

impl Check {
    pub(super) fn finding(&self, facts: &Facts) -> Finding {
        (self.judge)(facts)
    }
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    /// As it should be.
    Ok,
    /// Something to know: what is shown may be other than expected, or a part is missing.
    Note,
    /// A main command cannot work.
    No,
}

/// What was found, and the command that mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) grade: Grade,
    pub(super) text: String,
    pub(super) mend: Option<String>,
}

impl Finding {
    fn new(grade: Grade, text: impl Into<String>) -> Self {
        Self { grade, text: text.into(), mend: None }
    }

    fn mended_by(self, command: impl Into<String>) -> Self {
        Self { mend: Some(command.into()), ..self }
    }
}

use Grade::{No, Note, Ok as Fine};

const HOSTS: &str = "trace, send, listen, watch and replay --onto, but for --lab";
const LAB: &str = "--lab, lab, and quiz without a file";

/// All of them, in the order in which they are told.
pub(super) const CHECKS: [Check; 15] = [
    Check { name: "machine", needed_by: HOSTS, judge: machine },
    Check { name: "privileges", needed_by: HOSTS, judge: privileges },
    Check { name: "lab", needed_by: LAB, judge: lab },
    Check { name: "ping", needed_by: "ping, but for --lab", judge: ping },
    Check { name: "sockets", needed_by: "sockets", judge: sockets },
    Check { name: "kernel column", needed_by: "--kernel", judge: tracing },
    Check { name: "libpcap", needed_by: HOSTS, judge: libpcap },
    Check { name: "interfaces", needed_by: HOSTS, judge: interfaces },
    Check { name: "routes", needed_by: HOSTS, judge: routes },
    Check { name: "IPv6", needed_by: "-6", judge: ipv6 },
    Check { name: "offloads", needed_by: HOSTS, judge: offloads },
    Check { name: "reverse path", needed_by: HOSTS, judge: reverse_path },
    Check { name: "firewall", needed_by: HOSTS, judge: firewall },
    Check { name: "loopback", needed_by: HOSTS, judge: loopback },
    Check { name: "open files", needed_by: HOSTS, judge: open_files },
];

fn machine(facts: &Facts) -> Finding {
    let kernel = format!("Linux {}", facts.kernel);
    match facts.inside {
        None => Finding::new(Fine, kernel),
        Some(Inside::Wsl1) => {
            Finding::new(No, format!("{kernel}: WSL 1 has no raw sockets and no network namespaces; WSL 2 has both"))
                .mended_by("wsl --set-version DISTRIBUTION 2")
        }
        Some(Inside::Wsl2) => Finding::new(
            Note,
            format!("{kernel}, in WSL 2: behind a router of its own, so that others call it only through Windows"),
        ),
        Some(Inside::Container(name)) => Finding::new(
            Note,
            format!("{kernel}, in a container ({name}): interfaces, addresses and processes are those in here"),
        ),
    }
}

fn privileges(facts: &Facts) -> Finding {
    let lacking: Vec<_> = [(facts.privileges.net_raw, "CAP_NET_RAW"), (facts.privileges.net_admin, "CAP_NET_ADMIN")]
        .into_iter()
        .filter_map(|(has, name)| (!has).then_some(name))
        .collect();
    if lacking.is_empty() {
        return Finding::new(Fine, "CAP_NET_RAW and CAP_NET_ADMIN are there");
    }
    let finding = Finding::new(No, format!("{} missing; {}", lacking.join(" and "), facts.ways));
    match facts.ways.rsplit_once("once: ") {
        Some((_, command)) if !facts.is_root => finding.mended_by(command),
        _ => finding,
    }
}

fn lab(facts: &Facts) -> Finding {
    match &facts.lab {
        Ok(()) => Finding::new(Fine, "two network namespaces and a cable between them could be made"),
        Err(why) => {
            let finding = Finding::new(No, why.clone());
            // Where a setting forbids it, the reason has the command that changes it.
            let command = why.split_once("(sudo sysctl ").and_then(|(_, rest)| rest.split_once(" allows it"));
            command
                .map(|(setting, _)| format!("sudo sysctl {setting}"))
                .map_or(finding.clone(), |it| finding.mended_by(it))
        }
    }
}

fn ping(facts: &Facts) -> Finding {
    match (facts.privileges.net_raw, facts.may_ping) {
        (true, _) => Finding::new(Fine, "by a raw socket"),
        (false, true) => Finding::new(Fine, "by a datagram socket (net.ipv4.ping_group_range)"),
        (false, false) => Finding::new(No, "no CAP_NET_RAW, and net.ipv4.ping_group_range has none of your groups")
            .mended_by("sudo sysctl net.ipv4.ping_group_range='0 2147483647'"),
    }
}

fn sockets(facts: &Facts) -> Finding {
    match &facts.sock_diag {
        Ok(()) => Finding::new(Fine, "the kernel lists its sockets (sock_diag)"),
        Err(why) => Finding::new(No, why.clone()).mended_by("sudo modprobe -a tcp_diag udp_diag"),
    }
}

fn tracing(facts: &Facts) -> Finding {
    match &facts.tracefs {
        Some(Ok(())) => Finding::new(Fine, "the kernel's tracepoints can be read (tracefs)"),
        Some(Err(why)) => Finding::new(Note, why.clone()),
        None => Finding::new(Note, "the kernel's tracepoints (--kernel) are for root alone: run that with sudo"),
    }
}

fn libpcap(facts: &Facts) -> Finding {
    Finding::new(Fine, facts.libpcap.clone())
}

/// Interfaces that lead somewhere.
fn outward(facts: &Facts) -> impl Iterator<Item = &Link> {
    facts.links.iter().filter(|link| link.is_up && !link.is_loopback)
}

fn interfaces(facts: &Facts) -> Finding {
    let (with, without): (Vec<_>, Vec<_>) = outward(facts).partition(|link| link.has_carrier);
    match (names(&with), names(&without)) {
        (with, without) if with.is_empty() && without.is_empty() => {
            Finding::new(Note, "no interface but loopback is up: only this machine can be reached, and the lab")
        }
        (with, without) if without.is_empty() => Finding::new(Fine, format!("{with} up")),
        (with, without) if with.is_empty() => Finding::new(Note, format!("{without} up, but without a carrier")),
        (with, without) => Finding::new(Note, format!("{with} up; {without} up, but without a carrier")),
    }
}

fn names(links: &[&Link]) -> String {
    links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn routes(facts: &Facts) -> Finding {
    let told: Vec<_> = ["IPv4", "IPv6"].iter().zip(&facts.routes).collect();
    let has: Vec<_> =
        told.iter().filter_map(|(version, way)| Some(format!("{version} through {}", way.as_ref()?))).collect();
    if has.is_empty() {
        return Finding::new(Note, "no default route: only neighbours can be reached");
    }
    Finding::new(Fine, format!("default route of {}", has.join(", of ")))
}

fn ipv6(facts: &Facts) -> Finding {
    if facts.speaks_v6 {
        return Finding::new(Fine, "this kernel speaks it");
    }
    Finding::new(Note, "this kernel does not speak it: captures are read all the same")
}

/// Those that make captured segments other than those on the wire.
const JOINING: [&str; 3] = ["tso", "gso", "gro"];

fn offloads(facts: &Facts) -> Finding {
    let joining = |link: &Link| -> Vec<&'static str> {
        link.offloads.iter().map(|offload| offload.word).filter(|word| JOINING.contains(word)).collect()
    };
    let with: Vec<_> =
        outward(facts).map(|link| (link, joining(link))).filter(|(_, words)| !words.is_empty()).collect();
    if with.is_empty() {
        return Finding::new(Fine, "captures show segments as they are on the wire");
    }
    let links: Vec<_> = with.iter().map(|(link, _)| *link).collect();
    let commands = with.iter().map(|(link, words)| {
        let off: Vec<_> = words.iter().map(|word| format!("{word} off")).collect();
        format!("sudo ethtool -K {} {}", link.name, off.join(" "))
    });
    let text = format!(
        "{} cuts and joins segments of the kernel's: captures show longer ones than the wire has, with checksums that \
         are not filled in yet; what is made by hand goes out as it is",
        names(&links)
    );
    Finding::new(Note, text).mended_by(commands.collect::<Vec<_>>().join("; "))
}

fn reverse_path(facts: &Facts) -> Finding {
    let strict: Vec<_> = outward(facts).filter(|link| link.is_strict).collect();
    if strict.is_empty() {
        return Finding::new(Fine, "not strict");
    }
    let text = format!(
        "strict on {}: this kernel drops IPv4 packets from addresses that it would reach another way; captures still \
         show them",
        names(&strict)
    );
    let commands =
        strict.iter().map(|link| format!("sudo sysctl net.ipv4.conf.{}.rp_filter=2", link.name.replace('.', "/")));
    Finding::new(Note, text).mended_by(commands.collect::<Vec<_>>().join("; "))
}

fn firewall(facts: &Facts) -> Finding {
    let Some(tables) = &facts.tables else {
        return Finding::new(Note, "its rules show with CAP_NET_ADMIN only").mended_by("sudo nft list ruleset");
    };
    if tables.is_empty() {
        return Finding::new(Fine, "no rules: nothing that is made by hand is dropped here");
    }
    let tables = tables.join(", ");
    match facts.is_liberal {
        Some(false) => Finding::new(
            Note,
            format!(
                "tables {tables}: with connection tracking, a rule on invalid packets drops hand-made segments that \
                 belong to no connection of the kernel's"
            ),
        )
        .mended_by("sudo sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1"),
        _ => Finding::new(Note, format!("tables {tables}: their rules may drop what is made by hand"))
            .mended_by("sudo nft list ruleset"),
    }
}

fn loopback(facts: &Facts) -> Finding {
    match facts.links.iter().find(|link| link.is_loopback) {
        Some(link) if link.is_up => Finding::new(
            Fine,
            "captured twice there, shown once; checksums of this kernel's segments are never filled in",
        ),
        Some(link) => Finding::new(Note, "it is down").mended_by(format!("sudo ip link set {} up", link.name)),
        None => Finding::new(Note, "there is none"),
    }
}

/// A guard for each hand-made connection, and what else is open.
const FEW_FILES: u64 = 1024;

fn open_files(facts: &Facts) -> Finding {
    let files = facts.open_files;
    let grade = if files < FEW_FILES { Note } else { Fine };
    let finding =
        Finding::new(grade, format!("{files} at most; trace --count takes one for each connection at a time"));
    if grade == Note { finding.mended_by("sudo prlimit --nofile=65536 --pid $$") } else { finding }
}
