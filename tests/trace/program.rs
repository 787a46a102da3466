//! The program, and what it said.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

use std::process::Command;

use crate::common;
pub(crate) use crate::common::support::program::{RAWSHAKE, Said, segment};

/// Runs `rawshake trace` with these arguments, separated by blanks.
pub(crate) fn trace(arguments: &str) -> Said {
    Said::of(command(arguments).output().expect("the program"))
}

/// Runs `rawshake send` with these arguments, separated by blanks.
pub(crate) fn send(arguments: &str) -> Said {
    Said::of(command_of("send", arguments).output().expect("the program"))
}

pub(crate) fn command(arguments: &str) -> Command {
    command_of("trace", arguments)
}

pub(crate) fn command_of(subcommand: &str, arguments: &str) -> Command {
    let mut command = Command::new(RAWSHAKE);
    command.arg(subcommand).args(arguments.split(' ').filter(|word| !word.is_empty()));
    command
}

/// Whether the lab can be had here; if not, that is put on record.
pub(crate) fn has_lab() -> bool {
    let said = trace("--lab --lab-server refuses");
    let forbidden = said.code == Some(2) && said.err.contains("cannot set up the lab");
    if forbidden {
        common::impossible(said.err.trim_end());
    }
    !forbidden
}
