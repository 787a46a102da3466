//! What became of a script, line by line, like a test.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize as _;
use serde::Serialize;

use super::{Says, Script};
use crate::cmd::exit::remark;
use crate::cmd::output::Format;
use crate::cmd::send::args::Args;
use crate::cmd::send::words;
use crate::cmd::target::Target;
use crate::cmd::{Exit, Streams};
use crate::craft::probe::{Answer, Reply};
use crate::craft::script::{Complaint, Outcome, Run};
use crate::drive::probe::Ended;
use crate::explain::{self, Case};
use crate::ladder::Settings;
use crate::sink;
use crate::tcp::Ruling;
use crate::trace::SCHEMA;

/// Columns of a line of the script before what came stands in a line of its own.
const COLUMNS: usize = 40;
/// Columns before it.
const MARGIN: usize = 13;

/// What a report is about.
pub(super) struct Setting<'a> {
    pub(super) args: &'a Args,
    pub(super) settings: &'a Settings,
    pub(super) target: &'a Target,
    pub(super) script: &'a Script,
}

/// One expectation in JSON.
#[derive(Serialize)]
struct Checked<'a> {
    schema: u32,
    event: &'static str,
    file: &'a str,
    line: usize,
    text: &'a str,
    met: bool,
    reply: Option<Reply>,
    complaint: Option<String>,
}

/// The whole script in JSON.
#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    event: &'static str,
    file: &'a str,
    packets: usize,
    expectations: usize,
    met: usize,
    unexpected: usize,
    not_reached: usize,
}

/// Tells what became of it, and how the program ends.
pub(super) fn conclude(
    setting: &Setting<'_>,
    run: &Run,
    ended: &Ended,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let args = setting.args;
    match args.output.format {
        Format::Json => json(setting, run, streams.out)?,
        Format::Ladder | Format::Lines if !args.output.quiet => text(setting, run, streams.out)?,
        Format::Ladder | Format::Lines | Format::Csv | Format::Picture(_) => {}
    }
    let failed: Vec<_> = run.outcomes().iter().filter(|outcome| outcome.complaint.is_some()).collect();
    let (peer, interface) = (setting.target.remote.ip(), &setting.target.route.interface);
    if let Some(line) = words::nothing_left(ended.unseen, ended.packets, peer, interface) {
        remark(streams.err, &line)?;
    }
    if !failed.is_empty() {
        streams.out.flush()?;
        let lines: Vec<_> = failed.iter().map(|outcome| outcome.line.to_string()).collect();
        let (some, all) = (failed.len(), run.outcomes().len());
        let name = &setting.script.name;
        writeln!(
            streams.err,
            "{name}: {some} of {all} expectations not met: {} {}",
            if some == 1 { "line" } else { "lines" },
            lines.join(", ")
        )?;
    }
    Ok(match ended.signal {
        Some(signal) => Exit::Signal(signal.number()),
        None if failed.is_empty() => Exit::Success,
        None => Exit::NoReply,
    })
}

