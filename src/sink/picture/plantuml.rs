//! A sequence diagram for PlantUML; all ladders stand in one, below each other.

use std::io::{self, Write};

use super::{Words, label};
use crate::ladder::{Arrow, ArrowEnd, Note, Settings, Shot, Step, Style, What, steps};
use crate::sink::ladders::{Draw, Shown};
use crate::trace::{Pair, Side};

pub(super) struct PlantUml<W> {
    words: Words,
    out: W,
    /// What the lanes are called, once they are.
    lanes: Option<[String; 2]>,
}

impl<W: Write> PlantUml<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        Self { words: Words::new(settings, settings.width / 2, escape), out, lanes: None }
    }
}

/// Everything that could be an order or a markup is written by its number.
fn escape(char: char) -> Option<String> {
    let plain = char.is_alphanumeric() || !char.is_ascii() || " .,:()+?".contains(char);
    (!plain).then(|| format!("<U+{:04X}>", u32::from(char)))
}

impl<W: Write> Draw for PlantUml<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        let ladder = &shown.ladder;
        let lanes = Side::BOTH.map(|side| ladder.lanes[side].label.clone());
        let mut heading = shown.heading();
        match &self.lanes {
            None => self.begin(lanes)?,
            Some(first) if *first == lanes => {}
            Some(_) => heading += &format!(" {}", lanes.join(", ")),
        }
        writeln!(self.out, "== {} ==", self.words.text(&heading))?;
        self.over(&ladder.certainty)?;
        steps(ladder).iter().try_for_each(|step| self.step(step))?;
        ladder.verdict.iter().try_for_each(|said| self.over(&format!("{}: {}", said.subject, said.text)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.lanes.is_some() {
            writeln!(self.out, "@enduml")?;
        }
        self.out.flush()
    }
}

impl<W: Write> PlantUml<W> {
    fn begin(&mut self, lanes: [String; 2]) -> io::Result<()> {
        writeln!(self.out, "@startuml\nhide footbox\nskinparam shadowing false")?;
        for side in Side::BOTH {
            let name = self.words.text(&lanes[side as usize]);
            writeln!(self.out, "participant \"{name}\" as {}", lane(side))?;
        }
        self.lanes = Some(lanes);
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>) -> io::Result<()> {
        match &step.what {
            What::Shot(shot) => self.shot(shot),
            What::Margins(notes) => {
                let of = |side: Side| notes[side].map(|note| (side, note));
                Side::BOTH.into_iter().filter_map(of).try_for_each(|(side, note)| self.beside(side, note))
            }
            What::Kernel(side, style, parts) => {
                self.beside(*side, &Note { style: *style, text: format!("◆ {}", label(parts)) })
            }
            What::Fold(parts) => writeln!(self.out, "...{}...", self.words.text(&parts.join(", "))),
            What::Gap(text) => writeln!(self.out, "...{}...", self.words.text(text)),
            What::Said(text) => self.over(text),
        }
    }

    fn shot(&mut self, shot: &Shot<'_>) -> io::Result<()> {
        let Some(arrow) = &shot.arrow else { return Ok(()) };
        let (from, to) = (arrow.from, arrow.from.other());
        if let Some(note) = shot.states[from] {
            self.beside(from, note)?;
        }
        let time = shot.time.map_or_else(String::new, |time| format!(" ({})", time.words()));
        let way = if arrow.midway { " by a router on the way" } else { "" };
        let unsure = if arrow.end == ArrowEnd::Unanswered { " ?" } else { "" };
        let text = self.words.text(&format!("{}{way}{unsure}{time}", label(shot.parts)));
        writeln!(self.out, "{} {} {} : {text}", lane(from), line(arrow), lane(to))?;
        if let Some(note) = shot.states[to] {
            self.beside(to, note)?;
        }
        if !shot.options.is_empty() {
            self.over(&label(shot.options))?;
        }
        shot.reasons.iter().try_for_each(|text| self.over(text))?;
        shot.marks.iter().try_for_each(|text| self.over(&format!("≠ {text}")))
    }

    /// A state in a six-sided box, all else in a plain one.
    fn beside(&mut self, side: Side, note: &Note) -> io::Result<()> {
        let kind = if note.style == Style::State { "hnote" } else { "rnote" };
        let place = Pair { client: "left", server: "right" }[side];
        writeln!(self.out, "{kind} {place} of {} : {}", lane(side), self.words.lines(&note.text, "\\n"))
    }

    /// Over both lanes.
    fn over(&mut self, text: &str) -> io::Result<()> {
        let text = self.words.lines(text, "\\n");
        if text.is_empty() { Ok(()) } else { writeln!(self.out, "note over c, s : {text}") }
    }
}

/// The names of the lanes in the diagram.
const fn lane(side: Side) -> char {
    match side {
        Side::Client => 'c',
        Side::Server => 's',
    }
}

/// Line and head of an arrow, in the colour of its meaning.
fn line(arrow: &Arrow) -> String {
    let colour = match arrow.style {
        Style::Opening => "#1a7f37",
        Style::Closing => "#9a6700",
        Style::Reset => "#cf222e",
        Style::Data => "#0969da",
        Style::Warning => "#8250df",
        _ => "#6e7781",
    };
    let (before, head) = match arrow.end {
        ArrowEnd::Arrives => ("-", ">"),
        ArrowEnd::Ignored => ("--", ">>"),
        ArrowEnd::Lost => ("-", ">x"),
        ArrowEnd::Unanswered => ("--", ">x"),
    };
    let shaft = &before[1..];
    format!("-[{colour}]{shaft}{head}")
}
