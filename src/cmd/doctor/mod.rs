//! `rawshake doctor`: whether the commands can work on this machine, and what mends it.

mod checks;
mod facts;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use colored::{ColoredString, Colorize as _};
use serde::Serialize;

use self::checks::{CHECKS, Check, Finding, Grade};
use self::facts::Facts;
use super::columns::Columns;
use super::exit::visible;
use super::{Exit, Streams};
use crate::ladder::wrap;
use crate::trace::SCHEMA;

const AFTER_HELP: &str = "\
Examples:
  rawshake doctor                  what this user can do here, without sudo
  sudo rawshake doctor             what root can
  rawshake doctor --format json    one object for each check

OK: as it should be. NOTE: something to know, such as a part that needs more, or
a setting that changes what a capture shows. NO: a main command cannot work.
Behind `mend:` stands the command that changes it; read it before you run it.
Nothing is changed and nothing is sent. To see that they can be, a lab is made
for a moment, and as root a trace instance.
Not looked at: firewalls on the way, rules of single programs (eBPF, SELinux),
and what an interface's hardware filters.
Exit codes: 0 every main command can work, 1 one cannot.";

/// Say what keeps a command from working on this machine, and what mends it
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// How to show it
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    columns: Columns,
}

/// How to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written to.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let facts = Facts::gather();
    let found: Vec<_> = CHECKS.iter().map(|check| (check, check.finding(&facts))).collect();
    let width = args.columns.of_output();
    for (check, finding) in &found {
        match args.format {
            Format::Json => json(check, finding, streams.out)?,
            Format::Text => text(check, finding, width, streams.out)?,
        }
    }
    let can_work = found.iter().all(|(_, finding)| finding.grade != Grade::No);
    if args.format == Format::Text {
        let sum = if can_work { "Every main command can work here." } else { "Not every main command can work here." };
        writeln!(streams.out, "\n{sum}")?;
    }
    Ok(if can_work { Exit::Success } else { Exit::NoReply })
}

/// Columns of a grade, and of the name behind it.
const MARGIN: usize = 6;
const NAMES: usize = 15;

fn text(check: &Check, finding: &Finding, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let (grade, name) = (word(finding.grade), check.name);
    let room = width.saturating_sub(MARGIN + NAMES).max(1);
    let stops = (finding.grade == Grade::No).then(|| format!("needed by {}", check.needed_by));
    let lines = wrap(&visible(&finding.text), room).into_iter().chain(stops.iter().flat_map(|text| wrap(text, room)));
    for (index, line) in lines.enumerate() {
        let start = if index == 0 { format!("{}{name:NAMES$}", padded(&grade)) } else { " ".repeat(MARGIN + NAMES) };
        writeln!(out, "{start}{line}")?;
    }
    // It is to be copied, so it is never broken.
    finding.mend.as_ref().map_or(Ok(()), |mend| writeln!(out, "{:MARGIN$}mend: {}", "", visible(mend).bold()))
}

fn padded(grade: &ColoredString) -> String {
    let blanks = MARGIN - grade.input.len();
    format!("{grade}{:blanks$}", "")
}

fn word(grade: Grade) -> ColoredString {
    match grade {
        Grade::Ok => "OK".green(),
        Grade::Note => "NOTE".yellow(),
        Grade::No => "NO".red().bold(),
    }
}

/// A check as data.
#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    event: &'static str,
    check: &'static str,
    result: &'static str,
    finding: &'a str,
    needed_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'a str>,
}

fn json(check: &Check, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let object = Object {
        schema: SCHEMA,
        event: "check",
        check: check.name,
        result: match finding.grade {
            Grade::Ok => "ok",
            Grade::Note => "note",
            Grade::No => "no",
        },
        finding: &finding.text,
        needed_by: check.needed_by,
        mend: finding.mend.as_deref(),
    };
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}
