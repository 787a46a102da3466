//! The live packets as a pass wants them.

use std::time::Duration;

use super::args::Args;
use crate::cmd::replay::read::Feed;
use crate::explain::{count, grouped};
use crate::source::{self, Live, LiveOptions, Losses, Source, Supply, Tap, TapOptions};
use crate::sys::{Interrupts, StatusRequests};
use crate::trace::{Glance, Lookout};
use crate::wire::{Packet, Time};

/// Packets wait in the kernel for so long at most, that many may come at once.
const BATCH: Duration = Duration::from_millis(10);

/// What is captured on, before anybody looks at a packet.
pub(super) struct Opened {
    live: Live,
    options: TapOptions,
    requests: StatusRequests,
}

pub(super) struct Watched {
    tap: Tap<Glance>,
    is_glancing: bool,
    losses: Losses,
}

impl Opened {
    /// Begins to capture; what the kernel loses is counted in `losses`.
    ///
    /// # Errors
    /// Those of [`TapOptions::open`].
    pub(super) fn open(args: &Args, losses: Losses, requests: StatusRequests) -> anyhow::Result<Self> {
        let tap = &args.tap;
        let options = TapOptions {
            interface: tap.interface.clone(),
            filter: args.filter(),
            live: LiveOptions {
                snaplen: tap.snaplen,
                buffer_size: tap.buffer_size << 20,
                promiscuous: tap.promiscuous,
                batch: (!tap.immediate).then_some(BATCH),
            },
            count: tap.count,
            duration: tap.duration.map(|duration| duration.0),
            losses,
        };
        Ok(Self { live: options.open()?, options, requests })
    }

    /// Takes what is captured, until `stop` can be read.
    ///
    /// # Errors
    /// Those of [`Tap::begin`].
    pub(super) fn begin(self, stop: &Interrupts, lookout: Option<Lookout>) -> anyhow::Result<Watched> {
        let Self { live, options, requests } = self;
        let is_glancing = lookout.is_some();
        let glance = move |packet: &Packet<'_>| lookout.as_ref()?.glance(packet);
        let tap = Tap::begin(live, &options, stop, requests, glance)?;
        Ok(Watched { tap, is_glancing, losses: options.losses })
    }
}

impl Feed for Watched {
    #[inline]
    fn glance_over(&mut self, at_most: u64, accept: impl FnMut(&Glance) -> bool) -> u64 {
        if self.is_glancing { self.tap.pass_over(at_most, accept) } else { 0 }
    }

    fn was_glanced(&self) -> bool {
        self.tap.made().is_some()
    }

    fn newest(&self) -> Option<Time> {
        self.tap.newest()
    }

    fn is_asked(&mut self) -> bool {
        self.tap.is_asked()
    }

    fn so_far(&self) -> String {
        not_shown(&self.losses)
    }
}

impl Source for Watched {
    #[inline]
    fn advance(&mut self) -> Result<bool, source::Error> {
        self.tap.advance()
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        self.tap.packet()
    }

    fn supply(&self) -> Supply {
        self.tap.supply()
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.tap.wait(at_most)
    }
}

/// `12 packets dropped by the kernel`, and what several interfaces showed.
pub(super) fn not_shown(losses: &Losses) -> String {
    let dropped = format!("{} dropped by the kernel", count(losses.dropped(), "packet"));
    match losses.copies() {
        0 => dropped,
        copies => format!("{dropped}; {} at other interfaces not shown again", self::copies(copies)),
    }
}

/// `1 copy`, `2 copies`.
fn copies(number: u64) -> String {
    if number == 1 { "1 copy".to_owned() } else { format!("{} copies", grouped(number)) }
}
