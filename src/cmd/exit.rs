//! Exit codes.

use std::io::{self, Write};
use std::process::ExitCode;

use colored::Colorize;

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
                let _ = writeln!(err, "{} {}", "rawshake:".red().bold(), in_words(error));
                Self::Error
            }
        }
    }
}

/// The error and its causes, but for a cause whose words were said already: our own errors quote theirs.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match &*said {
        "" => cause,
        _ if said
            .to_lowercase()
            .contains(cause.split(" (os error").next().unwrap_or(&cause).to_lowercase().as_str()) =>
        {
            said
        }
        _ => format!("{said}: {cause}"),
    })
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
            Exit::Error => Self::from(2),
            Exit::Signal(number) => Self::from(128_u8.saturating_add(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_is_said_twice() {
        let cause = io::Error::from_raw_os_error(101);
        let quoting = anyhow::Error::new(cause).context("cannot send: network is unreachable");
        assert_eq!(in_words(&quoting), "cannot send: network is unreachable");
        let other = anyhow::anyhow!("the end").context("the middle").context("the start");
        assert_eq!(in_words(&other), "the start: the middle: the end");
    }

    #[test]
    fn a_closed_pipe_is_success() {
        let error = anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot write");
        assert_eq!(Exit::of(&Err(error), &mut Vec::new()), Exit::Success);
    }
}
