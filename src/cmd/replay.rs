//! `rawshake replay`.

mod against;
pub(super) mod args;
mod bar;
pub(super) mod choice;
pub(super) mod exchanges;
mod expression;
pub(super) mod faults;
pub(super) mod hold;
mod input;
mod onto;
mod order;
mod pace;
pub(super) mod read;
pub(super) mod report;
mod step;
pub(super) mod tally;

use std::cell::Cell;
use std::io::{self, Write};

use anyhow::ensure;

pub use args::Args;

use self::bar::Bar;
use self::choice::{Choice, Picker, Verdicts, Wanted};
use self::hold::Hold;
use self::input::Input;
use self::pace::Pace;
use self::read::{Pass, Plan};
use self::report::{Hindsight, report};
use super::capture::Recorder;
use super::door;
use super::give_up::give_up;
use super::{Exit, Streams};
use crate::ladder::Settings;
use crate::sink::{self, LeftOut, ListSettings, Sink};
use crate::sys::confine::Needs;
use crate::sys::{Signal, terminal};
use crate::trace::TracerOptions;
use crate::wire::Comments;

/// Whether a text can be read as a condition of `--where`.
///
/// # Errors
/// Says what is wrong with it, and where.
pub fn check_condition(text: &str) -> Result<(), String> {
    expression::Expression::parse(text).map(drop).map_err(|error| error.to_string())
}

/// Runs `rawshake replay`.
///
/// # Errors
/// The filter or the expression is not one, options contradict each other, or the output cannot be written. What is
/// damaged in the files is told, and shows in the exit code.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    args.check()?;
    door::start(&args.files, &args.capture)?;
    if args.step {
        return step::run(args, streams);
    }
    if onto::is_wanted(args) {
        return onto::run(args, streams);
    }
    if let Some(host) = &args.against.against {
        return against::run(args, host, streams);
    }
    let choice = Choice::new(args.choice.connection, &args.choice.verdicts)?;
    let input = Input::new(args)?;
    let plan = plan(args, &choice, &input)?;
    let copy = args.capture.plan(&args.files)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let plan = if plan.twice { pick(plan, &choice, &input)? } else { plan };
    let lost = Cell::new(0);
    let left_out = LeftOut::default();
    let mut sink = open_sink(args, input.comments(), &left_out, streams.out);
    if choice.is_by_verdict() && !plan.twice {
        sink = if args.is_of_verdicts() {
            Box::new(Verdicts { choice: &choice, inner: sink })
        } else {
            Box::new(Hold::new(&choice, sink, &lost))
        };
    }
    let pace = args.reading.replay_speed.map(|speed| Pace::new(speed, input.stop()));
    let bar = (!input.is_live() && has_room_for_bar(args.is_silent())).then(Bar::new);
    let copy = copy.map(|copy| Box::new(copy) as Box<dyn Recorder>);
    let pass = Pass::new(plan, &mut *sink, copy, streams.err).filtered(input.filter()?).at_pace(pace).with_bar(bar);
    let packets = &mut input.packets(pass.lookout());
    let found = pass.until(input.stop()).run(packets)?;
    drop(sink);
    streams.out.flush()?;
    let hindsight = Hindsight {
        lost: lost.get(),
        orders: input.orders(),
        comments_lost: input.comments().let_go(),
        left_out: left_out.take(),
    };
    let exit = report(args, &choice, found, &hindsight, streams)?;
    // Ctrl-C is how one ends what has no end of its own.
    let is_endless = input.is_live() && args.reading.replay_speed.is_none();
    let signal = input.stop().take().filter(|signal| *signal != Signal::Interrupt || !is_endless);
    Ok(signal.map_or(exit, |signal| Exit::Signal(signal.number())))
}

/// Whether a progress bar meets nothing else on the terminal. `is_silent`: nothing is written meanwhile.
fn has_room_for_bar(is_silent: bool) -> bool {
    terminal::is_terminal(io::stderr()) && (is_silent || !terminal::is_terminal(io::stdout()))
}

fn plan(args: &Args, choice: &Choice, input: &Input<'_>) -> anyhow::Result<Plan> {
    let live = input.is_live();
    let is_copied = args.capture.is_wanted();
    let tracer = TracerOptions {
        max_connections: args.reading.max_connections as usize,
        // Which packets are copied shows by their segments.
        only_ends: args.is_of_verdicts() && !is_copied,
        ..TracerOptions::default()
    };
    ensure!(
        !(live && is_copied && choice.is_by_verdict()),
        "--pcap with --only or --where has to read twice, which is possible with files only"
    );
    let twice = choice.is_by_verdict() && !live && (is_copied || !args.is_of_verdicts());
    let protocols = args.protocols()?;
    let wanted = args.choice.connection.map(Wanted::One);
    Ok(Plan { wanted, twice, live, limit: None, tracer, protocols, records_all: false })
}

/// Reads all packets to know which connections are asked for: their segments come before their verdicts. Where Ctrl-C
/// ends that, they are known of the packets so far, and no more are read again.
fn pick(plan: Plan, choice: &Choice, input: &Input<'_>) -> anyhow::Result<Plan> {
    let mut picker = Picker::new(choice);
    // What is wrong with the files is told by the second reading.
    let bar = has_room_for_bar(true).then(Bar::new);
    let first = Plan { tracer: TracerOptions { only_ends: true, ..plan.tracer }, ..plan.clone() };
    let mut err = io::sink();
    let pass = Pass::new(first, &mut picker, None, &mut err).filtered(input.filter()?).with_bar(bar);
    let packets = &mut input.packets(pass.lookout());
    let found = pass.until(input.stop()).run(packets)?;
    Ok(Plan { wanted: Some(picker.picked()), limit: found.interrupted.then_some(found.packets), ..plan })
}

fn open_sink<'a>(args: &Args, comments: &Comments, left_out: &LeftOut, out: &'a mut dyn Write) -> Box<dyn Sink + 'a> {
    let terminal = terminal::width(io::stdout());
    let format = args.output.format;
    if args.list.stats {
        sink::open_stats(format, args.output.ascii, Box::new(out))
    } else if args.is_of_verdicts() {
        let width = args.output.width.or(terminal).map(usize::from);
        let columns = args.list.columns.clone();
        let (ascii, sort, left_out) = (args.output.ascii, args.list.sort, left_out.clone());
        let settings = ListSettings { width, ascii, sort, columns, left_out };
        sink::open_list(format, &settings, Box::new(out))
    } else {
        let settings = Settings { comments: comments.clone(), ..args.output.settings(terminal) };
        sink::open(format, &settings, Box::new(out))
    }
}
