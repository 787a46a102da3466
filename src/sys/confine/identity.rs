//! Who started this program, and so whose files it may touch.

use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::OnceLock;

use rustix::process::{getegid, geteuid, getgid, getuid};

use crate::sys::error::unconfined;
use crate::sys::{Error, Result};

/// The user and group without rights ("nobody"), which the kernel itself uses for those it cannot tell.
const NOBODY: (u32, u32) = (65534, 65534);

/// A user with groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub uid: u32,
    /// The user's own group.
    pub gid: u32,
    /// All groups of the user.
    groups: Vec<u32>,
}

/// Who started this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoker {
    /// With whose rights files are opened.
    pub owner: Identity,
    /// User and group to carry on as, where that is not who started it.
    pub becomes: Option<(u32, u32)>,
}

/// Who started this program: behind sudo(8) the user whom it names, otherwise who runs it. Root without another name opens
/// files as root, and carries on as nobody.
///
/// # Errors
/// SUDO_UID or SUDO_GID name nobody.
pub(super) fn invoker() -> Result<&'static Invoker> {
    static INVOKER: OnceLock<Invoker> = OnceLock::new();
    if let Some(known) = INVOKER.get() {
        return Ok(known);
    }
    let found = find(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))?;
    Ok(INVOKER.get_or_init(|| found))
}

fn find(variable: impl Fn(&'static str) -> Option<String>) -> Result<Invoker> {
    let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
    let own = Identity { uid, gid, groups: Vec::new() };
    if uid != 0 {
        return Ok(Invoker { owner: own, becomes: None });
    }
    let sudo = match variable("SUDO_UID") {
        Some(uid) => named("SUDO_UID", &uid, variable("SUDO_GID").as_deref())?,
        None => own.clone(),
    };
    Ok(if sudo.uid != 0 {
        let becomes = Some((sudo.uid, sudo.gid));
        Invoker { owner: sudo, becomes }
    } else {
        // In a user namespace without such a user, root is an ordinary user outside.
        Invoker { owner: own, becomes: Some(NOBODY).filter(|nobody| is_mapped(nobody.0)) }
    })
}

/// The user of these words.
fn named(variable: &'static str, uid: &str, gid: Option<&str>) -> Result<Identity> {
    let wrong = |variable, value: &str| Error::NoInvoker { variable, value: value.to_owned() };
    let number = |variable, text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| digits && *number != u32::MAX).ok_or_else(|| wrong(variable, text))
    };
    let identity = look_up(number(variable, uid)?).ok_or_else(|| wrong(variable, uid))?;
    match gid {
        None => Ok(identity),
        Some(text) => {
            let gid = number("SUDO_GID", text)?;
            let is_theirs = gid == identity.gid || identity.groups.contains(&gid);
            if is_theirs { Ok(Identity { gid, ..identity }) } else { Err(wrong("SUDO_GID", text)) }
        }
    }
}

/// Octets that the entry of a user may take, and groups that a user may be in.
const ENTRY: usize = 64 << 10;
const GROUPS: usize = 65_536;

/// What the list of users says of one.
struct Entry {
    gid: u32,
    name: CString,
    shell: OsString,
}

fn entry(uid: u32) -> Option<Entry> {
    let mut place = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let (mut strings, mut found) = (vec![0; ENTRY], std::ptr::null_mut());
    // SAFETY: every pointer leads to a place of the length that is told, and lives until the call returns.
    let status =
        unsafe { libc::getpwuid_r(uid, place.as_mut_ptr(), strings.as_mut_ptr(), strings.len(), &raw mut found) };
    if status != 0 || found.is_null() {
        return None;
    }
    // SAFETY: `found` is `place`, which was filled in; name and shell are strings within `strings`.
    let (gid, name, shell) =
        unsafe { ((*found).pw_gid, CStr::from_ptr((*found).pw_name), CStr::from_ptr((*found).pw_shell)) };
    let shell = OsString::from_vec(shell.to_bytes().to_vec());
    Some(Entry { gid, name: name.to_owned(), shell })
}

/// What this machine knows of a user.
fn look_up(uid: u32) -> Option<Identity> {
    let Entry { gid, name, .. } = entry(uid)?;
    let mut groups = vec![0; GROUPS];
    let mut count = i32::try_from(groups.len()).unwrap_or(i32::MAX);
    // SAFETY: `groups` has room for `count` numbers.
    let status = unsafe { libc::getgrouplist(name.as_ptr(), gid, groups.as_mut_ptr(), &raw mut count) };
    groups.truncate(usize::try_from(count).unwrap_or(0));
    (status >= 0).then_some(Identity { uid, gid, groups })
}

