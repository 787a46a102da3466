//! Being told when a file changes: inotify(7).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

use super::{Error, Result};

/// A descriptor that becomes readable when a file is written to, cut short, renamed or removed on this machine. What
/// another machine does to a file on the network, the kernel does not tell.
#[derive(Debug)]
pub struct Watch(OwnedFd);

impl Watch {
    /// Begins to watch the file that the path leads to now.
    ///
    /// # Errors
    /// No such file, or the user's limit of watches is reached (/proc/sys/fs/inotify).
    pub fn new(path: &Path) -> Result<Self> {
        let failed = |errno| Error::os(format!("watch \"{}\"", path.display().to_string().escape_debug()), errno);
        let descriptor = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(failed)?;
        let changes = WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF;
        add_watch(&descriptor, path, changes).map_err(failed)?;
        Ok(Self(descriptor))
    }

    /// Forgets the changes so far: the descriptor is quiet until the next one.
    pub fn clear(&self) {
        let mut events = [0; 4096];
        while matches!(rustix::io::read(&self.0, &mut events), Ok(1..)) {}
    }
}

/// One that another process has made.
impl From<OwnedFd> for Watch {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }
}

impl From<Watch> for OwnedFd {
    fn from(watch: Watch) -> Self {
        watch.0
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll;
    use std::fs;
    use std::io::Write as _;
    use std::time::Duration;

    #[test]
    fn each_change_makes_it_readable_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut file = fs::File::create(&path).unwrap();
        let watch = Watch::new(&path).unwrap();
        let is_ready = || !poll::wait(&[watch.as_fd()], Some(Duration::ZERO)).unwrap().is_empty();
        assert!(!is_ready());
        file.write_all(b"x").unwrap();
        assert!(is_ready());
        watch.clear();
        assert!(!is_ready());
        file.set_len(0).unwrap();
        assert!(is_ready());
        watch.clear();
        fs::rename(&path, folder.path().join("other")).unwrap();
        assert!(is_ready());
    }

    #[test]
    fn a_missing_file_cannot_be_watched() {
        let error = Watch::new(Path::new("no/such\x1bfile")).unwrap_err().to_string();
        assert!(error.starts_with("cannot watch \"no/such\\u{1b}file\": "), "{error}");
    }
}
