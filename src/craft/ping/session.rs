//! One run of ping, without socket and clock.

use std::time::Duration;

use super::event::{ErrorReply, Event, LocalError, Reply, Unanswered};
use super::message::{self, Arrival, Meaning};
use super::pending::{Fate, Pending, Sent};
use super::{Config, Statistics};
use crate::wire::Time;

/// A moment on two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Since the run began, by a clock that nobody sets.
    pub elapsed: Duration,
    /// By the clock that the kernel stamps packets with.
    pub time: Time,
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
    /// When the last request was due; the next one follows an interval later.
    last: Option<Duration>,
    /// The newest request that was answered, by a reply or an error.
    acknowledged: u64,
    /// The next request was announced by [`Event::Outstanding`].
    announced: bool,
    /// When to stop waiting for the last replies: set when the last request was sent.
    linger: Option<Duration>,
    busy: Option<Busy>,
    stopped: bool,
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
        Self {
            config,
            statistics: Statistics::default(),
            pending: Pending::default(),
            last: None,
            acknowledged: 0,
            announced: false,
            linger: None,
            busy: None,
            stopped: false,
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
            return Step::Done;
        }
        match self.next_request() {
            Some(due) if due <= now.elapsed => self.announce(now).map_or(Step::Send, Step::Tell),
            due => Step::Wait(self.next_moment(due)),
        }
    }

    /// The next request, header first; it counts as sent at `now`.
    pub fn request(&mut self, now: Now) -> Vec<u8> {
        let number = self.pending.push(now);
        self.statistics.transmitted = number;
        self.statistics.span = now.elapsed;
        self.last = Some(now.elapsed);
        self.announced = false;
        let lingers = self.linger_time().filter(|_| self.is_last_sent());
        self.linger = lingers.map(|time| now.elapsed.saturating_add(time));
        message::request(&self.config, number as u16, now.time)
    }

    /// The machine took the newest request.
    pub fn sent(&mut self) {
        self.busy = None;
    }

    /// The machine refused the newest request. Where only a queue is full (`transient`) it is tried again soon, for as
    /// long as a reply is waited for; otherwise it counts as sent and lost.
    pub fn refused(&mut self, now: Now, transient: bool, reason: String) -> Option<Event> {
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
        let number = self.pending.newest();
        self.set_fate(number, Fate::Failed);
        Some(Event::Unsent(LocalError { time: now.time, seq: number as u16, reason }))
    }

    /// Takes what arrived; `now` is the time of reading it. Gives something to tell where it is about our requests.
    pub fn arrived(&mut self, now: Now, arrival: &Arrival<'_>) -> Option<Event> {
        match *arrival {
            Arrival::Message { time, from, ttl, bytes } => match message::read(&self.config, from, bytes)? {
                Meaning::Reply { seq, data, bad_checksum } => {
                    let reply = self.judge(seq, data, bad_checksum)?;
                    Some(Event::Reply(self.reply(now, Reply { time, from, ttl, ..reply })))
                }
                Meaning::Error { seq, kind, code, info, lost } => {
                    let v6 = self.config.destination.is_ipv6();
                    self.error(ErrorReply { time, seq, from, v6, kind, code, info, lost })
                }
            },
            Arrival::Error { time, from, kind, code, info, request } => {
                let seq = message::quoted_seq(&self.config, request)?;
                let v6 = self.config.destination.is_ipv6();
                self.error(ErrorReply { time, seq, from, v6, kind, code, info, lost: true })
            }
            Arrival::Local { time, reason, request } => {
                let seq = message::quoted_seq(&self.config, request)?;
                self.fail(seq)?;
                Some(Event::Local(LocalError { time, seq, reason: reason.to_owned() }))
            }
        }
    }

    /// What the data of a reply shows; none where no such request was sent.
    fn judge(&self, seq: u16, data: &[u8], bad_checksum: bool) -> Option<Reply> {
        self.pending.find(seq)?;
        Some(Reply {
            time: Time::default(),
            seq,
            from: self.config.destination,
            bytes: message::message_len(data.len()),
            ttl: None,
            rtt: Duration::ZERO,
            duplicate: false,
            truncated: data.len() < self.config.size,
            bad_checksum,
            wrong_data: message::wrong_data(&self.config, data),
        })
    }

    /// Counts a reply and measures its round trip.
    fn reply(&mut self, now: Now, mut reply: Reply) -> Reply {
        let Some(number) = self.pending.find(reply.seq) else { return reply };
        let Some(sent) = self.pending.get(number) else { return reply };
        reply.rtt = round_trip(sent.at, now, reply.time);
        reply.duplicate = sent.fate == Fate::Answered && !reply.bad_checksum;
        if !reply.bad_checksum {
            sent.fate = Fate::Answered;
            self.statistics.rtt.add(reply.rtt);
        }
        let counter = match (reply.bad_checksum, reply.duplicate) {
            (true, _) => &mut self.statistics.corrupted,
            (false, true) => &mut self.statistics.duplicates,
            (false, false) => &mut self.statistics.received,
        };
        *counter += 1;
        self.acknowledge(number);
        reply
    }

    fn error(&mut self, error: ErrorReply) -> Option<Event> {
        if error.lost {
            self.fail(error.seq)?;
        } else {
            self.pending.find(error.seq)?;
        }
        Some(Event::Error(error))
    }

    /// Counts an error about the request with this sequence number, if there is one.
    fn fail(&mut self, seq: u16) -> Option<()> {
        let number = self.pending.find(seq)?;
        self.set_fate(number, Fate::Failed);
        self.statistics.errors += 1;
        self.acknowledge(number);
        Some(())
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
            _ => Some((self.statistics.rtt.max * 2).max(self.config.interval)),
        }
    }

    /// When the next request is due; none where there is none.
    fn next_request(&self) -> Option<Duration> {
        if self.is_last_sent() {
            return None;
        }
        let in_flight = self.pending.newest() > self.acknowledged;
        let gap = if self.config.interval.is_zero() && in_flight { FLOOD_WAIT } else { self.config.interval };
        let due = self.last.map_or(Duration::ZERO, |last| last.saturating_add(gap));
        Some(self.busy.map_or(due, |busy| busy.until))
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

/// From sending to the kernel's receipt. Where somebody set the clock meanwhile, that difference is nonsense: it is
/// negative, or longer than it took until we read the message. Then the clock that nobody sets is the better witness.
fn round_trip(sent: Now, read: Now, received: Time) -> Duration {
    let bound = read.elapsed.saturating_sub(sent.elapsed);
    let measured = received.as_nanos().checked_sub(sent.time.as_nanos()).and_then(|nanos| u64::try_from(nanos).ok());
    measured.map(Duration::from_nanos).filter(|measured| *measured <= bound).unwrap_or(bound)
}
