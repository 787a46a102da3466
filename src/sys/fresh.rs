//! A file that is created for what is written, and is nobody else's.
//!
//! What is found under its name is never written into, but for pipes and devices, which are there to be written to. It goes
//! only when the new file is there to take its name, in one step: so the name never leads to half of either.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_getfd};

use super::random;

/// Why there is no new file.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Something has the name already.
    #[error("it is there already")]
    Exists,
    /// The name is that of a symbolic link, wherever it leads.
    #[error("it is a symbolic link")]
    Link,
    /// What has the name is neither a file nor written to like one.
    #[error("it is {0}")]
    NoFile(&'static str),
    /// It is a pipe that nobody reads.
    #[error("nobody reads from it")]
    Unread,
    /// What the system says.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// What is there under the name of a file that may be replaced; none where the name is free. The last part of `path` is not
/// followed.
///
/// # Errors
/// It is nothing that can be replaced or written to, or cannot be looked at.
pub fn replaceable(path: &Path) -> Result<Option<Metadata>, Refusal> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let kind = there.file_type();
    let no_file = [
        (kind.is_dir(), "a folder"),
        (kind.is_block_device(), "a disk, which would lose what it holds"),
        (kind.is_socket(), "a socket"),
    ];
    match no_file.iter().find(|(is_so, _)| *is_so) {
        Some((_, what)) => Err(Refusal::NoFile(what)),
        None if kind.is_symlink() => Err(Refusal::Link),
        None => Ok(Some(there)),
    }
}

/// Creates the file; there must be nothing of that name.
///
/// # Errors
/// There is, or the system refuses.
pub fn create(path: &Path) -> Result<File, Refusal> {
    let options = &mut writing();
    options.create_new(true).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => replaceable(path).err().unwrap_or(Refusal::Exists),
        _ => error.into(),
    })
}

/// The same; a file that is there is replaced by one with no more permission bits. A pipe or a device is opened as it is, and a
/// pipe has to have a reader: nothing waits for one.
///
/// # Errors
/// There is something that cannot be replaced, or the system refuses; what was there is there still.
pub fn replace(path: &Path) -> Result<File, Refusal> {
    match replaceable(path)? {
        None => create(path),
        Some(there) if there.is_file() => in_place_of(path, there.permissions()),
        Some(_) => open_as_it_is(path),
    }
}

/// Whether `path` names what this process has open already, as a shell writes it for `>(command)`: who started it, opened it.
#[must_use]
pub fn is_descriptor(path: &Path) -> bool {
    descriptor(path).is_some()
}

fn descriptor(path: &Path) -> Option<i32> {
    let number = ["/dev/fd", "/proc/self/fd"].iter().find_map(|folder| path.strip_prefix(folder).ok())?;
    number.to_str()?.parse::<u16>().ok().map(i32::from)
}

/// The file that [`is_descriptor`] names, as who started this program opened it: to read alone, or to write behind what is
/// there. To open its name once more would undo that.
///
/// # Errors
/// It is no file of theirs that can be written to, or the system refuses.
pub fn open_descriptor(path: &Path) -> Result<File, Refusal> {
    let number = descriptor(path).ok_or(Refusal::NoFile("no descriptor"))?;
    // SAFETY: it is only asked what it is; one that is not open is nothing.
    let given = unsafe { BorrowedFd::borrow_raw(number) };
    // What this program opens for itself does not go over to others.
    if fcntl_getfd(given).map_err(io::Error::from)?.contains(FdFlags::CLOEXEC) {
        return Err(Refusal::System(Errno::BADF.into()));
    }
    if (fcntl_getfl(given).map_err(io::Error::from)? & OFlags::ACCMODE).is_empty() {
        return Err(Refusal::NoFile("open to be read alone"));
    }
    let file = File::from(fcntl_dupfd_cloexec(given, 0).map_err(io::Error::from)?);
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_fifo() || kind.is_char_device() {
        Ok(file)
    } else {
        Err(Refusal::NoFile("neither a file nor a pipe"))
    }
}

fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    // The last part of a name may be a link that somebody else laid.
    options.write(true).custom_flags((OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY).bits().cast_signed());
    options
}

/// Creates a file beside the one at `path`, and gives it that name.
fn in_place_of(path: &Path, permissions: Permissions) -> Result<File, Refusal> {
    let number = random::u32().map_err(io::Error::other)?;
    let beside = path.with_file_name(format!(".rawshake-{number:08x}"));
    let new = writing().create_new(true).mode(permissions.mode() & 0o666).open(&beside)?;
    if let Err(error) = fs::rename(&beside, path) {
        // What is told is why it failed.
        let _ = fs::remove_file(&beside);
        return Err(error.into());
    }
    Ok(new)
}

fn open_as_it_is(path: &Path) -> Result<File, Refusal> {
    let nonblocking = (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed();
    let opened = writing().custom_flags(nonblocking).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => Refusal::Unread,
        _ => error.into(),
    })?;
    let kind = file.metadata()?.file_type();
    if kind.is_fifo() || kind.is_char_device() {
        let flags = fcntl_getfl(&file).map_err(io::Error::from)?;
        rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK).map_err(io::Error::from)?;
        return Ok(file);
    }
    // Another took its name in between.
    Err(Refusal::Exists)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn names(folder: &Path) -> Vec<PathBuf> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_replaced_stays_whole_under_its_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let [file, hard] = ["file", "hard"].map(|name| folder.path().join(name));
        create(&file).unwrap().write_all(b"precious").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        fs::hard_link(&file, &hard).unwrap();
        assert!(matches!(create(&file), Err(Refusal::Exists)));
        replace(&file).unwrap().write_all(b"new").unwrap();
        assert_eq!((fs::read(&file).unwrap(), fs::read(&hard).unwrap()), (b"new".to_vec(), b"precious".to_vec()));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "no more may read it");
        assert_eq!(names(folder.path()), [file, hard], "nothing else is left");
    }

    #[test]
    fn no_link_is_followed_wherever_it_leads() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, dangling] = ["file", "link", "dangling"].map(|name| folder.path().join(name));
        fs::write(&file, "precious").unwrap();
        symlink(&file, &link).unwrap();
        symlink(folder.path().join("none"), &dangling).unwrap();
        for link in [&link, &dangling] {
            for refused in [create(link), replace(link)] {
                assert!(matches!(refused, Err(Refusal::Link)), "{refused:?}");
            }
        }
        assert_eq!((fs::read(&file).unwrap(), names(folder.path()).len()), (b"precious".to_vec(), 3));
    }

    #[test]
    fn a_descriptor_of_our_own_is_written_to() {
        let file = crate::sys::Anonymous::new("capture").unwrap();
        assert!(is_descriptor(&file.path()));
        open_descriptor(&file.path()).unwrap().write_all(b"written").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"written");
        for other in ["/dev/fd/", "/dev/fd/1x", "/dev/fd/../fd/1", "/proc/self/fd", "/tmp/dev/fd/1", "fd/1"] {
            assert!(!is_descriptor(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn pipes_and_devices_are_written_to_and_folders_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(matches!(create(&pipe), Err(Refusal::Exists)));
        assert!(matches!(replace(&pipe), Err(Refusal::Unread)));
        let mut options = OpenOptions::new();
        let reader = options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(&pipe).unwrap();
        let writer = replace(&pipe).unwrap();
        assert!(!fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK), "it waits for its reader");
        drop((reader, writer));
        assert!(replace("/dev/null".as_ref()).unwrap().metadata().unwrap().file_type().is_char_device());
        for refused in [create(folder.path()), replace(folder.path())] {
            assert!(matches!(refused, Err(Refusal::NoFile("a folder"))), "{refused:?}");
        }
        assert_eq!(names(folder.path()), [pipe]);
    }
}
