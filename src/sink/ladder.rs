//! The ladder as text, one connection after another.

use std::collections::BTreeMap;
use std::io::{self, Write};

use colored::Colorize;

use super::Sink;
use super::exchange::{Drawing, Key};
use crate::ladder::{Ladder, Line, Settings, Span, Style, layout, wrap};
use crate::trace::exchange::{ExchangeEvent, ExchangeKind};
use crate::trace::{Event, EventKind};

/// Events that all open connections together may keep; beyond it the largest is shown as far as it has come.
const BUDGET: usize = 500_000;
/// What each costs beside its events.
const OVERHEAD: usize = 16;

/// A connection or an exchange that has not ended.
struct Open {
    drawing: Drawing,
    /// Some of it was shown before.
    continued: bool,
}

/// Where an event stands among those of its connection. What begins in the middle came when the end was told already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Middle,
    Last,
}

/// Shows each connection, and each exchange, when it has ended.
pub struct TextLadder<W> {
    settings: Settings,
    out: W,
    open: BTreeMap<Key, Open>,
    kept: usize,
    budget: usize,
    shown: u64,
    /// More than one connection or exchange was seen.
    several: bool,
}

impl<W: Write> TextLadder<W> {
    /// Writes to `out`.
    pub fn new(settings: &Settings, out: W) -> Self {
        Self::with_budget(settings, out, BUDGET)
    }

    /// The same, with another bound for the number of events that open connections may keep.
    pub fn with_budget(settings: &Settings, out: W, budget: usize) -> Self {
        let settings = settings.clone();
        Self { settings, out, open: BTreeMap::new(), kept: 0, budget, shown: 0, several: false }
    }

    /// Shows `open` as far as it has come.
    fn show(&mut self, open: Open) -> io::Result<()> {
        let ladder = open.drawing.finish();
        if self.shown > 0 {
            writeln!(self.out)?;
        }
        if self.several {
            for text in heading(&ladder, open.continued, self.settings.width) {
                write_line(&mut self.out, &Line(vec![Span { style: Style::Heading, text }]))?;
            }
            writeln!(self.out)?;
        }
        for line in layout(&ladder, &self.settings) {
            write_line(&mut self.out, &line)?;
        }
        self.shown += 1;
        Ok(())
    }

    /// Takes what has this key out of the open ones.
    fn remove(&mut self, key: Key) -> Option<Open> {
        let open = self.open.remove(&key)?;
        self.kept -= open.drawing.kept() + OVERHEAD;
        Some(open)
    }

    fn insert(&mut self, key: Key, drawing: Drawing, continued: bool) {
        self.several |= key.number() > 1 || !self.open.is_empty() || self.shown > 0;
        self.kept += OVERHEAD;
        self.open.insert(key, Open { drawing, continued });
    }

    /// Shows what keeps the most, to make room.
    fn make_room(&mut self) -> io::Result<()> {
        let largest = self.open.iter().max_by_key(|(_, open)| open.drawing.kept()).map(|(key, _)| *key);
        let Some((key, open)) = largest.and_then(|key| Some((key, self.remove(key)?))) else {
            return Ok(());
        };
        let rest = open.drawing.continuation(key, &self.settings);
        self.several = true;
        self.show(open)?;
        self.insert(key, rest, true);
        Ok(())
    }

    /// Lets `push` add an event to what has this key.
    fn add(&mut self, key: Key, part: Part, push: impl FnOnce(&mut Drawing)) -> io::Result<()> {
        if !self.open.contains_key(&key) {
            self.insert(key, Drawing::new(key, &self.settings), part != Part::First);
        }
        if let Some(open) = self.open.get_mut(&key) {
            let before = open.drawing.kept();
            push(&mut open.drawing);
            self.kept = self.kept + open.drawing.kept() - before;
        }
        if part == Part::Last {
            self.remove(key).map_or(Ok(()), |open| self.show(open))
        } else if self.kept > self.budget {
            self.make_room()
        } else {
            Ok(())
        }
    }
}

impl<W: Write> Sink for TextLadder<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let part = match event.kind {
            EventKind::Opened(_) => Part::First,
            EventKind::Segment(_) | EventKind::Icmp(_) | EventKind::Kernel(_) => Part::Middle,
            EventKind::Ended(_) => Part::Last,
        };
        self.add(Key::Connection(event.connection), part, |drawing| {
            if let Drawing::Connection(builder) = drawing {
                builder.push(event);
            }
        })
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        let part = match event.kind {
            ExchangeKind::Began(_) => Part::First,
            ExchangeKind::Ended(_) => Part::Last,
            _ => Part::Middle,
        };
        self.add(Key::Exchange(event.exchange), part, |drawing| {
            if let Drawing::Exchange(builder) = drawing {
                builder.push(event);
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        while let Some(open) = self.open.keys().next().copied().and_then(|key| self.remove(key)) {
            self.show(open)?;
        }
        self.out.flush()
    }
}

/// `Connection 2  192.0.2.1:40123 > 192.0.2.2:80`, on more than one line where the width asks for it.
fn heading(ladder: &Ladder, continued: bool, width: usize) -> Vec<String> {
    let mut text = format!("{} {}", ladder.kind, ladder.number);
    if let (Some(client), Some(server)) = (ladder.lanes.client.end, ladder.lanes.server.end) {
        text += &format!("  {client} > {server}");
    }
    if continued {
        text += ", continued";
    }
    if text.len() <= width { vec![text] } else { wrap(&text, width.max(1)) }
}

pub(super) fn write_line(out: &mut (impl Write + ?Sized), line: &Line) -> io::Result<()> {
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
