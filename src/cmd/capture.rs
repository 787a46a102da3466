//! `--pcap FILE`: the option of every command that can write a capture file.

mod rotation;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::sink::capture::{CaptureWriter, Format};
use crate::sys::door;
use crate::wire::Packet;

use self::rotation::Rotation;
pub use self::rotation::RotationArgs;

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
        self.pcap.as_deref().map(|path| CaptureFile::new(path, open(path, self.force, &[])?)).transpose()
    }

    /// The file that was asked for, or the first of many, into which packets go many at once.
    ///
    /// # Errors
    /// As [`Self::create`]; of many, none may be there.
    pub(super) fn record(&self, rotation: &RotationArgs) -> Result<Option<Box<dyn Recorder>>> {
        let Some(path) = self.pcap.as_deref() else { return Ok(None) };
        if let Some(bounds) = rotation.bounds() {
            return Ok(Some(Box::new(Rotation::begin(path, self.force, bounds)?)));
        }
        Ok(Some(Box::new(CaptureFile::new(path, open(path, self.force, &[])?)?.with_room(ROOM))))
    }

    /// The file that was asked for, to be created while `inputs` are read; `-` among them is standard input.
    ///
    /// # Errors
    /// It exists and may not be overwritten, is a symbolic link, or is one of the inputs, under whatever name.
    pub fn plan<'a>(&'a self, inputs: &'a [PathBuf]) -> Result<Option<PlannedFile<'a>>> {
        self.pcap.as_deref().map(|path| PlannedFile::new(path, self.force, inputs)).transpose()
    }
}

/// Where packets are recorded.
pub(super) trait Recorder {
    /// Creates the file, if that was not done yet.
    ///
    /// # Errors
    /// It cannot be created.
    fn begin(&mut self) -> Result<()>;

    /// Writes one packet; it may be with the system only after [`Self::flush`].
    ///
    /// # Errors
    /// The file cannot be written further; what was written before is a valid capture.
    fn write(&mut self, packet: &Packet<'_>) -> Result<()>;

    /// Sees to it that what was written is with the system.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Ends the file, if it was created.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    fn finish(self: Box<Self>) -> Result<()>;
}

impl Recorder for CaptureFile {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, packet: &Packet<'_>) -> Result<()> {
        Self::write(self, packet)
    }

    fn flush(&mut self) -> Result<()> {
        self.writer.flush().with_context(|| failure(&self.path))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Self::finish(*self)
    }
}

impl Recorder for PlannedFile<'_> {
    fn begin(&mut self) -> Result<()> {
        self.file().map(|_| ())
    }

    fn write(&mut self, packet: &Packet<'_>) -> Result<()> {
        self.file()?.write(packet)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Self::finish(*self)
    }
}

/// A capture file that is created when it is known that there is something to read: none is left behind, and none
/// overwritten, for an input that does not exist.
pub struct PlannedFile<'a> {
    path: &'a Path,
    overwrite: bool,
    inputs: &'a [PathBuf],
    /// What is there already, and will be overwritten.
    there: Option<File>,
    created: Option<CaptureFile>,
}

impl<'a> PlannedFile<'a> {
    fn new(path: &'a Path, overwrite: bool, inputs: &'a [PathBuf]) -> Result<Self> {
        let is_there = path == Path::new("-") || fs::symlink_metadata(path).is_ok();
        let there = is_there.then(|| open(path, overwrite, inputs)).transpose()?;
        Ok(Self { path, overwrite, inputs, there, created: None })
    }

    /// The file; created, if it was not yet.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn file(&mut self) -> Result<&mut CaptureFile> {
        let file = match (self.created.take(), self.there.take()) {
            (Some(created), _) => created,
            (None, Some(there)) => CaptureFile::new(self.path, there)?,
            (None, None) => match door::create(ONLY) {
                Some(created) => CaptureFile::new(self.path, created?)?,
                None => CaptureFile::new(self.path, open(self.path, self.overwrite, self.inputs)?)?,
            },
        };
        Ok(self.created.insert(file))
    }

    /// Ends the file, if it was created.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<()> {
        self.created.map_or(Ok(()), CaptureFile::finish)
    }
}

/// A capture file that is being written.
pub struct CaptureFile {
    path: PathBuf,
    writer: CaptureWriter<File>,
}

