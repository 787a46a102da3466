//! `rawshake replay --onto`: sends what a capture holds.

mod args;
mod bar;
mod chosen;
mod complaint;
mod dry;
mod laboratory;
mod report;
mod rewriting;
mod safety;
mod step;
mod survey;

use anyhow::{Context as _, anyhow, bail, ensure};

pub(super) use self::args::{OntoArgs, is_wanted};

use self::chosen::Chosen;
use self::complaint::{Mood, nothing, too_long};
use self::laboratory::Laboratory;
use self::report::Report;
use self::rewriting::why;
use self::step::Screen;
use super::args::Args;
use super::faults::Faults;
use crate::cmd::give_up::give_up;
use crate::cmd::{Exit, Streams, exit};
use crate::craft::pace::Rate;
use crate::drive::onto::{self, End, Outcome, Plan};
use crate::explain;
use crate::lab;
use crate::sys::confine::Needs;
use crate::sys::transmit::{Aim, Transmitter, Via};
use crate::sys::{self, Interface, InterfaceKind, Interrupts};
use crate::wire::LinkType;

/// Sends the capture through the interface that was named, or in the lab.
///
/// # Errors
/// Options that do not go together, an interface that cannot be sent through, or the output cannot be written. What goes
/// wrong with packets is told, and shows in the exit code.
pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    args::check(args)?;
    // Before any thread is there.
    let lab = args.against.lab.lab.then(|| Laboratory::enter(&args.against.lab)).transpose()?;
    let name = args.onto.onto.as_deref().unwrap_or(lab::INTERFACE);
    let interface = Interface::named(name).map_err(before_all)?;
    let link = frames_of(&interface)?;
    let plan = plan(&args.onto, &interface, link, lab.is_some());
    // Until something is sent, Ctrl-C may end it at once.
    if args.onto.dry_run {
        give_up(Needs::default(), args.output.verbose, streams.err)?;
        return dry::run(args, &interface, &plan, streams);
    }
    let stop = Interrupts::new().context("cannot wait for Ctrl-C")?;
    let mut transmitter = transmitter(&args.onto, &interface, &plan)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    safety::check(args, &interface, &plan)?;
    let mut faults = Faults::default();
    let mut screen = Screen::new(&args.output, plan.one_at_a_time, &stop, streams);
    // A filter that is none is told before anything is sent.
    drop(Chosen::open(args, None::<&Interrupts>)?);
    let outcome = onto::run(
        &plan,
        &|ended, read| Chosen::open(args, Some(ended)).map(|mut source| read(&mut source)),
        &mut |error| faults.add(error),
        &mut transmitter,
        (&mut screen, &stop),
    );
    drop(screen);
    let outcome = outcome?;
    let heard = lab.as_ref().map(|lab| lab.heard(&interface)).transpose()?;
    let report = Report::new(&interface, &transmitter, &plan, (&outcome, heard));
    report.show(&args.output, streams.out)?;
    streams.out.flush()?;
    let any_fault = !faults.is_empty();
    faults.tell(streams.err)?;
    tell(args, &interface, &outcome, any_fault, streams)?;
    Ok(match stop.take() {
        Some(signal) => Exit::Signal(signal.number()),
        None => code(&outcome, any_fault),
    })
}

/// What went wrong before anything was sent.
fn before_all(error: sys::Error) -> anyhow::Error {
    anyhow!("{error}; nothing was sent")
}

/// Opens the way that was asked for, or the fastest that there is. Timing is best where the kernel stamps departures, which
/// AF_XDP does not.
fn transmitter(args: &OntoArgs, interface: &Interface, plan: &Plan) -> anyhow::Result<Transmitter> {
    let aim = if plan.rate == Rate::TopSpeed && !plan.one_at_a_time { Aim::Speed } else { Aim::Timing };
    if let Some(via) = args.via {
        return Transmitter::open(interface, via, aim).map_err(before_all);
    }
    #[cfg(feature = "afxdp")]
    if aim == Aim::Speed
        && interface.kind != InterfaceKind::Ip
        && let Ok(transmitter) = Transmitter::open(interface, Via::Xdp, aim)
    {
        return Ok(transmitter);
    }
    Transmitter::open(interface, Via::Batch, aim).map_err(before_all)
}

/// What the frames of an interface are.
fn frames_of(interface: &Interface) -> anyhow::Result<LinkType> {
    let name = interface.name.escape_debug();
    ensure!(interface.up, "interface {name} is down, and nothing was sent; ip link set {name} up brings it up");
    ensure!(
        interface.carrier,
        "interface {name} has no carrier, and nothing was sent: its cable, or the other end, is down"
    );
    match interface.kind {
        InterfaceKind::Ethernet | InterfaceKind::Loopback => Ok(LinkType::ETHERNET),
        InterfaceKind::Ip => Ok(LinkType::RAW),
        InterfaceKind::Other(kind) => {
            bail!("interface {name} is neither Ethernet nor loopback (ARPHRD {kind}), and nothing was sent")
        }
    }
}

fn plan(args: &OntoArgs, interface: &Interface, link: LinkType, in_lab: bool) -> Plan {
    let peer = in_lab.then_some(lab::SERVER.mac);
    Plan {
        rate: args.timing.rate(),
        rewriter: args.rewriting.rewriter(interface, link, peer),
        rounds: args.timing.rounds(),
        limit: args.timing.limit,
        duration: args.timing.duration(),
        allow_broadcast: args.allow_broadcast,
        one_at_a_time: args.timing.one_at_a_time,
    }
}

/// Says why not all was sent.
fn tell(
    args: &Args,
    interface: &Interface,
    outcome: &Outcome,
    any_fault: bool,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let (file, name) = (args.name(), interface.name.escape_debug());
    let sent = match outcome.sent {
        0 => "nothing was sent".to_owned(),
        1 => "1 packet was sent".to_owned(),
        many => format!("{} packets were sent", explain::grouped(many)),
    };
    match &outcome.end {
        End::Refused(refusal) => {
            exit::tell(streams.err, &format!("interface {name} takes no more packets: {refusal}; {sent} before"))?;
        }
        End::Unfit(number, unfit) => {
            exit::tell(
                streams.err,
                &format!("packet {number} of {file} cannot be sent: {}; {sent} before", why(unfit)),
            )?;
        }
        End::Complete if outcome.sent == 0 && !any_fault => {
            nothing(args, outcome.read, outcome.left_out, Mood::Done, streams.err)?;
        }
        End::Complete | End::Timeout | End::Stopped => {}
    }
    if outcome.too_long > 0 {
        let line = format!("{}; {sent}", too_long(outcome.too_long, interface, Mood::Done));
        exit::tell(streams.err, &line)?;
    }
    Ok(())
}

fn code(outcome: &Outcome, any_fault: bool) -> Exit {
    match outcome.end {
        End::Refused(_) | End::Unfit(..) => Exit::Error,
        _ if any_fault || outcome.too_long > 0 => Exit::Error,
        End::Complete if outcome.sent == 0 => Exit::NoReply,
        End::Complete | End::Timeout | End::Stopped => Exit::Success,
    }
}
