//! The moment from which on packets are decoded: what a command needs is open, and the rest is given up.

use std::io::Write;

use super::exit::remark;
use crate::sys::confine::{self, Needs};

/// Gives up all privileges but what is open, and most system calls; `verbose` tells what is held and what is gone. To be
/// called once everything is open, and before the first packet is looked at.
///
/// # Errors
/// A step failed: the command must not go on.
pub(super) fn give_up(needs: Needs, verbose: u8, err: &mut dyn Write) -> anyhow::Result<()> {
    let held = confine::held();
    let confined = confine::enter(needs)?;
    if verbose > 0 {
        remark(err, &format!("Held: {held}"))?;
        remark(err, &format!("Given up: {confined}"))?;
    }
    Ok(())
}
