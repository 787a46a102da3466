//! Landlock: files can be read, and nothing else, landlock(7).

use std::io;
use std::os::fd::OwnedFd;

use landlock::{ABI, Access as _, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _};

use crate::sys::Result;
use crate::sys::error::unconfined;

/// What is known of Landlock here: writing, making, removing, executing, moving and cutting. What a kernel does not know of
/// that, it does not forbid.
const KNOWN: ABI = ABI::V3;

/// A ruleset under which files and folders can be read; none where the kernel has no Landlock.
pub(super) fn ruleset() -> Result<Option<OwnedFd>> {
    let failed = |error: &dyn std::error::Error| {
        unconfined("describe which files are left", io::Error::other(error.to_string()))
    };
    let root = PathFd::new("/").map_err(|error| failed(&error))?;
    let reading = AccessFs::ReadFile | AccessFs::ReadDir;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(Ruleset::create)
        .and_then(|created| created.add_rule(PathBeneath::new(root, reading)));
    Ok(ruleset.map_err(|error| failed(&error))?.into())
}
