//! Pictures, held against programs that read them: a parser of XML, rsvg-convert, a browser.

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod diagrams;
mod html;
mod live;
mod svg;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::support::program::{RAWSHAKE, Said};

/// `rawshake replay` with these arguments, in captures/.
fn replay(arguments: &str) -> Said {
    let mut command = Command::new(RAWSHAKE);
    let words = arguments.split(' ').filter(|word| !word.is_empty());
    Said::of(command.current_dir(captures()).arg("replay").args(words).output().expect("the program"))
}

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// Every capture there.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(captures()).expect("captures").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().expect("a name")).collect();
    names.retain(|name| name.ends_with(".pcap"));
    names.sort();
    assert!(names.len() > 50, "{names:?}");
    names
}
