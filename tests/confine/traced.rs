//! What strace(1) sees: no program is run, no file is written that was not asked for, and none at all later.

use std::fs;
use std::path::Path;

use crate::common;
use crate::program::{USER, behind_sudo, folder_of, is_root};

/// What may be opened for writing before that: settings of the lab's own network namespaces, trace buffers of
/// our own, and nothing.
const OURS: [&str; 4] =
    ["\"/proc/sys/net/", "\"/dev/null\"", "\"/proc/self/", "\"/sys/kernel/tracing/instances/rawshake-"];

/// Runs it under strace, which follows all threads; gives the lines.
fn traced(arguments: &str, folder: &Path) -> Vec<String> {
    let log = folder.join("strace.txt");
    let run = behind_sudo(arguments);
    let mut strace = std::process::Command::new("strace");
    strace.args([
        "-f",
        "-s",
        "200",
        "-e",
        "trace=execve,execveat,/^open,creat,unlink,unlinkat,rename,/^set.*id,seccomp",
    ]);
    strace.arg("-o").arg(&log).arg(run.get_program()).args(run.get_args());
    strace.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // Who asks for answers gets none.
    let output = strace.stdin(std::process::Stdio::null()).output().expect("strace");
    // Nobody may answer, or be there to be watched.
    let is_done = output.status.code().is_some_and(|code| code < 2);
    assert!(is_done, "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(&log).expect("the log").lines().map(str::to_owned).collect()
}

fn is_writing(line: &str) -> bool {
    let opens = line.contains(" open(") || line.contains(" openat(") || line.contains(" creat(");
    opens && ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag))
}

/// What a lab does start: this very program, to clear up behind it.
const CARETAKER: &str = r#"execve("/proc/self/exe", ["/proc/self/exe", "lab", "caretaker"]"#;

/// Another program is run. Where another thread comes between, strace tells a call in two lines.
fn is_run(line: &&String) -> bool {
    line.contains(" execve") && !line.contains("resumed>") && !line.contains(CARETAKER)
}

#[test]
fn nothing_is_run_and_nothing_written_that_was_not_asked_for() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    if !common::support::installed("nothing_is_run", "strace") {
        return common::skip("strace is not installed");
    }
    let folder = folder_of(USER);
    let named = folder.path().join("out.pcap");
    let runs = [
        "trace --lab --kernel -q",
        "trace --lab -q",
        "send --lab -q",
        "listen --lab -q",
        "ping --lab -c 1",
        "watch -i lo --duration 0.1",
        "replay captures/three-segment.pcap -q",
    ];
    for arguments in runs {
        let lines = traced(&format!("{arguments} --pcap {}", named.display()), folder.path());
        let run: Vec<_> = lines.iter().filter(is_run).collect();
        assert_eq!(run.len(), 1, "{arguments}: strace runs it, and it runs nothing: {run:#?}");
        let quoted = format!("\"{}\"", named.display());
        let is_careful = |line: &String| line.contains("O_CREAT|O_EXCL") && line.contains("O_NOFOLLOW");
        let mut asked_for = lines.iter().filter(|line| is_writing(line) && line.contains(&quoted));
        assert!(asked_for.all(is_careful), "{arguments}: {lines:#?}");
        let written = lines.iter().filter(|line| is_writing(line));
        let other: Vec<_> =
            written.filter(|line| !line.contains(&quoted) && !OURS.iter().any(|own| line.contains(own))).collect();
        assert!(other.is_empty(), "{arguments}: {other:#?}");
        let at = |what: &str| {
            lines.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("{arguments}: no {what}"))
        };
        // Files are opened as who called, from the first one on; and none to be written once system calls are filtered.
        assert!(at(&format!("setfsuid({USER})")) < at(&format!("AT_FDCWD, {quoted}")), "{arguments}");
        // What is written later, another process opens, which gave up its rights before; and no other file.
        let main = lines[0].split(' ').next().expect("a process");
        let is_mine = |line: &&String| line.starts_with(&format!("{main} ")) && line.contains("seccomp(");
        let (before, filtered) = lines.split_at(lines.iter().position(|line| is_mine(&line)).expect("a filter"));
        let late = || filtered.iter().filter(|line| is_writing(line));
        assert!(!late().any(|line| line.starts_with(&format!("{main} "))), "{arguments}: {filtered:#?}");
        let other: Vec<_> = late().filter(|line| !line.contains(&quoted) && !line.contains("\"/dev/null\"")).collect();
        assert!(other.is_empty(), "{arguments}: {other:#?}");
        let becomes = format!("setresuid({USER}, {USER}, {USER}");
        assert!(before.iter().any(|line| line.starts_with(main) && line.contains(&becomes)), "{arguments}");
        fs::remove_file(&named).expect("a new file for each run");
    }
}

#[test]
fn without_a_file_to_write_nothing_is_written_at_all() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    if !common::support::installed("without_a_file", "strace") {
        return common::skip("strace is not installed");
    }
    common::in_own_network(without_a_file);
}

fn without_a_file() {
    let folder = folder_of(USER);
    let of_folder = format!("\"{}", folder.path().display());
    for arguments in [
        "sockets",
        "sockets --tree",
        "explain SYN",
        "explain --list",
        "quiz captures/three-segment.pcap",
        "replay captures/fin.pcap --onto lo --yes",
    ] {
        let lines = traced(arguments, folder.path());
        assert_eq!(lines.iter().filter(|line| line.contains(" execve")).count(), 1, "{arguments}: {lines:#?}");
        let written: Vec<_> = lines.iter().filter(|line| is_writing(line)).collect();
        let is_ours = |line: &&&String| !OURS.iter().any(|own| line.contains(own));
        assert!(!written.iter().any(|line| is_ours(&line)), "{arguments}: {written:#?}");
        assert!(!lines.iter().any(|line| line.contains(&of_folder)), "{arguments}: nobody named {of_folder}");
    }
}
