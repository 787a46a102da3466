//! A small file that is kept for this user, in a folder of the program's that no link leads elsewhere.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::process::geteuid;

/// No more of a file is read.
const LONGEST: u64 = 64 * 1024;

/// The folder.
#[derive(Debug)]
pub struct Drawer(OwnedFd);

impl Drawer {
    /// Opens the folder `name` within `base`; both are made where they are missing and `make` is wanted.
    ///
    /// # Errors
    /// It is not there, belongs to another user, or is a link.
    pub fn open(base: &Path, name: &str, make: bool) -> io::Result<Self> {
        check_owner(base)?;
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        if make {
            builder.create(base)?;
            match DirBuilder::new().mode(0o700).create(base.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let base = rustix::fs::open(base, flags, Mode::empty())?;
        let folder = File::from(openat(&base, name, flags | OFlags::NOFOLLOW, Mode::empty())?);
        if folder.metadata()?.uid() != geteuid().as_raw() {
            return Err(another_user());
        }
        Ok(Self(folder.into()))
    }

    /// What the file holds, of a longer one the beginning; none where there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is a link.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        // A pipe in its place would be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut octets = Vec::new();
        file.take(LONGEST).read_to_end(&mut octets)?;
        Ok(Some(octets))
    }

    /// Puts this into the file, in place of what it held: all of it, or nothing where it fails.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        let new = format!("{name}.{}", std::process::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.0, new.as_str(), flags, Mode::RUSR | Mode::WUSR)?);
        let written = file.write_all(octets).and_then(|()| Ok(renameat(&self.0, new.as_str(), &self.0, name)?));
        if written.is_err() {
            // What is told is why it failed.
            let _ = unlinkat(&self.0, new.as_str(), AtFlags::empty());
        }
        written
    }

    /// Removes the file; it may be missing.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Whether what is there of `path` is this user's: root must not write where another user says.
fn check_owner(path: &Path) -> io::Result<()> {
    let there = path.ancestors().find_map(|ancestor| fs::metadata(ancestor).ok());
    match there {
        Some(there) if there.uid() == geteuid().as_raw() => Ok(()),
        Some(_) => Err(another_user()),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

fn another_user() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to another user")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let place = tempfile::tempdir().unwrap();
        let base = place.path().join("a/b");
        assert!(Drawer::open(&base, "rawshake", false).is_err());
        let drawer = Drawer::open(&base, "rawshake", true).unwrap();
        assert_eq!(drawer.read("x").unwrap(), None);
        drawer.write("x", b"one").unwrap();
        drawer.write("x", b"two").unwrap();
        assert_eq!(Drawer::open(&base, "rawshake", false).unwrap().read("x").unwrap().unwrap(), b"two");
        assert_eq!(fs::read_dir(base.join("rawshake")).unwrap().count(), 1, "nothing else is left");
        drawer.remove("x").unwrap();
        drawer.remove("x").unwrap();
        assert_eq!(drawer.read("x").unwrap(), None);
    }

    #[test]
    fn no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let (base, other) = (place.path().join("base"), place.path().join("other"));
        fs::create_dir_all(&base).unwrap();
        fs::create_dir_all(&other).unwrap();
        symlink(&other, base.join("rawshake")).unwrap();
        assert!(Drawer::open(&base, "rawshake", true).is_err());
        let drawer = Drawer::open(&base, "mine", true).unwrap();
        fs::write(other.join("precious"), "precious").unwrap();
        symlink(other.join("precious"), base.join("mine/x")).unwrap();
        assert!(drawer.read("x").is_err());
        drawer.write("x", b"new").unwrap();
        assert_eq!(fs::read(other.join("precious")).unwrap(), b"precious");
        assert_eq!(drawer.read("x").unwrap().unwrap(), b"new", "the link is gone");
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    }
}
