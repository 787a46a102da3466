//! A live capture that a thread of its own reads, while what came before is still looked at.
//!
//! The thread does nothing but empty the kernel's buffer into batches. There are as many as hold some ten thousand packets;
//! when all of them are full the kernel's buffer fills, and what it has no room for it counts. So memory is bounded, and no
//! packet is lost without being counted.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::copies::Copies;
use super::live::ANY;
use super::loads::{Load, Loads};
use super::{Error, Live, LiveOptions, Source, Supply};
use crate::sys::{Interface, StatusRequests, clock, poll};
use crate::wire::{Packet, Time};

/// Loads that there are.
const LOADS: usize = 64;
/// Between two looks at the kernel's counters and, where nothing comes, at the interface.
const LOOK: Duration = Duration::from_secs(1);
/// What is in the kernel's buffer when it is over shows within this time and twice that of a batch.
const GRACE: Duration = Duration::from_millis(20);

/// What to capture, and how long.
#[derive(Clone, Debug, Default)]
pub struct TapOptions {
    /// The interface; "any" is all of them, and then a packet that several of them show is given once.
    pub interface: String,
    /// Which packets count, in the language of pcap-filter(7).
    pub filter: Option<String>,
    /// How.
    pub live: LiveOptions,
    /// No more packets than these.
    pub count: Option<u64>,
    /// No longer than this.
    pub duration: Option<Duration>,
    /// Where what the kernel lost is counted.
    pub losses: Losses,
}

impl TapOptions {
    /// Begins to capture.
    ///
    /// # Errors
    /// Those of [`Live::open`].
    pub fn open(&self) -> Result<Live, Error> {
        Live::open(&self.interface, self.filter.as_deref(), self.live)
    }
}

/// What the thread tells with a load: somebody asked how far it has come.
type Asked = bool;

/// Whether a load has to be handed over.
const fn is_due<T>(load: &Load<T, Asked>) -> bool {
    load.batch.len() > 0 || load.error.is_some() || load.note || load.is_last
}

/// What was captured and is not given, counted while the capture goes on.
#[derive(Clone, Debug, Default)]
pub struct Losses(Arc<Lost>);

#[derive(Debug, Default)]
struct Lost {
    dropped: AtomicU64,
    copies: AtomicU64,
}

impl Losses {
    /// Packets that passed the filter and that the kernel's buffer had no room for, as of a second ago, or of the end.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Packets that another interface had shown before, where all of them are captured on.
    #[must_use]
    pub fn copies(&self) -> u64 {
        self.0.copies.load(Ordering::Relaxed)
    }
}

/// A live capture as a source. It ends when a signal comes, when its bounds are reached or when its interface is gone.
pub struct Tap<T>(Loads<T, Asked>);

impl<T: Send + 'static> Tap<T> {
    /// Takes what `live`, which was opened by these options, captures, until `stop` can be read. What `make` makes of each packet
    /// is made in the capturing thread.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn begin(
        live: Live,
        options: &TapOptions,
        stop: &impl AsFd,
        requests: StatusRequests,
        mut make: impl FnMut(&Packet<'_>) -> Option<T> + Send + 'static,
    ) -> Result<Self, Error> {
        let failed = |cause: std::io::Error| Error::Live {
            interface: options.interface.clone(),
            message: format!("no descriptor is left: {cause}"),
        };
        let stop = stop.as_fd().try_clone_to_owned().map_err(failed)?;
        let mut reader = Reader::new(live, options, stop, requests);
        Ok(Self(Loads::begin(LOADS, move |load| {
            while !is_due(load) {
                reader.fill(load, &mut make);
            }
        })))
    }

    /// What was made of the packet at hand.
    #[inline]
    pub fn made(&self) -> Option<&T> {
        self.0.made()
    }

    /// Passes over the next packets of those that are in memory, but not more than these, for as long as something was made of
    /// each and `accept` takes it; answers how many.
    #[inline]
    pub fn pass_over(&mut self, at_most: u64, accept: impl FnMut(&T) -> bool) -> u64 {
        if self.0.is_used() {
            self.0.move_on_if_there();
        }
        self.0.pass_over(at_most, accept)
    }

    /// The time of the newest packet of those that are looked at.
    #[must_use]
    pub fn newest(&self) -> Option<Time> {
        self.0.last_time()
    }

    /// Waits until there is a packet or an error, or nothing more will come; true when somebody asks how far it has come
    /// before that.
    pub fn is_asked(&mut self) -> bool {
        if !self.0.is_used() {
            return false;
        }
        let Some(mut load) = self.0.take_next() else { return false };
        let asked = std::mem::take(&mut load.note);
        if is_due(&load) {
            self.0.keep_next(load);
        } else {
            self.0.give_back(load);
        }
        asked
    }
}

