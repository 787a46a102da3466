//! Two connections beside each other, marked where they differ.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::kept::Kept;
use super::output::Format;
use super::show::ByLine;
use crate::explain::Facet;
use crate::ladder::{Builder, Ladder, Settings, Verbosity, layout, side_by_side};
use crate::sink;
use crate::trace::Side;

/// Where both are marked: a packet of either, and what is said there.
pub(super) type Mark = ([Option<u64>; 2], [String; 2]);

/// One of the two.
pub(super) struct Pictured<'a> {
    pub(super) kept: &'a Kept,
    /// What stands above it where there is no room for both.
    pub(super) heading: String,
    /// What it is called in a sentence: `the live connection`.
    pub(super) name: &'static str,
    /// Our own socket in it.
    pub(super) ours: Option<SocketAddr>,
}

/// Draws both under `heading`, or one below the other where there is no room. Packets of `anchors` stand on one line.
///
/// # Errors
/// Those of `out`.
pub(super) fn pictures(
    both: &[Pictured<'_>; 2],
    heading: &str,
    (marks, anchors): (&[Mark], &[(u64, u64)]),
    settings: &Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [left, right] = [0, 1].map(|place| draw(&both[place], place, marks, settings));
    if let Some(lines) = side_by_side(&left, &right, anchors, settings) {
        sink::picture(Some(heading), &lines, out)?;
    } else {
        sink::picture(Some(&both[0].heading), &layout(&left, settings), out)?;
        writeln!(out)?;
        sink::picture(Some(&both[1].heading), &layout(&right, settings), out)?;
    }
    for Pictured { kept, name, .. } in both {
        if kept.more > 0 && settings.verbosity > Verbosity::Quiet {
            writeln!(out, "{} segments of {name} are not drawn", kept.more)?;
        }
    }
    Ok(())
}

fn draw(pictured: &Pictured<'_>, place: usize, marks: &[Mark], settings: &Settings) -> Ladder {
    let wanted = marks.iter().filter_map(|(packets, _)| packets[place]).collect();
    let settings = Settings { ours: pictured.ours, ..settings.clone() };
    let mut builder = Builder::new(&settings).showing(wanted);
    pictured.kept.events.iter().for_each(|event| builder.push(event));
    let mut ladder = Ladder { verdict: Vec::new(), ..builder.finish() };
    for (packets, words) in marks {
        packets[place].map(|packet| ladder.mark(packet, &words[place]));
    }
    ladder
}

/// The packets at which both differ in `what`, of which `side` is told.
pub(super) fn places(both: [&Kept; 2], what: Facet, side: Side) -> [Option<u64>; 2] {
    both.map(|kept| match what {
        Facet::Closing => Side::BOTH.into_iter().filter_map(|side| kept.end(side)).min(),
        Facet::Opening | Facet::Options | Facet::Flags => kept.first(side, |segment| segment.flags.syn()),
    })
}

/// Packets that do the same in both connections: SYNs, those that carry the octets of `turns`, ends, and what is marked.
pub(super) fn anchors(
    [one, other]: [&Kept; 2],
    turns: impl Iterator<Item = (Side, usize)>,
    marks: &[Mark],
) -> Vec<(u64, u64)> {
    let both = |find: &dyn Fn(&Kept) -> Option<u64>| find(one).zip(find(other));
    let syns = Side::BOTH.into_iter().map(|side| both(&|kept| kept.first(side, |segment| segment.flags.syn())));
    let turns = turns.map(|(side, octet)| both(&|kept| kept.carrier(side, octet)));
    let ends = Side::BOTH.into_iter().map(|side| both(&|kept| kept.end(side)));
    let marked = marks.iter().map(|([one, other], _)| one.zip(*other));
    let mut anchors: Vec<_> = syns.chain(turns).chain(ends).chain(marked).flatten().collect();
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

/// What shows the events of one of them, called `run`, as they come; nothing where ladders are drawn in the end.
///
/// # Errors
/// Those of `out`.
pub(super) fn events<'a>(
    format: Format,
    run: &'static str,
    settings: &Settings,
    out: &'a mut dyn Write,
) -> io::Result<Box<dyn sink::Sink + 'a>> {
    Ok(match format {
        Format::Ladder | Format::Csv | Format::Picture(_) => Box::new(sink::Nothing),
        Format::Json => Box::new(sink::Json::of_run(run, ByLine(out))),
        Format::Lines => {
            writeln!(out, "{run}:")?;
            sink::open(format, settings, Box::new(ByLine(out)))
        }
    })
}
