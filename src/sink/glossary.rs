//! The glossary, on a screen or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_object;
use super::ladder::write_line;
use crate::explain::glossary::{self, Found, Listed, Page, Transition, transitions};
use crate::explain::{Field, anatomy_of_either};
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

/// Writes the state diagram; `settings` are none for JSON, one object for each way.
///
/// # Errors
/// The destination could not be written to.
pub fn states(settings: Option<&Settings>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Object<'a> {
        event: &'static str,
        #[serde(flatten)]
        transition: &'a Transition,
    }
    let object = |transition| Object { event: "transition", transition };
    match settings {
        Some(settings) => lines(&ladder::state_diagram(settings), out),
        None => transitions().iter().try_for_each(|transition| write_object(out, &object(transition))),
    }
}

/// Writes the header of a segment; `settings` are none for JSON, where it is the page on the word.
///
/// # Errors
/// The destination could not be written to.
pub fn header(settings: Option<&Settings>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(settings) = settings {
        return lines(&ladder::header(settings), out);
    }
    glossary::find(&["header".to_owned()]).iter().try_for_each(|found| match found {
        Found::Page(one) => page(one, None, out),
        _ => Ok(()),
    })
}

/// Writes what these octets are, field by field; `settings` are none for JSON.
///
/// # Errors
/// The destination could not be written to.
pub fn octets(octets: &[u8], settings: Option<&Settings>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Object<'a> {
        event: &'static str,
        octets: usize,
        fields: &'a [Field],
    }
    let fields = anatomy_of_either(octets);
    match settings {
        Some(settings) => out.write_all(super::octets(octets, &fields, settings.width).as_bytes()),
        None => write_object(out, &Object { event: "octets", octets: octets.len(), fields: &fields }),
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