impl CaptureFile {
    /// Takes a file that is open to be written; what it holds goes.
    fn new(path: &Path, file: File) -> Result<Self> {
        if file.metadata().with_context(|| failure(path))?.is_file() {
            file.set_len(0).with_context(|| failure(path))?;
        }
        let writer = CaptureWriter::new(file, Format::of(path)).with_context(|| failure(path))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    fn with_room(self, room: usize) -> Self {
        Self { writer: self.writer.with_room(room), ..self }
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

/// Octets that go to the system at once where packets are recorded.
const ROOM: usize = 1 << 18;

/// Writes a packet to the file, if there is one. It is given up at the first failure, so that what passes is shown all the
/// same; that is for the caller to tell.
///
/// # Errors
/// Those of [`CaptureFile::write`], once.
pub(super) fn record(file: &mut Option<CaptureFile>, packet: &Packet<'_>) -> io::Result<()> {
    let written = file.as_mut().map_or(Ok(()), |file| file.write(packet));
    written.map_err(|error| {
        *file = None;
        io::Error::other(format!("{error:#}"))
    })
}

/// The number of the file where there is one alone.
const ONLY: u32 = 0;

/// Creates the file of this number for who may not any more, as far as `inputs` are known to it.
///
/// # Errors
/// As [`CaptureArgs::create`].
pub(super) fn create_later(args: &CaptureArgs, number: u32, inputs: &[PathBuf]) -> Result<File> {
    open(&args.path_of(number)?, args.force, inputs)
}

/// Takes away the file of this number.
///
/// # Errors
/// There is none.
pub(super) fn remove_later(args: &CaptureArgs, number: u32) -> Result<()> {
    rotation::remove(&args.path_of(number)?)
}

impl CaptureArgs {
    fn path_of(&self, number: u32) -> Result<PathBuf> {
        let path = self.pcap.as_deref().context("no file was asked for")?;
        Ok(if number == ONLY { path.to_owned() } else { rotation::numbered(path, number) })
    }
}

/// Opens a file to be written that is none of the inputs; what it holds stays.
fn open(path: &Path, overwrite: bool, inputs: &[PathBuf]) -> Result<File> {
    ensure!(path != Path::new("-"), "--pcap takes the name of a file; write ./- for a file of that name");
    let mut options = OpenOptions::new();
    // A link that somebody else laid must not turn our output to a file of theirs.
    options.write(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    if overwrite {
        options.create(true)
    } else {
        options.create_new(true)
    };
    let file = options.open(path).map_err(|error| refusal(path, overwrite, error))?;
    let metadata = file.metadata().with_context(|| failure(path))?;
    if metadata.is_file() {
        let same = inputs.iter().find(|input| is_same(input, &metadata));
        ensure!(same.is_none(), "{} is read as input, so it cannot be written; choose another name", shown(path));
    }
    Ok(file)
}

/// Whether `input` leads to the file of `metadata`, by a hard or symbolic link, too.
fn is_same(input: &Path, metadata: &Metadata) -> bool {
    let found = if input == Path::new("-") {
        io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| File::from(stdin).metadata())
    } else {
        fs::metadata(input)
    };
    found.is_ok_and(|found| (found.dev(), found.ino()) == (metadata.dev(), metadata.ino()))
}

fn refusal(path: &Path, overwrite: bool, error: io::Error) -> anyhow::Error {
    if !overwrite && error.raw_os_error() == Some(libc::EEXIST) {
        return anyhow!("{} is there already; choose another name, or overwrite it with --force", shown(path));
    }
    if error.raw_os_error() == Some(libc::ELOOP) {
        return anyhow!("{} is a symbolic link, which is not followed; name the file itself", shown(path));
    }
    anyhow::Error::new(error).context(format!("cannot create {}", shown(path)))
}

fn failure(path: &Path) -> String {
    format!("cannot write to {}; what was written before is a valid capture", shown(path))
}

/// A path as it may be shown: without control characters.
fn shown(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path, inputs: &[PathBuf]) -> String {
        open(path, true, inputs).expect_err("a refusal").to_string()
    }

    #[test]
    fn an_input_is_never_written_over() {
        let place = std::env::temp_dir().join(format!("rawshake-capture-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let [file, hard, soft, other] = ["file", "hard", "soft", "other"].map(|name| place.join(name));
        fs::write(&file, "precious").unwrap();
        fs::hard_link(&file, &hard).unwrap();
        std::os::unix::fs::symlink(&file, &soft).unwrap();
        for (output, input) in [(&file, &file), (&hard, &file), (&file, &soft)] {
            let words = refused(output, &[other.clone(), input.clone()]);
            assert!(words.contains("is read as input"), "{words}");
        }
        assert!(refused(&soft, &[]).contains("symbolic link, which is not followed"));
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        let inputs = [other];
        let mut plan = PlannedFile::new(&file, true, &inputs).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"precious", "nothing was read yet");
        plan.file().unwrap();
        plan.finish().unwrap();
        assert!(!fs::read(&hard).unwrap().starts_with(b"precious"), "what was there is gone");
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn a_dash_is_no_file() {
        assert!(refused(Path::new("-"), &[]).contains("takes the name of a file"));
    }
}
