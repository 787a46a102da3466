//! Which lessons are done, kept for this user.

use std::env;
use std::io;
use std::path::PathBuf;

use crate::learn::{Lesson, Progress};
use crate::sys::{Drawer, privilege};

/// The folder of the program, and the file in it.
const FOLDER: &str = "rawshake";
const FILE: &str = "lessons";

/// Where progress is kept.
pub(super) enum Record {
    /// Below this folder.
    Kept(PathBuf),
    /// Nowhere: why, if that is worth a word.
    Nowhere(Option<&'static str>),
}

impl Record {
    /// Where this user's is: XDG_STATE_HOME, or .local/state at home. Under sudo nowhere: it would be root who writes where
    /// another user says.
    pub(super) fn find() -> Self {
        if privilege::is_root() && env::var_os("SUDO_UID").is_some_and(|user| user != "0") {
            return Self::Nowhere(Some("Progress is not kept under sudo; the lessons need none: rawshake learn."));
        }
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        base.map_or(Self::Nowhere(None), Self::Kept)
    }

    /// What is kept; nothing where there is none.
    pub(super) fn progress(&self) -> Progress {
        let Self::Kept(base) = self else { return Progress::default() };
        let read = Drawer::open(base, FOLDER, false).and_then(|drawer| drawer.read(FILE));
        read.ok().flatten().map(|record| Progress::read(&record)).unwrap_or_default()
    }

    /// Keeps that a lesson is done; a sentence where that cannot be.
    pub(super) fn finish(&self, lesson: &Lesson) -> Option<String> {
        let base = match self {
            Self::Kept(base) => base,
            Self::Nowhere(why) => return why.map(ToOwned::to_owned),
        };
        let mut progress = self.progress();
        if !progress.finish(lesson) {
            return None;
        }
        let write = |drawer: Drawer| drawer.write(FILE, progress.to_string().as_bytes());
        let failed = |error: io::Error| format!("Progress is not kept: {error} ({:?})", base.join(FOLDER));
        Drawer::open(base, FOLDER, true).and_then(write).err().map(failed)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn reset(&self) -> io::Result<()> {
        match self {
            Self::Kept(base) => match Drawer::open(base, FOLDER, false) {
                Ok(drawer) => drawer.remove(FILE),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            },
            Self::Nowhere(_) => Ok(()),
        }
    }
}
