//! The lab entered by all sorts of users: root, root without some capabilities, an ordinary user; and killed.
//!
//! Each case runs this same program again as a process of its own with one thread, because that is what a user
//! namespace asks for. So there is no libtest here; the output looks like its own.

mod common;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};

use rawshake::lab::{self, Lab, Options};
use rawshake::sys::namespace::Entered;
use rawshake::sys::{RawSender, RstGuard, Version, privilege};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

/// The variable that tells the second process its role.
const ROLE: &str = "RAWSHAKE_TEST_ROLE";
/// The exit code of a role that this machine forbids.
const FORBIDDEN: i32 = 77;
/// The user without any privilege.
const NOBODY: u32 = 65534;

/// A wire that loses the first SYN-ACK and is late with everything.
const WIRE: &str = "delay=1ms drop=2";

/// A case: its name, who runs it, and the capabilities that are taken away first.
struct Case {
    name: &'static str,
    as_nobody: bool,
    without: CapabilitySet,
    entered: Entered,
    wire: Option<&'static str>,
}

const CASES: [Case; 7] = [
    case("root_needs_no_user_namespace", false, CapabilitySet::empty(), Entered::Privileged),
    case("root_without_sys_admin", false, CapabilitySet::SYS_ADMIN, Entered::Rootless),
    case("root_without_net_admin_and_setfcap", false, NET_ADMIN_AND_SETFCAP, Entered::Rootless),
    case("root_without_any_capability", false, CapabilitySet::all(), Entered::Rootless),
    case("an_ordinary_user", true, CapabilitySet::empty(), Entered::Rootless),
    with_wire(case("root_with_a_wire", false, CapabilitySet::empty(), Entered::Privileged)),
    with_wire(case("an_ordinary_user_with_a_wire", true, CapabilitySet::empty(), Entered::Rootless)),
];

const NET_ADMIN_AND_SETFCAP: CapabilitySet = CapabilitySet::NET_ADMIN.union(CapabilitySet::SETFCAP);

const fn case(name: &'static str, as_nobody: bool, without: CapabilitySet, entered: Entered) -> Case {
    Case { name, as_nobody, without, entered, wire: None }
}

const fn with_wire(case: Case) -> Case {
    Case { wire: Some(WIRE), ..case }
}

fn main() -> ExitCode {
    match std::env::var(ROLE) {
        Ok(role) => play(&role),
        Err(_) => run_all(),
    }
}

fn run_all() -> ExitCode {
    let root = privilege::is_root();
    for case in &CASES {
        if !root && !case.as_nobody {
            common::impossible(&format!("{} needs root", case.name));
            continue;
        }
        finish(case.name, start(case.name, root && case.as_nobody));
    }
    nothing_survives_a_kill(root);
    a_threaded_process_is_told_so(root);
    say("test result: ok\n");
    ExitCode::SUCCESS
}

fn start(role: &str, as_nobody: bool) -> Child {
    // The path of this program need not be readable by the other user; this name of it is.
    let mut command = Command::new("/proc/self/exe");
    command.env(ROLE, role).stdin(Stdio::null()).stdout(Stdio::piped());
    if as_nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.spawn().unwrap_or_else(|error| panic!("{role}: {error}"))
}

fn finish(name: &str, mut child: Child) {
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    match child.wait().unwrap().code() {
        Some(0) => say(&format!("test {name} ... ok\n")),
        Some(FORBIDDEN) => common::impossible(&format!("{name}: {output}")),
        other => panic!("{name}: exit {other:?}: {output}"),
    }
}

fn say(text: &str) {
    io::stdout().write_all(text.as_bytes()).unwrap();
}

