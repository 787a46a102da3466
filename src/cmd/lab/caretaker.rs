//! `rawshake lab caretaker`: waits on a host of the lab for the lab's end. The lab starts it; it is for nobody else.

use anyhow::Context as _;

use crate::cmd::Exit;
use crate::lab;

/// Runs it.
///
/// # Errors
/// This is no host of a lab, or connections cannot be ended.
pub(super) fn run() -> anyhow::Result<Exit> {
    lab::take_care().context("this command is for the lab itself; see rawshake lab --help")?;
    Ok(Exit::Success)
}
