//! `rawshake trace --kernel-client`: the same conversation once more, by a stream socket of our kernel, and both beside each
//! other.

mod client;

use std::cell::RefCell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::args::Args;
use super::plan::Plan;
use crate::cmd::beside::{self, Mark, Pictured};
use crate::cmd::capture::CaptureFile;
use crate::cmd::exit::remark;
use crate::cmd::kept::{Keeper, Kept, of_peer};
use crate::cmd::output::Format;
use crate::cmd::show::Show;
use crate::cmd::sight::{Sight, capture};
use crate::cmd::{Exit, Streams};
use crate::explain::{Difference, differences};
use crate::ladder::Settings;
use crate::sink::{self, Sink};
use crate::source::Live;
use crate::sys::{Interrupts, Signal, poll, terminal};
use crate::trace::{Side, TracerOptions};
use client::Client;

/// What the two are called.
const BY_HAND: &str = "by hand";
const BY_KERNEL: &str = "kernel";

/// How long nothing must come, when the program is done, until nothing more is waited for.
const STILL: Duration = Duration::from_millis(200);

/// Both connections, as they are kept.
pub(super) struct Both {
    kept: [Rc<RefCell<Vec<Kept>>>; 2],
    remote: SocketAddr,
    /// What shows the kernel's conversation: opened before anything is sent, when privileges are still there.
    capture: Live,
}

impl Both {
    /// Opens what the second of them is seen by.
    ///
    /// # Errors
    /// No permission, or no such interface.
    pub(super) fn open(plan: &Plan) -> anyhow::Result<Self> {
        let (remote, route) = (plan.target.remote, &plan.target.route);
        let (host, port) = (remote.ip(), remote.port());
        let filter = format!("(tcp and host {host} and port {port}) or {}", crate::drive::icmp_filter(host));
        Ok(Self { kept: Default::default(), remote, capture: capture(&route.interface, &filter)? })
    }

    /// What keeps the events of the one by hand, and shows them at once where that is possible.
    pub(super) fn by_hand<'a>(
        &self,
        args: &Args,
        settings: &Settings,
        out: &'a mut dyn Write,
    ) -> io::Result<Box<dyn Sink + 'a>> {
        self.keeper(0, BY_HAND, args, settings, out)
    }

    fn keeper<'a>(
        &self,
        place: usize,
        run: &'static str,
        args: &Args,
        settings: &Settings,
        out: &'a mut dyn Write,
    ) -> io::Result<Box<dyn Sink + 'a>> {
        let at_once = beside::events(args.output.format, run, settings, out)?;
        Ok(Box::new(Keeper::new(Rc::clone(&self.kept[place]), at_once)))
    }

    /// Lets the kernel have the conversation of `plan`, and shows both.
    ///
    /// # Errors
    /// No capture, or the output cannot be written.
    pub(super) fn conclude(
        self,
        args: &Args,
        plan: &Plan,
        pcap: Option<CaptureFile>,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Exit> {
        let settings = args.output.settings(terminal::width(io::stdout()));
        let sink = self.keeper(1, BY_KERNEL, args, &settings, &mut *streams.out)?;
        let show = Show::new(TracerOptions::default(), sink, pcap, None);
        let sight = Sight::from_now_on(self.capture, show)?;
        let ended = run(args, plan, sight, streams.err)?;
        if let Ended::Stopped(signal) = ended {
            return Ok(Exit::Signal(signal.number()));
        }
        let [hand, kernel] = self.kept.map(|kept| of_peer(&kept, Some(self.remote)));
        let both = Comparison { hand: &hand, kernel: &kernel, local: plan.local() };
        both.show(args.output.format, &settings, streams.out)?;
        let Ended::Failed(error) = ended else { return Ok(Exit::Success) };
        remark(streams.err, &format!("The kernel's client: {error}"))?;
        Ok(Exit::NoReply)
    }
}

/// How the kernel's conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ended {
    AsAsked,
    /// What a socket call failed with.
    Failed(String),
    Stopped(Signal),
}

/// The kernel's conversation, on a thread of its own, while the capture is watched.
fn run(args: &Args, plan: &Plan, mut sight: Sight<'_>, err: &mut dyn Write) -> anyhow::Result<Ended> {
    let interrupts = Interrupts::new()?;
    let (done, at_end) = UnixStream::pair().context("cannot watch the kernel's client")?;
    let client = Client::new(args, plan);
    let body = move || {
        let ended = client.converse();
        drop(done);
        ended
    };
    let thread = Builder::new().name("kernel client".to_owned()).spawn(body).context("cannot start a thread")?;
    let ended = loop {
        sight.take()?;
        let ready = poll::wait(&[sight.as_fd(), interrupts.as_fd(), at_end.as_fd()], None)?;
        if let Some(signal) = interrupts.take() {
            // The thread ends with the process, and the kernel closes what it had open.
            sight.finish(err)?;
            return Ok(Ended::Stopped(signal));
        }
        if ready.contains(2) {
            break thread.join().ok();
        }
    };
    let round_trips = args.lab.wire.lab_wire.as_ref().map_or(Duration::ZERO, |wire| wire.delay * 4);
    let began = Instant::now();
    while sight.silence().min(began.elapsed()) < STILL + round_trips {
        sight.take()?;
        poll::wait(&[sight.as_fd()], Some(STILL / 4))?;
    }
    sight.finish(err)?;
    // A socket that was left open is closed only now.
    Ok(match ended {
        Some(Ok(_left_open)) => Ended::AsAsked,
        Some(Err(error)) => Ended::Failed(words(&error)),
        None => Ended::Failed("it has ended too early".to_owned()),
    })
}

/// What a socket call failed with. connect() that is given up while it is under way says so.
fn words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EINPROGRESS) => "connect() found no answer in time".to_owned(),
        _ => error.to_string(),
    }
}

/// Both connections when they are over.
struct Comparison<'a> {
    hand: &'a Kept,
    kernel: &'a Kept,
    /// Our own socket in the one by hand.
    local: SocketAddr,
}

impl Comparison<'_> {
    fn show(&self, format: Format, settings: &Settings, out: &mut dyn Write) -> anyhow::Result<()> {
        let summaries = self.hand.summary.as_ref().zip(self.kernel.summary.as_ref());
        let found = summaries.map_or_else(Vec::new, |(hand, kernel)| differences(hand, kernel, Side::Client));
        if format == Format::Ladder {
            self.pictures(&found, settings, out)?;
        }
        sink::comparison(format, settings, [BY_HAND, BY_KERNEL], &found, out)?;
        Ok(out.flush()?)
    }

    fn pictures(&self, found: &[Difference], settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        let kept = [self.hand, self.kernel];
        let marks: Vec<Mark> = found
            .iter()
            .map(|found| {
                let words = [format!("{BY_KERNEL}: {}", found.live), format!("{BY_HAND}: {}", found.recorded)];
                (beside::places(kept, found.what, Side::Client), words)
            })
            .collect();
        let anchors = beside::anchors(kept, Side::BOTH.map(|side| (side, 0)).into_iter(), &marks);
        let both = [
            Pictured {
                kept: self.hand,
                heading: "By hand, with a raw socket".to_owned(),
                name: "the connection by hand",
                ours: Some(self.local),
            },
            Pictured {
                kept: self.kernel,
                heading: "By the kernel, with a stream socket".to_owned(),
                name: "the kernel's connection",
                ours: self.kernel.summary.as_ref().map(|summary| summary.client),
            },
        ];
        let heading = "By hand, with a raw socket, beside the kernel with a stream socket";
        beside::pictures(&both, heading, (&marks, &anchors), settings, out)
    }
}
