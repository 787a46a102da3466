//! `--step`: one segment at a time, each hidden until it was predicted or asked for.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context as _, ensure};

use super::choice::Choice;
use super::input::Input;
use super::read::Pass;
use super::report::{Hindsight, report};
use super::{Args, onto};
use crate::cmd::exit::remark;
use crate::cmd::give_up::give_up;
use crate::cmd::keyboard::Keyboard;
use crate::cmd::output::Format;
use crate::cmd::{Exit, Streams};
use crate::explain::safe;
use crate::ladder::{Builder, Ladder, Settings, turns};
use crate::sink::{LeftOut, Sink, step as show};
use crate::step::{Fact, Mode, Order, Prediction, help, order};
use crate::sys::confine::Needs;
use crate::sys::{Interrupts, Signal, terminal};
use crate::trace::{Event, EventKind, SegmentEvent};

/// Events that are kept at most, of all connections together.
const MOST: usize = 50_000;
/// Columns of a typed line that are shown again.
const ECHO: usize = 60;
/// Lines of the screen that a question takes.
const QUESTION: usize = 5;

/// Runs `rawshake replay --step`.
///
/// # Errors
/// Options contradict each other, or nothing can be read or written.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let choice = Choice::new(args.choice.connection, &args.choice.verdicts)?;
    check(args, &choice)?;
    let input = Input::new(args)?;
    let mut gathered = Gathered::default();
    let plan = super::plan(args, &choice, &input)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let pass = Pass::new(plan, &mut gathered, None, streams.err);
    let pass = pass.filtered(input.filter()?);
    let packets = &mut input.packets(pass.lookout());
    let found = pass.until(input.stop()).run(packets)?;
    if gathered.is_full {
        remark(
            streams.err,
            &format!("The first {MOST} events are stepped through; choose with --connection or --filter."),
        )?;
    }
    let settings = Settings {
        comments: input.comments().clone(),
        ..show::all(&args.output.settings(terminal::width(io::stdout())))
    };
    let signal = match input.stop().take() {
        Some(signal) => Some(signal),
        None => step_through(&gathered, &settings, args.output.verbose > 0, streams.out)?,
    };
    let orders = input.orders();
    let hindsight =
        Hindsight { lost: 0, orders, comments_lost: input.comments().let_go(), left_out: LeftOut::default().take() };
    let exit = report(args, &choice, found, &hindsight, streams)?;
    Ok(signal.map_or(exit, |signal| Exit::Signal(signal.number())))
}

/// What has no place where one segment is shown at a time.
fn check(args: &Args, choice: &Choice) -> anyhow::Result<()> {
    let rows = [
        (args.is_of_verdicts(), "--list, --stats and --format csv"),
        (args.output.format != Format::Ladder, "--format"),
        (args.output.handout.is_some(), "--handout"),
        (choice.is_by_verdict(), "--only and --where"),
        (args.reading.follow, "--follow"),
        (args.reading.replay_speed.is_some(), "--replay-speed"),
        (args.capture.is_wanted(), "--pcap"),
        (onto::is_wanted(args), "--onto and --lab"),
        (args.against.against.is_some(), "--against"),
    ];
    if let Some((_, what)) = rows.iter().find(|(is, _)| *is) {
        anyhow::bail!("--step shows the ladder of a capture one segment at a time: leave out {what}");
    }
    let reads_stdin = args.files.iter().any(|file| file.as_os_str() == "-");
    ensure!(
        !reads_stdin,
        "--step reads what you type from standard input, so packets cannot come from there: name a file"
    );
    Ok(())
}

/// The events of each connection.
#[derive(Default)]
struct Gathered {
    connections: BTreeMap<u32, Vec<Event>>,
    count: usize,
    is_full: bool,
}

