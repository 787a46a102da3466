//! One run of ping, without socket and clock.

mod arrivals;

use std::time::Duration;

use super::event::{Event, LocalError, Unanswered};
use super::message;
use super::pending::{Fate, Pending, Sent};
use super::{Config, Probe, Statistics};
use crate::wire::Time;

/// A moment on two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Since the run began, by a clock that nobody sets.
    pub elapsed: Duration,
    /// By the clock that the kernel stamps packets with.
    pub time: Time,
}

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its sequence number.
    pub seq: u16,
    /// The ICMP message, header first; of a datagram its data, and of a SYN nothing.
    pub bytes: Vec<u8>,
}

/// Why the machine did not take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A queue is full: it is worth trying again.
    Transient,
    /// It is longer than the path allows, and may not be cut into fragments.
    TooLong,
    /// Anything else.
    Other,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send what [`Ping::request`] gives.
    Send,
    /// Tell this, and ask again.
    Tell(Event),
    /// Wait for a message, no longer than until this moment of [`Now::elapsed`]; `None` for as long as it takes.
    Wait(Option<Duration>),
    /// The run is over.
    Done,
}

/// Without interval, the longest time to wait for a reply before the next request.
const FLOOD_WAIT: Duration = Duration::from_millis(10);
/// How long to wait when the machine cannot send just now.
const BUSY_WAIT: Duration = Duration::from_millis(10);

/// A run of ping.
#[derive(Debug)]
pub struct Ping {
    config: Config,
    statistics: Statistics,
    pending: Pending,
    /// From one request to the next, now: an adaptive run changes it.
    interval: Duration,
    /// When the last request was sent.
    last: Option<Duration>,
    /// How much earlier than an interval after the last request the next one may leave.
    credit: Duration,
    /// Requests that were never handed to the network.
    unsent: u64,
    /// The newest request that was answered, by a reply or an error.
    acknowledged: u64,
    /// The next request was announced by [`Event::Outstanding`].
    announced: bool,
    /// When to stop waiting for the last replies: set when the last request was sent.
    linger: Option<Duration>,
    busy: Option<Busy>,
    stopped: bool,
    done: bool,
}

/// The machine cannot take a request just now.
#[derive(Clone, Copy, Debug)]
struct Busy {
    since: Duration,
    /// When to try again.
    until: Duration,
}