impl Setting<'_> {
    /// The line of this number as it was written, and how long it was waited for if it expects something.
    fn line(&self, number: usize) -> (&str, Option<Duration>) {
        let statements = &self.script.statements;
        let place = statements.binary_search_by_key(&number, |statement| statement.number);
        let found = place.ok().and_then(|place| statements.get(place));
        found.map_or(("", None), |statement| match &statement.says {
            Says::Expect(expectation) => (&statement.text, Some(expectation.within)),
            Says::Send(_) | Says::Maybe(_) | Says::Wait(_) => (&statement.text, None),
        })
    }

    /// What was held against an expectation.
    fn came(&self, outcome: &Outcome) -> String {
        let Some(reply) = outcome.reply else {
            if outcome.complaint.is_none() {
                return String::new();
            }
            let within = self.line(outcome.line).1.map(explain::brief_duration).unwrap_or_default();
            return format!("nothing within {within}");
        };
        let from = if reply.from == self.target.remote.ip() { String::new() } else { format!(" from {}", reply.from) };
        format!("{}{from} after {}", words::answer(&reply.answer), explain::brief_duration(reply.rtt))
    }

    /// Why an expectation is not met, beyond what came.
    fn complaint(&self, complaint: &Complaint) -> Option<String> {
        match complaint {
            Complaint::Silence | Complaint::Other => None,
            Complaint::Number(number, found) => Some(format!("its {} is {found}", number.name())),
            Complaint::Lacks(number) => Some(format!("it has no {}", number.name())),
            Complaint::Rule(_) => Some("not what RFC 9293 asks for".to_owned()),
            Complaint::NothingSent => Some("no segment was sent before that could be answered".to_owned()),
        }
    }

    /// Both in one line.
    fn words(&self, outcome: &Outcome) -> String {
        let came = self.came(outcome);
        let complaint = outcome.complaint.and_then(|complaint| self.complaint(&complaint));
        complaint.map_or(came.clone(), |complaint| format!("{came}: {complaint}"))
    }

    /// Line, verdict, what it says, in so many `columns`, and what came: in a line of its own where there is no room.
    fn row(&self, outcome: &Outcome, columns: usize) -> String {
        let verdict = if outcome.complaint.is_none() { "ok  ".green() } else { "FAIL".red().bold() };
        let (text, words) = (self.line(outcome.line).0, self.words(outcome));
        let words = if self.settings.ascii { words.replace('µ', "u") } else { words };
        let length = text.chars().count();
        let fits = length <= columns && MARGIN + columns + 2 + words.chars().count() <= self.settings.width;
        let gap = if fits { " ".repeat(columns - length + 2) } else { format!("\n{:MARGIN$}", "") };
        let behind = format!("{gap}{words}");
        format!("{:>5}  {verdict}  {text}{}", outcome.line, behind.trim_end())
    }
}

fn text(setting: &Setting<'_>, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("Script {}", setting.script.name);
    writeln!(out, "\n{}", name.bold())?;
    let longest = run.outcomes().iter().map(|outcome| setting.line(outcome.line).0.chars().count()).max().unwrap_or(0);
    for outcome in run.outcomes() {
        writeln!(out, "{}", setting.row(outcome, longest.min(COLUMNS)))?;
        if let Some(Complaint::Rule(ruling)) = &outcome.complaint {
            sink::judgement(setting.args.output.format, setting.settings, &case(ruling, outcome), out)?;
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary(run))
}

/// What came of all in one line.
fn summary(run: &Run) -> String {
    let (all, met) = (run.outcomes().len(), met(run));
    let count = |number: usize, noun: &str| explain::count(number as u64, noun);
    let mut line = format!("{} sent, {}", count(run.sent(), "packet"), count(all, "expectation"));
    match (all, all - met) {
        (0, _) => {}
        (_, 0) => line += ": all met",
        (_, failed) => line += &format!(": {met} met, {failed} not"),
    }
    if run.unexpected() > 0 {
        line += &format!("; {} came that no line expected", count(run.unexpected(), "packet"));
    }
    if run.not_reached() > 0 {
        line += &format!("; {} not reached", count(run.not_reached(), "line"));
    }
    line
}

fn met(run: &Run) -> usize {
    run.outcomes().iter().filter(|outcome| outcome.complaint.is_none()).count()
}

fn json(setting: &Setting<'_>, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let file = &setting.script.name;
    for outcome in run.outcomes() {
        let (text, met) = (setting.line(outcome.line).0, outcome.complaint.is_none());
        let complaint = (!met).then(|| setting.words(outcome));
        let line = outcome.line;
        let reply = outcome.reply;
        write_line(out, &Checked { schema: SCHEMA, event: "expectation", file, line, text, met, reply, complaint })?;
        if let Some(Complaint::Rule(ruling)) = &outcome.complaint {
            sink::judgement(Format::Json, setting.settings, &case(ruling, outcome), out)?;
        }
    }
    let (packets, expectations) = (run.sent(), run.outcomes().len());
    let (unexpected, not_reached) = (run.unexpected(), run.not_reached());
    let met = met(run);
    let event = "script";
    write_line(out, &Summary { schema: SCHEMA, event, file, packets, expectations, met, unexpected, not_reached })
}

fn write_line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

/// What the rules say of it, for the sinks.
fn case(ruling: &Ruling, outcome: &Outcome) -> Case {
    let error = outcome.reply.and_then(|reply| match reply.answer {
        Answer::Segment { .. } => None,
        other => Some(words::answer(&other)),
    });
    Case { ruling: *ruling, how: None, error }
}
