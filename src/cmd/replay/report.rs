//! What is said when all is read: what was passed over, what went wrong, and how it ends.

use std::io;

use super::args::Args;
use super::choice::Choice;
use super::order;
use super::read::Found;
use crate::cmd::output::Format;
use crate::cmd::{Exit, Streams, exit};
use crate::sink::Unlisted;
use crate::source::Order;
use crate::sys::terminal;
use crate::{explain, ladder};

/// What shows only when all is read, beside what the pass found.
pub(super) struct Hindsight {
    /// Events that were too many to be kept.
    pub(super) lost: u64,
    /// The order of each file's packets.
    pub(super) orders: Vec<Order>,
    /// Packets whose comments there was no room for.
    pub(super) comments_lost: u64,
    /// Columns and rows of the table for which there was no room.
    pub(super) left_out: Unlisted,
}

/// Says what was passed over, and what went wrong.
///
/// # Errors
/// Those of the streams, and a connection that does not exist.
pub(super) fn report(
    args: &Args,
    choice: &Choice,
    mut found: Found,
    hindsight: &Hindsight,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let name = args.name();
    let losses = found.tally.losses();
    let failed = found.failed || !losses.is_empty();
    let exchanges = u64::from(found.exchanges.any);
    let shown = if choice.is_by_verdict() { choice.met() } else { u64::from(found.connections) + exchanges };
    let to_a_person = matches!(args.output.format, Format::Ladder | Format::Lines);
    let missing = args.protocols.exchange.filter(|wanted| *wanted > found.exchanges.last);
    if found.connections == 0
        && exchanges == 0
        && missing.is_none()
        && to_a_person
        && !(failed && found.tally.is_empty())
    {
        tell_nothing(args, &found, streams)?;
    } else if args.output.verbose > 0 || found.tally.is_lossy() {
        exit::remark(streams.err, &format!("{name}: {}", found.tally))?;
    }
    if !to_a_person {
        tell_of_exchanges(args, &found, streams)?;
    }
    if shown == 0 && found.connections > 0 {
        let all = connections(found.connections.into());
        exit::remark(streams.err, &format!("{name}: none of {all} passes {}", args.choice.of_connections()))?;
    }
    streams.out.flush()?;
    for note in notes(args.reading.max_connections, &found, hindsight.lost) {
        exit::remark(streams.err, &format!("{name}: {note}"))?;
    }
    let Unlisted { columns, rows } = &hindsight.left_out;
    if !columns.is_empty() {
        let left_out = columns.join(", ");
        exit::remark(streams.err, &format!("no room for: {left_out} (--columns chooses, --width makes room)"))?;
    }
    if *rows > 0 {
        let rows = explain::count(*rows, "row");
        exit::remark(streams.err, &format!("{name}: the last {rows} of this order left out: too many for --sort"))?;
    }
    if hindsight.comments_lost > 0 {
        let packets = explain::count(hindsight.comments_lost, "packet");
        exit::remark(streams.err, &format!("{name}: too many comments; those of {packets} may not be shown"))?;
    }
    let orders = order::notes(&hindsight.orders, args.reading.merge);
    orders.iter().try_for_each(|note| exit::remark(streams.err, note))?;
    losses.iter().try_for_each(|loss| exit::tell(streams.err, &format!("{name}: {loss}")))?;
    found.faults.tell(streams.err)?;
    if found.interrupted {
        return Ok(Exit::Success);
    }
    if let Some(wanted) = args.choice.connection.filter(|wanted| *wanted > found.connections) {
        let (name, connections) = (args.quoted_name(), connections(found.connections.into()));
        anyhow::bail!("there is no connection {wanted} in {name}: it holds {connections}");
    }
    if let Some(wanted) = missing {
        let (name, exchanges) = (args.quoted_name(), explain::count(found.exchanges.last.into(), "exchange"));
        anyhow::bail!("there is no exchange {wanted} in {name}: it holds {exchanges}");
    }
    Ok(match (failed, shown) {
        (true, _) => Exit::Error,
        (false, 0) => Exit::NoReply,
        (false, _) => Exit::Success,
    })
}

/// Says that there is neither a connection nor an exchange, and what there is instead.
fn tell_nothing(args: &Args, found: &Found, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    let what = args.protocols()?.words();
    let place = match &args.choice.filter {
        Some(filter) => format!("among the packets that pass --filter {filter:?}"),
        None => "in this capture".to_owned(),
    };
    let columns = args.output.settings(terminal::width(io::stdout())).width;
    for line in ladder::wrap(&format!("No {what} {place}: {}.", found.tally), columns) {
        writeln!(streams.out, "{line}")?;
    }
    tell_of_exchanges(args, found, streams)
}

/// Says how to see the exchanges that there are, where the options asked for connections.
fn tell_of_exchanges(args: &Args, found: &Found, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    if found.connections == 0 && found.tally.has_exchanges() && !args.protocols()?.has_exchanges() {
        streams.out.flush()?;
        let way = "--list -p udp,icmp lists its UDP and ICMP exchanges, without options for connections";
        exit::remark(streams.err, &format!("{}: {way}", args.name()))?;
    }
    Ok(())
}

/// Where a bound of this program made a difference.
pub(in crate::cmd) fn notes(max_connections: u32, found: &Found, lost: u64) -> Vec<String> {
    let evicted = (found.evicted > 0).then(|| {
        format!(
            "{} taken for ended too early: more than {max_connections} at once (--max-connections)",
            connections(found.evicted)
        )
    });
    let lost = (lost > 0).then(|| {
        format!(
            "{} in the middle of long connections not shown: too many to be kept until the verdict; write the packets to a \
             file, and replay that",
            explain::count(lost, "segment")
        )
    });
    let silent = (found.exchanges.evicted > 0).then(|| {
        let exchanges = explain::count(found.exchanges.evicted, "UDP or ICMP exchange");
        format!("{exchanges} taken for ended too early: too many at once; --filter or --protocol leaves fewer")
    });
    let interrupted = found
        .interrupted
        .then(|| format!("stopped after {}: what is shown is of these", explain::count(found.packets, "packet")));
    evicted.into_iter().chain(silent).chain(lost).chain(interrupted).collect()
}

fn connections(count: u64) -> String {
    explain::count(count, "connection")
}
