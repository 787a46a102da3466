//! What to do next where the system refuses.

use std::io::{Error, ErrorKind};

/// What a person can do about an error of files, as the end of a sentence that names it; nothing where that is not known.
#[must_use]
pub fn next_step(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "; look whether the name and its folder are right",
        ErrorKind::PermissionDenied => "; its owner can allow it (chmod), or try again as one who may (sudo)",
        ErrorKind::IsADirectory => "; it is a folder: name files in it, as in FOLDER/*.pcap",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; what was written is not complete: make room, or write elsewhere"
        }
        ErrorKind::FileTooLarge => "; what was written is not complete: raise the limit (ulimit -f)",
        _ => "",
    }
}
