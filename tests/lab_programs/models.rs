//! Which processes and threads each model of a server has while it serves.

use std::collections::HashMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{command, has_lab};

/// Processes of this machine: number, parent and name.
fn processes() -> HashMap<u32, (u32, String)> {
    let numbers = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(|number: u32| Some((number, read(number)?))).collect()
}

fn read(number: u32) -> Option<(u32, String)> {
    let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
    let word = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(|rest| rest.trim().to_owned());
    Some((word("PPid:")?.parse().ok()?, word("Name:")?))
}

fn children(parent: u32) -> Vec<u32> {
    let all = processes();
    let mut found: Vec<u32> = all.iter().filter(|(_, (of, _))| *of == parent).map(|(number, _)| *number).collect();
    found.sort_unstable();
    found
}

fn threads(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count)
}

/// Children of the server's process, and threads of it, while three clients are connected and say nothing.
fn of_model(model: &str) -> (usize, usize) {
    let mut lab = command(&format!("serve --model {model} -c 3 --silence 60 --list"));
    let mut lab = lab.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    // What is waited for comes at once or never; the bound is there so that a broken server ends the test.
    let mut seen = (0, 0);
    let mut same = 0;
    while same < 20 && Instant::now() < deadline {
        let all = processes();
        let named = |name: &str| {
            children(lab.id()).into_iter().find(|number| all.get(number).is_some_and(|found| found.1 == name))
        };
        let (server, connected) = (named("server"), named("client").is_some());
        let now = server.map_or((0, 0), |server| (children(server).len(), threads(server)));
        same = if now == seen && connected { same + 1 } else { 0 };
        seen = now;
        std::thread::sleep(Duration::from_millis(25));
    }
    let family: Vec<u32> =
        children(lab.id()).into_iter().flat_map(|child| [vec![child], children(child)].concat()).collect();
    lab.kill().unwrap();
    lab.wait().unwrap();
    // SIGKILL takes them all along: the kernel does it, and may take a moment.
    while family.iter().any(|number| read(*number).is_some_and(|(_, name)| name == "server" || name == "client")) {
        assert!(Instant::now() < deadline, "{model}: {family:?} outlive the lab");
        std::thread::sleep(Duration::from_millis(5));
    }
    seen
}

#[test]
fn every_model_has_its_processes_and_threads_and_none_outlives_the_lab() {
    if !has_lab() {
        return;
    }
    for (model, expected) in
        [("fork", (3, 1)), ("thread", (0, 4)), ("event", (0, 1)), ("hybrid", (4, 1)), ("iterative", (0, 1))]
    {
        assert_eq!(of_model(model), expected, "{model}: child processes, and threads");
    }
}
