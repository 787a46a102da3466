//! `rawshake doctor`, in networks with one thing each that it has to find, as other programs set it up.

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rawshake::sys::tracefs::StateTrace;
use serde_json::Value;

use common::support::installed;
use common::support::program::{RAWSHAKE, Said};

fn doctor(arguments: &[&str]) -> Said {
    Said::of(Command::new(RAWSHAKE).arg("doctor").args(arguments).output().expect("the program"))
}

/// What it says of one thing: result, finding and the command that mends it.
fn check(name: &str) -> [String; 3] {
    let said = doctor(&["--format", "json"]);
    let event = said.events().into_iter().find(|event| event["check"] == name).expect("a check");
    ["result", "finding", "mend"].map(|key| event[key].as_str().unwrap_or_default().to_owned())
}

/// Runs a command of another program, as a person types it.
fn run(line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let said = Command::new(words[0]).args(&words[1..]).output().expect(line);
    assert!(said.status.success(), "{line}: {}", String::from_utf8_lossy(&said.stderr));
}

/// The program where everybody may run it.
fn copy(folder: &Path) -> PathBuf {
    let everybody = std::fs::Permissions::from_mode(0o755);
    let binary = folder.join("rawshake");
    std::fs::set_permissions(folder, everybody.clone()).expect("a folder");
    std::fs::copy(RAWSHAKE, &binary).expect("a copy");
    std::fs::set_permissions(&binary, everybody).expect("a copy");
    binary
}

/// The same as an ordinary user.
fn as_nobody(binary: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary).args(["doctor", "--width", "200"]);
    command
}

#[test]
fn root_can_do_everything() {
    common::in_own_network(|| {
        let said = doctor(&[]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.ends_with("\n\nEvery main command can work here.\n"), "{said:?}");
        assert_eq!(check("lab")[0], "ok");
        assert_eq!(check("kernel column")[0], if StateTrace::start().is_ok() { "ok" } else { "note" });
        assert!(said.out.lines().all(|line| line.chars().count() <= 80 || line.contains("mend: ")), "{said:?}");
        let json: Vec<Value> = doctor(&["--format", "json"]).events();
        assert!(json.len() >= 15 && json.iter().all(|event| event["event"] == "check"));
    });
}

#[test]
fn who_lacks_capabilities_is_told_how_to_get_them() {
    common::in_own_network(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = copy(folder.path());
        let said = Said::of(as_nobody(&binary).output().expect("setpriv"));
        assert_eq!(said.code, Some(1), "{said:?}");
        let mend = format!("mend: sudo setcap cap_net_raw,cap_net_admin+ep {}\n", binary.display());
        assert!(said.out.contains(&mend), "{said:?}");
        assert!(said.out.contains("CAP_NET_RAW and CAP_NET_ADMIN missing") && said.out.contains("needed by trace"));
        assert!(said.out.ends_with("\n\nNot every main command can work here.\n"));
        // The command does mend it.
        run(&format!("setcap cap_net_raw,cap_net_admin+ep {}", binary.display()));
        let said = Said::of(as_nobody(&binary).output().expect("setpriv"));
        assert!(said.out.contains("CAP_NET_RAW and CAP_NET_ADMIN are there"), "{said:?}");
    });
}

#[test]
fn behind_sudo_it_is_root_that_is_looked_at() {
    common::in_own_network(|| {
        let mut command = Command::new(RAWSHAKE);
        let said = Said::of(command.arg("doctor").env("SUDO_UID", "65534").output().expect("the program"));
        assert_eq!((said.code, said.out), (Some(0), doctor(&[]).out));
    });
}

#[test]
fn what_others_switched_on_is_found_and_their_commands_switch_it_off() {
    if !["ip", "ethtool", "nft"].iter().all(|program| installed("doctor", program)) {
        return;
    }
    common::in_own_network(|| {
        run("ip link set lo down");
        assert_eq!(check("loopback"), ["note", "it is down", "sudo ip link set lo up"]);
        assert_eq!(check("interfaces")[0], "note");
        run("ip link set lo up");
        assert_eq!(check("loopback")[0], "ok");
        run("ip link add eth.7 type veth peer name far");
        run("ip address add 192.0.2.9/24 dev eth.7");
        assert!(check("interfaces")[1].contains("no interface but loopback"));
        run("ip link set eth.7 up");
        assert!(check("interfaces")[1].contains("eth.7 up, but without a carrier"));
        run("ip link set far up");
        assert_eq!(check("interfaces")[..2], ["ok", "far, eth.7 up"].map(str::to_owned));
        assert!(check("routes")[1].contains("no default route"));
        run("ip route add default via 192.0.2.1");
        assert_eq!(check("routes")[1], "default route of IPv4 through eth.7");
        offloads();
        run("sysctl -qw net.ipv4.conf.eth/7.rp_filter=1");
        let [result, _, mend] = check("reverse path");
        assert_eq!((result.as_str(), mend.as_str()), ("note", "sudo sysctl net.ipv4.conf.eth/7.rp_filter=2"));
        run(mend.strip_prefix("sudo ").expect("a command"));
        assert_eq!(check("reverse path")[0], "ok");
        assert_eq!(check("firewall")[0], "ok");
        run("nft add table inet mine");
        let [result, finding, _] = check("firewall");
        assert_eq!(result, "note");
        assert!(finding.starts_with("tables inet mine: "), "{finding}");
    });
}

/// veth has all of them on; `ethtool -k` says so too.
fn offloads() {
    let [result, finding, mend] = check("offloads");
    assert_eq!(result, "note");
    assert!(finding.starts_with("far, eth.7 cuts and joins"), "{finding}");
    let command = mend.split("; ").find(|command| command.contains("-K eth.7 ")).expect("a command");
    let on = Command::new("ethtool").args(["-k", "eth.7"]).output().expect("ethtool");
    let on = String::from_utf8_lossy(&on.stdout).into_owned();
    for (word, name) in [("tso", "tcp-segmentation"), ("gso", "generic-segmentation"), ("gro", "generic-receive")] {
        let theirs = on.contains(&format!("{name}-offload: on"));
        assert_eq!(command.contains(word), theirs, "{word}: {mend}\n{on}");
    }
    mend.split("; ").for_each(|command| run(command.strip_prefix("sudo ").expect("a command")));
    assert_eq!(check("offloads")[0], "ok");
}
