//! Namespaces: a network of our own, without being root where the machine allows it.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::fstat;
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

use super::error::plain;
use super::privilege::Privileges;
use super::{Error, Result};

/// A network namespace, kept alive by this handle.
#[derive(Debug)]
pub struct Namespace(OwnedFd);

impl Namespace {
    /// The network namespace of the calling thread.
    ///
    /// # Errors
    /// Where /proc is not mounted.
    pub fn current() -> Result<Self> {
        let file = fs::File::open("/proc/thread-self/ns/net");
        file.map(|file| Self(file.into()))
            .map_err(|source| Error::os("open the network namespace of this thread", source))
    }

    /// Moves the calling thread, and no other, into this namespace.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] without CAP_SYS_ADMIN over it.
    pub fn enter(&self) -> Result<()> {
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|errno| Error::os("enter a network namespace", errno))
    }

    /// Runs something inside this namespace, on a thread of its own, and waits for it. A panic is passed on.
    ///
    /// # Errors
    /// As [`Namespace::enter`], or where no thread can be started.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, || self.enter().map(|()| work()));
            let thread = thread.map_err(|source| Error::os("start a thread", source))?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Namespace {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

/// A user namespace, kept alive by this handle.
#[derive(Debug)]
pub struct UserNamespace(OwnedFd);

impl UserNamespace {
    /// The one of this process.
    ///
    /// # Errors
    /// /proc is not mounted, or the kernel has none.
    pub fn current() -> Result<Self> {
        let file = fs::File::open("/proc/self/ns/user");
        file.map(|file| Self(file.into()))
            .map_err(|source| Error::os("open the user namespace of this process", source))
    }

    /// Moves this process into it, if it is not there already. It must have a single thread.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] for anybody but the user who made it, [`Error::Threads`].
    pub fn enter(&self) -> Result<()> {
        let failed = |errno| Error::os("enter a user namespace", errno);
        let (own, other) = (fstat(Self::current()?.0).map_err(failed)?, fstat(&self.0).map_err(failed)?);
        if (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino) {
            return Ok(());
        }
        let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
        if threads > 1 {
            return Err(Error::Threads { threads });
        }
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::User)).map_err(failed)
    }
}

impl From<OwnedFd> for UserNamespace {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl AsFd for UserNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// How a namespace was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// With the privileges that were there.
    Privileged,
    /// Through a user namespace, which needs none.
    Rootless,
}

/// Moves the calling thread into a new network namespace where it has all the privileges that networks need: directly
/// where CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW are there, otherwise inside a new user namespace. Threads that it
/// starts later are born there. The namespace is gone with the last of them.
///
/// # Errors
/// [`Error::Namespace`] names the setting that forbids it; [`Error::Threads`] where a user namespace is needed and the
/// process already has several threads.
pub fn enter_new() -> Result<Entered> {
    let have = Privileges::effective();
    if have.sys_admin && have.net_admin && have.net_raw {
        enter_new_network()?;
        return Ok(Entered::Privileged);
    }
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(Error::Threads { threads });
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    unshare(UnshareFlags::NEWUSER).map_err(|source| refused("user", source))?;
    map_ids(uid, gid);
    enter_new_network()?;
    check_privileges()?;
    Ok(Entered::Rootless)
}

/// Moves the calling thread into a new network namespace of its user namespace.
///
/// # Errors
/// [`Error::Namespace`] names what forbids it.
pub fn enter_new_network() -> Result<()> {
    unshare(UnshareFlags::NEWNET).map_err(|source| refused("network", source))
}

pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only unsharing the descriptor table is unsafe, and that flag is never among ours.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}

/// Makes us root in the new user namespace, for the look of it: the capabilities are there without it. So a refusal
/// (root without CAP_SETFCAP may not be mapped, user_namespaces(7)) does no harm.
fn map_ids(uid: u32, gid: u32) {
    let _ = fs::write("/proc/self/setgroups", "deny");
    let _ = fs::write("/proc/self/uid_map", format!("0 {uid} 1"));
    let _ = fs::write("/proc/self/gid_map", format!("0 {gid} 1"));
}

/// AppArmor lets the user namespace be made and then takes its privileges away; better to say so now.
fn check_privileges() -> Result<()> {
    let raw = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::RAW, Some(socket2::Protocol::from(255)));
    raw.map(drop).map_err(|source| refused("user", source))
}

fn refused(what: &'static str, source: io::Error) -> Error {
    let settings = Settings::read();
    let privileged = what == "network" && settings.outermost;
    let why = if privileged { settings.against_root(&source) } else { settings.against_users(&source) };
    Error::Namespace { what, why, refusal: source }
}

