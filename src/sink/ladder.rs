//! The ladder as text.

use std::io::{self, Write};

use colored::Colorize;

use super::ladders::{Draw, Shown};
use crate::ladder::{Line, Settings, Span, Style, layout, wrap};

/// Writes each ladder as text, with a blank line between two.
pub(super) struct Text<W> {
    settings: Settings,
    out: W,
    any: bool,
}

impl<W: Write> Text<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        Self { settings: settings.clone(), out, any: false }
    }
}

impl<W: Write> Draw for Text<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        if self.any {
            writeln!(self.out)?;
        }
        for text in shown.remarks.iter().flat_map(|text| wrap(text, self.settings.width.max(1))) {
            write_line(&mut self.out, &Line(vec![Span { style: Style::Reason, text }]))?;
        }
        if !shown.remarks.is_empty() {
            writeln!(self.out)?;
        }
        if shown.several {
            for text in heading(&shown.heading(), self.settings.width) {
                write_line(&mut self.out, &Line(vec![Span { style: Style::Heading, text }]))?;
            }
            writeln!(self.out)?;
        }
        for line in layout(&shown.ladder, &self.settings) {
            write_line(&mut self.out, &line)?;
        }
        self.any = true;
        Ok(())
    }

    fn apart(&mut self, heading: &str, lines: &[String]) -> io::Result<()> {
        if self.any {
            writeln!(self.out)?;
        }
        let width = self.settings.width.max(1);
        for text in wrap(heading, width) {
            write_line(&mut self.out, &Line(vec![Span { style: Style::Heading, text }]))?;
        }
        for text in lines.iter().flat_map(|line| wrap(line, width.saturating_sub(2).max(1))) {
            write_line(&mut self.out, &Line(vec![Span { style: Style::Call, text: format!("  {text}") }]))?;
        }
        self.any = true;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// On more than one line where the width asks for it.
fn heading(text: &str, width: usize) -> Vec<String> {
    if text.len() <= width { vec![text.to_owned()] } else { wrap(text, width.max(1)) }
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
