//! A place for a program of somebody else: processes that cannot outlive it, and names of hosts of its own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, unmount};
use rustix::process::{Pid, WaitOptions, wait, waitpid};
use rustix::thread::UnshareFlags;
use signal_hook::consts::{SIGINT, SIGQUIT};

use super::namespace::unshare;
use super::process::{self, Fork};
use super::{Error, Result, confine};

/// Where names of hosts stand.
const HOSTS: &str = "/etc/hosts";

/// A folder over which a file system can be laid for a moment, which nobody else sees.
const FOLDER: &str = "/tmp";

/// What env(1) and shells answer where a command does not exist, and where it cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// How a program ended, and why it could not begin.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; 128 and the number of the signal that ended it; 127 or 126 where it could not begin.
    pub code: u8,
    /// Why it could not.
    pub failure: Option<Error>,
}

/// Runs a command in new PID and mount namespaces, with `hosts` for /etc/hosts, and waits for it. What it leaves behind is
/// killed by the kernel, also where this process is. The calling process must have one thread, and can start none afterwards.
///
/// # Errors
/// The namespaces are not to be had.
pub fn run(command: &[OsString], hosts: &str) -> Result<Ended> {
    unshare(UnshareFlags::NEWNS | UnshareFlags::NEWPID)
        .map_err(|source| Error::os("make a place for the command's processes", source))?;
    let named = name_hosts(hosts).map_err(|source| Error::os(format!("lay names over {HOSTS}"), source));
    leave_keyboard_signals()?;
    match process::fork()? {
        Fork::Child => {
            let ended = first_process(command);
            Ok(Ended { failure: ended.failure.or(named.err()), ..ended })
        }
        Fork::Parent(child) => {
            let pid = i32::try_from(child).ok().and_then(Pid::from_raw);
            let ended = waitpid(pid, WaitOptions::empty()).map_err(|errno| Error::os("wait for the command", errno))?;
            let status = ended.map_or(0, |(_, status)| status.as_raw());
            Ok(Ended { code: code(ExitStatus::from_raw(status)), failure: None })
        }
    }
}

/// Ctrl-C is for the command: handlers, unlike signals that are ignored, do not go over to it.
fn leave_keyboard_signals() -> Result<()> {
    let noted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::clone(&noted))
            .map_err(|source| Error::os("watch for Ctrl-C", source))?;
    }
    Ok(())
}

/// Lays a file with these lines over /etc/hosts, for this mount namespace.
fn name_hosts(hosts: &str) -> io::Result<()> {
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)?;
    mount("rawshake", FOLDER, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, None)?;
    let path = format!("{FOLDER}/hosts");
    let laid = fs::write(&path, hosts).and_then(|()| Ok(mount_bind(&path, HOSTS)?));
    unmount(FOLDER, UnmountFlags::DETACH)?;
    laid
}

/// What the first process of a PID namespace does: it starts the command, and buries whatever dies. With its end, all end.
fn first_process(command: &[OsString]) -> Ended {
    let fails = |code, source| Ended { code, failure: Some(source) };
    // So that ps shows the processes in here. A container may forbid it; then those outside are shown.
    let _ = mount("proc", "/proc", "proc", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None);
    let Some((program, arguments)) = command.split_first() else {
        return fails(NOT_FOUND, Error::os("run a command", io::Error::from(io::ErrorKind::InvalidInput)));
    };
    let environment = confine::taken_environment().iter().map(|(name, value)| (name, value));
    let child = match Command::new(program).args(arguments).envs(environment).spawn() {
        Ok(child) => child,
        Err(source) => {
            let code = if source.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE };
            return fails(code, Error::Os { operation: format!("run {program:?}"), source });
        }
    };
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get().unsigned_abs() == child.id() => {
                return Ended { code: code(ExitStatus::from_raw(status.as_raw())), failure: None };
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return fails(NOT_RUNNABLE, Error::os("wait for the command", errno)),
        }
    }
}

/// As a shell gives it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}