/// Whether this user namespace has that user.
fn is_mapped(uid: u32) -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_else(|_| "0 0 4294967295".to_owned());
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&u64::from(uid)))
    })
}

/// The groups of who runs this program, where those of who started it stand in for them.
static OWN_GROUPS: OnceLock<Vec<u32>> = OnceLock::new();

/// Opens files with the rights of who started this program from now on. To be called before any thread is there.
///
/// # Errors
/// SUDO_UID names nobody, or the kernel refuses.
pub fn act_for_invoker() -> Result<()> {
    let owner = &invoker()?.owner;
    if owner.uid == 0 || !geteuid().is_root() {
        return Ok(());
    }
    let refused = |source| unconfined("open files with the rights of who started this program", source);
    let before = rustix::process::getgroups().map_err(|errno| refused(errno.into()))?;
    OWN_GROUPS.get_or_init(|| before.into_iter().map(rustix::process::Gid::as_raw).collect());
    // SAFETY: `groups` is as long as is told; the other two take numbers.
    let (done, gid, uid) = unsafe {
        let done = libc::setgroups(owner.groups.len(), owner.groups.as_ptr());
        let failure = io::Error::last_os_error();
        libc::setfsgid(owner.gid);
        libc::setfsuid(owner.uid);
        // No user has this number: it only asks.
        (if done == 0 { Ok(()) } else { Err(failure) }, libc::setfsgid(u32::MAX), libc::setfsuid(u32::MAX))
    };
    done.map_err(refused)?;
    let is_theirs = (u32::try_from(uid), u32::try_from(gid)) == (Ok(owner.uid), Ok(owner.gid));
    if is_theirs { Ok(()) } else { Err(refused(io::Error::from_raw_os_error(libc::EPERM))) }
}

/// Leaves root for who started this program, for good and for all threads; its capabilities go with it.
///
/// # Errors
/// SUDO_UID names nobody, or the kernel refuses.
pub fn become_invoker() -> Result<()> {
    let Some((uid, gid)) = invoker()?.becomes else { return Ok(()) };
    // SAFETY: no list of groups, and numbers.
    let all = unsafe {
        [libc::setgroups(0, std::ptr::null()), libc::setresgid(gid, gid, gid), libc::setresuid(uid, uid, uid)]
    };
    let failure = io::Error::last_os_error();
    if all == [0; 3] { Ok(()) } else { Err(unconfined("change the user", failure)) }
}

/// The same, but root without another name stays root: such files are opened with root's rights.
///
/// # Errors
/// As [`become_invoker`].
pub fn become_invoker_or_stay() -> Result<()> {
    if invoker()?.owner.uid == 0 { Ok(()) } else { become_invoker() }
}

/// Whether [`super::enter`] leaves us without the rights with which files were named: those of root.
///
/// # Errors
/// SUDO_UID names nobody.
pub fn loses_files() -> Result<bool> {
    let invoker = invoker()?;
    Ok(invoker.owner.uid == 0 && invoker.becomes.is_some())
}

/// Takes [`act_for_invoker`] back: files are opened with the rights of who runs this.
///
/// # Errors
/// The kernel refuses.
pub fn act_for_self() -> Result<()> {
    let own = (geteuid().as_raw(), getegid().as_raw());
    let Some(groups) = OWN_GROUPS.get() else { return Ok(()) };
    // SAFETY: `groups` is as long as is told, and numbers; no user has the last one, which only asks.
    let now = unsafe {
        libc::setgroups(groups.len(), groups.as_ptr());
        libc::setfsuid(own.0);
        libc::setfsgid(own.1);
        (libc::setfsuid(u32::MAX), libc::setfsgid(u32::MAX))
    };
    if (u32::try_from(now.0), u32::try_from(now.1)) == (Ok(own.0), Ok(own.1)) {
        return Ok(());
    }
    Err(unconfined("open files with the rights of who runs this program", io::Error::from_raw_os_error(libc::EPERM)))
}

/// Does something with the rights of who runs this program, between [`act_for_invoker`] and the same again.
///
/// # Errors
/// The kernel refuses the change.
pub fn as_self<T>(work: impl FnOnce() -> T) -> Result<T> {
    act_for_self()?;
    let done = work();
    act_for_invoker()?;
    Ok(done)
}

