//! `--pcap FILE`: the option of every command that can write a capture file.

mod rotation;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::new_file::{Force, OUTPUTS, apart, shown};
use crate::explain::count;
use crate::sink::capture::{CaptureWriter, Format};
use crate::wire::Packet;

use self::rotation::Rotation;
pub use self::rotation::RotationArgs;

/// Where packets are written to.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Capture file")]
pub struct CaptureArgs {
    /// Write every packet shown to this new capture file too: pcap, or pcapng if it ends in .pcapng
    #[arg(long, value_name = "FILE", group = OUTPUTS)]
    pcap: Option<PathBuf>,
    #[command(flatten)]
    force: Force,
}

impl CaptureArgs {
    /// Whether a file was asked for.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.pcap.is_some()
    }

    /// What becomes of files that are there already.
    pub(super) const fn force(&self) -> Force {
        self.force
    }

    /// Creates the file that was asked for.
    ///
    /// # Errors
    /// Those of [`Force::create`].
    pub fn create(&self) -> Result<Option<CaptureFile>> {
        self.pcap.as_deref().map(|path| CaptureFile::new(path, self.force.create(path, &[])?)).transpose()
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
        Ok(Some(Box::new(CaptureFile::new(path, self.force.create(path, &[])?)?.with_room(ROOM))))
    }

    /// The file that was asked for, to be created while `inputs` are read; `-` among them is standard input.
    ///
    /// # Errors
    /// Those of [`Force::create`], as far as they can be foreseen.
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
        Self::flush(self)
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
/// replaced, for an input that does not exist.
pub struct PlannedFile<'a> {
    path: &'a Path,
    force: Force,
    inputs: &'a [PathBuf],
    created: Option<CaptureFile>,
}

impl<'a> PlannedFile<'a> {
    fn new(path: &'a Path, force: Force, inputs: &'a [PathBuf]) -> Result<Self> {
        force.check(path, inputs)?;
        Ok(Self { path, force, inputs, created: None })
    }

    /// The file; created, if it was not yet.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn file(&mut self) -> Result<&mut CaptureFile> {
        let file = match self.created.take() {
            Some(created) => created,
            None => CaptureFile::new(self.path, self.force.create_at_door(ONLY, self.path, self.inputs)?)?,
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
    /// Takes a file that was created for it.
    fn new(path: &Path, file: File) -> Result<Self> {
        let writer = CaptureWriter::new(file, Format::of(path));
        let writer = writer.map_err(apart).with_context(|| format!("cannot write to {}", shown(path)))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    fn with_room(self, room: usize) -> Self {
        Self { writer: self.writer.with_room(room), ..self }
    }

    /// Writes one packet; when it returns, the packet is with the system.
    ///
    /// # Errors
    /// The file cannot be written further; it ends with the last packet that has gone to it whole.
    pub fn write(&mut self, packet: &Packet<'_>) -> Result<()> {
        let written = self.writer.write(packet);
        self.told(written)
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.writer.flush();
        self.told(written)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    pub fn finish(mut self) -> Result<()> {
        let written = self.writer.finish();
        self.told(written)
    }

    /// What went wrong, and how much there is. Half a packet is taken away, but a pipe or a device cannot give it back.
    fn told(&self, written: io::Result<()>) -> Result<()> {
        let Err(error) = written else { return Ok(()) };
        let packets = count(self.writer.packets(), "packet");
        let left = match self.writer.cut() {
            Ok(true) => format!("; it is a valid capture of the first {packets}"),
            Ok(false) => "; it is empty".to_owned(),
            Err(_) => format!(" behind {packets}"),
        };
        Err(apart(error)).with_context(|| format!("cannot write to {}{left}", shown(&self.path)))
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
        let kind = error.root_cause().downcast_ref::<io::Error>().map_or(io::ErrorKind::Other, io::Error::kind);
        io::Error::new(kind, format!("{error:#}"))
    })
}

/// The number of the file where there is one alone.
const ONLY: u32 = 0;

/// Creates the file of this number for who may not any more, as far as `inputs` are known to it.
///
/// # Errors
/// As [`CaptureArgs::create`].
pub(super) fn create_later(args: &CaptureArgs, number: u32, inputs: &[PathBuf]) -> Result<File> {
    args.force.create(&args.path_of(number)?, inputs)
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
