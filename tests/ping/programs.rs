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

/// How often two outcomes may differ: a machine under load loses packets, now of the one and now of the other program,
/// but a difference between the programs stays.
const ATTEMPTS: usize = 3;

/// Runs both with the same arguments, at the same time: same lines, and this exit code.
pub(crate) fn same(arguments: &[&str], code: i32) {
    let told = |outcome: &Outcome| (masked(&outcome.out), outcome.code);
    let [mut ours, mut theirs] = both(arguments);
    for _ in 1..ATTEMPTS {
        if told(&ours) != told(&theirs) {
            [ours, theirs] = both(arguments);
        }
    }
    assert_eq!(told(&ours), told(&theirs), "ping {arguments:?}\nours {ours:?}\ntheirs {theirs:?}");
    assert_eq!((ours.code, theirs.code), (Some(code), Some(code)), "ping {arguments:?}\n{ours:?}");
    assert_eq!(ours.err, "", "ping {arguments:?}");
}

/// Ours, and that of iputils.
fn both(arguments: &[&str]) -> [Outcome; 2] {
    let start = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program")
    };
    let ours = start(RAWSHAKE, &[&["ping"], arguments].concat());
    let theirs = start("ping", arguments);
    [ours, theirs].map(|child| Outcome::of(child.wait_with_output().expect("an end")))
}

/// The same, with the options as one text.
pub(crate) fn same_to(host: &str, options: &str, code: i32) {
    let arguments: Vec<_> = options.split(' ').chain([host]).collect();
    same(&arguments, code);
}

/// The text with `#` for everything that is a time, and without the most requests that were on their way at once.
pub(crate) fn masked(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(masked_line).map(without_pipe).collect();
    lines.join("\n")
}

/// A slow machine sends the next request before it reads a reply.
fn without_pipe(line: String) -> String {
    let Some((before, after)) = line.split_once("pipe ") else { return line };
    before.trim_end_matches(", ").to_owned() + after.trim_start_matches(|digit: char| digit.is_ascii_digit())
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
