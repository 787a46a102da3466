//! Files without a name.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};

/// A file in memory, which processes that this one starts have open, too, under the same number (memfd_create(2)). It is gone
/// with the last who has it open, however that one ends.
#[derive(Debug)]
pub struct Anonymous(OwnedFd);

impl Anonymous {
    /// Makes one; `name` shows in /proc only.
    ///
    /// # Errors
    /// No memory or no descriptor is left.
    pub fn new(name: &str) -> io::Result<Self> {
        Ok(Self(memfd_create(name, MemfdFlags::empty())?))
    }

    /// A path that leads to it, in this process and in those that it starts.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::Anonymous;

    #[test]
    fn a_child_writes_what_we_read_and_nothing_has_a_name() {
        let file = Anonymous::new("test").expect("memory");
        let write = format!("echo written > {}", file.path().display());
        assert!(Command::new("sh").args(["-c", &write]).status().expect("sh").success());
        assert_eq!(std::fs::read_to_string(file.path()).expect("the file"), "written\n");
        let link = std::fs::read_link(file.path()).expect("a link").display().to_string();
        assert!(link.starts_with("/memfd:test"), "{link}");
    }
}