impl<T: Send + 'static> Source for Tap<T> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        self.0.advance()
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.0.packet()
    }

    fn supply(&self) -> Supply {
        if self.0.is_used() && !self.0.has_next() { Supply::Pending } else { Supply::Waiting }
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.supply() == Supply::Waiting || self.0.wait(at_most)
    }
}

/// What the thread has.
struct Reader {
    live: Live,
    options: TapOptions,
    /// On all interfaces: tells what several of them show.
    copies: Option<Copies>,
    /// Packets that are still wanted.
    left: u64,
    /// When it is over, and when it looks again.
    ends: Option<Instant>,
    looks: Instant,
    /// Once it is over: what is still to come.
    closing: Option<Closing>,
    stop: OwnedFd,
    requests: StatusRequests,
    is_up: bool,
    /// Nothing came since the last look.
    is_quiet: bool,
}

/// What was captured before it was over is in the kernel's buffer, and counts.
struct Closing {
    /// When it was over: later packets do not count.
    at: Time,
    /// When everything from before must have shown.
    until: Instant,
}

impl Reader {
    fn new(live: Live, options: &TapOptions, stop: OwnedFd, requests: StatusRequests) -> Self {
        let now = Instant::now();
        Self {
            live,
            copies: (options.interface == ANY).then(Copies::new),
            options: options.clone(),
            left: options.count.unwrap_or(u64::MAX),
            ends: options.duration.and_then(|duration| now.checked_add(duration)),
            looks: now + LOOK,
            closing: None,
            stop,
            requests,
            is_up: true,
            is_quiet: true,
        }
    }

    /// Takes what is there; where there is nothing, waits until there is, or something else has to be told.
    fn fill<T>(&mut self, load: &mut Load<T, Asked>, make: &mut impl FnMut(&Packet<'_>) -> Option<T>) {
        let now = Instant::now();
        if now >= self.looks {
            self.looks = now + LOOK;
            load.error = self.look();
        }
        if is_due(load) {
            return;
        }
        let stop = self.closing.is_none().then(|| self.stop.as_fd());
        let fds: Vec<_> = [self.live.as_fd(), self.requests.as_fd()].into_iter().chain(stop).collect();
        let next = [self.ends, self.closing.as_ref().map(|closing| closing.until)].into_iter().flatten();
        let timeout = next.fold(self.looks, Instant::min).saturating_duration_since(now);
        let ready = poll::wait(&fds, Some(timeout)).ok();
        let is_ready = |index| ready.as_ref().is_some_and(|ready| ready.contains(index));
        let is_stopped = is_ready(2) || self.ends.is_some_and(|ends| ends <= Instant::now());
        let is_asked = is_ready(1);
        if is_stopped && self.closing.is_none() {
            let kept = self.options.live.batch.unwrap_or_default();
            self.closing = Some(Closing { at: clock::now(), until: Instant::now() + 2 * kept + GRACE });
            self.ends = None;
        }
        load.note |= is_asked && self.requests.take();
        self.take(load, make);
        if load.is_last {
            self.count_losses();
        }
    }

    fn take<T>(&mut self, load: &mut Load<T, Asked>, make: &mut impl FnMut(&Packet<'_>) -> Option<T>) {
        while !load.batch.is_full() {
            match self.live.next() {
                Ok(Some(packet)) => {
                    let is_late = self.closing.as_ref().is_some_and(|closing| packet.time > closing.at);
                    if is_late || self.left == 0 {
                        load.is_last = true;
                        break;
                    }
                    self.is_quiet = false;
                    if self.copies.as_mut().is_some_and(|copies| !copies.is_new(&packet)) {
                        self.options.losses.0.copies.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    self.left -= 1;
                    let made = make(&packet);
                    load.batch.push(&packet, made);
                }
                Ok(None) => {
                    load.is_last |= self.closing.as_ref().is_some_and(|closing| closing.until <= Instant::now());
                    break;
                }
                Err(error) => {
                    (load.error, load.is_last) = (Some(error), true);
                    break;
                }
            }
        }
        load.is_last |= self.left == 0;
    }

    /// Looks at the counters and, where nothing comes, at the interface.
    fn look(&mut self) -> Option<Error> {
        self.count_losses();
        let is_quiet = std::mem::replace(&mut self.is_quiet, true);
        let name = &self.options.interface;
        if !is_quiet || name == ANY {
            return None;
        }
        // Where it is gone, the capture says so itself.
        let is_up = Interface::named(name).map_or(self.is_up, |interface| interface.up);
        let has_gone_down = std::mem::replace(&mut self.is_up, is_up) && !is_up;
        has_gone_down.then(|| Error::InterfaceDown { interface: name.clone() })
    }

    fn count_losses(&mut self) {
        if let Ok(dropped) = self.live.dropped() {
            self.options.losses.0.dropped.store(dropped, Ordering::Relaxed);
        }
    }
}
