//! A running `rawshake watch`, in the network of the test that starts it.

use std::process::Command;

use rustix::process::Signal;

pub(crate) use crate::common::support::program::{RAWSHAKE, Said};
use crate::common::support::running::Running;

/// Starts it with these arguments, separated by blanks, and waits until it captures.
pub(crate) fn watching(arguments: &str) -> Running {
    Running::start(&format!("watch {arguments}"), "watching ")
}

/// Whether it has looked at so many packets by now.
pub(crate) fn is_caught_up(watching: &mut Running, packets: u64) -> bool {
    watching.signal(Signal::QUIT);
    watching.note().starts_with(&format!("so far {} packets, ", rawshake::explain::grouped(packets)))
}

/// Runs it to its own end.
pub(crate) fn watch(arguments: &str) -> Said {
    let mut command = Command::new(RAWSHAKE);
    Said::of(command.arg("watch").args(arguments.split_whitespace()).output().expect("the program"))
}
