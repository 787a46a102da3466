//! A sheet of questions to print, and its key.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::Args;
use crate::cmd::exit::remark;
use crate::cmd::{Exit, Streams};
use crate::quiz::Question;
use crate::sink::quiz as show;
use crate::sys::door::{self, Output};

/// The numbers at the door of both files.
const SHEET: u32 = 0;
const KEY: u32 = 1;

/// Where both go to.
pub(super) struct Sheet {
    sheet: PathBuf,
    key: PathBuf,
    force: bool,
}

impl Sheet {
    /// One at `path`.
    ///
    /// # Errors
    /// It or its key is read as input.
    pub(super) fn new(path: &Path, args: &Args) -> anyhow::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".key");
        let this = Self { sheet: path.to_owned(), key: name.into(), force: args.force };
        for input in &args.files {
            let is_read = |path: &Path| {
                input == path || matches!((input.canonicalize(), path.canonicalize()), (Ok(a), Ok(b)) if a == b)
            };
            if is_read(&this.sheet) || is_read(&this.key) {
                bail!("{input:?} is read as input, so it cannot be written; choose another name");
            }
        }
        Ok(this)
    }

    /// Creates one of both, for who has given up to do so.
    ///
    /// # Errors
    /// It exists and may not be overwritten, or cannot be created.
    pub(super) fn create(&self, output: Output) -> anyhow::Result<File> {
        match output {
            Output::Create(SHEET) => create(&self.sheet, self.force),
            Output::Create(KEY) => create(&self.key, self.force),
            Output::Create(_) | Output::Remove(_) => bail!("a sheet and its key are all that is written"),
        }
    }

    /// Writes both.
    ///
    /// # Errors
    /// As [`Self::create`]; they cannot be written further.
    pub(super) fn export(
        &self,
        args: &Args,
        questions: &[Question],
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Exit> {
        let open = |number| match door::create(number) {
            Some(created) => created.map_err(|error| anyhow!("{error}")),
            None => self.create(Output::Create(number)),
        };
        let (mut sheet, mut key) = (BufWriter::new(open(SHEET)?), BufWriter::new(open(KEY)?));
        let (settings, failed) = (args.settings(None), |path: &Path| format!("cannot write {path:?}"));
        show::sheet(questions, &settings, &mut sheet)
            .and_then(|()| sheet.flush())
            .with_context(|| failed(&self.sheet))?;
        show::key(questions, &settings, &mut key).and_then(|()| key.flush()).with_context(|| failed(&self.key))?;
        let words = format!("{} questions in {:?}, their answers in {:?}", questions.len(), self.sheet, self.key);
        remark(streams.err, &words)?;
        Ok(Exit::Success)
    }
}

fn create(path: &Path, overwrite: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    // A link that somebody else laid must not turn our output to a file of theirs.
    options.write(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    if overwrite {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => anyhow!("{path:?} exists already; --force overwrites it"),
        _ => anyhow::Error::new(error).context(format!("cannot write {path:?}")),
    })
}
