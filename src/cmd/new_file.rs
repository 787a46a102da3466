//! Files that are written because they were named: new ones, unless `--force` says otherwise.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use clap::ArgGroup;

use crate::sys::fresh::{self, Refusal};
use crate::sys::{confine, door};

/// The group of all options that name a file to be written.
pub(super) const OUTPUTS: &str = "outputs";

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(group = ArgGroup::new(OUTPUTS).multiple(true))]
pub(super) struct Force {
    /// Replace what is there already; without it nothing is, and a symbolic link is followed in no case
    #[arg(long, requires = OUTPUTS)]
    force: bool,
}

impl Force {
    /// Creates a file that is none of `inputs`, of which `-` is standard input, with the rights of who started the program.
    ///
    /// # Errors
    /// As [`Self::check`]; or it cannot be created.
    pub(super) fn create(self, path: &Path, inputs: &[PathBuf]) -> Result<File> {
        self.check(path, inputs)?;
        let create = if fresh::is_descriptor(path) {
            fresh::open_descriptor
        } else if self.force {
            fresh::replace
        } else {
            fresh::create
        };
        confine::as_invoker(|| create(path))?.map_err(|refusal| told(path, refusal))
    }

    /// The same where privileges may be given up already: then by the process at the door, which knows the output by this number.
    ///
    /// # Errors
    /// Those of [`Self::create`].
    pub(super) fn create_at_door(self, number: u32, path: &Path, inputs: &[PathBuf]) -> Result<File> {
        match door::create(number) {
            Some(created) => Ok(created?),
            None => self.create(path, inputs),
        }
    }

    /// Whether the file could be created, as far as can be told without doing anything.
    ///
    /// # Errors
    /// There is something that may not be replaced, is a link, or is one of `inputs`, under whatever name.
    pub(super) fn check(self, path: &Path, inputs: &[PathBuf]) -> Result<()> {
        ensure!(path != Path::new("-"), "an output wants the name of a file; write ./- for a file of that name");
        let is_open = fresh::is_descriptor(path);
        let there =
            if is_open { fs::metadata(path).map(Some).map_err(Refusal::from) } else { fresh::replaceable(path) };
        let Some(there) = there.map_err(|refusal| told(path, refusal))? else { return Ok(()) };
        if inputs.iter().any(|input| is_same(input, &there)) {
            bail!("{} is read as input, so it cannot be written; choose another name", shown(path));
        }
        ensure!(is_open || self.force, told(path, Refusal::Exists));
        Ok(())
    }

    /// Whether files may be replaced.
    pub(super) const fn is_given(self) -> bool {
        self.force
    }
}

/// Whether `input` leads to the regular file of `metadata`, by a hard or symbolic link, too.
fn is_same(input: &Path, metadata: &Metadata) -> bool {
    let found = if input == Path::new("-") {
        io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| File::from(stdin).metadata())
    } else {
        fs::metadata(input)
    };
    metadata.is_file() && found.is_ok_and(|found| (found.dev(), found.ino()) == (metadata.dev(), metadata.ino()))
}

/// What results are written to that are no capture. An error says its name.
pub(super) struct Named<W> {
    out: W,
    name: String,
    /// Whether it is no error when its reader has left.
    is_free: bool,
}

impl Named<File> {
    /// A file that was created at `path`.
    pub(super) fn new(out: File, path: &Path) -> Self {
        Self { out, name: shown(path), is_free: false }
    }

    /// As [`Force::create`].
    ///
    /// # Errors
    /// Those of [`Force::create`].
    pub(super) fn create(path: &Path, force: Force, inputs: &[PathBuf]) -> Result<Self> {
        Ok(Self::new(force.create(path, inputs)?, path))
    }
}

impl<W: Write> Named<W> {
    /// Standard output, whose reader may have seen enough.
    pub(super) fn standard_output(out: W) -> Self {
        Self { out, name: "standard output".to_owned(), is_free: true }
    }

    fn told<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let error = if self.is_free { error } else { apart(error) };
            io::Error::new(error.kind(), format!("cannot write to {}: {error}", self.name))
        })
    }
}

impl<W: Write> Write for Named<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets);
        self.told(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.out.flush();
        self.told(written)
    }
}

/// A reader who has left a pipe that was named is no end of the results, as one of standard output is.
pub(super) fn apart(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe { io::Error::other(error.to_string()) } else { error }
}

/// What is to be said of a file that is not created.
pub(super) fn told(path: &Path, refusal: Refusal) -> anyhow::Error {
    let path = shown(path);
    match refusal {
        Refusal::Exists => anyhow!("{path} is there already; name another file, or say --force to replace it"),
        Refusal::Link => anyhow!("{path} is a symbolic link, which is not followed; name the file itself"),
        Refusal::NoFile(what) => anyhow!("{path} is {what}; name a file"),
        Refusal::Unread => anyhow!("nobody reads from {path}, which is a pipe; start who reads from it first"),
        Refusal::System(error) => anyhow::Error::new(error).context(format!("cannot create {path}")),
    }
}

/// A path as it may be shown: without control characters.
pub(super) fn shown(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORCE: Force = Force { force: true };

    fn refused(path: &Path, inputs: &[PathBuf]) -> String {
        FORCE.create(path, inputs).expect_err("a refusal").to_string()
    }

    #[test]
    fn an_input_is_never_written_over() {
        let place = tempfile::tempdir().unwrap();
        let [file, hard, soft, other] = ["file", "hard", "soft", "other"].map(|name| place.path().join(name));
        fs::write(&file, "precious").unwrap();
        fs::hard_link(&file, &hard).unwrap();
        std::os::unix::fs::symlink(&file, &soft).unwrap();
        for (output, input) in [(&file, &file), (&hard, &file), (&file, &soft)] {
            let words = refused(output, &[other.clone(), input.clone()]);
            assert!(words.contains("is read as input"), "{words}");
        }
        assert!(refused(&soft, &[]).contains("symbolic link, which is not followed"));
        assert_eq!(fs::read(&file).unwrap(), b"precious");
    }

    #[test]
    fn a_dash_is_no_file() {
        assert!(refused(Path::new("-"), &[]).contains("wants the name of a file"));
    }

    #[test]
    fn without_force_nothing_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "precious").unwrap();
        for done in [Force::default().check(&file, &[]), Force::default().create(&file, &[]).map(drop)] {
            let words = done.expect_err("a refusal").to_string();
            assert!(words.ends_with(" is there already; name another file, or say --force to replace it"), "{words}");
        }
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        FORCE.check(&file, &[]).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"precious", "to look changes nothing");
    }
}