impl Ping {
    /// A run that has sent nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let interval = config.interval;
        Self {
            config,
            interval,
            statistics: Statistics::default(),
            pending: Pending::default(),
            last: None,
            credit: Duration::ZERO,
            unsent: 0,
            acknowledged: 0,
            announced: false,
            linger: None,
            busy: None,
            stopped: false,
            done: false,
        }
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The numbers up to now.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Whether the host counts as reached: some reply, and with both count and deadline as many as were asked for.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let wanted = self.config.deadline.and(self.config.count).unwrap_or(1);
        self.statistics.received >= wanted.max(1)
    }

    /// Whether as many replies and errors have arrived as were asked for: then what else arrives is not looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.config.count.is_some_and(|count| self.statistics.received + self.statistics.errors >= count)
    }

    /// Whether [`Step::Done`] was answered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Ends the run before its time.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// What to do now.
    pub fn step(&mut self, now: Now) -> Step {
        let over = self.is_over(now.elapsed);
        if let Some(event) = self.next_timeout(now, over) {
            return Step::Tell(event);
        }
        if over {
            self.done = true;
            return Step::Done;
        }
        match self.next_request() {
            Some(due) if due <= now.elapsed => self.announce(now).map_or(Step::Send, Step::Tell),
            due => Step::Wait(self.next_moment(due)),
        }
    }

    /// The next request; it counts as sent at `now`.
    pub fn request(&mut self, now: Now) -> Request {
        let number = self.pending.push(now);
        self.statistics.transmitted = number;
        self.statistics.span = now.elapsed;
        self.spend(now.elapsed);
        self.announced = false;
        let lingers = self.linger_time().filter(|_| self.is_last_sent());
        self.linger = lingers.map(|time| now.elapsed.saturating_add(time));
        let seq = number as u16;
        let bytes = match self.config.probe {
            Probe::Echo => message::request(&self.config, seq, now.time),
            Probe::Datagram { .. } => message::data(&self.config, now.time),
            Probe::Syn { .. } => Vec::new(),
        };
        Request { seq, bytes }
    }

    /// The machine took the newest request.
    pub fn sent(&mut self) {
        self.busy = None;
    }

    /// The kernel says when a request left the machine: the `nth` that it took, from 0. A moment that cannot be is not
    /// believed, and the time at which the request was handed over stays.
    pub fn departed(&mut self, now: Now, nth: u32, time: Time) {
        // The sockets' numbers wrap around; nobody waits for a request of four thousand million ago.
        let first = (self.pending.newest() - self.unsent).saturating_sub(1);
        let back = u64::from((first as u32).wrapping_sub(nth));
        let Some(number) = self.pending.newest().checked_sub(back) else { return };
        let Some(sent) = self.pending.get(number) else { return };
        if sent.fate == Fate::Open && (sent.at.time..=now.time).contains(&time) {
            sent.departure = Some(time);
        }
    }

    /// The machine refused the newest request. Where only a queue is full it is tried again soon, for as long as a reply
    /// is waited for; otherwise it counts as sent and lost.
    pub fn refused(&mut self, now: Now, refusal: Refusal, reason: String) -> Option<Event> {
        let transient = refusal == Refusal::Transient;
        let since = self.busy.map_or(now.elapsed, |busy| busy.since);
        let patience = self.config.timeout.unwrap_or(Duration::MAX);
        if transient && now.elapsed.saturating_sub(since) < patience {
            self.busy = Some(Busy { since, until: now.elapsed.saturating_add(BUSY_WAIT) });
            self.pending.pop();
            self.statistics.transmitted = self.pending.newest();
            self.linger = None;
            self.announced = true;
            return None;
        }
        self.busy = None;
        self.unsent += 1;
        let number = self.pending.newest();
        match refusal {
            // The kernel reports this as an error of the path, and so does iputils.
            Refusal::TooLong => self.fail(number as u16).unwrap_or_default(),
            Refusal::Transient | Refusal::Other => self.set_fate(number, Fate::Failed),
        }
        Some(Event::Unsent(LocalError { time: now.time, seq: number as u16, reason }))
    }

    /// A reply is never forgotten for a later error.
    fn set_fate(&mut self, number: u64, fate: Fate) {
        if let Some(sent) = self.pending.get(number).filter(|sent| sent.fate == Fate::Open) {
            sent.fate = fate;
        }
    }

    fn acknowledge(&mut self, number: u64) {
        self.statistics.pipe = self.statistics.pipe.max(self.pending.newest() - number + 1);
        self.acknowledged = self.acknowledged.max(number);
    }

    fn is_over(&self, elapsed: Duration) -> bool {
        let has_failed = self.config.deadline.is_some() && self.statistics.errors > 0;
        let is_late = self.config.deadline.is_some_and(|deadline| elapsed >= deadline);
        let has_lingered = self.linger.is_some_and(|end| elapsed >= end);
        self.stopped || self.is_complete() || has_failed || is_late || has_lingered
    }

    /// With a deadline, requests go on until it, or until enough of them are answered.
    fn is_last_sent(&self) -> bool {
        self.config.deadline.is_none() && self.config.count.is_some_and(|count| self.statistics.transmitted >= count)
    }

    /// How long to wait for the last replies: where some came, twice the longest round trip, and an interval at least.
    fn linger_time(&self) -> Option<Duration> {
        match self.statistics.received {
            0 => self.config.timeout,
            _ => Some((self.statistics.rtt.max * 2).max(self.interval)),
        }
    }

    /// When the next request is due; none where there is none.
    fn next_request(&self) -> Option<Duration> {
        if self.is_last_sent() {
            return None;
        }
        let gap = match self.interval.is_zero() {
            true if self.in_flight() >= self.config.preload => FLOOD_WAIT,
            true => Duration::ZERO,
            false => self.interval.saturating_sub(self.credit),
        };
        let due = self.last.map_or(Duration::ZERO, |last| last.saturating_add(gap));
        Some(self.busy.map_or(due, |busy| busy.until))
    }

    /// Requests behind the newest one that was answered.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.pending.newest() - self.acknowledged
    }

    /// A request leaves: the first brings the credit of all that may follow it at once, and each takes an interval. What
    /// was not used stays, but never more than for the preload.
    fn spend(&mut self, elapsed: Duration) {
        let preload = u32::try_from(self.config.preload).unwrap_or(u32::MAX);
        let most = self.interval.saturating_mul(preload);
        let earned = self.last.map_or(most, |last| self.credit.saturating_add(elapsed.saturating_sub(last)));
        self.credit = earned.min(most).saturating_sub(self.interval);
        self.last = Some(elapsed);
    }

    /// An adaptive run follows the moving average of the round trips, in whole milliseconds as iputils does.
    fn adapt(&mut self) {
        if self.config.adaptive {
            let millis = (self.statistics.rtt.ewma.as_micros() + 500) / 1_000;
            self.interval = Duration::from_millis(millis as u64).max(self.config.least_interval);
        }
    }

    /// The next moment at which something is to be done without a message.
    fn next_moment(&mut self, request: Option<Duration>) -> Option<Duration> {
        let timeout = self.pending.oldest_open().and_then(|(_, sent)| self.expiry(&sent));
        [request, self.config.deadline, self.linger, timeout].into_iter().flatten().min()
    }

    /// The oldest request whose time is over, once for each; at the end of the run, every one without an answer.
    fn next_timeout(&mut self, now: Now, over: bool) -> Option<Event> {
        let (number, sent) = self.pending.oldest_open()?;
        let is_expired = self.expiry(&sent).is_some_and(|expiry| expiry <= now.elapsed);
        if !over && !is_expired {
            return None;
        }
        self.pending.settle();
        Some(Event::Timeout(unanswered(number, &sent, now)))
    }

    fn expiry(&self, sent: &Sent) -> Option<Duration> {
        self.config.timeout.map(|timeout| sent.at.elapsed.saturating_add(timeout))
    }

    /// Tells, once before each request, that the one before has no reply yet. iputils says so after an error, too.
    fn announce(&mut self, now: Now) -> Option<Event> {
        let number = self.pending.newest();
        let sent = *self.pending.get(number)?;
        let tell = self.config.report_outstanding && !self.announced && sent.fate != Fate::Answered;
        self.announced = true;
        tell.then(|| Event::Outstanding(unanswered(number, &sent, now)))
    }
}

fn unanswered(number: u64, sent: &Sent, now: Now) -> Unanswered {
    let waited = now.elapsed.saturating_sub(sent.at.elapsed);
    Unanswered { time: now.time, seq: number as u16, waited }
}
