//! Files that are written because they were named: every one that the command line knows.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use clap::Command;
use rawshake::cmd;

use crate::common;
use crate::run::{CAPTURE, for_each, run, run_behind};

/// An option that names an output, and a run that writes it.
struct Output {
    command: &'static str,
    option: &'static str,
    value: &'static str,
    /// What else is to be said.
    rest: &'static str,
    /// The files that come of it.
    names: &'static [&'static str],
    code: i32,
}

const fn output(command: &'static str, option: &'static str, rest: &'static str) -> Output {
    Output { command, option, value: "out.pcap", rest, names: &["out.pcap"], code: 0 }
}

const OUTPUTS: [Output; 14] = [
    output("trace", "pcap", "--lab -q --close reset"),
    output("send", "pcap", "--lab -q"),
    output("listen", "pcap", "--lab -q"),
    output("ping", "pcap", "--lab -q -c 1"),
    output("replay", "pcap", "-q CAPTURE"),
    // Nobody speaks there.
    Output { code: 1, ..output("watch", "pcap", "-i lo --duration 0.01") },
    Output { names: &["out-00001.pcap"], code: 1, ..output("watch", "pcap", "-i lo --duration 0.01 --rotate-size 1") },
    output("lab serve", "pcap", "-q --clients 1"),
    output("lab serve", "out", "-q --clients 1"),
    output("lab run", "pcap", "-q -- true"),
    output("lab run", "out", "-q -- true"),
    output("lab shell", "out", "-q"),
    Output { names: &["out.pcap", "out.pcap.key"], ..output("quiz", "export", "CAPTURE") },
    Output { value: ".", names: &["lesson-01-1.pcap"], ..output("learn", "keep", "--lesson 1 --auto") },
];

/// Options and arguments that name what is read.
const INPUTS: [&str; 4] = ["replay files", "quiz files", "trace send_file", "send payload_file"];

/// Those that write the same as another, by the same options: one of them stands for both.
const LIKE_OTHERS: [&str; 1] = ["lab shell pcap"];

/// Every argument below `command` that names files, as `lab run out`, and whether it is one of the outputs.
fn named(command: &Command, path: &str, found: &mut BTreeSet<(String, bool)>) {
    let outputs: Vec<_> = command.get_groups().filter(|group| group.get_id() == "outputs").collect();
    for argument in command.get_arguments() {
        let is_output = outputs.iter().any(|group| group.get_args().any(|member| member == argument.get_id()));
        let values = argument.get_value_names().unwrap_or_default();
        if is_output || values.iter().any(|value| value.contains("FILE") || value.contains("FOLDER")) {
            found.insert((format!("{path}{}", argument.get_id()), is_output));
        }
    }
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        named(inner, &format!("{path}{} ", inner.get_name()), found);
    }
}

#[test]
fn the_table_has_every_output_of_the_command_line() {
    let mut found = BTreeSet::new();
    let mut command = cmd::command();
    command.build();
    named(&command, "", &mut found);
    let table = OUTPUTS.iter().map(|output| format!("{} {}", output.command, output.option));
    let outputs = table.chain(LIKE_OTHERS.map(str::to_owned)).map(|name| (name, true));
    let known: BTreeSet<_> = outputs.chain(INPUTS.map(|name| (name.to_owned(), false))).collect();
    assert_eq!(found, known);
}

const PRECIOUS: &str = "precious";

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8")).collect()
}

/// What is there is refused, a link is not followed, and what is replaced stays whole under its other names.
fn check(output: &Output) {
    let Output { command, option, value, rest, .. } = output;
    let plain = format!("{command} --{option} {value} {rest}");
    let forced = format!("{command} --force --{option} {value} {rest}");
    for name in output.names {
        let folder = tempfile::tempdir().expect("a folder");
        let [own, other] = [*name, "precious"].map(|name| folder.path().join(name));
        let refused = |arguments: &str, why: &str, files: usize| {
            let said = run(arguments, folder.path());
            let line = format!("{name}\" {why}\n");
            assert!(said.code == Some(2) && said.err.ends_with(&line), "{arguments}: {said:?}");
            assert_eq!(names(folder.path()).len(), files, "{arguments}: another file is left");
        };
        fs::write(&own, PRECIOUS).expect("a file");
        refused(&plain, "is there already; name another file, or say --force to replace it", 1);
        fs::rename(&own, &other).expect("a file");
        symlink(&other, &own).expect("a link");
        refused(&forced, "is a symbolic link, which is not followed; name the file itself", 2);
        assert_eq!(fs::read(&other).ok(), Some(PRECIOUS.into()), "{forced}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("precious");
    fs::write(&other, PRECIOUS).expect("a file");
    output.names.iter().for_each(|name| fs::hard_link(&other, folder.path().join(name)).expect("a link"));
    let said = run(&forced, folder.path());
    assert_eq!((said.code, fs::read(&other).ok()), (Some(output.code), Some(PRECIOUS.into())), "{forced}: {said:?}");
    let expected = output.names.iter().copied().chain(["precious"]).map(str::to_owned);
    assert_eq!(names(folder.path()), expected.collect(), "{forced}");
    let is_new = |name: &&str| fs::read(folder.path().join(name)).is_ok_and(|octets| octets != PRECIOUS.as_bytes());
    assert!(output.names.iter().all(is_new), "{forced}");
}

#[test]
fn no_output_replaces_or_follows_what_is_there() {
    common::in_own_network(|| for_each(&OUTPUTS, check));
}

/// A shell opens the descriptor for the program; what it leads to is there before.
#[test]
fn what_is_open_already_is_written_to_as_it_was_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own");
    let through = |redirection: &str, limit: &str| {
        fs::write(&own, PRECIOUS).expect("a file");
        let said =
            run_behind(&format!("{limit} exec 5{redirection}own"), "replay CAPTURE -q --pcap /dev/fd/5", folder.path());
        (said, fs::read(&own).expect("the file"))
    };
    let (said, left) = through("<", "");
    assert!(said.err.ends_with("\"/dev/fd/5\" is open to be read alone; name a file\n"), "{said:?}");
    assert_eq!((said.code, left), (Some(2), PRECIOUS.into()), "what was opened to be read is not written");
    let capture = fs::read(CAPTURE).expect("the capture");
    let (said, left) = through(">>", "");
    assert_eq!((said.code, left.len()), (Some(0), PRECIOUS.len() + capture.len()), "{said:?}");
    assert!(left.starts_with(PRECIOUS.as_bytes()), "what is there is written behind");
    let (said, left) = through(">", "");
    assert_eq!((said.code, left.len()), (Some(0), capture.len()), "{said:?}");
    // 512 octets, in which not all packets have room.
    let (said, left) = through(">>", "ulimit -f 1 &&");
    let told = said.err.contains("; it is a valid capture of the first ");
    assert!(told && left.starts_with(PRECIOUS.as_bytes()) && left.len() < 512, "{said:?}: {}", left.len());
    let said = run_behind("true", "replay CAPTURE -q --pcap /dev/fd/9", folder.path());
    assert!(said.code == Some(2) && said.err.contains("/dev/fd/9"), "{said:?}");
}
