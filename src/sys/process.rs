//! Processes of ours that must not outlive us.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, getppid, pidfd_open, set_parent_process_death_signal, waitpid,
};

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
    bind_to_parent()?;
    if getppid().map(number) == Some(parent) {
        return Ok(());
    }
    Err(Error::os("end together with the process that started this one", io::Error::from(io::ErrorKind::NotFound)))
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
    let failed = |source| Error::os("start a process", source);
    let (near, far) = UnixStream::pair().map_err(failed)?;
    // SAFETY: with one thread nothing is in the middle of anything, so the child may do all that the parent may.
    match unsafe { libc::fork() } {
        0 => {
            drop(near);
            bind_to_parent()?;
            // The parent waits for this; where it is gone nobody can read it.
            (&far).write_all(&[0]).map(|()| Fork::Child).map_err(failed)
        }
        child if child > 0 => {
            drop(far);
            // A child that could not be bound has ended, which is for whoever waits for it.
            let _ = (&near).read(&mut [0]);
            Ok(Fork::Parent(child.unsigned_abs()))
        }
        _ => Err(failed(io::Error::last_os_error())),
    }
}

fn bind_to_parent() -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|errno| Error::os("end together with the process that started this one", errno))
}

/// Has this process, a child of [`fork`], go on when the thread that started it ends.
///
/// # Errors
/// The kernel refuses.
pub fn outlive_parent() -> Result<()> {
    set_parent_process_death_signal(None)
        .map_err(|errno| Error::os("go on without the process that started this one", errno))
}

/// Waits for the end of a child of this process.
///
/// # Errors
/// There is none, or nobody may wait for it ([`let_children_go`]).
pub fn wait_for(process: u32) -> io::Result<()> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    loop {
        match waitpid(Some(pid), WaitOptions::empty()) {
            Err(rustix::io::Errno::INTR) => {}
            ended => return ended.map(drop).map_err(Into::into),
        }
    }
}

/// Closes every descriptor but the standard streams and `kept`. For a child of [`fork`] that is to keep nothing open that
/// its parent had, and leaves by [`leave`]: what owned those descriptors must not be dropped.
pub fn close_all_but(kept: &[i32]) {
    let mut first = 3;
    let mut kept = kept.to_vec();
    kept.sort_unstable();
    for end in kept.into_iter().filter(|kept| *kept >= 3).map(i32::unsigned_abs) {
        close_range(first, end - 1);
        first = end + 1;
    }
    close_range(first, u32::MAX);
}

fn close_range(first: u32, last: u32) {
    if first <= last {
        // SAFETY: numbers; nothing that owned such a descriptor is used after this.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    }
}

/// What this process is called in lists of processes, at most 15 octets of it.
pub fn set_name(name: &std::ffi::CStr) {
    // A name is for the look of it.
    let _ = rustix::thread::set_name(name);
}

/// Lets every signal but SIGKILL and SIGSTOP pass this process by, and lets the standard streams go: it ends when it is told to.
///
/// # Errors
/// There is no /dev/null.
pub fn ignore_everything() -> Result<()> {
    let failed = |source| Error::os("let the standard streams go", source);
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").map_err(failed)?;
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is filled before it is used; the descriptors are those of this process.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigprocmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut());
        for stream in 0..3 {
            libc::dup2(null.as_raw_fd(), stream);
        }
    }
    Ok(())
}

/// Ends this process, a child of [`fork`], at once: what its parent holds in memory, such as half a line, is not for it.
pub fn leave() -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(0) }
}

/// Children of this process leave no zombies from now on, and cannot be waited for.
pub fn let_children_go() {
    // SAFETY: no handler is installed; SIG_IGN for SIGCHLD is what POSIX provides for this.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Has a write beyond the limit on the size of files (`ulimit -f`) fail, instead of ending this process: what is on the wire is
/// brought to its end, and it can be told. Programs that are started have the signal as it is by default.
///
/// # Errors
/// The kernel refuses.
pub fn survive_file_limit() -> Result<()> {
    let noted = Arc::new(AtomicBool::new(false));
    let done = signal_hook::flag::register(libc::SIGXFSZ, noted);
    done.map(|_| ()).map_err(|source| Error::os("hear of the limit on the size of files", source))
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
