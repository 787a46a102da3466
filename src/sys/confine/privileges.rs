//! What one thread gives up: groups, user, capabilities, and writing to files.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::thread::{CapabilitySet, capabilities};

/// Capabilities that a kernel may have.
const CAPABILITIES: libc::c_ulong = 64;

/// Of prctl(2) and capabilities(7), where libc has no name for it: the bits that keep root from being anything but a user,
/// each with its lock. `NO_SETUID_FIXUP` is not among them: with it a change of the user would not take capabilities away.
const SECURE_BITS: libc::c_ulong = NO_ROOT | NO_ROOT << 1 | KEEP_CAPS_LOCKED | NO_AMBIENT | NO_AMBIENT << 1;
const NO_ROOT: libc::c_ulong = 1 << 0;
const KEEP_CAPS_LOCKED: libc::c_ulong = 1 << 5;
const NO_AMBIENT: libc::c_ulong = 1 << 6;

/// The version of capset(2) with 64 capabilities.
const VERSION_3: u32 = 0x2008_0522;

/// What each thread gives up. Plain numbers: a signal handler reads them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Giving {
    becomes: Option<(u32, u32)>,
    bounding: bool,
    /// The Landlock ruleset, below 0 where there is none.
    ruleset: i32,
}

/// A step that failed, and the error number.
pub(super) type Failure = (Step, i32);

/// What is done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Step {
    NewPrivileges,
    SecureBits,
    Bounding,
    Ambient,
    Groups,
    Group,
    User,
    Capabilities,
    Landlock,
}

impl Step {
    const ALL: [Self; 9] = [
        Self::NewPrivileges,
        Self::SecureBits,
        Self::Bounding,
        Self::Ambient,
        Self::Groups,
        Self::Group,
        Self::User,
        Self::Capabilities,
        Self::Landlock,
    ];

    pub(super) fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step as i32 == number)
    }

    /// It completes "cannot give up privileges: cannot …".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::NewPrivileges => "renounce new privileges (PR_SET_NO_NEW_PRIVS)",
            Self::SecureBits => "lock the secure bits (PR_SET_SECUREBITS)",
            Self::Bounding => "empty the bounding set of capabilities (PR_CAPBSET_DROP)",
            Self::Ambient => "empty the ambient set of capabilities (PR_CAP_AMBIENT)",
            Self::Groups => "leave all groups (setgroups)",
            Self::Group => "change the group (setresgid)",
            Self::User => "change the user (setresuid)",
            Self::Capabilities => "empty the sets of capabilities (capset)",
            Self::Landlock => "renounce writing to files (landlock_restrict_self)",
        }
    }
}

/// Whether this thread may take capabilities out of the bounding set.
pub(super) fn can_empty_bounding_set() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SETPCAP))
}

impl Giving {
    /// `ruleset` must stay open for as long as this is used.
    pub(super) fn new(becomes: Option<(u32, u32)>, bounding: bool, ruleset: Option<&OwnedFd>) -> Self {
        Self { becomes, bounding, ruleset: ruleset.map_or(-1, |ruleset| ruleset.as_raw_fd()) }
    }

    /// Has the calling thread give it up: nothing but system calls, as a signal handler may do it.
    pub(super) fn give_up(&self) -> Result<(), Failure> {
        prctl(Step::NewPrivileges, libc::PR_SET_NO_NEW_PRIVS, 1, 0)?;
        if self.bounding {
            let before = prctl(Step::SecureBits, libc::PR_GET_SECUREBITS, 0, 0)?;
            prctl(Step::SecureBits, libc::PR_SET_SECUREBITS, SECURE_BITS | before, 0)?;
            (0..CAPABILITIES).try_for_each(empty_of)?;
        }
        let clear = libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong;
        prctl(Step::Ambient, libc::PR_CAP_AMBIENT, clear, 0)?;
        if let Some((uid, gid)) = self.becomes {
            // The C library would do this for all threads at once, by signals of its own; each thread does it for itself.
            // SAFETY: numbers, and no list of groups.
            unsafe {
                check(Step::Groups, libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<u32>()))?;
                check(Step::Group, libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
                check(Step::User, libc::syscall(libc::SYS_setresuid, uid, uid, uid))?;
            }
        }
        let (header, none) = ([VERSION_3, 0], [0_u32; 6]);
        // SAFETY: a header of the version whose sets are two times three numbers.
        check(Step::Capabilities, unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) })?;
        if self.ruleset >= 0 {
            // SAFETY: a descriptor and no flags.
            check(Step::Landlock, unsafe { libc::syscall(libc::SYS_landlock_restrict_self, self.ruleset, 0) })?;
        }
        Ok(())
    }
}

/// Takes a capability out of the bounding set; those that the kernel does not have are not there, either.
fn empty_of(capability: libc::c_ulong) -> Result<(), Failure> {
    match prctl(Step::Bounding, libc::PR_CAPBSET_DROP, capability, 0) {
        Err((_, libc::EINVAL)) => Ok(()),
        result => result.map(drop),
    }
}

fn prctl(step: Step, operation: i32, first: libc::c_ulong, second: libc::c_ulong) -> Result<libc::c_ulong, Failure> {
    let zero: libc::c_ulong = 0;
    // SAFETY: operations that take numbers alone.
    check(step, libc::c_long::from(unsafe { libc::prctl(operation, first, second, zero, zero) }))
}

/// What a call answered, if it did not fail.
fn check(step: Step, result: libc::c_long) -> Result<libc::c_ulong, Failure> {
    if let Ok(answer) = libc::c_ulong::try_from(result) {
        return Ok(answer);
    }
    // SAFETY: it is always valid, and each thread has its own.
    Err((step, unsafe { *libc::__errno_location() }))
}
