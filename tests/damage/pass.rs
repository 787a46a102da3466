//! One pass over damaged files, to one output.

use std::cell::RefCell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rawshake::ladder::Settings;
use rawshake::sink::fields::{FIELDS, Sort};
use rawshake::sink::{self, Format, ListSettings, Sink};
use rawshake::source::{CaptureFile, Merge, Source};
use rawshake::trace::{Event, EventKind, Hint, Summary, Tracer, TracerOptions};
use rawshake::wire::{Packet, Reassembler, decode};

/// What an output wrote.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the events of a pass go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Segments(Format),
    List(Format),
    /// A table ordered by the column of this number.
    Sorted(usize),
    Stats(Format),
}

/// Every output.
pub(crate) const OUTPUTS: [Output; 10] = [
    Output::Segments(Format::Ladder),
    Output::Segments(Format::Lines),
    Output::Segments(Format::Json),
    Output::List(Format::Ladder),
    Output::List(Format::Json),
    Output::List(Format::Csv),
    Output::Sorted(5),
    Output::Sorted(FIELDS.len() - 1),
    Output::Stats(Format::Ladder),
    Output::Stats(Format::Json),
];

impl Output {
    fn open(self, page: Page) -> Box<dyn Sink> {
        let list = ListSettings { width: Some(80), ..ListSettings::default() };
        let page = Box::new(page);
        match self {
            Self::Segments(format) => sink::open(format, &Settings::default(), page),
            Self::List(format) => sink::open_list(format, &list, page),
            Self::Sorted(field) => {
                let sort = Some(Sort { field: &FIELDS[field], descending: field % 2 == 0 });
                sink::open_list(Format::Ladder, &ListSettings { sort, ..list }, page)
            }
            Self::Stats(format) => sink::open_stats(format, false, page),
        }
    }

    const fn is_json(self) -> bool {
        matches!(self, Self::Segments(Format::Json) | Self::List(Format::Json) | Self::Stats(Format::Json))
    }
}

/// One pass over the octets of a capture file, as `rawshake replay` makes it.
struct Pass {
    tracer: Tracer,
    /// The same, telling ends alone.
    brief: Tracer,
    reassembler: Reassembler,
    sink: Box<dyn Sink>,
    packets: u64,
    events: u64,
    /// The verdicts of the two tracers.
    verdicts: [Vec<(u32, Summary)>; 2],
}

impl Pass {
    fn new(output: Output, page: Page) -> Self {
        let tracer = |only_ends| Tracer::new(TracerOptions { only_ends, ..TracerOptions::default() });
        let (sink, reassembler) = (output.open(page), Reassembler::default());
        let verdicts = Default::default();
        Self { tracer: tracer(false), brief: tracer(true), reassembler, sink, packets: 0, events: 0, verdicts }
    }

    /// Reads `source`, which can hold no more packets than `most`.
    fn run(mut self, mut source: impl Source, most: usize) {
        // Each step gives a packet, or passes over damage.
        for _ in 0..=most {
            match source.next() {
                Ok(Some(packet)) => self.packet(&packet),
                Ok(None) => return self.finish(),
                Err(error) => assert_clean(&error.to_string()),
            }
        }
        panic!("the source does not come to an end");
    }

    fn packet(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        let decoded = decode(packet);
        if decoded.ip.is_none_or(|ip| ip.fragment.is_none()) {
            return self.trace(packet);
        }
        let mut reassembler = std::mem::take(&mut self.reassembler);
        if let Some(whole) = reassembler.add(packet, &decoded) {
            self.trace(&whole);
        }
        self.reassembler = reassembler;
    }

    fn trace(&mut self, packet: &Packet<'_>) {
        let Self { tracer, brief, sink, packets, events, verdicts: [told, short], .. } = self;
        let decoded = decode(packet);
        tracer.packet(*packets, packet, &decoded, Hint::default(), &mut counted(sink.as_mut(), events, told));
        brief.packet(*packets, packet, &decoded, Hint::default(), &mut |event| note(event, short));
    }

    fn finish(mut self) {
        let [mut told, mut short] = self.verdicts;
        self.tracer.finish(&mut counted(self.sink.as_mut(), &mut self.events, &mut told));
        self.brief.finish(&mut |event| note(event, &mut short));
        assert_eq!(told, short, "both tracers have the same verdicts");
        self.sink.finish().expect("memory takes everything");
        // A packet opens, shows, and ends a connection.
        assert!(self.events <= 4 * self.packets, "{} events of {} packets", self.events, self.packets);
    }
}

fn note(event: &Event, verdicts: &mut Vec<(u32, Summary)>) {
    if let EventKind::Ended(summary) = event.kind {
        verdicts.push((event.connection, summary));
    }
}

fn counted<'a>(
    sink: &'a mut dyn Sink,
    events: &'a mut u64,
    verdicts: &'a mut Vec<(u32, Summary)>,
) -> impl FnMut(&Event) + 'a {
    move |event| {
        *events += 1;
        note(event, verdicts);
        sink.event(event).expect("memory takes everything");
    }
}

pub(crate) fn assert_clean(text: &str) {
    let control = text.chars().find(|char| char.is_control() && *char != '\n');
    assert_eq!(control, None, "{text:?}");
}

/// A file that was damaged, and one that was not, whose packets come between its own.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) packed: bool,
    pub(crate) merged: Option<&'a [u8]>,
    pub(crate) output: Output,
}

impl Scene<'_> {
    /// The packets that there can be. The shortest takes 16 octets; a packed one far less.
    const fn most_packets(&self) -> usize {
        const PACKED: usize = 1 << 22;
        let whole = match self.merged {
            Some(bytes) => bytes.len(),
            None => 0,
        };
        if self.packed { PACKED } else { (self.bytes.len() + whole) / 16 + 1 }
    }

    /// Replays it and looks at what was written; answers whether that was anything.
    fn replay(&self) -> bool {
        let page = Page::default();
        let pass = Pass::new(self.output, page.clone());
        let open = |bytes| match CaptureFile::new(bytes, "damaged") {
            Ok(file) => Some(file),
            Err(error) => {
                assert_clean(&error.to_string());
                None
            }
        };
        let damaged = open(self.bytes);
        match (damaged, self.merged) {
            (damaged, Some(whole)) => {
                pass.run(Merge::new(damaged.into_iter().chain(open(whole)).collect()), self.most_packets());
            }
            (Some(damaged), None) => pass.run(damaged, self.most_packets()),
            (None, None) => return false,
        }
        let text = String::from_utf8(page.0.take()).expect("UTF-8");
        assert_clean(&text);
        if self.output.is_json() {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("JSON");
            }
        }
        !text.is_empty()
    }

    /// The same, and a panic says what it was that brought it about.
    pub(crate) fn survives(&self, file: &str, how: impl FnOnce() -> String) -> bool {
        catch_unwind(AssertUnwindSafe(|| self.replay())).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            panic!("{file}, {}, merged: {}, output {:?}: {said}", how(), self.merged.is_some(), self.output)
        })
    }
}
