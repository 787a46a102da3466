//! Files that are opened later than privileges are given up: capture files that are read in their turn, again or when they have
//! changed, and those that are written when there is something to write.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::sys::door::{self, Output};
use crate::sys::{self, confine};

use super::capture::{CaptureArgs, create_later, remove_later};
use super::exit::told;

/// Sees to it that these files can be opened later. Standard input is open. To be called before any thread is there.
///
/// # Errors
/// No process can be had that opens them.
pub(super) fn start(inputs: &[PathBuf], outputs: &CaptureArgs) -> sys::Result<()> {
    start_for(inputs, outputs.is_wanted(), |output| {
        let done = match output {
            Output::Create(number) => create_later(outputs, number, inputs).map(Some),
            Output::Remove(number) => remove_later(outputs, number).map(|()| None),
        };
        done.map_err(|error| told(&error))
    })
}

/// The same for outputs of any kind, where there are any.
///
/// # Errors
/// As [`start`].
pub(super) fn start_for(
    inputs: &[PathBuf],
    has_outputs: bool,
    mut outputs: impl FnMut(Output) -> Result<Option<File>, String>,
) -> sys::Result<()> {
    let named = inputs.iter().filter(|input| *input != Path::new("-"));
    let served: Vec<_> = if confine::loses_files()? { named.cloned().collect() } else { Vec::new() };
    if served.is_empty() && !has_outputs {
        return Ok(());
    }
    door::start(served, &mut outputs)
}
