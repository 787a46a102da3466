//! Events as JSON, one object a line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::Sink;
use crate::ladder::Settings;
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{Event, KernelKind, SCHEMA, Side, Teller};
use crate::wire::{About, Comment, Comments, Time};

/// One line: the event, and the version of its format.
#[derive(Serialize)]
struct Line<'a, E> {
    schema: u32,
    /// Which run the event is of, where several are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'static str>,
    #[serde(flatten)]
    event: &'a E,
    /// What was remarked on its packet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comments: Vec<Remark>,
}

/// What was remarked in the capture.
#[derive(Serialize)]
struct Remark {
    text: String,
    /// Octets of the text that were left out.
    #[serde(skip_serializing_if = "is_zero")]
    cut: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<Comment> for Remark {
    fn from(Comment { text, cut, .. }: Comment) -> Self {
        Self { text, cut }
    }
}

/// A line for what was remarked on a section or an interface.
#[derive(Serialize)]
struct FileRemark {
    event: &'static str,
    about: &'static str,
    /// Number of the interface in its section.
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<u32>,
    #[serde(flatten)]
    remark: Remark,
}

impl From<Comment> for FileRemark {
    fn from(comment: Comment) -> Self {
        let (about, interface) = match comment.about {
            About::Interface(number) => ("interface", Some(number)),
            About::Section | About::Packet => ("section", None),
        };
        Self { event: "comment", about, interface, remark: comment.into() }
    }
}

/// A line for a call of which no connection came.
#[derive(Serialize)]
struct Apart<'a> {
    time: Time,
    connection: Option<u32>,
    event: &'static str,
    side: Option<Side>,
    teller: Teller,
    #[serde(flatten)]
    kind: &'a KernelKind,
}

/// Writes strings so that no character of them controls a terminal: what cannot be printed is escaped, as JSON allows.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
        for char in fragment.chars() {
            let (mut utf8, mut utf16) = ([0; 4], [0; 2]);
            // Quotes were escaped before.
            if matches!(char, ' '..='~') || char.escape_debug().len() == 1 {
                out.write_all(char.encode_utf8(&mut utf8).as_bytes())?;
            } else {
                char.encode_utf16(&mut utf16).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            }
        }
        Ok(())
    }
}

/// Writes one object as a line.
pub(super) fn write_object(out: &mut (impl Write + ?Sized), event: &impl Serialize) -> io::Result<()> {
    write_line(out, None, event, Vec::new())
}

fn write_line(
    out: &mut (impl Write + ?Sized),
    run: Option<&'static str>,
    event: &impl Serialize,
    comments: Vec<Remark>,
) -> io::Result<()> {
    let line = Line { schema: SCHEMA, run, event, comments };
    line.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Safe))?;
    out.write_all(b"\n")
}

/// Writes each event at once, as one line of JSON.
pub struct Json<W> {
    out: W,
    run: Option<&'static str>,
    comments: Comments,
}

impl<W: Write> Json<W> {
    /// Writes to `out`; of the settings, only the comments count.
    pub fn new(settings: &Settings, out: W) -> Self {
        Self { out, run: None, comments: settings.comments.clone() }
    }

    /// The same; each event says which run it is of.
    pub fn of_run(run: &'static str, out: W) -> Self {
        Self { out, run: Some(run), comments: Comments::default() }
    }

    fn line(&mut self, packet: Option<u64>, event: &impl Serialize) -> io::Result<()> {
        let mut comments = Vec::new();
        if let Some(packet) = packet {
            self.remarks(packet)?;
            comments.extend(self.comments.take(packet).into_iter().map(Remark::from));
        }
        write_line(&mut self.out, self.run, event, comments)
    }

    /// Writes what was remarked on sections and interfaces up to this packet.
    fn remarks(&mut self, packet: u64) -> io::Result<()> {
        for comment in self.comments.take_of_files(packet) {
            write_line(&mut self.out, self.run, &FileRemark::from(comment), Vec::new())?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.line(event.packet(), event)
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        self.line(event.packet(), event)
    }

    fn apart(&mut self, time: Time, call: &KernelKind) -> io::Result<()> {
        let teller = Teller::Tracepoint;
        self.line(None, &Apart { time, connection: None, event: "kernel", side: None, teller, kind: call })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.remarks(u64::MAX)?;
        self.out.flush()
    }
}
