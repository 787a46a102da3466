//! Exit codes.

use std::io::{self, Write};
use std::process::ExitCode;

use colored::Colorize;

use crate::ladder::wrap;
use crate::sys::{next_step, terminal};

/// The exit code of what could not be done.
pub(super) const ERROR: u8 = 2;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for happened.
    Success,
    /// No reply, or not the expected one.
    NoReply,
    /// It could not be done.
    Error,
    /// A command that was run ended with this code.
    Command(u8),
    /// Ctrl-C or another signal of this number ended it.
    Signal(u8),
}

impl Exit {
    /// The code for the outcome of a command; an error is written to `err` with its causes. A closed output pipe is
    /// success: the reader has seen enough.
    pub fn of(result: &anyhow::Result<Self>, err: &mut dyn Write) -> Self {
        match result {
            Ok(exit) => *exit,
            Err(error) if is_broken_pipe(error) => Self::Success,
            Err(error) => {
                // Standard error itself may be closed; there is nowhere left to say so.
                let _ = tell(err, &told(error));
                Self::Error
            }
        }
    }
}

/// Says on `err` what went wrong.
///
/// # Errors
/// Those of `err`.
pub(super) fn tell(err: &mut dyn Write, message: &str) -> io::Result<()> {
    let text = fold(&format!("{NAME} {}", visible(message)), terminal_width());
    let rest = text.strip_prefix(NAME).unwrap_or(&text);
    writeln!(err, "{}{rest}", NAME.red().bold())
}

/// The message with nothing in it that could steer a terminal or turn its words round: arguments come back in it.
pub(super) fn visible(message: &str) -> String {
    let show = |char: char| match char {
        '\n' | '"' | '\'' | '\\' => char.to_string(),
        _ => char.escape_debug().to_string(),
    };
    message.chars().map(show).collect()
}

/// Begins every error.
const NAME: &str = "rawshake:";

/// A sentence for a person, on `err`: one line, folded between words where a terminal is too narrow for it.
///
/// # Errors
/// Those of `err`.
pub(super) fn remark(err: &mut dyn Write, sentence: &str) -> io::Result<()> {
    writeln!(err, "{}", fold(sentence, terminal_width()))
}

fn terminal_width() -> Option<usize> {
    let is_terminal = terminal::is_terminal(io::stderr());
    is_terminal.then(|| terminal::width(io::stderr()).map_or(80, usize::from))
}

/// Lines that are too long for the screen, broken at blanks; the others stay as they are.
fn fold(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let fold = |line: &str| if line.chars().count() > width { wrap(line, width).join("\n") } else { line.to_owned() };
    text.split('\n').map(fold).collect::<Vec<_>>().join("\n")
}

/// The error and its causes in one line, each said once: many a message holds the words of its cause already.
pub(super) fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let words = cause.split(" (os error").next().unwrap_or_default();
        if !line.to_lowercase().contains(&words.to_lowercase()) {
            line += if line.is_empty() { "" } else { ": " };
            line += &cause;
        }
    }
    // A sentence that ends with the system's words says nothing yet of what to do.
    let last = error.root_cause().downcast_ref::<io::Error>().filter(|_| line.ends_with(')'));
    line + last.map_or("", next_step)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::from(0),
            Exit::NoReply => Self::from(1),
            Exit::Error => Self::from(ERROR),
            Exit::Command(code) => Self::from(code),
            Exit::Signal(number) => Self::from(128_u8.saturating_add(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_cause_is_told_once() {
        let errno = || io::Error::from_raw_os_error(libc::ENOENT);
        let told_of = |error: Result<(), anyhow::Error>| told(&error.unwrap_err());
        assert_eq!(
            told_of(Err(errno()).context("cannot open x")),
            "cannot open x: No such file or directory (os error 2); look whether the name and its folder are right"
        );
        assert_eq!(
            told_of(Err(errno()).context("cannot open x: no such file or directory; try y")),
            "cannot open x: no such file or directory; try y"
        );
    }

    #[test]
    fn nothing_in_a_message_steers_a_terminal() {
        assert_eq!(visible("an 'a\\b' and \"é\" → \n  ^"), "an 'a\\b' and \"é\" → \n  ^");
        assert_eq!(visible("\u{202e}abc\x1b[2J\r\u{7}"), "\\u{202e}abc\\u{1b}[2J\\r\\u{7}");
    }

    #[test]
    fn a_sentence_is_folded_only_for_a_screen() {
        let sentence = "one two three\n  four";
        assert_eq!(super::fold(sentence, None), sentence);
        assert_eq!(super::fold(sentence, Some(8)), "one two\nthree\n  four");
    }
}
