//! The ladder as text, one connection after another.

use std::collections::BTreeMap;
use std::io::{self, Write};

use colored::Colorize;

use super::Sink;
use crate::ladder::{Builder, Ladder, Line, Settings, Span, Style, layout};
use crate::trace::{Event, EventKind, Opened};

/// Events that all open connections together may keep; beyond it the largest is shown as far as it has come.
const BUDGET: usize = 500_000;
/// What a connection costs beside its events.
const OVERHEAD: usize = 16;

/// A connection that has not ended.
struct Open {
    builder: Builder,
    /// Some of it was shown before.
    continued: bool,
}

/// Shows each connection when it has ended.
pub struct TextLadder<W> {
    settings: Settings,
    out: W,
    open: BTreeMap<u32, Open>,
    kept: usize,
    budget: usize,
    shown: u64,
    /// More than one connection was seen.
    several: bool,
}

impl<W: Write> TextLadder<W> {
    /// Writes to `out`.
    pub fn new(settings: &Settings, out: W) -> Self {
        Self::with_budget(settings, out, BUDGET)
    }

    /// The same, with another bound for what open connections may keep.
    pub(super) fn with_budget(settings: &Settings, out: W, budget: usize) -> Self {
        let settings = settings.clone();
        Self { settings, out, open: BTreeMap::new(), kept: 0, budget, shown: 0, several: false }
    }

    /// Shows `open` as far as it has come.
    fn show(&mut self, open: Open) -> io::Result<()> {
        let ladder = open.builder.finish();
        if self.shown > 0 {
            writeln!(self.out)?;
        }
        if self.several {
            write_line(&mut self.out, &heading(&ladder, open.continued))?;
            writeln!(self.out)?;
        }
        for line in layout(&ladder, &self.settings) {
            write_line(&mut self.out, &line)?;
        }
        self.shown += 1;
        Ok(())
    }

    /// Takes the connection out of the open ones.
    fn remove(&mut self, number: u32) -> Option<Open> {
        let open = self.open.remove(&number)?;
        self.kept -= open.builder.kept() + OVERHEAD;
        Some(open)
    }

    fn insert(&mut self, number: u32, opened: Option<&Opened>, continued: bool) -> &mut Open {
        self.several |= number > 1 || !self.open.is_empty();
        self.kept += OVERHEAD;
        let mut builder = Builder::new(&self.settings);
        if let Some(opened) = opened {
            builder.announce(number, opened);
        }
        self.open.entry(number).or_insert(Open { builder, continued })
    }

    /// Shows the connection that keeps the most, to make room.
    fn make_room(&mut self) -> io::Result<()> {
        let largest = self.open.iter().max_by_key(|(_, open)| open.builder.kept()).map(|(number, _)| *number);
        let Some((number, open)) = largest.and_then(|number| Some((number, self.remove(number)?))) else {
            return Ok(());
        };
        let opened = open.builder.opened().copied();
        self.several = true;
        self.show(open)?;
        self.insert(number, opened.as_ref(), true);
        Ok(())
    }
}

impl<W: Write> Sink for TextLadder<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let number = event.connection;
        if !self.open.contains_key(&number) {
            self.insert(number, None, false);
        }
        if let Some(open) = self.open.get_mut(&number) {
            let before = open.builder.kept();
            open.builder.push(event);
            self.kept = self.kept + open.builder.kept() - before;
        }
        if matches!(event.kind, EventKind::Ended(_)) {
            if let Some(open) = self.remove(number) {
                self.show(open)?;
            }
        } else if self.kept > self.budget {
            self.make_room()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        while let Some(open) = self.open.keys().next().copied().and_then(|number| self.remove(number)) {
            self.show(open)?;
        }
        self.out.flush()
    }
}

/// `Connection 2  192.0.2.1:40123 > 192.0.2.2:80`.
fn heading(ladder: &Ladder, continued: bool) -> Line {
    let mut text = format!("{} {}", ladder.kind, ladder.number);
    if let (Some(client), Some(server)) = (ladder.lanes.client.end, ladder.lanes.server.end) {
        text += &format!("  {client} > {server}");
    }
    if continued {
        text += ", continued";
    }
    Line(vec![Span { style: Style::Heading, text }])
}

fn write_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    // Blanks at the end of a line would only be in the way of who copies it.
    let visible = line.plain().len();
    let mut written = 0;
    for span in &line.0 {
        let room = visible.saturating_sub(written).min(span.text.len());
        out.write_all(paint(span.style, &span.text[..room]).as_bytes())?;
        written += span.text.len();
    }
    writeln!(out)
}

/// `text` in the colour of its meaning; blanks around it stay plain.
fn paint(style: Style, text: &str) -> String {
    let word = text.trim();
    let Some((before, after)) = text.split_once(word).filter(|_| !word.is_empty()) else {
        return text.to_owned();
    };
    let coloured = match style {
        Style::Plain => return text.to_owned(),
        Style::Opening => word.green(),
        Style::Closing => word.yellow(),
        Style::Reset => word.red(),
        Style::Data => word.blue(),
        Style::BareAck | Style::Reason | Style::Time | Style::Lifeline => word.dimmed(),
        Style::Warning => word.magenta(),
        Style::State | Style::Heading => word.bold(),
        Style::Call => word.cyan(),
    };
    format!("{before}{coloured}{after}")
}
