//! Pictures for documents: the ladder's steps in the words of other drawing tools. Same events, same bytes.
//!
//! What comes from the network is text here, whatever it looks like: each kind has its own escapes.

mod html;
mod markdown;
mod mermaid;
mod plantuml;
mod svg;

#[cfg(test)]
mod tests;

use std::io::Write;

use super::Sink;
use super::ladders::{Draw, Ladders};
use crate::ladder::{LaneHead, Settings, ascii};

/// Kinds of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A table of Markdown for each ladder.
    Markdown,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// A sequence diagram for PlantUML.
    PlantUml,
    /// A scalable drawing.
    Svg,
    /// A page to step through.
    Html,
}

/// A sink that draws pictures of this kind on `out`. Open connections may keep `budget` events.
pub(super) fn open<'a>(
    kind: Picture,
    budget: usize,
    settings: &Settings,
    out: Box<dyn Write + 'a>,
) -> Box<dyn Sink + 'a> {
    fn drawn<'a>(draw: impl Draw + 'a, budget: usize, settings: &Settings) -> Box<dyn Sink + 'a> {
        Box::new(Ladders::new(settings, draw, budget))
    }
    match kind {
        Picture::Markdown => drawn(markdown::Markdown::new(settings, out), budget, settings),
        Picture::Mermaid => drawn(mermaid::Mermaid::new(settings, out), budget, settings),
        Picture::Svg => drawn(svg::Svg::new(settings, out), budget, settings),
        Picture::Html => drawn(html::Html::new(settings, out), budget, settings),
        Picture::PlantUml => drawn(plantuml::PlantUml::new(settings, out), budget, settings),
    }
}

/// How text gets into a picture.
#[derive(Clone, Copy, Debug)]
struct Words {
    /// Only ASCII may be used.
    ascii: bool,
    /// Columns that a line of prose takes at most.
    measure: usize,
    /// What a character is written as.
    escape: fn(char) -> Option<String>,
}

impl Words {
    fn new(settings: &Settings, measure: usize, escape: fn(char) -> Option<String>) -> Self {
        Self { ascii: settings.ascii, measure, escape }
    }

    /// `text`, with nothing in it that the tool would take for an order. What no text may hold becomes U+FFFD.
    fn text(&self, text: &str) -> String {
        let text = if self.ascii { ascii(text) } else { text.to_owned() };
        let mut out = String::with_capacity(text.len());
        for char in text.chars() {
            let char = if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { char };
            match (self.escape)(char) {
                Some(escaped) => out.push_str(&escaped),
                None => out.push(char),
            }
        }
        out
    }

    /// Many segments in one, between marks that say so.
    fn folded(&self, parts: &[String]) -> String {
        let mark = if self.ascii { ':' } else { '⋮' };
        format!("{mark} {} {mark}", parts.join(", "))
    }

    /// What the capture lacks.
    fn gap(&self, text: &str) -> String {
        let mark = if self.ascii { '.' } else { '┈' };
        format!("{mark} {text} {mark}")
    }

    /// The same in lines of the measure, with `between` them.
    fn lines(&self, text: &str, between: &str) -> String {
        let lines = crate::ladder::wrap(text, self.measure);
        lines.iter().map(|line| self.text(line)).collect::<Vec<_>>().join(between)
    }
}

/// `you  192.0.2.1:40123`.
fn lane_name(head: &LaneHead) -> String {
    head.end.map_or_else(|| head.label.clone(), |end| format!("{}  {end}", head.label))
}

/// `SYN  seq 0  win 64240`: what a label says, on one line.
fn label(parts: &[String]) -> String {
    parts.join("  ")
}
