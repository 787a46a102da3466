//! The filters of system calls, seccomp(2): one says which are left, the other which end the process. The kernel does the
//! more severe of what both say; a call in neither table fails as one that the kernel does not have (ENOSYS), so that the C
//! library takes another way.

use std::collections::BTreeMap;
use std::io;

use libc::c_long;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

use super::Needs;
use super::calls::{ALLOWED, ALLOWED_HERE, DEADLY, NO_IOCTL, PRCTL};
use crate::sys::Result;
use crate::sys::error::unconfined;

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;
type Built<T> = std::result::Result<T, seccompiler::BackendError>;

/// Puts the filters together.
///
/// # Errors
/// This machine's architecture is not among those that the tables are for.
pub(super) fn compile(needs: Needs) -> Result<[BpfProgram; 2]> {
    let built = || -> Built<[BpfProgram; 2]> {
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        let refusal = SeccompAction::Errno(libc::ENOSYS as u32);
        let deadly = DEADLY.iter().map(|call| (*call, Vec::new())).collect();
        // Behind the second one no other can be put.
        Ok([
            SeccompFilter::new(deadly, SeccompAction::Allow, SeccompAction::KillProcess, arch)?.try_into()?,
            SeccompFilter::new(allowed(needs)?, refusal, SeccompAction::Allow, arch)?.try_into()?,
        ])
    };
    built().map_err(|error| unconfined("describe which system calls are left", io::Error::other(error.to_string())))
}

/// Puts the filters before all threads.
///
/// # Errors
/// The kernel has no seccomp, or a thread has other filters.
pub(super) fn install(filters: &[BpfProgram]) -> Result<()> {
    let install = |filter| seccompiler::apply_filter_all_threads(filter);
    filters.iter().try_for_each(|filter| install(filter)).map_err(|error| {
        let cause = match error {
            seccompiler::Error::Prctl(cause) | seccompiler::Error::Seccomp(cause) => cause,
            other => io::Error::other(other.to_string()),
        };
        unconfined("filter system calls (seccomp)", cause)
    })
}

/// Makes the calls that end the process do so from now on, for who needs most of the others.
///
/// # Errors
/// As [`enter`](super::enter).
pub fn forbid_deadly_calls() -> Result<()> {
    let [deadly, _] = compile(Needs::default())?;
    install(&[deadly])
}

fn allowed(needs: Needs) -> Built<Rules> {
    let mut rules: Rules = ALLOWED.iter().chain(ALLOWED_HERE).map(|call| (*call, Vec::new())).collect();
    rules.extend(opening()?);
    rules.extend(memory(needs)?);
    rules.extend(to_ourselves()?);
    // A thread is one that shares all that a process has; a new process is none.
    rules.insert(libc::SYS_clone, vec![flags(0, libc::CLONE_THREAD as u64, libc::CLONE_THREAD as u64)?]);
    let prctl = PRCTL.iter().map(|operation| rule([condition(0, Dword, Eq, *operation as u64)?]));
    rules.insert(libc::SYS_prctl, prctl.collect::<Built<_>>()?);
    let conditions = NO_IOCTL.iter().map(|request| condition(1, Dword, Ne, *request)).collect::<Built<Vec<_>>>()?;
    rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(conditions)?]);
    Ok(rules)
}

/// Files are opened for reading alone.
fn opening() -> Built<Rules> {
    let writing = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND) as u64;
    let temporary = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u64;
    let reading = |argument| flags(argument, writing | temporary, libc::O_RDONLY as u64);
    let mut rules = Rules::from([(libc::SYS_openat, vec![reading(2)?])]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![reading(1)?]);
    Ok(rules)
}

/// No memory can be made to be executed; but the C library may load modules to look names up.
fn memory(needs: Needs) -> Built<Rules> {
    [libc::SYS_mmap, libc::SYS_mprotect]
        .into_iter()
        .map(|call| {
            let rules = if needs.names { Vec::new() } else { vec![flags(2, libc::PROT_EXEC as u64, 0)?] };
            Ok((call, rules))
        })
        .collect()
}

/// What concerns a process concerns this one: signals, limits.
fn to_ourselves() -> Built<Rules> {
    let own = u64::from(std::process::id());
    let kill = vec![rule([condition(0, Dword, Eq, own)?])?];
    let limits = vec![rule([condition(0, Dword, Eq, 0)?])?, rule([condition(0, Dword, Eq, own)?])?];
    Ok(Rules::from([(libc::SYS_kill, kill.clone()), (libc::SYS_tgkill, kill), (libc::SYS_prlimit64, limits)]))
}

/// An argument of which these bits have this value.
fn flags(argument: u8, mask: u64, value: u64) -> Built<SeccompRule> {
    rule([condition(argument, Qword, MaskedEq(mask), value)?])
}

fn condition(
    argument: u8,
    length: seccompiler::SeccompCmpArgLen,
    operation: seccompiler::SeccompCmpOp,
    value: u64,
) -> Built<SeccompCondition> {
    SeccompCondition::new(argument, length, operation, value)
}

fn rule(conditions: [SeccompCondition; 1]) -> Built<SeccompRule> {
    SeccompRule::new(conditions.into())
}