/// The second process.
fn play(role: &str) -> ExitCode {
    let case = CASES.iter().find(|case| case.name == role);
    if let Some(case) = case {
        drop_capabilities(case.without);
    }
    if role == "threaded" {
        return threaded();
    }
    // The one that is killed has a wire, whose threads and namespace must be gone too.
    let wire = case.map_or(Some(WIRE), |case| case.wire).map(|text| text.parse().unwrap());
    let lab = match Lab::enter(&Options { wire, ..Options::default() }) {
        Ok(lab) => lab,
        Err(lab::Error::Sys(error)) if common::is_forbidden(&error) => {
            say(&error.to_string());
            return ExitCode::from(FORBIDDEN as u8);
        }
        Err(error) => panic!("{error}"),
    };
    if let Some(case) = case {
        assert_eq!(lab.entered(), case.entered);
    }
    for version in [Version::V4, Version::V6] {
        use_lab(&lab, version);
    }
    if role == "killed" {
        report_and_wait(&lab);
    }
    ExitCode::SUCCESS
}

fn drop_capabilities(without: CapabilitySet) {
    let now = rustix::thread::capabilities(None).unwrap();
    let left = CapabilitySets {
        effective: now.effective & !without,
        permitted: now.permitted & !without,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, left).unwrap();
}

/// Everything that a command does in the lab: an ordinary connection, a raw socket, the guard, the server's state.
fn use_lab(lab: &Lab, version: Version) {
    let mut stream = TcpStream::connect(lab.address(version)).unwrap();
    stream.write_all(b"hello").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let state = lab.server_state(lab.address(version), stream.local_addr().unwrap()).unwrap();
    assert!(state.is_some());
    let mut back = String::new();
    stream.read_to_string(&mut back).unwrap();
    assert_eq!(back, "hello");
    RawSender::open(version, Some(lab::INTERFACE)).unwrap();
    RstGuard::engage((lab::YOU.ip(version), 40123).into(), Some(lab::INTERFACE)).unwrap();
}

/// Tells the parent which namespaces there are, and lives until it is killed, with connections open.
fn report_and_wait(lab: &Lab) {
    let _open = TcpStream::connect(lab.address(Version::V4)).unwrap();
    let name = || fs::read_link("/proc/thread-self/ns/net").unwrap().display().to_string();
    say(&format!("{} {}\n", name(), lab.on_server(name).unwrap()));
    loop {
        std::thread::park();
    }
}

/// SIGKILL leaves no process and no thread in either namespace, and no name of one.
fn nothing_survives_a_kill(root: bool) {
    let mut child = start("killed", root);
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let namespaces: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if namespaces.len() != 2 || !namespaces[0].starts_with("net:[") {
        return finish("nothing_survives_a_kill", child);
    }
    assert_ne!(namespaces[0], namespaces[1]);
    let names_before = names();
    assert!(threads_in(&namespaces) > 0, "the lab runs: the check below would see it");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(threads_in(&namespaces), 0);
    assert_eq!(names(), names_before);
    say("test nothing_survives_a_kill ... ok\n");
}

/// Threads of this machine that are in one of the namespaces, as far as we may look.
fn threads_in(namespaces: &[String]) -> usize {
    let tasks =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| fs::read_dir(entry.path().join("task")).ok());
    let links = tasks.flatten().flatten().filter_map(|task| fs::read_link(task.path().join("ns/net")).ok());
    links.filter(|link| namespaces.contains(&link.display().to_string())).count()
}

/// Named namespaces, as `ip netns` keeps them.
fn names() -> usize {
    fs::read_dir("/run/netns").map_or(0, Iterator::count)
}

/// Where a user namespace is needed, a process with several threads hears why it cannot be.
fn threaded() -> ExitCode {
    let (ask, wait) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || wait.recv());
    let error = Lab::enter(&Options::default()).map(drop).unwrap_err().to_string();
    assert!(error.contains("this process already has 2 threads"), "{error}");
    drop(ask);
    assert!(other.join().unwrap().is_err());
    ExitCode::SUCCESS
}

fn a_threaded_process_is_told_so(root: bool) {
    finish("a_threaded_process_is_told_so", start("threaded", root));
}
