//! Who we are allowed to be: effective capabilities, and what to do about missing ones.

use std::path::{Path, PathBuf};

use rustix::thread::{CapabilitySet, capabilities};

/// The capabilities of this thread that matter to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privileges {
    /// CAP_NET_RAW: raw and packet sockets.
    pub net_raw: bool,
    /// CAP_NET_ADMIN: socket filters on new kernels, interfaces, addresses.
    pub net_admin: bool,
    /// CAP_SYS_ADMIN: network namespaces without a user namespace.
    pub sys_admin: bool,
}

impl Privileges {
    /// What this thread has now. All false where the kernel does not tell.
    #[must_use]
    pub fn effective() -> Self {
        let Ok(sets) = capabilities(None) else { return Self::default() };
        Self {
            net_raw: sets.effective.contains(CapabilitySet::NET_RAW),
            net_admin: sets.effective.contains(CapabilitySet::NET_ADMIN),
            sys_admin: sets.effective.contains(CapabilitySet::SYS_ADMIN),
        }
    }
}

/// Whether the effective user is root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What a person can do who lacks a privilege: the end of a sentence, with the real path of this program.
#[must_use]
pub fn ways_out() -> String {
    format!("{}, or use --lab, which needs neither", ways_to_get_it())
}

/// The same for what the lab cannot stand in for.
#[must_use]
pub fn ways_to_get_it() -> String {
    ways_for(is_root(), &own_file())
}

/// The path of this program, as it can be pasted into a shell.
#[must_use]
pub fn own_path() -> String {
    shell_word(&own_file())
}

fn own_file() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "rawshake".into())
}

fn ways_for(root: bool, program: &Path) -> String {
    let setcap = format!("sudo setcap cap_net_raw,cap_net_admin+ep {}", shell_word(program));
    if root {
        // sudo would change nothing: root without the capability is root inside a container.
        return format!(
            "root lacks CAP_NET_RAW or CAP_NET_ADMIN here (docker run --cap-add=NET_RAW --cap-add=NET_ADMIN gives both); \
             outside a container run with sudo, or once: {setcap}"
        );
    }
    format!("run with sudo, or once: {setcap}")
}

/// A path as it can be pasted into a shell; nothing in it can steer a terminal.
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.chars().all(|letter| letter.is_alphanumeric() || "/._+-@,:=".contains(letter)) {
        return text.into_owned();
    }
    let quoted: String = text
        .chars()
        .map(|letter| match letter {
            '\'' => r"'\''".to_owned(),
            letter if letter.is_control() => letter.escape_default().to_string(),
            letter => letter.to_string(),
        })
        .collect();
    format!("'{quoted}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_can_be_pasted() {
        assert_eq!(shell_word(Path::new("/usr/bin/rawshake")), "/usr/bin/rawshake");
        assert_eq!(shell_word(Path::new("/my dir/it's")), r"'/my dir/it'\''s'");
        assert_eq!(shell_word(Path::new("/a\u{1b}[31m")), r"'/a\u{1b}[31m'");
    }

    #[test]
    fn a_user_is_told_the_ways() {
        let told = ways_for(false, Path::new("/bin/rawshake"));
        assert_eq!(told, "run with sudo, or once: sudo setcap cap_net_raw,cap_net_admin+ep /bin/rawshake");
        assert!(ways_for(true, Path::new("/bin/rawshake")).contains("CAP_NET_RAW"));
        assert!(ways_out().ends_with(", or use --lab, which needs neither"));
    }

    #[test]
    fn agrees_with_proc() {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
        let bits = u64::from_str_radix(line.trim(), 16).unwrap();
        let ours = Privileges::effective();
        assert_eq!(ours.net_raw, bits & (1 << 13) != 0);
        assert_eq!(ours.net_admin, bits & (1 << 12) != 0);
        assert_eq!(ours.sys_admin, bits & (1 << 21) != 0);
    }
}
