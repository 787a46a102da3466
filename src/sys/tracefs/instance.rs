//! A private trace buffer of the kernel: other users of tracing neither see it nor are disturbed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use super::page::Events;
use crate::sys::{Error, Result};

/// Where tracefs is mounted, where it is.
const USUAL: &str = "/sys/kernel/tracing";
/// Our instances are called so, with the number of the process and a count behind it.
const PREFIX: &str = "rawshake-";

/// The file system of the kernel's tracing.
#[derive(Debug)]
pub(super) struct Tracefs {
    path: PathBuf,
    /// Where it is mounted nowhere: a mount of our own that no other process sees, gone when this is closed.
    _mount: Option<OwnedFd>,
}

impl Tracefs {
    /// Where it is, or a mount of our own.
    pub(super) fn find() -> Result<Self> {
        if Path::new(USUAL).join("instances").is_dir() {
            return Ok(Self { path: USUAL.into(), _mount: None });
        }
        let mount = detached_mount().map_err(|source| Error::NoTrace { source: source.into() })?;
        let path = format!("/proc/self/fd/{}", mount.as_raw_fd()).into();
        Ok(Self { path, _mount: Some(mount) })
    }

    /// The folder of all trace buffers.
    pub(super) fn instances(&self) -> PathBuf {
        self.path.join("instances")
    }

    /// Removes what killed processes have left. The kernel refuses to remove an instance in use, and so do we.
    fn sweep(&self) {
        for entry in fs::read_dir(self.instances()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(of_process);
            if process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

/// The process that made a buffer of this name, if it is one of ours.
pub(super) fn of_process(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn detached_mount() -> rustix::io::Result<OwnedFd> {
    let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// A trace buffer of our own. It is removed when this is dropped; one that a killed process has left is removed by the
/// next that is made.
#[derive(Debug)]
pub(super) struct Instance {
    tracefs: Tracefs,
    path: PathBuf,
    /// The buffer of each CPU.
    buffers: Vec<File>,
    /// What the kernel counts for each CPU. Open, as the buffers are, for who may not open it any more.
    counts: Vec<File>,
    /// Octets of a page of the buffer.
    page: usize,
    /// Pages of the buffer of each CPU.
    pages: usize,
}

impl Instance {
    /// Makes one with `kib` KiB for each CPU, whose clock is CLOCK_MONOTONIC.
    pub(super) fn create(kib: usize) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let tracefs = Tracefs::find()?;
        tracefs.sweep();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = tracefs.instances().join(format!("{PREFIX}{}-{count}", std::process::id()));
        fs::create_dir(&path).map_err(|source| Error::NoTrace { source })?;
        let mut this = Self { tracefs, path, buffers: Vec::new(), counts: Vec::new(), page: 0, pages: 0 };
        this.prepare(kib).map_err(|source| Error::NoTrace { source })?;
        Ok(this)
    }

    fn prepare(&mut self, kib: usize) -> io::Result<()> {
        self.write("trace_clock", "mono")?;
        self.write("buffer_size_kb", &kib.to_string())?;
        self.page = page_size(&self.read("events/header_page")?).ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidData, "the pages of the trace buffer have no known size")
        })?;
        self.pages = (kib * 1024).div_ceil(self.page.max(1));
        for cpu in fs::read_dir(self.path.join("per_cpu"))? {
            let cpu = cpu?.path();
            let mut options = OpenOptions::new();
            options.read(true).custom_flags(libc::O_NONBLOCK);
            self.buffers.push(options.open(cpu.join("trace_pipe_raw"))?);
            self.counts.push(File::open(cpu.join("stats"))?);
        }
        Ok(())
    }

    /// What stands in one of its files, or of those that all instances share.
    pub(super) fn read(&self, file: &str) -> io::Result<String> {
        let own = self.path.join(file);
        read_whole(&File::open(if own.exists() { own } else { self.tracefs.path.join(file) })?)
    }

    pub(super) fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path.join(file), text)
    }

    /// Adds to what stands in one of its files.
    pub(super) fn append(&self, file: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.path.join(file))?;
        file.write_all(text.as_bytes())
    }

    /// Takes out the records that are there, those of each CPU in their order; of each no more than its buffer has room for,
    /// since in a flood it fills faster than it can be read.
    pub(super) fn drain(&self, mut take: impl FnMut(u64, &[u8])) -> io::Result<()> {
        let mut page = vec![0; self.page];
        for mut buffer in &self.buffers {
            for _ in 0..=self.pages {
                match buffer.read(&mut page) {
                    Ok(0) => break,
                    Ok(length) => {
                        let events = Events::of(&page[..length]);
                        events.into_iter().flatten().for_each(|(time, record)| take(time, record));
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// How many records were lost because a buffer was full.
    pub(super) fn lost(&self) -> io::Result<u64> {
        let mut lost = 0;
        for mut file in &self.counts {
            file.rewind()?;
            let text = read_whole(file)?;
            let counts = text.lines().filter_map(|line| line.split_once(": "));
            let wanted = counts.filter(|(name, _)| ["overrun", "dropped events"].contains(name));
            lost += wanted.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum::<u64>();
        }
        Ok(lost)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // The kernel does not remove a buffer that is open.
        self.buffers.clear();
        self.counts.clear();
        let _ = fs::remove_dir(&self.path);
    }
}

/// What stands in a file of tracefs. Some of them, events/header_page above all, end after the first read, however short
/// it was; so the first one is long.
fn read_whole(mut file: &File) -> io::Result<String> {
    let (mut text, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(String::from_utf8_lossy(&text).into_owned()),
            Ok(length) => text.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Header and data: the end of the last field of `events/header_page`.
fn page_size(text: &str) -> Option<usize> {
    let data = text.lines().find(|line| line.contains(" data;"))?;
    let number = |name: &str| {
        let rest = &data[data.find(name)? + name.len()..];
        rest.split(';').next()?.parse::<usize>().ok()
    };
    number("offset:")?.checked_add(number("size:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_as_long_as_the_kernel_says() {
        let text = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
        assert_eq!(page_size(text), Some(4096));
        assert_eq!(page_size("field: char data;\toffset:x;"), None);
        assert_eq!(page_size(""), None);
    }
}
