//! What there is before the program runs, and must not be more afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rawshake::sys::namespace;
use tempfile::TempDir;

/// Every process that a run has started has this in its environment.
const MARK: &str = "RAWSHAKE_TEST_MARK";
/// How many network namespaces this user namespace may have.
const LIMIT: &str = "/proc/sys/user/max_net_namespaces";
/// More than any run makes.
const MANY: usize = 100;
/// The tables of sockets, in the network of this thread.
const TABLES: [&str; 9] = ["packet", "raw", "raw6", "icmp", "tcp", "tcp6", "udp", "udp6", "unix"];
/// Only so that a broken program ends the test.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where a run takes place.
pub(crate) struct Surroundings {
    folder: TempDir,
    /// Network namespaces that are there beforehand.
    namespaces: usize,
    /// Interfaces, addresses, routes, sockets, and files in the folder.
    before: BTreeSet<String>,
    /// Tables and rules of the firewall.
    rules: BTreeSet<String>,
}

impl Surroundings {
    pub(crate) fn new(namespaces: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let before = things(&folder);
        Self { folder, namespaces, before, rules: rules() }
    }

    /// Has a command run in them.
    pub(crate) fn prepare(&self, command: &mut Command) {
        fs::write(LIMIT, MANY.to_string()).expect("a limit");
        let folder = self.folder.path();
        command.current_dir(folder).env("HOME", folder).env("TMPDIR", folder).env(MARK, folder);
    }

    /// Starts the program in them.
    pub(crate) fn start(&self, command: &mut Command) -> Child {
        self.prepare(command);
        command.spawn().expect("the program")
    }

    /// Waits until nothing is there that was not there before.
    pub(crate) fn must_be_as_before(&self, when: &str) {
        self.wait_until_nothing_is(when, || self.left());
    }

    /// The same, but for what takes time to be asked and never goes by itself, or late: it is asked of several runs together.
    pub(crate) fn must_be_as_before_but_for_rules_and_namespaces(&self, when: &str) {
        self.wait_until_nothing_is(when, || self.left_by_itself());
    }

    fn wait_until_nothing_is(&self, when: &str, left: impl Fn() -> Vec<String>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = left();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "{when}: {left:#?}");
            sleep(Duration::from_millis(5));
        }
    }

    fn left_by_itself(&self) -> Vec<String> {
        let mut left: Vec<String> = things(&self.folder).difference(&self.before).cloned().collect();
        left.extend(self.processes());
        left
    }

    fn left(&self) -> Vec<String> {
        let mut left = self.left_by_itself();
        if left.is_empty() {
            left.extend(rules().difference(&self.rules).cloned());
        }
        // Asked last, since the namespaces go with the processes.
        if left.is_empty() && !can_have_namespaces(self.namespaces + 1) {
            left.push("a network namespace".to_owned());
        }
        left
    }

    /// Processes of the run.
    fn processes(&self) -> Vec<String> {
        let wanted = format!("{MARK}={}", self.folder.path().display());
        let has_mark = |process: &std::path::Path| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|octet| *octet == 0).any(|variable| variable == wanted.as_bytes())
        };
        let processes = fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path());
        let words = |process: std::path::PathBuf| fs::read(process.join("cmdline")).unwrap_or_default();
        let marked = processes.filter(|process| has_mark(process)).map(words);
        marked.map(|words| String::from_utf8_lossy(&words).replace('\0', " ")).collect()
    }
}

/// Whether so many may be there, without more than there are already but for one.
fn can_have_namespaces(all: usize) -> bool {
    fs::write(LIMIT, all.to_string()).expect("a limit");
    let one_more = std::thread::spawn(|| namespace::enter_new_network().is_ok());
    one_more.join().expect("a thread")
}

fn things(folder: &TempDir) -> BTreeSet<String> {
    let files = fs::read_dir(folder).expect("a folder").flatten().map(|file| format!("{:?}", file.path()));
    let interfaces = lines("dev").into_iter().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    // Which socket it is says its inode or its ends; how full it is does not matter.
    let sockets = TABLES.into_iter().flat_map(|table| {
        let rows = lines(table).into_iter().skip(1);
        rows.map(move |row| format!("{table} {}", row.split_whitespace().take(3).collect::<Vec<_>>().join(" ")))
    });
    let interfaces = interfaces.chain(places());
    files.chain(interfaces).chain(sockets.filter(|row| !row.starts_with("unix"))).chain(doors()).collect()
}

/// Addresses and routes, without how often each was used.
fn places() -> impl Iterator<Item = String> {
    let of = |table: &'static str, wanted: &'static [usize]| {
        lines(table).into_iter().map(move |row| {
            let words: Vec<_> = row.split_whitespace().collect();
            let kept: Vec<_> = wanted.iter().filter_map(|at| words.get(*at).copied()).collect();
            format!("{table} {}", kept.join(" "))
        })
    };
    let (v4, routes) = (of("fib_trie", &[0, 1]), of("route", &[0, 1, 2, 7]));
    v4.chain(routes).chain(of("if_inet6", &[0, 5])).chain(of("ipv6_route", &[0, 1, 4, 9]))
}

/// What nft(8) lists; a machine without it has no rules that anybody could have made by it.
fn rules() -> BTreeSet<String> {
    let listed = Command::new("nft").args(["list", "ruleset"]).output();
    listed.map_or_else(
        |_| BTreeSet::new(),
        |listed| String::from_utf8_lossy(&listed.stdout).lines().map(|line| format!("nft {line}")).collect(),
    )
}

/// Names of sockets that labs are found by.
fn doors() -> impl Iterator<Item = String> {
    lines("unix").into_iter().filter(|row| row.contains("rawshake")).map(|row| format!("unix {row}"))
}

fn lines(table: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/thread-self/net/{table}")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
