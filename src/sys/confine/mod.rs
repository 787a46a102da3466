//! Giving up what is not needed any more, before the first octet of somebody else is decoded.
//!
//! A command opens what it needs, and then calls [`enter`]: groups, user, all capabilities, new privileges, writing to files
//! and most system calls are gone afterwards, for every thread, and for good.

mod calls;
mod filter;
mod held;
mod identity;
mod privileges;
mod readonly;
mod status;
#[cfg(test)]
mod tests;
mod threads;

use std::fmt;
use std::sync::OnceLock;

pub use filter::forbid_deadly_calls;
pub use held::{Held, held};
pub use identity::{
    Identity, Invoker, act_for_invoker, act_for_self, as_invoker, as_self, become_invoker, become_invoker_or_stay,
    keep_only_colours, loses_files, refuse_set_user_id, shell_of_invoker, taken_environment,
};

use super::Result;
use super::error::unconfined;
use privileges::Giving;

/// What a command needs afterwards, beyond what all need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Names are looked up: the C library may load modules for that.
    pub names: bool,
}

/// What is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confined {
    /// The user who carries on, where it is not the one who started.
    becomes: Option<(u32, u32)>,
    /// Whether the bounding set could be emptied, too. Without CAP_SETPCAP it cannot; without new privileges it is void.
    bounding: bool,
    /// Whether the kernel has Landlock.
    landlock: bool,
}

impl fmt::Display for Confined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.becomes {
            Some((uid, gid)) => write!(f, "user {uid}, group {gid}, no other group")?,
            None => write!(f, "the user who started it")?,
        }
        let bounding = if self.bounding { "" } else { " but the bounding set, which is void without new privileges" };
        write!(f, "; no capability in any set{bounding}; no new privileges; system calls filtered; ")?;
        let files = if self.landlock { "files can be read only (Landlock)" } else { "no Landlock in this kernel" };
        f.write_str(files)
    }
}

/// Gives up all capabilities, new privileges and the calls that nobody of ours makes, and keeps the user: for a process of one
/// thread that touches nothing but what is that user's own.
///
/// # Errors
/// A step failed, as with [`enter`].
pub fn keep_user_alone() -> Result<()> {
    threads::give_up(&Giving::new(None, privileges::can_empty_bounding_set(), None))?;
    filter::forbid_deadly_calls()
}

static CONFINED: OnceLock<Confined> = OnceLock::new();

/// Whether that was done.
#[must_use]
pub fn is_confined() -> bool {
    CONFINED.get().is_some()
}

/// Gives up everything but what is open, in all threads; a second call changes nothing.
///
/// # Errors
/// [`Error::Unconfined`](super::Error::Unconfined) names the step that failed. The process is then in between, and must end.
pub fn enter(needs: Needs) -> Result<Confined> {
    if let Some(confined) = CONFINED.get() {
        return Ok(*confined);
    }
    let filters = filter::compile(needs)?;
    let ruleset = readonly::ruleset()?;
    let becomes = identity::invoker()?.becomes;
    let bounding = privileges::can_empty_bounding_set();
    threads::give_up(&Giving::new(becomes, bounding, ruleset.as_ref()))?;
    filter::install(&filters)?;
    let confined = Confined { becomes, bounding, landlock: ruleset.is_some() };
    status::verify(becomes.is_some(), bounding).map_err(|found| unconfined("look at the result", found))?;
    Ok(*CONFINED.get_or_init(|| confined))
}
