//! What machine this is: its kernel and settings, what it runs in, and the library that captures.

use std::ffi::{CStr, c_char};
use std::fs;
use std::path::Path;

unsafe extern "C" {
    /// Of libpcap, which the `pcap` crate links and whose version it does not tell.
    safe fn pcap_lib_version() -> *const c_char;
}

/// What libpcap says of itself, as `libpcap version 1.10.3 (with TPACKET_V3)`.
#[must_use]
pub fn libpcap() -> String {
    let text = pcap_lib_version();
    // SAFETY: libpcap gives a string of its own that ends with a NUL and is never freed.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}

/// The release of the kernel, as `uname -r` prints it.
#[must_use]
pub fn kernel() -> String {
    setting("kernel.osrelease").unwrap_or_default()
}

/// A setting by its name in sysctl(8); none where this kernel has none of that name, or where it is not for us to read.
/// Of settings of the network it is that of this thread's network namespace.
#[must_use]
pub fn setting(name: &str) -> Option<String> {
    // In names of interfaces a dot stands for itself, written as a slash; sysctl(8) does the same.
    let swapped: String = name
        .chars()
        .map(|char| {
            if char == '.' {
                '/'
            } else if char == '/' {
                '.'
            } else {
                char
            }
        })
        .collect();
    fs::read_to_string(Path::new("/proc/sys").join(swapped)).ok().map(|text| text.trim().to_owned())
}

/// Whether this process has one of the groups `first` to `last`, for its files or besides.
#[must_use]
pub fn has_group_of(first: u32, last: u32) -> bool {
    let others = rustix::process::getgroups().unwrap_or_default();
    let groups = others.into_iter().chain([rustix::process::getegid()]);
    groups.map(rustix::process::Gid::as_raw).any(|group| (first..=last).contains(&group))
}

/// How many files this process may have open.
#[must_use]
pub fn open_files() -> u64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.maximum.unwrap_or(u64::MAX)
}

/// What a machine is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// The first Windows Subsystem for Linux: system calls without a Linux kernel.
    Wsl1,
    /// The second: a virtual machine.
    Wsl2,
    /// A container, by the name of what made it.
    Container(&'static str),
}

/// Files that tell of a container, and what they tell of.
const MARKS: [(&str, &str); 4] = [
    ("/.dockerenv", "Docker"),
    ("/run/.containerenv", "Podman"),
    ("/run/systemd/container", "systemd-nspawn or LXC"),
    ("/var/run/secrets/kubernetes.io", "Kubernetes"),
];

/// What this machine is inside of, as far as it shows.
#[must_use]
pub fn inside() -> Option<Inside> {
    let marked = || MARKS.iter().find(|(file, _)| Path::new(file).exists()).map(|(_, name)| Inside::Container(name));
    subsystem(&kernel()).or_else(marked)
}

/// Microsoft's kernels have their name in the release: the first kind, which is none, with a capital.
fn subsystem(release: &str) -> Option<Inside> {
    if release.contains("Microsoft") {
        return Some(Inside::Wsl1);
    }
    release.contains("microsoft").then_some(Inside::Wsl2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_a_version() {
        assert!(libpcap().starts_with("libpcap version "), "{}", libpcap());
    }

    #[test]
    fn settings_are_those_of_sysctl() {
        assert_eq!(setting("kernel.osrelease"), Some(kernel()));
        assert!(setting("net.ipv4.conf.lo.rp_filter").is_some());
        assert_eq!(setting("net.ipv4.conf.no/such.rp_filter"), None);
    }

    #[test]
    fn groups_are_ranges() {
        let own = rustix::process::getegid().as_raw();
        assert!(has_group_of(own, own) && has_group_of(0, u32::MAX));
        assert!(!has_group_of(1, 0));
    }

    #[test]
    fn subsystems_show_in_the_release() {
        assert_eq!(subsystem("4.4.0-19041-Microsoft"), Some(Inside::Wsl1));
        assert_eq!(subsystem("5.15.153.1-microsoft-standard-WSL2"), Some(Inside::Wsl2));
        assert_eq!(subsystem("6.1.0-18-amd64"), None);
    }
}
