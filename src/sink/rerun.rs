//! A recorded connection and the one in which it was had again.

use std::io::{self, Write};

use serde::Serialize;

use super::ladder::write_line;
use super::{Format, json};
use crate::explain::Rerun;
use crate::ladder::{Line, Settings, Span, Style, Verbosity, statements};

/// One object: `"event":"rerun"`.
#[derive(Serialize)]
struct Object<'a> {
    event: &'static str,
    same: bool,
    #[serde(flatten)]
    rerun: &'a Rerun,
}

/// Writes the verdict on `rerun` to `out` in `format`; a list of connections has no place for it.
///
/// # Errors
/// The destination could not be written to.
pub fn rerun(format: Format, settings: &Settings, rerun: &Rerun, out: &mut dyn Write) -> io::Result<()> {
    let said = || rerun.statements(settings.ascii);
    match format {
        Format::Ladder if settings.verbosity == Verbosity::Quiet => Ok(()),
        Format::Ladder => {
            writeln!(out)?;
            statements(&said(), settings).iter().try_for_each(|line| write_line(out, line))
        }
        Format::Lines => {
            said().iter().try_for_each(|said| writeln!(out, "{}: {}", said.subject.to_lowercase(), said.text))
        }
        Format::Json => json::write_object(out, &Object { event: "rerun", same: rerun.is_same(), rerun }),
        Format::Csv | Format::Picture(_) => Ok(()),
    }
}

/// Writes lines of a picture, under a heading if there is one.
///
/// # Errors
/// The destination could not be written to.
pub fn picture(heading: Option<&str>, lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    if let Some(heading) = heading {
        write_line(out, &Line(vec![Span { style: Style::Heading, text: heading.to_owned() }]))?;
        writeln!(out)?;
    }
    lines.iter().try_for_each(|line| write_line(out, line))
}
