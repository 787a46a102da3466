//! A sequence diagram for Mermaid; all ladders stand in one, below each other.

use std::io::{self, Write};

use super::{Words, label};
use crate::ladder::{Arrow, ArrowEnd, Ladder, Settings, Shot, Step, What, steps};
use crate::sink::ladders::{Draw, Shown};
use crate::trace::{Pair, Side};

pub(super) struct Mermaid<W> {
    words: Words,
    out: W,
    /// What the lanes are called, once they are.
    lanes: Option<[String; 2]>,
}

impl<W: Write> Mermaid<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        Self { words: Words::new(settings, settings.width / 2, escape), out, lanes: None }
    }
}

/// Everything that could be an order is written by its number.
fn escape(char: char) -> Option<String> {
    let plain = char.is_alphanumeric() || !char.is_ascii() || " .,:()+-=?/".contains(char);
    (!plain).then(|| format!("#{};", u32::from(char)))
}

/// The names of the lanes in the diagram.
const fn lane(side: Side) -> char {
    match side {
        Side::Client => 'c',
        Side::Server => 's',
    }
}

impl<W: Write> Draw for Mermaid<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        let ladder = &shown.ladder;
        let lanes = Side::BOTH.map(|side| ladder.lanes[side].label.clone());
        let mut heading = self.words.lines(&shown.heading(), "<br/>");
        match &self.lanes {
            None => self.begin(lanes)?,
            Some(first) if *first == lanes => {}
            Some(_) => heading += &format!("<br/>{}", self.words.lines(&lanes.join(", "), "<br/>")),
        }
        self.over(&heading)?;
        self.prose(&ladder.certainty)?;
        self.steps(ladder)?;
        for said in &ladder.verdict {
            self.prose(&format!("{}: {}", said.subject, said.text))?;
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

impl<W: Write> Mermaid<W> {
    fn begin(&mut self, lanes: [String; 2]) -> io::Result<()> {
        writeln!(self.out, "sequenceDiagram")?;
        for side in Side::BOTH {
            let name = self.words.lines(&lanes[side as usize], "<br/>");
            writeln!(self.out, "    participant {} as {name}", lane(side))?;
        }
        self.lanes = Some(lanes);
        Ok(())
    }

    fn steps(&mut self, ladder: &Ladder) -> io::Result<()> {
        steps(ladder).iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step<'_>) -> io::Result<()> {
        match &step.what {
            What::Shot(shot) => self.shot(shot),
            What::Margins(notes) => {
                let of = |side: Side| notes[side].map(|note| (side, note.text.as_str()));
                Side::BOTH.into_iter().filter_map(of).try_for_each(|(side, text)| self.beside(side, text))
            }
            What::Kernel(side, _, parts) => self.beside(*side, &format!("◆ {}", label(parts))),
            What::Fold(parts) => self.prose(&self.words.folded(parts)),
            What::Gap(text) | What::Said(text) => self.prose(text),
        }
    }

    fn shot(&mut self, shot: &Shot<'_>) -> io::Result<()> {
        let Some(arrow) = &shot.arrow else { return Ok(()) };
        let (from, to) = (arrow.from, arrow.from.other());
        if let Some(note) = shot.states[from] {
            self.beside(from, &note.text)?;
        }
        let time = shot.time.map_or_else(String::new, |time| format!(" ({})", time.words()));
        let way = if arrow.midway { " by a router on the way" } else { "" };
        let unsure = if arrow.end == ArrowEnd::Unanswered { " ?" } else { "" };
        let text = self.words.text(&format!("{}{way}{unsure}{time}", label(shot.parts)));
        writeln!(self.out, "    {}{}{}: {text}", lane(from), line(arrow), lane(to))?;
        if let Some(note) = shot.states[to] {
            self.beside(to, &note.text)?;
        }
        if !shot.options.is_empty() {
            self.prose(&label(shot.options))?;
        }
        let marks = shot.marks.iter().map(|text| format!("≠ {text}"));
        let said: Vec<String> = shot.reasons.iter().map(|text| (*text).to_owned()).chain(marks).collect();
        said.iter().try_for_each(|text| self.prose(text))
    }

    fn beside(&mut self, side: Side, text: &str) -> io::Result<()> {
        let place = Pair { client: "left", server: "right" }[side];
        let text = self.words.lines(text, "<br/>");
        writeln!(self.out, "    Note {place} of {}: {text}", lane(side))
    }

    /// Over both lanes.
    fn prose(&mut self, text: &str) -> io::Result<()> {
        let text = self.words.lines(text, "<br/>");
        if text.is_empty() { Ok(()) } else { self.over(&text) }
    }

    fn over(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "    Note over c,s: {text}")
    }
}

/// A solid line for what arrives, a cross for what is lost, dots for what is ignored or unanswered.
const fn line(arrow: &Arrow) -> &'static str {
    match arrow.end {
        ArrowEnd::Arrives => "->>",
        ArrowEnd::Ignored => "--)",
        ArrowEnd::Lost => "-x",
        ArrowEnd::Unanswered => "--x",
    }
}
