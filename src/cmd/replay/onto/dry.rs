//! `--dry-run`: what would be sent, as text and as JSON.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize as _;
use serde::Serialize;

use super::complaint::{Mood, nothing, too_long};
use super::report::{bits_in_words, left_out, rate};
use super::rewriting::why;
use super::safety;
use super::survey::{Station, Survey};
use crate::cmd::output::{Format, OutputArgs};
use crate::cmd::replay::args::Args;
use crate::cmd::{Exit, Streams, exit};
use crate::craft::pace::Rate;
use crate::drive::onto::Plan;
use crate::explain::{self, duration, grouped};
use crate::ladder;
use crate::sys::Interface;
use crate::trace::SCHEMA;

/// Rows of pairs in the text; JSON has them all.
const ROWS: usize = 10;

/// Packets from one station to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Pair {
    from: String,
    to: String,
    packets: u64,
}

/// What would be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Forecast {
    schema: u32,
    event: &'static str,
    interface: String,
    packets: u64,
    bytes: u64,
    /// How long one round takes; none where it takes as long as the interface does.
    seconds: Option<f64>,
    /// Packets and bits a second.
    #[serde(skip)]
    rate: Option<(f64, f64)>,
    #[serde(skip)]
    one_at_a_time: bool,
    /// Rounds; none until somebody ends it.
    rounds: Option<u64>,
    /// When it ends at the latest.
    most_seconds: Option<f64>,
    /// Limit or duration end the first round.
    #[serde(skip)]
    is_bounded: bool,
    /// Most packets first.
    pairs: Vec<Pair>,
    /// Packets between further pairs.
    packets_of_more_pairs: u64,
    /// Source addresses that this machine does not own.
    foreign: Vec<String>,
    too_long: u64,
    broadcast: u64,
}

/// Looks through the capture, and says what would be sent. Sends nothing.
///
/// # Errors
/// The filter is not one, or the output cannot be written.
pub(super) fn run(args: &Args, interface: &Interface, plan: &Plan, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut survey = Survey::of(args, plan, interface)?;
    let forecast = Forecast::new(&survey, plan, interface);
    forecast.show(&args.output, streams.out)?;
    if args.output.format != Format::Json
        && safety::is_heard(interface)
        && !survey.foreign.is_empty()
        && !(args.onto.yes || args.against.lab.lab)
    {
        let foreign = safety::foreign(&survey.foreign);
        exit::remark(streams.err, &format!("It takes --yes: there are packets from {foreign}."))?;
    }
    streams.out.flush()?;
    let any_fault = !survey.faults.is_empty();
    survey.faults.tell(streams.err)?;
    if let Some((number, unfit)) = survey.unfit {
        exit::tell(streams.err, &format!("packet {number} of {} cannot be sent: {}", args.name(), why(&unfit)))?;
    } else if survey.packets == 0 && !any_fault {
        nothing(args, survey.read, survey.left_out, Mood::Dry, streams.err)?;
    }
    if survey.too_long > 0 {
        exit::tell(streams.err, &too_long(survey.too_long, interface, Mood::Dry))?;
    }
    Ok(match survey.packets {
        _ if any_fault || survey.unfit.is_some() || survey.too_long > 0 => Exit::Error,
        0 => Exit::NoReply,
        _ => Exit::Success,
    })
}

impl Forecast {
    fn new(survey: &Survey, plan: &Plan, interface: &Interface) -> Self {
        let pair = |((from, to), packets): (&(Station, Station), &u64)| Pair {
            from: from.to_string(),
            to: to.to_string(),
            packets: *packets,
        };
        let mut pairs: Vec<_> = survey.pairs.iter().map(pair).collect();
        let seconds = (plan.rate != Rate::TopSpeed && !plan.one_at_a_time).then_some(survey.took.as_secs_f64());
        let rate = |count| seconds.and_then(|seconds| rate(count, survey.packets, seconds, plan));
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.packets));
        Self {
            schema: SCHEMA,
            event: "would-send",
            interface: interface.name.clone(),
            packets: survey.packets,
            bytes: survey.octets,
            seconds,
            rate: rate(survey.packets).zip(rate(survey.octets * 8)),
            one_at_a_time: plan.one_at_a_time,
            rounds: plan.rounds,
            most_seconds: plan.duration.map(|most| most.as_secs_f64()),
            is_bounded: survey.is_bounded,
            pairs,
            packets_of_more_pairs: survey.of_more,
            foreign: survey.foreign.iter().map(ToString::to_string).collect(),
            too_long: survey.too_long,
            broadcast: survey.left_out,
        }
    }

    fn show(&self, output: &OutputArgs, out: &mut dyn Write) -> io::Result<()> {
        if output.format == Format::Json {
            serde_json::to_writer(&mut *out, self)?;
            return out.write_all(b"\n");
        }
        for (name, text) in self.rows() {
            let text = if output.ascii { ladder::ascii(&text) } else { text };
            writeln!(out, "{} {text}", format!("{name:<10}").bold())?;
        }
        if output.quiet { Ok(()) } else { self.table(out) }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let what = format!("{}, {}", explain::count(self.packets, "packet"), explain::count(self.bytes, "byte"));
        let time = match self.seconds {
            Some(seconds) => format!(" in {}", duration(Duration::from_secs_f64(seconds))),
            None => String::new(),
        };
        let mut rows = vec![("Would send", what + &time), ("Through", self.interface.escape_debug().to_string())];
        match self.rate {
            Some((packets, bits)) => {
                rows.push(("Rate", format!("{} packets/s, {}", grouped(packets.round() as u64), bits_in_words(bits))));
            }
            None if self.seconds.is_some() => {}
            None if self.one_at_a_time => rows.push(("Rate", "one packet at each press of Enter".to_owned())),
            None => rows.push(("Rate", "as fast as the interface takes them".to_owned())),
        }
        if !self.is_bounded {
            match (self.rounds, self.most_seconds) {
                (Some(1), _) => {}
                (Some(rounds), _) => rows.push(("Rounds", format!("{} of this", grouped(rounds)))),
                (None, Some(_)) => rows.push(("Rounds", "of this, one after the other".to_owned())),
                (None, None) => rows.push(("Rounds", "of this until Ctrl-C".to_owned())),
            }
            rows.extend(self.most_seconds.map(|most| {
                let most = duration(Duration::try_from_secs_f64(most).unwrap_or(Duration::MAX));
                ("Ends", format!("after {most} at the latest"))
            }));
        }
        if self.broadcast > 0 {
            rows.push(("Left out", left_out(self.broadcast)));
        }
        rows
    }

    /// One row for each pair, those with most packets first.
    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let shown = &self.pairs[..self.pairs.len().min(ROWS)];
        let column = |of: fn(&Pair) -> &str| shown.iter().map(|pair| of(pair).len()).max().unwrap_or(0).max(4);
        let (from, to) = (column(|pair| &pair.from), column(|pair| &pair.to));
        if !shown.is_empty() {
            let heading = format!("{:from$}  {:to$}  {:>10}", "From", "To", "Packets");
            writeln!(out, "\n{}", heading.bold())?;
        }
        for pair in shown {
            writeln!(out, "{:from$}  {:to$}  {:>10}", pair.from, pair.to, grouped(pair.packets))?;
        }
        let more: u64 = self.pairs[shown.len()..].iter().map(|pair| pair.packets).sum();
        match more + self.packets_of_more_pairs {
            0 => Ok(()),
            packets => writeln!(out, "and {} between more pairs", explain::count(packets, "packet")),
        }
    }
}
