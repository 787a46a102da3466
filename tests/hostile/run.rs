//! `rawshake replay` within bounds that end it where they are not enough.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::support::program::RAWSHAKE;

/// KiB of address space. What is resident is part of that, so that bounds both; what asks for more is ended.
pub(crate) const MEMORY: u32 = 256 * 1024;
/// Seconds after which it is killed.
pub(crate) const PATIENCE: u32 = 10;

/// `rawshake replay` with these arguments, for so many seconds.
fn bounded<S: AsRef<OsStr>>(patience: u32, arguments: impl IntoIterator<Item = S>) -> Command {
    let line = format!("ulimit -v {MEMORY} && exec timeout -s KILL {patience} \"$0\" replay \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &line, RAWSHAKE]).args(arguments);
    command
}

/// Runs it on a file.
pub(crate) fn replay(arguments: &[String], file: &Path) -> Output {
    bounded(PATIENCE, arguments).arg(file).output().expect("sh")
}

/// The same on one that takes long.
pub(crate) fn replay_long(arguments: &[String], file: &Path) -> Output {
    bounded(600, arguments).arg(file).output().expect("sh")
}
