//! A table of Markdown for each ladder, row for row as on a terminal.

use std::io::{self, Write};

use super::{Words, label, lane_name};
use crate::ladder::{Arrow, ArrowEnd, Ladder, Note, Settings, Shot, Step, Style, What, steps};
use crate::sink::ladders::{Draw, Shown};
use crate::trace::{Pair, Side};

pub(super) struct Markdown<W> {
    words: Words,
    out: W,
    any: bool,
}

impl<W: Write> Markdown<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        Self { words: Words::new(settings, settings.width, escape), out, any: false }
    }
}

/// The backslash makes any of these plain (CommonMark 2.4); an angle bracket or ampersand might still be read as HTML
/// by what comes after.
fn escape(char: char) -> Option<String> {
    match char {
        '<' => Some("&lt;".to_owned()),
        '>' => Some("&gt;".to_owned()),
        '&' => Some("&amp;".to_owned()),
        // Colon, at and full stop would make links of addresses, the dollar sign a formula.
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '@' | '!' => Some(format!("\\{char}")),
        _ => None,
    }
}

impl<W: Write> Draw for Markdown<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        let ladder = &shown.ladder;
        if self.any {
            writeln!(self.out)?;
        }
        self.any = true;
        writeln!(self.out, "## {}", self.words(&shown.heading()))?;
        if !ladder.certainty.is_empty() {
            writeln!(self.out, "\n{}", self.words.lines(&ladder.certainty, "\n"))?;
        }
        self.table(ladder)?;
        if !ladder.verdict.is_empty() {
            writeln!(self.out)?;
        }
        for said in &ladder.verdict {
            writeln!(self.out, "- **{}** {}", said.subject, self.words(&said.text))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Markdown<W> {
    /// Escaped text. Addresses of the web in it stay text, too.
    fn words(&self, text: &str) -> String {
        self.words.text(text).replace("://", "\\://").replace("www.", "www\\.").replace("WWW.", "WWW\\.")
    }

    fn table(&mut self, ladder: &Ladder) -> io::Result<()> {
        let [client, server] = Side::BOTH.map(|side| self.words(&lane_name(&ladder.lanes[side])));
        writeln!(self.out, "\n| time | {client} | | {server} |")?;
        writeln!(self.out, "| ---: | ---: | :---: | :--- |")?;
        steps(ladder).iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step<'_>) -> io::Result<()> {
        let time = step.time.map(|time| time.words()).unwrap_or_default();
        match &step.what {
            What::Shot(shot) => self.shot(shot),
            What::Margins(notes) => self.row("", *notes, ""),
            What::Kernel(side, style, parts) => {
                let mut notes = Pair::default();
                let note = Note { style: *style, text: format!("◆ {}", label(parts)) };
                notes[*side] = Some(&note);
                self.row(&time, notes, "")
            }
            What::Fold(parts) => self.row(&time, Pair::default(), &self.words(&self.words.folded(parts))),
            What::Gap(text) => self.row(&time, Pair::default(), &format!("*{}*", self.words(text))),
            What::Said(text) => self.row(&time, Pair::default(), &format!("*{}*", self.words(text))),
        }
    }

    fn shot(&mut self, shot: &Shot<'_>) -> io::Result<()> {
        let from = shot.arrow.map_or(Side::Client, |arrow| arrow.from);
        let of = |side: Side| {
            let mut notes = Pair::default();
            notes[side] = shot.states[side];
            notes
        };
        if let [flags, rest @ ..] = shot.parts {
            let rest = if rest.is_empty() { String::new() } else { format!(" {}", self.words(&label(rest))) };
            self.row("", of(from), &format!("**{}**{rest}", self.words(flags)))?;
        }
        if let Some(arrow) = &shot.arrow {
            let time = shot.time.map(|time| time.words()).unwrap_or_default();
            self.row(&time, of(from.other()), &arrow_of(arrow, self.words.ascii))?;
        }
        if !shot.options.is_empty() {
            self.row("", Pair::default(), &self.words(&label(shot.options)))?;
        }
        for text in &shot.reasons {
            self.row("", Pair::default(), &format!("*{}*", self.words(text)))?;
        }
        for text in &shot.marks {
            self.row("", Pair::default(), &format!("**≠ {}**", self.words(text)))?;
        }
        Ok(())
    }

    fn row(&mut self, time: &str, notes: Pair<Option<&Note>>, between: &str) -> io::Result<()> {
        let [client, server] = Side::BOTH.map(|side| notes[side].map_or_else(String::new, |note| self.note(note)));
        let time = self.words(time);
        let between = if self.words.ascii { crate::ladder::ascii(between) } else { between.to_owned() };
        let cells = [time, client, between, server];
        let cells: Vec<_> = cells.iter().map(|cell| format!(" {cell}").trim_end().to_owned()).collect();
        writeln!(self.out, "|{} |", cells.join(" |"))
    }

    fn note(&self, note: &Note) -> String {
        let text = self.words(&note.text);
        if note.style == Style::State { format!("**{text}**") } else { text }
    }
}

/// Shaft and head.
fn arrow_of(arrow: &Arrow, ascii: bool) -> String {
    let shaft = if ascii { "-" } else { "─" }.repeat(12);
    let rightward = arrow.from == Side::Client;
    let head = match (arrow.end, rightward, ascii) {
        (ArrowEnd::Arrives, true, false) => "▶",
        (ArrowEnd::Arrives, false, false) => "◀",
        (ArrowEnd::Arrives, true, true) => "&gt;",
        (ArrowEnd::Arrives, false, true) => "&lt;",
        (ArrowEnd::Ignored, true, false) => "▷",
        (ArrowEnd::Ignored, false, false) => "◁",
        (ArrowEnd::Ignored, true, true) => ")",
        (ArrowEnd::Ignored, false, true) => "(",
        (ArrowEnd::Lost, _, false) => "✗",
        (ArrowEnd::Lost, _, true) => "x",
        (ArrowEnd::Unanswered, ..) => " ?",
    };
    let router = if arrow.midway && ascii {
        "o"
    } else if arrow.midway {
        "○"
    } else {
        ""
    };
    if rightward { format!("{router}{shaft}{head}") } else { format!("{head}{shaft}{router}").trim().to_owned() }
}
