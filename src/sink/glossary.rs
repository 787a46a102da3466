//! The glossary, on a screen or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_object;
use super::ladder::write_line;
use crate::explain::glossary::{Listed, Page};
use crate::ladder::{self, Line, Settings};

/// Writes lines that are laid out.
///
/// # Errors
/// The destination could not be written to.
pub fn lines(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| write_line(out, line))
}

/// Writes one page; `settings` are none for JSON.
///
/// # Errors
/// The destination could not be written to.
pub fn page(page: &Page, settings: Option<&Settings>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Object<'a> {
        event: &'static str,
        #[serde(flatten)]
        page: &'a Page,
    }
    match settings {
        Some(settings) => lines(&ladder::page(page, settings), out),
        None => write_object(out, &Object { event: "explanation", page }),
    }
}

/// Writes the list of words; `settings` are none for JSON, one object for each.
///
/// # Errors
/// The destination could not be written to.
pub fn list(listed: &[Listed], settings: Option<&Settings>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Object<'a> {
        event: &'static str,
        #[serde(flatten)]
        listed: &'a Listed,
    }
    match settings {
        Some(settings) => lines(&ladder::list(listed, settings), out),
        None => listed.iter().try_for_each(|listed| write_object(out, &Object { event: "word", listed })),
    }
}
