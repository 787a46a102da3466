//! Exit codes.

use std::io::{self, Write};
use std::process::ExitCode;

use colored::Colorize;

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
    writeln!(err, "{} {message}", "rawshake:".red().bold())
}

/// The error and its causes in one line, each said once: many a message holds the words of its cause already.
fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let words = cause.split(" (os error").next().unwrap_or_default();
        if !line.to_lowercase().contains(&words.to_lowercase()) {
            line += if line.is_empty() { "" } else { ": " };
            line += &cause;
        }
    }
    line
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
            "cannot open x: No such file or directory (os error 2)"
        );
        assert_eq!(
            told_of(Err(errno()).context("cannot open x: no such file or directory; try y")),
            "cannot open x: no such file or directory; try y"
        );
    }
}
