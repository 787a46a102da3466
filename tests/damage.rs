//! Damaged captures: every file in captures/ cut anywhere and changed at random, through source, decoder, tracer and every
//! output. Nothing panics, loops, asks for much memory, or brings a control character to a terminal. A tracer that tells
//! ends alone comes to the same verdicts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::{fs, thread};

use rawshake::ladder::Settings;
use rawshake::sink::{self, Format, ListSettings, Sink};
use rawshake::source::{CaptureFile, Source as _};
use rawshake::trace::{Event, EventKind, Hint, Summary, Tracer, TracerOptions};
use rawshake::wire::{Packet, Reassembler, decode};

/// Files up to this many octets are cut at each of them.
const SMALL: usize = 1000;
/// Places at which larger files are cut.
const CUTS: usize = 1000;
/// Files changed at random, in all.
const MUTATIONS: u64 = 100_000;
/// Threads of each test. Each has an arena of its own, for which the allocator sets 64 MiB of addresses aside.
const WORKERS: usize = 4;
/// Address space that this process may have asked for in the end, in KiB: a length that lies, and is believed, asks for
/// more.
const MOST_MEMORY: u64 = 3 << 19;

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

/// Every output: its format, and whether it is a list.
const OUTPUTS: [(Format, bool); 6] = [
    (Format::Ladder, false),
    (Format::Lines, false),
    (Format::Json, false),
    (Format::Ladder, true),
    (Format::Json, true),
    (Format::Csv, true),
];

type Output = (Format, bool);

fn open((format, is_list): Output, page: Page) -> Box<dyn Sink> {
    match is_list {
        true => sink::open_list(format, &ListSettings { width: Some(80), ..ListSettings::default() }, Box::new(page)),
        false => sink::open(format, &Settings::default(), Box::new(page)),
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
        let (sink, reassembler) = (open(output, page), Reassembler::default());
        let verdicts = Default::default();
        Self { tracer: tracer(false), brief: tracer(true), reassembler, sink, packets: 0, events: 0, verdicts }
    }

    fn run(mut self, bytes: &[u8]) {
        let Ok(mut file) = CaptureFile::new(bytes, "damaged") else { return };
        // Each step gives a packet, of 16 octets at least, or passes over damage.
        for _ in 0..=bytes.len() {
            match file.next() {
                Ok(Some(packet)) => self.packet(&packet),
                Ok(None) => return self.finish(bytes.len()),
                Err(error) => assert_clean(&error.to_string()),
            }
        }
        panic!("the file does not come to an end");
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

    fn finish(mut self, octets: usize) {
        let [mut told, mut short] = self.verdicts;
        self.tracer.finish(&mut counted(self.sink.as_mut(), &mut self.events, &mut told));
        self.brief.finish(&mut |event| note(event, &mut short));
        assert_eq!(told, short, "both tracers have the same verdicts");
        self.sink.finish().expect("memory takes everything");
        assert!(self.packets <= octets as u64 / 16, "{} packets in {octets} octets", self.packets);
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

fn assert_clean(text: &str) {
    let control = text.chars().find(|char| char.is_control() && *char != '\n');
    assert_eq!(control, None, "{text:?}");
}

/// Replays `bytes` to one output and looks at what it wrote; answers whether that was anything.
fn replay(bytes: &[u8], output: Output) -> bool {
    let page = Page::default();
    Pass::new(output, page.clone()).run(bytes);
    let text = String::from_utf8(page.0.take()).expect("UTF-8");
    assert_clean(&text);
    if output.0 == Format::Json {
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON");
        }
    }
    !text.is_empty()
}

/// The same, and a panic says what it was that brought it about.
fn survives(file: &str, how: impl FnOnce() -> String, bytes: &[u8], output: Output) -> bool {
    catch_unwind(AssertUnwindSafe(|| replay(bytes, output))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
        panic!("{file}, {}, output {output:?}: {said}", how())
    })
}

/// A sequence of numbers that is the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which is above 0.
    const fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    const fn output(&mut self) -> Output {
        OUTPUTS[self.below(OUTPUTS.len())]
    }
}

/// Changes one place: a bit, an octet, a number that the writer never meant, or octets gone or twice there.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(32)).min(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => bytes[at..end.min(at + 4)].fill([0, 0xff, 0x7f, 0x80][random.below(4)]),
        3 => drop(bytes.drain(at..end)),
        4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        _ => bytes[at..end].iter_mut().for_each(|byte| *byte = random.next() as u8),
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

fn captures() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let entries = fs::read_dir(folder).expect("captures/").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    files.map(|path| (path.display().to_string(), fs::read(&path).expect("a file"))).collect()
}

/// Runs `work` for every number below `count`, on several threads. It answers how many passes it made, and how many of
/// them showed something: most do, or the damage is too great to prove much.
fn share(count: usize, work: impl Fn(usize) -> [usize; 2] + Sync) {
    colored::control::set_override(false);
    let workers = thread::available_parallelism().map_or(1, Into::into).min(WORKERS);
    let [passes, shown] = thread::scope(|scope| {
        let some = |first| (first..count).step_by(workers).map(&work).fold([0; 2], sum);
        let threads: Vec<_> = (0..workers).map(|first| scope.spawn(move || some(first))).collect();
        threads.into_iter().map(|thread| thread.join().expect("every pass survives")).fold([0; 2], sum)
    });
    assert!(shown > passes / 2, "only {shown} of {passes} passes showed something");
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).expect("VmPeak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < MOST_MEMORY, "{peak} KiB were asked for");
}

fn sum(left: [usize; 2], right: [usize; 2]) -> [usize; 2] {
    [left[0] + right[0], left[1] + right[1]]
}

#[test]
fn cut_anywhere() {
    let files: Vec<_> = captures().into_iter().collect();
    share(files.len(), |index| {
        let (name, bytes) = &files[index];
        let mut random = Random::new(index as u64);
        let places: Vec<_> = match bytes.len() {
            0..=SMALL => (0..bytes.len()).collect(),
            length => (0..CUTS).map(|_| random.below(length)).collect(),
        };
        let passes = places.len();
        let mut survived = |at: usize| survives(name, || format!("cut at {at}"), &bytes[..at], random.output());
        [passes, places.into_iter().map(|at| usize::from(survived(at))).sum()]
    });
}

#[test]
fn changed_at_random() {
    let files: Vec<_> = captures().into_iter().collect();
    share(MUTATIONS as usize, |seed| {
        let mut random = Random::new(seed as u64);
        let (name, whole) = &files[random.below(files.len())];
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, &mut random);
        }
        [1, usize::from(survives(name, || format!("seed {seed}"), &bytes, random.output()))]
    });
}
