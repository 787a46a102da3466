//! Processes of ours that must not outlive us.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, set_parent_process_death_signal};

use super::{Error, Result};

/// Which of both processes this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The new one.
    Child,
    /// The old one, with the number of the new one.
    Parent(u32),
}

/// The number of this process.
#[must_use]
pub fn own_number() -> u32 {
    number(getpid())
}

fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// Has the kernel send SIGKILL to this process when the thread that started it ends. `parent` is the process of that thread.
///
/// # Errors
/// The parent is gone already.
pub fn end_with(parent: u32) -> Result<()> {
    let failed = |source: io::Error| Error::os("end together with the process that started this one", source);
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|errno| failed(errno.into()))?;
    // Outside of this PID namespace a parent has no number.
    if getppid().is_none_or(|found| number(found) == parent) {
        return Ok(());
    }
    Err(failed(io::ErrorKind::NotFound.into()))
}

/// A descriptor that becomes readable when the process ends.
///
/// # Errors
/// There is no such process, or the kernel is older than 5.3.
pub fn end_of(process: u32) -> Result<OwnedFd> {
    let failed = |source: io::Error| Error::os(format!("watch process {process}"), source);
    let pid =
        i32::try_from(process).ok().and_then(Pid::from_raw).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| failed(errno.into()))
}

/// fork(2). The child ends with this thread.
///
/// # Errors
/// No process can be had; the process has several threads, so that the child could find locks held by nobody; or, in the
/// child, the parent is gone already.
pub fn fork() -> Result<Fork> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(Error::Threads { threads });
    }
    let parent = own_number();
    // SAFETY: with one thread nothing is in the middle of anything, so the child may do all that the parent may.
    match unsafe { libc::fork() } {
        0 => end_with(parent).map(|()| Fork::Child),
        child if child > 0 => Ok(Fork::Parent(child.unsigned_abs())),
        _ => Err(Error::os("start a process", io::Error::last_os_error())),
    }
}

/// What this process is called in lists of processes, at most 15 octets of it.
pub fn set_name(name: &std::ffi::CStr) {
    // A name is for the look of it.
    let _ = rustix::thread::set_name(name);
}

/// Children of this process leave no zombies from now on, and cannot be waited for.
pub fn let_children_go() {
    // SAFETY: no handler is installed; SIG_IGN for SIGCHLD is what POSIX provides for this.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_threads_does_not_fork() {
        let (ask, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || wait.recv());
        assert!(matches!(fork(), Err(Error::Threads { threads: 2.. })));
        drop(ask);
        assert!(other.join().unwrap().is_err());
    }
}
