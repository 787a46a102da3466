//! Both programs, and their output without the times.

use std::process::{Command, Output, Stdio};

/// The program under test.
pub(crate) const RAWSHAKE: &str = env!("CARGO_BIN_EXE_rawshake");

/// What a program said and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
    }
}

/// Runs a program to its end.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Outcome {
    Outcome::of(Command::new(program).args(arguments).output().expect("a program"))
}

/// Runs both with the same arguments, at the same time: same lines, and this exit code.
pub(crate) fn same(arguments: &[&str], code: i32) {
    let start = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program")
    };
    let ours = start(RAWSHAKE, &[&["ping"], arguments].concat());
    let theirs = start("ping", arguments);
    let [ours, theirs] = [ours, theirs].map(|child| Outcome::of(child.wait_with_output().expect("an end")));
    assert_eq!(masked(&ours.out), masked(&theirs.out), "ping {arguments:?}\nours {ours:?}\ntheirs {theirs:?}");
    assert_eq!((ours.code, theirs.code), (Some(code), Some(code)), "ping {arguments:?}\n{ours:?}");
    assert_eq!(ours.err, "", "ping {arguments:?}");
}

/// The same, with the options as one text.
pub(crate) fn same_to(host: &str, options: &str, code: i32) {
    let arguments: Vec<_> = options.split(' ').chain([host]).collect();
    same(&arguments, code);
}

/// The text with `#` for everything that is a time.
pub(crate) fn masked(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(masked_line).collect();
    lines.join("\n")
}

fn masked_line(line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(masked_word).collect();
    let line = words.join(" ");
    // Newer releases of iputils put a space there, as for IPv4.
    if line.ends_with(" data bytes") { line.replace(" (", "(") } else { line }
}

fn masked_word(word: &str) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    let bare = word.trim_end_matches(',').trim_end_matches("ms");
    if let Some(time) = word.strip_prefix("time=").filter(|time| is_number(time)) {
        // A time has three digits, or whole milliseconds.
        let digits = time.bytes().filter(u8::is_ascii_digit).count();
        assert!(digits == 3 || digits == 4 && time.starts_with("0.") || !time.contains('.'), "{word}");
        return "time=#".to_owned();
    }
    if word.contains('/') && bare.split('/').all(|part| is_number(part) && part.contains('.')) {
        return bare.split('/').map(|_| "#").collect::<Vec<_>>().join("/");
    }
    let stamp = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
    if stamp
        .and_then(|stamp| stamp.split_once('.'))
        .is_some_and(|(seconds, micros)| is_number(seconds) && micros.len() == 6)
    {
        return "[#]".to_owned();
    }
    if word.ends_with("ms") && is_number(bare) { "#ms".to_owned() } else { word.to_owned() }
}
