//! Scalable drawings: real text, both colour schemes, one ladder below the other.

mod arrows;
mod drawing;
mod lifelines;
mod palette;

use std::fmt::Write as _;
use std::io::{self, Write};

use self::drawing::{Drawing, Frame};
use super::Words;
use crate::explain;
use crate::ladder::Settings;
use crate::sink::ladders::{Draw, Shown};

/// Octets of drawings that are kept until the end: the height of all stands at the start.
const ROOM: usize = 16 << 20;
/// Pixels between two ladders.
const BETWEEN: i32 = 30;

/// Collects drawings, and writes them all in the end.
pub(super) struct Svg<W> {
    settings: Settings,
    out: W,
    body: String,
    height: i32,
    /// What was drawn, in words.
    titles: Vec<String>,
    left_out: u64,
}

impl<W: Write> Svg<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        Self { settings: settings.clone(), out, body: String::new(), height: 0, titles: Vec::new(), left_out: 0 }
    }
}

/// What has a meaning in XML.
pub(super) fn escape(char: char) -> Option<String> {
    let name = match char {
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    };
    Some(name.to_owned())
}

/// One ladder, drawn.
pub(super) struct Drawn {
    /// What stands within an element of SVG; its top is at 0.
    pub(super) text: String,
    pub(super) height: i32,
    /// Where the first segment begins, and where each ends.
    pub(super) stops: Vec<i32>,
}

/// Draws one ladder, which has this number in its document, from 1.
pub(super) fn drawing(shown: &Shown, index: usize, settings: &Settings) -> Drawn {
    let frame = Frame::new(settings);
    Drawing::new(frame, Words::new(settings, usize::MAX, escape), index).whole(shown)
}

/// The start of a drawing of this height, up to its first content.
pub(super) fn head(settings: &Settings, height: i32, title: &str, about: &str) -> String {
    let width = Frame::new(settings).width;
    let words = Words::new(settings, usize::MAX, escape);
    let (title, about) = (words.text(title), words.text(about));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" xml:space=\"preserve\">\n\
         <title>{title}</title>\n<desc>{about}</desc>\n"
    )
}

/// The colours, as a style sheet.
pub(super) fn style() -> String {
    palette::style()
}

/// What no ladder tells of itself: how to read the drawing.
pub(super) const ABOUT: &str = "Time runs downwards, but not to scale. Each line across is a segment, from its sender to \
                                its receiver; it slopes more the longer it is on its way. Words beside the lifelines \
                                are states, where they begin, and socket calls.";

impl<W: Write> Draw for Svg<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        // Who is out of room draws no more: a flood would take hours for what nobody sees.
        if self.left_out > 0 {
            self.left_out += 1;
            return Ok(());
        }
        let Drawn { text, height, .. } = drawing(shown, self.titles.len() + 1, &self.settings);
        if self.body.len() + text.len() > ROOM && !self.body.is_empty() {
            self.left_out += 1;
            return Ok(());
        }
        let top = if self.body.is_empty() { 0 } else { self.height + BETWEEN };
        let _ = writeln!(self.body, "<g transform=\"translate(0 {top})\">\n{text}</g>");
        self.height = top + height;
        self.titles.push(shown.heading());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut height = self.height;
        let mut note = String::new();
        if self.left_out > 0 {
            height += BETWEEN;
            let words = left_out(self.left_out);
            note = format!("<text class=\"warning\" x=\"12\" y=\"{}\">{words}</text>\n", height - 10);
        }
        if !self.titles.is_empty() {
            let title = match &*self.titles {
                [one] => one.clone(),
                several => explain::count(several.len() as u64, "ladder"),
            };
            write!(self.out, "{}{}", head(&self.settings, height, &title, ABOUT), style())?;
            writeln!(self.out, "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>")?;
            writeln!(self.out, "{}{note}</svg>", self.body)?;
        }
        self.out.flush()
    }
}

/// What is told of ladders for which there was no room.
pub(super) fn left_out(count: u64) -> String {
    format!("{} more for which this picture has no room: choose by number or by --where", explain::grouped(count))
}
