//! A sheet of questions to print, and its key.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::Args;
use crate::cmd::exit::remark;
use crate::cmd::new_file::{Force, Named, shown};
use crate::cmd::{Exit, Streams};
use crate::ladder::Settings;
use crate::quiz::Sheet;
use crate::sink::quiz as show;
use crate::sys::door::Output;

/// The numbers at the door of both files.
const SHEET: u32 = 0;
const KEY: u32 = 1;

/// Where both go to.
pub(super) struct SheetFiles {
    sheet: PathBuf,
    key: PathBuf,
    force: Force,
    inputs: Vec<PathBuf>,
}

impl SheetFiles {
    /// One at `path`. Neither it nor its key is created where the other cannot be.
    ///
    /// # Errors
    /// Those of [`Force::check`], for both.
    pub(super) fn new(path: &Path, args: &Args) -> anyhow::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".key");
        let (sheet, key) = (path.to_owned(), PathBuf::from(name));
        args.force.check(&sheet, &args.files)?;
        args.force.check(&key, &args.files)?;
        Ok(Self { sheet, key, force: args.force, inputs: args.files.clone() })
    }

    /// Creates one of both, for who has given up to do so.
    ///
    /// # Errors
    /// Those of [`Force::create`].
    pub(super) fn create(&self, output: Output) -> anyhow::Result<File> {
        match output {
            Output::Create(SHEET) => self.force.create(&self.sheet, &self.inputs),
            Output::Create(KEY) => self.force.create(&self.key, &self.inputs),
            Output::Create(_) | Output::Remove(_) => bail!("a sheet and its key are all that is written"),
        }
    }

    /// Writes both.
    ///
    /// # Errors
    /// As [`Self::create`]; they cannot be written further.
    pub(super) fn export(&self, sheet: &Sheet, settings: &Settings, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
        let (mut paper, mut key) = (self.open(SHEET, &self.sheet)?, self.open(KEY, &self.key)?);
        let questions = &sheet.questions;
        show::sheet(questions, settings, &mut paper).and_then(|()| paper.flush())?;
        show::key(questions, settings, &mut key).and_then(|()| key.flush())?;
        let [paper, key] = [&self.sheet, &self.key].map(|path| shown(path));
        remark(streams.err, &format!("{} questions in {paper}, their answers in {key}", questions.len()))?;
        if sheet.answered > 0 {
            let words =
                "of them can be answered by looking at the others; fewer questions, or more connections, avoid it";
            remark(streams.err, &format!("{} {words}", sheet.answered))?;
        }
        Ok(Exit::Success)
    }

    fn open(&self, number: u32, path: &Path) -> anyhow::Result<BufWriter<Named<File>>> {
        let file = self.force.create_at_door(number, path, &self.inputs)?;
        Ok(BufWriter::new(Named::new(file, path)))
    }
}
