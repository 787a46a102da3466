//! What differs between two connections of the same conversation.

use std::io::{self, Write};

use serde::Serialize;

use super::ladder::write_line;
use super::{Format, json};
use crate::explain::{Difference, Statement};
use crate::ladder::{Settings, Verbosity, statements};

/// One object: `"event":"comparison"`.
#[derive(Serialize)]
struct Object {
    event: &'static str,
    same: bool,
    differences: Vec<serde_json::Value>,
}

/// Writes what differs between two connections, called by these `names`, to `out` in `format`; a list of connections has no
/// place for it.
///
/// # Errors
/// The destination could not be written to.
pub fn comparison(
    format: Format,
    settings: &Settings,
    names: [&str; 2],
    found: &[Difference],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Ladder if settings.verbosity == Verbosity::Quiet => Ok(()),
        Format::Ladder => {
            writeln!(out)?;
            statements(&said(names, found), settings).iter().try_for_each(|line| write_line(out, line))
        }
        Format::Lines => said(names, found)
            .iter()
            .try_for_each(|said| writeln!(out, "{}: {}", said.subject.to_lowercase(), said.text)),
        Format::Json => {
            let differences = found.iter().map(|found| {
                let mut object = serde_json::Map::new();
                object.insert("what".to_owned(), found.what.subject().to_lowercase().into());
                object.insert(names[0].replace(' ', "_"), found.recorded.clone().into());
                object.insert(names[1].replace(' ', "_"), found.live.clone().into());
                object.into()
            });
            let object = Object { event: "comparison", same: found.is_empty(), differences: differences.collect() };
            json::write_object(out, &object)
        }
        Format::Csv | Format::Picture(_) => Ok(()),
    }
}

fn said([one, other]: [&str; 2], found: &[Difference]) -> Vec<Statement> {
    if found.is_empty() {
        let text = "opened and closed in the same way, with the same options".to_owned();
        return vec![Statement { subject: "Same", text }];
    }
    let line = |found: &Difference| Statement {
        subject: found.what.subject(),
        text: format!("{one}: {}; {other}: {}", found.recorded, found.live),
    };
    found.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Facet;

    fn written(format: Format, found: &[Difference]) -> String {
        let mut out = Vec::new();
        comparison(format, &Settings::default(), ["by hand", "kernel"], found, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_differs_is_told_of_both() {
        let found = [Difference { what: Facet::Options, recorded: "no SACK".into(), live: "SACK".into() }];
        assert_eq!(written(Format::Lines, &found), "options: by hand: no SACK; kernel: SACK\n");
        let json = written(Format::Json, &found);
        assert!(json.contains(r#""differences":[{"by_hand":"no SACK","kernel":"SACK","what":"options"}]"#), "{json}");
        assert!(json.contains(r#""event":"comparison""#) && json.contains(r#""same":false"#), "{json}");
        assert_eq!(written(Format::Csv, &found), "");
        assert_eq!(written(Format::Lines, &[]), "same: opened and closed in the same way, with the same options\n");
        assert!(written(Format::Json, &[]).contains(r#""same":true"#));
    }
}
