//! The files on the command line as one source.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::Args;
use crate::source::{Chain, Expression, Filter, Follow, Merge, Source};
use crate::sys::Interrupts;

/// What to read, and how.
pub(super) struct Input<'a> {
    args: &'a Args,
    /// Where packets come while they happen, or are shown at their time, Ctrl-C ends them.
    stop: Option<Interrupts>,
}

impl<'a> Input<'a> {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// Ctrl-C cannot be waited for.
    pub(super) fn new(args: &'a Args) -> anyhow::Result<Self> {
        let stop = (is_awaited(args) || args.reading.replay_speed.is_some())
            .then(Interrupts::new)
            .transpose()
            .context("cannot wait for Ctrl-C")?;
        Ok(Self { args, stop })
    }

    /// Whether packets may come while they happen, so that what was found is shown before the next is waited for.
    pub(super) fn is_live(&self) -> bool {
        self.args.reading.follow || !self.args.files.iter().all(|file| is_regular(file))
    }

    /// What collects Ctrl-C while packets are waited for.
    pub(super) const fn stop(&self) -> Option<&Interrupts> {
        self.stop.as_ref()
    }

    /// All packets, or those that pass the filter.
    ///
    /// # Errors
    /// The filter is not one. Whether the files can be opened shows when they are read.
    pub(super) fn source(&self) -> anyhow::Result<Box<dyn Source + '_>> {
        let files: &[PathBuf] = &self.args.files;
        let packets: Box<dyn Source + '_> = match (&self.stop, files) {
            (Some(stop), [file]) if is_awaited(self.args) => Box::new(Follow::new(file, stop)),
            _ if self.args.reading.merge => Box::new(Merge::of_files(files)),
            _ => Box::new(Chain::of_files(files)),
        };
        Ok(match &self.args.choice.filter {
            Some(filter) => Box::new(Filter::new(packets, Expression::new(filter)?)),
            None => packets,
        })
    }
}

/// Whether the packets of the one file are waited for by ourselves, and not within a read that no signal ends.
fn is_awaited(args: &Args) -> bool {
    args.reading.follow || matches!(&*args.files, [file] if !is_regular(file))
}

/// Whether a path, of which `-` is standard input, is a file that can be read again. What does not exist counts as one:
/// nothing of it has to be waited for.
fn is_regular(path: &Path) -> bool {
    let metadata = if path == Path::new("-") {
        io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| File::from(stdin).metadata())
    } else {
        fs::metadata(path)
    };
    metadata.map_or(true, |metadata| metadata.is_file())
}