/// Does something with the rights of who started this program, also after [`act_for_self`].
///
/// # Errors
/// SUDO_UID names nobody, or the kernel refuses the change.
pub fn as_invoker<T>(work: impl FnOnce() -> T) -> Result<T> {
    // Nobody else started it, or who did has taken its place; the call that asks may not be made any more then.
    if OWN_GROUPS.get().is_none() || !geteuid().is_root() {
        return Ok(work());
    }
    // SAFETY: no user has this number: it only asks.
    if u32::try_from(unsafe { libc::setfsuid(u32::MAX) }) == Ok(invoker()?.owner.uid) {
        return Ok(work());
    }
    act_for_invoker()?;
    let done = work();
    act_for_self()?;
    Ok(done)
}

/// What the environment may say where it is somebody else's: how a terminal is to be written to.
const COLOURS: [&str; 6] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLORTERM", "TERM"];
/// What says who started this program, for processes that it starts.
const NAMES: [&str; 2] = ["SUDO_UID", "SUDO_GID"];

/// What [`keep_only_colours`] has taken away.
static TAKEN: OnceLock<Vec<(OsString, OsString)>> = OnceLock::new();

/// What [`keep_only_colours`] has taken away: for a command that is run by request, and for nobody else.
#[must_use]
pub fn taken_environment() -> &'static [(OsString, OsString)] {
    TAKEN.get().map_or(&[], Vec::as_slice)
}

/// The shell of who started this program, as the machine's list of users has it.
#[must_use]
pub fn shell_of_invoker() -> Option<OsString> {
    invoker()
        .ok()
        .and_then(|invoker| entry(invoker.owner.uid))
        .map(|entry| entry.shell)
        .filter(|shell| !shell.is_empty())
}

/// Behind sudo, and with capabilities of the program file, the environment configures colours and nothing else: all other
/// variables go. To be called before any thread is there.
pub fn keep_only_colours() {
    let is_behind_sudo = invoker().is_ok_and(|invoker| getuid().is_root() && invoker.owner.uid != 0);
    // SAFETY: a number.
    let is_privileged = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    if !is_behind_sudo && !is_privileged {
        return;
    }
    let is_kept = |name: &OsString| COLOURS.iter().chain(&NAMES).any(|kept| name == kept);
    for (name, _) in TAKEN.get_or_init(|| std::env::vars_os().filter(|(name, _)| !is_kept(name)).collect()) {
        // SAFETY: there is one thread, so nobody reads the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
}

/// Refuses to run with the rights of the program's owner in place of those of who started it.
///
/// # Errors
/// The program file has its set-user-ID or set-group-ID bit set.
pub fn refuse_set_user_id() -> Result<()> {
    let is_own = getuid() == geteuid() && getgid() == getegid();
    if is_own { Ok(()) } else { Err(Error::SetUserId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uid: Option<&'static str>, gid: Option<&'static str>) -> Result<Invoker> {
        find(|name| if name == "SUDO_UID" { uid } else { gid }.map(str::to_owned))
    }

    #[test]
    fn who_runs_it_is_who_started_it() {
        let own = of(None, None).unwrap();
        assert_eq!(own.owner.uid, getuid().as_raw());
        if !getuid().is_root() {
            assert_eq!(of(Some("1"), None).unwrap(), own, "only root is asked who it was");
            return;
        }
        assert_eq!(own.becomes, Some(NOBODY));
        assert_eq!(of(Some("0"), Some("0")).unwrap(), own, "sudo by root is root");
    }

    #[test]
    fn behind_sudo_it_is_the_user_named() {
        if !getuid().is_root() {
            return;
        }
        let nobody = look_up(NOBODY.0).expect("every machine has this user");
        let found = of(Some("65534"), None).unwrap();
        assert_eq!((found.owner.clone(), found.becomes), (nobody.clone(), Some((nobody.uid, nobody.gid))));
        for (uid, gid) in [
            ("", None),
            ("+1", None),
            ("1x", None),
            ("-1", None),
            ("4294967295", None),
            ("4294967296", None),
            ("3999999999", None),
            ("65534", Some("0")),
            ("65534", Some("x")),
        ] {
            let error = of(Some(uid), gid).expect_err(uid);
            assert!(matches!(error, Error::NoInvoker { .. }), "{error}");
        }
    }

    #[test]
    fn users_without_a_place_in_the_map_are_not_there() {
        assert!(is_mapped(getuid().as_raw()));
        assert!(!is_mapped(u32::MAX));
    }
}
