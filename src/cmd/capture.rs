//! `--pcap FILE`: the option of every command that can write a capture file.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sink::capture::{CaptureWriter, Format};
use crate::wire::Packet;

/// Where packets are written to.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Capture file")]
pub struct CaptureArgs {
    /// Write every packet shown to this new capture file too: pcap, or pcapng if it ends in .pcapng
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Overwrite that file if it exists
    #[arg(long, requires = "pcap")]
    force: bool,
}

impl CaptureArgs {
    /// Whether a file was asked for.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.pcap.is_some()
    }

    /// Creates the file that was asked for.
    ///
    /// # Errors
    /// It exists and may not be overwritten, is a symbolic link, or cannot be created.
    pub fn create(&self) -> Result<Option<CaptureFile>> {
        self.pcap.as_deref().map(|path| CaptureFile::create(path, self.force)).transpose()
    }
}

/// A capture file that is being written.
pub struct CaptureFile {
    path: PathBuf,
    writer: CaptureWriter<File>,
}

impl CaptureFile {
    fn create(path: &Path, overwrite: bool) -> Result<Self> {
        let mut options = OpenOptions::new();
        // A link that somebody else laid must not turn our output to a file of theirs.
        options.write(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
        if overwrite {
            options.create(true).truncate(true)
        } else {
            options.create_new(true)
        };
        let file = options.open(path).with_context(|| refusal(path, overwrite))?;
        let writer = CaptureWriter::new(file, Format::of(path)).with_context(|| failure(path))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Writes one packet; when it returns, the packet is with the system.
    ///
    /// # Errors
    /// The file cannot be written further; what was written before is a valid capture.
    pub fn write(&mut self, packet: &Packet<'_>) -> Result<()> {
        self.writer.write(packet).with_context(|| failure(&self.path))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    pub fn finish(self) -> Result<()> {
        self.writer.finish().with_context(|| failure(&self.path))
    }
}

fn refusal(path: &Path, overwrite: bool) -> String {
    if !overwrite && path.symlink_metadata().is_ok() {
        return format!("{} is there already; choose another name, or overwrite it with --force", shown(path));
    }
    format!("cannot create {}", shown(path))
}

fn failure(path: &Path) -> String {
    format!("cannot write to {}; what was written before is a valid capture", shown(path))
}

/// A path as it may be shown: without control characters.
fn shown(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().escape_debug())
}
