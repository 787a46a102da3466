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
                let _ = writeln!(err, "{} {error:#}", "rawshake:".red().bold());
                Self::Error
            }
        }
    }
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
