//! A capture file through decoder and tracer to every output.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use rawshake::ladder::Settings;
use rawshake::sink::{self, Brief, Format, ListSettings, Picture, Sink};
use rawshake::source::{CaptureFile, Source};
use rawshake::trace::{Hint, Tracer, TracerOptions};
use rawshake::wire::{Reassembler, decode};

use super::assert_clean;

#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Open = fn(Page) -> Box<dyn Sink>;

fn segments(format: Format, page: Page) -> Box<dyn Sink> {
    sink::open(format, &Settings::default(), Box::new(page))
}

fn list(format: Format, page: Page) -> Box<dyn Sink> {
    sink::open_list(format, &ListSettings { width: Some(80), ..ListSettings::default() }, Box::new(page))
}

/// Every output, and whether each line of it is JSON.
const OUTPUTS: [(Open, bool); 15] = [
    (|page| segments(Format::Ladder, page), false),
    (|page| segments(Format::Lines, page), false),
    (|page| segments(Format::Json, page), true),
    (|page| segments(Format::Picture(Picture::Svg), page), false),
    (|page| segments(Format::Picture(Picture::Html), page), false),
    (|page| segments(Format::Picture(Picture::Mermaid), page), false),
    (|page| segments(Format::Picture(Picture::PlantUml), page), false),
    (|page| segments(Format::Picture(Picture::Markdown), page), false),
    (|page| list(Format::Ladder, page), false),
    (|page| list(Format::Json, page), true),
    (|page| list(Format::Csv, page), false),
    (|page| sink::open_stats(Format::Ladder, false, Box::new(page)), false),
    (|page| sink::open_stats(Format::Json, false, Box::new(page)), true),
    (|page| Box::new(Brief::new(false, page)), false),
    (|page| Box::new(Brief::json(page)), true),
];

/// A capture file, whose last octet chooses the output.
pub(crate) fn body(data: &[u8]) {
    colored::control::set_override(false);
    let chosen = usize::from(data.last().copied().unwrap_or_default());
    let (open, is_json) = OUTPUTS[chosen % OUTPUTS.len()];
    let Ok(file) = CaptureFile::new(data, "fuzzed") else { return };
    let page = Page::default();
    run(file, open(page.clone()).as_mut(), data.len());
    let text = String::from_utf8(page.0.take()).expect("UTF-8");
    assert_clean(&text);
    for line in text.lines().filter(|_| is_json) {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    }
}

fn run(mut file: impl Source, sink: &mut dyn Sink, most: usize) {
    let (mut tracer, mut reassembler) = (Tracer::new(TracerOptions::default()), Reassembler::default());
    for number in 1..=most as u64 {
        let packet = match file.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) if error.is_final() => break,
            Err(_) => continue,
        };
        let decoded = decode(&packet);
        let mut out = |event: &_| sink.event(event).expect("memory takes everything");
        match reassembler.add(&packet, &decoded) {
            Some(whole) => {
                tracer.packet(number, &whole, &decode(&whole), Hint { reassembled: true, ..Hint::default() }, &mut out);
            }
            None => tracer.packet(number, &packet, &decoded, Hint::default(), &mut out),
        }
    }
    tracer.finish(&mut |event| sink.event(event).expect("memory takes everything"));
    sink.finish().expect("memory takes everything");
}