impl Sink for Gathered {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        // The end of what is kept is wanted in any case.
        let is_kept = self.connections.contains_key(&event.connection);
        let is_end = is_kept && matches!(event.kind, EventKind::Ended(_));
        self.is_full |= self.count >= MOST;
        if !self.is_full || is_end {
            self.count += 1;
            self.connections.entry(event.connection).or_default().push(*event);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One connection after the other; the signal that ended it.
fn step_through(
    gathered: &Gathered,
    settings: &Settings,
    verbose: bool,
    out: &mut dyn Write,
) -> anyhow::Result<Option<Signal>> {
    let keyboard = Keyboard::new(Interrupts::new().context("cannot wait for Ctrl-C")?);
    let mut reader =
        Reader { keyboard, settings, verbose, right: 0, marked: 0, is_open: false, has_quit: false, hinted: false };
    let several = gathered.connections.len() > 1;
    for (number, events) in &gathered.connections {
        let mut builder = Builder::new(settings);
        events.iter().for_each(|event| builder.push(event));
        let ladder = builder.finish();
        if several {
            show::sentence(&format!("Connection {number}"), settings, out)?;
        }
        reader.connection(&ladder, events, out)?;
        if reader.has_quit || reader.keyboard.signal().is_some() {
            break;
        }
        writeln!(out)?;
    }
    if reader.marked > 0 {
        show::sentence(&format!("Predicted: {} of {} right.", reader.right, reader.marked), settings, out)?;
    }
    out.flush()?;
    Ok(reader.keyboard.signal())
}

/// Who reads a ladder segment by segment.
struct Reader<'a> {
    keyboard: Keyboard,
    settings: &'a Settings,
    /// Options of all segments are shown, not those of SYNs alone.
    verbose: bool,
    right: usize,
    marked: usize,
    /// Nothing more is typed: the rest is shown without asking.
    is_open: bool,
    has_quit: bool,
    hinted: bool,
}

/// What somebody wants.
enum Move {
    Forth,
    Back,
    Away,
}

impl Reader<'_> {
    fn connection(&mut self, ladder: &Ladder, events: &[Event], out: &mut dyn Write) -> anyhow::Result<()> {
        let turns = turns(ladder);
        show::sentence(&ladder.certainty, self.settings, out)?;
        show::names(ladder, self.settings, out)?;
        let mut at = 0;
        while let Some((packet, rows)) = turns.get(at) {
            let segment = segment(events, *packet);
            let is_syn = segment.is_some_and(|segment| segment.flags.syn());
            if !self.is_open {
                let who = segment.map_or("An error comes.".to_owned(), |segment| {
                    format!("The next segment is from the {}. What is it?", ladder.lanes[segment.from].label)
                });
                writeln!(out)?;
                show::sentence(&format!("Step {} of {}: {who}", at + 1, turns.len()), self.settings, out)?;
                match self.ask(segment, out)? {
                    Move::Forth => {}
                    Move::Back => {
                        at = at.saturating_sub(1);
                        self.redraw(
                            ladder,
                            turns.get(..at).and_then(<[_]>::last).map_or(0, |(_, rows)| rows.end),
                            out,
                        )?;
                        continue;
                    }
                    Move::Away => return Ok(()),
                }
            }
            show::turn(&ladder.rows[rows.clone()], is_syn || self.verbose, self.settings, out)?;
            at += 1;
        }
        writeln!(out)?;
        Ok(show::told(&ladder.verdict, self.settings, out)?)
    }

    /// Asks what the next segment is.
    fn ask(&mut self, segment: Option<&SegmentEvent>, out: &mut dyn Write) -> anyhow::Result<Move> {
        if !std::mem::replace(&mut self.hinted, true) {
            let hint = "Flags and numbers, as in SA seq 0 ack 1; Enter shows it; ? tells more.";
            show::sentence(hint, self.settings, out)?;
        }
        loop {
            write!(out, "> ")?;
            out.flush()?;
            let line = self.keyboard.line()?;
            let Some(typed) = line else { return self.no_more(out) };
            if !self.keyboard.is_terminal() {
                writeln!(out, "{}", safe(&typed, ECHO))?;
            }
            match order(&typed, Mode::Read) {
                Ok(Order::Go) => return Ok(Move::Forth),
                Ok(Order::Back) => return Ok(Move::Back),
                Ok(Order::Stop) => {
                    self.has_quit = true;
                    return Ok(Move::Away);
                }
                Ok(Order::Foretell(prediction)) => {
                    self.mark(&prediction, segment, out)?;
                    return Ok(Move::Forth);
                }
                Ok(_) => show::help(&help(Mode::Read), self.settings, out)?,
                Err(error) => show::sentence(&error.to_string(), self.settings, out)?,
            }
        }
    }

    fn no_more(&mut self, out: &mut dyn Write) -> anyhow::Result<Move> {
        writeln!(out)?;
        if self.keyboard.signal().is_some() {
            return Ok(Move::Away);
        }
        self.is_open = true;
        show::sentence("No more input: the rest is shown without asking.", self.settings, out)?;
        Ok(Move::Forth)
    }

    fn mark(&mut self, prediction: &Prediction, segment: Option<&SegmentEvent>, out: &mut dyn Write) -> io::Result<()> {
        let marks = segment.map_or_else(Vec::new, |segment| prediction.marks(&fact(segment, self.settings.absolute)));
        if marks.is_empty() {
            return show::sentence("That cannot be told here.", self.settings, out);
        }
        self.marked += marks.len();
        self.right += marks.iter().filter(|mark| mark.is_right).count();
        marks.iter().try_for_each(|mark| show::sentence(&mark.text, self.settings, out))
    }

    /// Draws the rows before `end` once more, as many as a screen has room for.
    fn redraw(&self, ladder: &Ladder, end: usize, out: &mut dyn Write) -> io::Result<()> {
        let screen = terminal::size(io::stdout()).map_or(24, |size| usize::from(size.rows));
        let room = screen.saturating_sub(QUESTION);
        let (mut start, mut lines) = (end, 0);
        for (at, row) in ladder.rows[..end].iter().enumerate().rev() {
            lines += show::height(row, self.verbose, self.settings);
            if lines > room {
                break;
            }
            start = at;
        }
        writeln!(out)?;
        show::turn(&ladder.rows[start..end], self.verbose, self.settings, out)
    }
}

fn segment(events: &[Event], packet: u64) -> Option<&SegmentEvent> {
    events.iter().find_map(|event| match &event.kind {
        EventKind::Segment(segment) if segment.number == packet => Some(segment),
        _ => None,
    })
}

/// What a prediction is held against.
fn fact(segment: &SegmentEvent, absolute: bool) -> Fact {
    let (seq, ack) = if absolute {
        (segment.seq.0, segment.flags.ack().then_some(segment.ack.0))
    } else {
        (segment.relative_seq, segment.relative_ack)
    };
    let state = segment.after[segment.from].state;
    Fact { flags: segment.flags, seq, ack, len: segment.len, state }
}
