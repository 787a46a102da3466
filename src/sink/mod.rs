//! Events out: one file for each kind of output, and the registry of them.

mod brief;
pub mod capture;
mod comparison;
mod exchange;
pub mod fields;
pub mod glossary;
mod json;
mod judgement;
mod ladder;
mod ladders;
pub mod learn;
mod lines;
mod list;
mod octets;
mod picture;
pub mod quiz;
mod rerun;
mod stats;
pub mod step;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use self::ladder::Text;
use self::ladders::Ladders;
use crate::ladder::Settings;
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{Event, KernelKind};
use crate::wire::{Decoded, Packet, Time};

pub use brief::Brief;
pub use comparison::comparison;
pub use json::Json;
pub use judgement::judgement;
pub use lines::Lines;
pub use list::{CsvList, JsonList, LeftOut, ListSettings, Sorted, Table, Unlisted, open_list};
pub use octets::octets;
pub use picture::Picture;
pub use rerun::{picture, rerun};
pub use stats::open_stats;

/// Takes events in the order in which they happened.
pub trait Sink {
    /// Takes one event; it may be shown at once, or when its connection has ended.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Takes a packet, before the events that it causes; a sink that shows no octets passes it over.
    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        let _ = (number, packet, decoded);
    }

    /// Whether [`Sink::packet`] does anything.
    fn wants_packets(&self) -> bool {
        false
    }

    /// Takes one event of a UDP or ICMP exchange; a sink that has no place for exchanges passes it over.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        let _ = event;
        Ok(())
    }

    /// Takes a system call of which no segment came, and so no connection; a sink that has no place for it passes it over.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn apart(&mut self, time: Time, call: &KernelKind) -> io::Result<()> {
        let _ = (time, call);
        Ok(())
    }

    /// Sees to it that what was shown so far is seen: packets are waited for.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn flush(&mut self) -> io::Result<()>;

    /// Shows what can be said of all so far: somebody asks. Only sums have an answer.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn so_far(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Something else is about to be printed beside it: what stands in place on the same terminal goes away until then.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn make_way(&mut self) -> io::Result<()> {
        self.flush()
    }

    /// Shows what is still held back, and flushes.
    ///
    /// # Errors
    /// The destination could not be written to.
    fn finish(&mut self) -> io::Result<()>;
}

/// Shows nothing: whoever uses it shows something else.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Sink for Nothing {
    fn event(&mut self, _: &Event) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How connections are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The annotated ladder.
    Ladder,
    /// One line for each segment, with tcpdump's flag letters.
    Lines,
    /// One JSON object a line for each event.
    Json,
    /// One line of comma-separated values for each connection.
    Csv,
    /// A drawing, or text that becomes one.
    Picture(Picture),
}

/// Every format: its name and what it is, as the command line says it. A new output is one row here, and one in
/// [`open_within`].
const FORMATS: [(Format, &str, &str); 9] = [
    (Format::Ladder, "ladder", "The annotated ladder"),
    (Format::Lines, "lines", "One line for each segment, with tcpdump's flag letters"),
    (Format::Json, "json", "One JSON object a line for each event"),
    (Format::Csv, "csv", "One line of comma-separated values for each connection"),
    (Format::Picture(Picture::Svg), "svg", "A scalable drawing: one ladder below the other"),
    (Format::Picture(Picture::Html), "html", "A page to step through the ladders, with every octet"),
    (Format::Picture(Picture::Markdown), "markdown", "A table of Markdown for each ladder"),
    (Format::Picture(Picture::Mermaid), "mermaid", "A sequence diagram for Mermaid"),
    (Format::Picture(Picture::PlantUml), "plantuml", "A sequence diagram for PlantUML"),
];

impl Format {
    /// Every format, its name and what it is.
    pub fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        FORMATS.into_iter()
    }

    /// Whether it draws ladders for documents.
    #[must_use]
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Picture(_))
    }

    /// The name of the format, as the command line has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::all().find(|(format, ..)| *format == self).map_or("", |(_, name, _)| name)
    }

    /// The format of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|(_, named, _)| *named == name).map(|(format, ..)| format)
    }
}

/// A sink that writes `format` to `out`. Colours are always written: `out` takes them away where they are not wanted.
#[must_use]
pub fn open<'a>(format: Format, settings: &Settings, out: Box<dyn Write + 'a>) -> Box<dyn Sink + 'a> {
    open_within(ladders::BUDGET, format, settings, out)
}

/// The same; of connections that have not ended, ladders and pictures keep so many events at most.
#[must_use]
pub fn open_within<'a>(
    budget: usize,
    format: Format,
    settings: &Settings,
    out: Box<dyn Write + 'a>,
) -> Box<dyn Sink + 'a> {
    match format {
        Format::Ladder => Box::new(Ladders::new(settings, Text::new(settings, out), budget)),
        Format::Lines => Box::new(Lines::new(settings, out)),
        Format::Json => Box::new(Json::new(settings, out)),
        Format::Csv => Box::new(CsvList::new(out)),
        Format::Picture(kind) => picture::open(kind, budget, settings, out),
    }
}