/// What this machine says about namespaces.
#[derive(Debug, Default)]
struct Settings {
    unprivileged_userns_clone: Option<u64>,
    apparmor_restrict_unprivileged_userns: Option<u64>,
    max_user_namespaces: Option<u64>,
    max_net_namespaces: Option<u64>,
    /// A seccomp filter is active, as in containers.
    seccomp: bool,
    /// The kernel was built with user namespaces.
    user_namespaces: bool,
    /// No user namespace is around us: identifiers mean what they mean to the whole machine.
    outermost: bool,
}

impl Settings {
    fn read() -> Self {
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        Self {
            unprivileged_userns_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor_restrict_unprivileged_userns: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            max_user_namespaces: number("/proc/sys/user/max_user_namespaces"),
            max_net_namespaces: number("/proc/sys/user/max_net_namespaces"),
            seccomp: status.lines().any(|line| line.split_whitespace().eq(["Seccomp:", "2"])),
            user_namespaces: fs::exists("/proc/self/ns/user").unwrap_or(false),
            outermost: map.split_whitespace().eq(["0", "0", "4294967295"]),
        }
    }

    /// Why an ordinary user is refused, how to allow it, and that root works.
    fn against_users(&self, source: &io::Error) -> String {
        let setting = if self.max_user_namespaces == Some(0) {
            Some(("user.max_user_namespaces", 0, 10000))
        } else if self.max_net_namespaces == Some(0) {
            Some(("user.max_net_namespaces", 0, 10000))
        } else if self.unprivileged_userns_clone == Some(0) {
            Some(("kernel.unprivileged_userns_clone", 0, 1))
        } else if self.apparmor_restrict_unprivileged_userns == Some(1) {
            Some(("kernel.apparmor_restrict_unprivileged_userns", 1, 0))
        } else {
            None
        };
        let why = match setting {
            _ if !self.user_namespaces => "this kernel was built without user namespaces (CONFIG_USER_NS)".to_owned(),
            None if is_full(source) => FULL.to_owned(),
            Some((name, now, then)) => format!("{name} = {now} forbids it (sudo sysctl {name}={then} allows it)"),
            None if self.seccomp => {
                format!("{SECCOMP} (docker run --security-opt seccomp=unconfined lifts it)")
            }
            None => format!("{}: a security module or a chroot forbids it", plain(source)),
        };
        format!("{why}; or run with sudo: root needs no user namespace")
    }

    /// Why even root is refused.
    fn against_root(&self, source: &io::Error) -> String {
        match self.max_net_namespaces {
            Some(0) => {
                "user.max_net_namespaces = 0 forbids it (sysctl user.max_net_namespaces=10000 allows it)".to_owned()
            }
            _ if is_full(source) => FULL.to_owned(),
            _ if self.seccomp => format!("{SECCOMP} (docker run --cap-add=SYS_ADMIN --cap-add=NET_ADMIN lifts it)"),
            _ => format!("{}: a security module forbids it", plain(source)),
        }
    }
}

const FULL: &str = "too many are in use or nested (user.max_user_namespaces, user.max_net_namespaces)";
const SECCOMP: &str = "a seccomp filter, as containers have one, forbids it";

fn is_full(source: &io::Error) -> bool {
    matches!(source.raw_os_error(), Some(libc::ENOSPC | libc::EUSERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free() -> Settings {
        Settings { user_namespaces: true, outermost: true, ..Settings::default() }
    }

    fn errno(code: i32) -> io::Error {
        io::Error::from_raw_os_error(code)
    }

    #[test]
    fn the_setting_that_forbids_is_named() {
        let eperm = errno(libc::EPERM);
        let debian = Settings { unprivileged_userns_clone: Some(0), ..free() };
        assert_eq!(
            debian.against_users(&eperm),
            "kernel.unprivileged_userns_clone = 0 forbids it (sudo sysctl kernel.unprivileged_userns_clone=1 allows it); \
             or run with sudo: root needs no user namespace"
        );
        let ubuntu = Settings { apparmor_restrict_unprivileged_userns: Some(1), ..free() };
        assert!(ubuntu.against_users(&eperm).contains("sysctl kernel.apparmor_restrict_unprivileged_userns=0 allows"));
        let hardened = Settings { max_user_namespaces: Some(0), seccomp: true, ..free() };
        assert!(hardened.against_users(&errno(libc::ENOSPC)).starts_with("user.max_user_namespaces = 0 forbids it"));
        assert!(free().against_users(&errno(libc::ENOSPC)).starts_with("too many"));
        let docker = Settings { seccomp: true, unprivileged_userns_clone: Some(1), ..free() };
        assert!(docker.against_users(&eperm).contains("seccomp=unconfined"));
        assert!(docker.against_root(&eperm).contains("--cap-add=SYS_ADMIN"));
        assert!(Settings::default().against_users(&errno(libc::EINVAL)).contains("CONFIG_USER_NS"));
        assert!(free().against_root(&eperm).contains("security module"));
    }

    #[test]
    fn this_machine_can_be_read() {
        let settings = Settings::read();
        assert_eq!(settings.user_namespaces, std::path::Path::new("/proc/self/ns/user").exists());
    }
}
