//! Words that mean harm, in every place of a capture, through every output.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::support::program::{RAWSHAKE, Said};
use crate::forged::{EVIL, capture, mark};
use crate::looks;
use crate::outputs::outputs;
use crate::run::replay;

/// The capture in a file whose name means harm, too.
fn forged() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("\u{1b}[2J\u{202e}\n<script>.pcapng");
    fs::write(&path, capture()).expect("a file");
    (folder, path)
}

#[test]
fn nothing_that_is_said_reaches_a_terminal_a_page_or_a_parser_as_it_is() {
    let (_folder, path) = forged();
    for output in outputs() {
        let ran = replay(&output.arguments, &path);
        let (line, said) = (output.arguments.join(" "), String::from_utf8(ran.stderr).expect("UTF-8"));
        assert_eq!(ran.status.code(), Some(0), "{line}: {said}");
        looks::sound(&output, &ran.stdout).unwrap_or_else(|why| panic!("{line}: {why}"));
        looks::harmless(&said, true).unwrap_or_else(|why| panic!("{line}: {why}"));
        let text = String::from_utf8(ran.stdout).expect("UTF-8");
        // It is there, so what makes it harmless is how it is written.
        let is_shown = output.format != "csv" && !["--list", "--stats", " -q"].iter().any(|mode| line.contains(mode));
        let lost = (0..EVIL.len()).find(|row| is_shown && !text.contains(&mark(*row)));
        assert_eq!(lost, None, "{line}: {text}");
    }
}

/// Errors name the file and quote what is in it; other commands show the same packets.
#[test]
fn errors_and_other_commands_are_harmless_too() {
    let (_folder, path) = forged();
    let whole = fs::read(&path).expect("a file");
    for (arguments, length, code) in [
        ("replay --list", whole.len() - 5, 2),
        ("replay --format json", 10, 2),
        ("replay -f port", whole.len(), 2),
        ("replay --where x", whole.len(), 2),
        ("replay --step -v -n 2 --color always", whole.len(), 0),
        ("replay -n 99", whole.len(), 2),
        ("quiz --seed 1", whole.len(), 1),
    ] {
        fs::write(&path, &whole[..length]).expect("a file");
        let mut command = Command::new(RAWSHAKE);
        command
            .args(arguments.split(' '))
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let mut keyboard = child.stdin.take().expect("a pipe");
        // More lines than anything asks for; some do not ask.
        let _ = keyboard.write_all("p\n?\nx\u{1b}[2J\n\n".repeat(40).as_bytes());
        drop(keyboard);
        let said = Said::of(child.wait_with_output().expect("its end"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        let harmless = |text: &str| looks::harmless(text, true).unwrap_or_else(|why| panic!("{arguments}: {why}"));
        harmless(&said.out);
        harmless(&said.err);
        assert!(code < 2 || !said.err.is_empty(), "{arguments}: {said:?}");
    }
}
