//! Many connections from here to one server.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use super::{Party, Way};
use crate::craft::listen::Step;
use crate::craft::{Config, Crowd, Endpoint, Outcome, Sockets, Turn};
use crate::drive::Error;
use crate::sys::{self, RstGuard, random};
use crate::tcp::Seq;
use crate::wire::{Icmp, Ip, Segment, Time};

/// Where descriptors or ports have run out, so much later there may be some again.
const SOON: Duration = Duration::from_millis(20);
/// Connections to begin before it is the turn of the capture, so that what answers them finds room there.
const BATCH: usize = 64;
/// Time that may be made up for where beginnings are late.
const SLACK: Duration = Duration::from_millis(50);
/// How long connections may take to end when the user has had enough.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long packets between the sockets of a connection that is over are still taken for its own.
const ECHO: Duration = Duration::from_millis(200);
/// Ports to ask for before it is given up to find one without a connection of ours.
const TRIES: usize = 16;

/// What a dialer is told before it starts.
#[derive(Clone, Debug)]
pub struct DialOptions {
    /// What every connection is told. Its local port, sequence number and identification are replaced.
    pub config: Config,
    /// The interface, which gives a link-local address its scope.
    pub interface: String,
    /// Connections in all.
    pub count: u64,
    /// Connections at once; those in TIME-WAIT do not count.
    pub parallel: usize,
    /// Time from one to the next, at least.
    pub interval: Duration,
    /// Each source port keeps its guard until its connection is over.
    pub guarded: bool,
    /// Descriptors that there are for guards.
    pub files: usize,
}

/// What has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Open files: each guard is one.
    Files,
    /// Source ports.
    Ports,
}

/// Something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialed {
    /// A connection is over.
    Ended(Sockets, Outcome),
    /// No more than so many connections at once are possible. Told once.
    Limited(usize, Shortage),
}

/// Calls one server again and again.
#[derive(Debug)]
pub struct Dialer {
    options: DialOptions,
    crowd: Crowd<Option<RstGuard>>,
    over: Over,
    started: u64,
    /// When the first one began, and when the next may.
    began: Option<Time>,
    next: Option<Time>,
    notes: VecDeque<Dialed>,
    is_limited: bool,
    /// Interrupted: when those that are left are reset.
    patience: Option<Time>,
    /// What initial sequence numbers are made from.
    secret: RandomState,
}

impl Dialer {
    /// One that has not called yet.
    #[must_use]
    pub fn new(options: DialOptions) -> Self {
        Self {
            options,
            crowd: Crowd::default(),
            over: Over::default(),
            started: 0,
            began: None,
            next: None,
            notes: VecDeque::new(),
            is_limited: false,
            patience: None,
            secret: RandomState::new(),
        }
    }

    /// Connections begun.
    #[must_use]
    pub const fn started(&self) -> u64 {
        self.started
    }

    fn has_more(&self) -> bool {
        self.started < self.options.count && self.patience.is_none()
    }

    /// Whether another may begin, whatever the clock says.
    fn has_room(&self) -> bool {
        let busy = self.crowd.len() - self.crowd.lingering();
        self.has_more() && busy < self.options.parallel && self.crowd.len() < self.options.files.max(1)
    }

    /// When the next one may begin; none before another one is over.
    fn next_start(&self, now: Time) -> Option<Time> {
        self.has_room().then(|| self.next.unwrap_or(now))
    }

    /// A port, held by its guard, that no connection of ours has. None where there is none just now.
    fn port(&mut self, now: Time) -> Result<Option<RstGuard>, Error> {
        let source = SocketAddr::new(self.options.config.local.ip(), 0);
        for _ in 0..TRIES {
            let shortage = match RstGuard::engage(source, Some(&self.options.interface)) {
                // Without guards the kernel may offer a port that a connection of ours has.
                Ok(guard) if self.crowd.contains(&self.sockets(&guard)) => continue,
                Ok(guard) => return Ok(Some(guard)),
                Err(error) => shortage(&error).filter(|_| !self.crowd.is_empty()).ok_or(error)?,
            };
            self.limited(shortage);
            break;
        }
        self.next = Some(now + SOON);
        Ok(None)
    }

    fn sockets(&self, guard: &RstGuard) -> Sockets {
        let config = &self.options.config;
        Sockets::new(SocketAddr::new(config.local.ip(), guard.local().port()), config.remote)
    }

    fn limited(&mut self, shortage: Shortage) {
        if !std::mem::replace(&mut self.is_limited, true) {
            self.notes.push_back(Dialed::Limited(self.crowd.len(), shortage));
        }
    }

    /// Begins a connection from the port of `guard`.
    fn start(&mut self, now: Time, guard: RstGuard) -> Result<(), Error> {
        let sockets = self.sockets(&guard);
        let elapsed = now.since(*self.began.get_or_insert(now));
        let mut config = self.options.config.clone();
        config.local = sockets.local();
        // A port that is used again shows higher numbers (RFC 6528) and later stamps (RFC 6191) than before.
        config.isn = Seq((self.secret.hash_one(sockets) as u32).wrapping_add((elapsed.as_micros() / 4) as u32));
        config.timestamp_base = config.timestamp_base.wrapping_add(elapsed.as_millis() as u32);
        config.ip.identification = random::u16()?;
        let endpoint = Endpoint::new(config, now).map_err(|error| std::io::Error::other(error.to_string()))?;
        self.crowd.insert(sockets, endpoint, self.options.guarded.then_some(guard));
        self.started += 1;
        let due = self.next.unwrap_or(now).max(now - SLACK);
        self.next = (!self.options.interval.is_zero()).then_some(due + self.options.interval);
        Ok(())
    }
}

/// Connections that are over, while their last packets may still come.
#[derive(Debug, Default)]
struct Over {
    until: HashMap<Sockets, Time>,
    order: VecDeque<(Time, Sockets)>,
}

impl Over {
    fn contains(&self, sockets: &Sockets) -> bool {
        self.until.contains_key(sockets)
    }

    fn add(&mut self, sockets: Sockets, until: Time) {
        self.until.insert(sockets, until);
        self.order.push_back((until, sockets));
    }

    /// Forgets those whose time has come. The same sockets may have been used again since, and have a later one.
    fn forget(&mut self, now: Time) {
        while let Some((time, sockets)) = self.order.pop_front_if(|(time, _)| *time < now) {
            if self.until.get(&sockets) == Some(&time) {
                self.until.remove(&sockets);
            }
        }
    }
}

/// What has run out, and comes back when connections end.
fn shortage(error: &sys::Error) -> Option<Shortage> {
    match error.errno()? {
        libc::EMFILE | libc::ENFILE => Some(Shortage::Files),
        libc::EADDRINUSE => Some(Shortage::Ports),
        _ => None,
    }
}

impl Party for Dialer {
    type Note = Dialed;

    fn way(&mut self, from: SocketAddr, to: SocketAddr) -> Option<Way> {
        let remote = self.options.config.remote;
        // Others may call the same server meanwhile.
        let is_ours = |far: SocketAddr, near| {
            let sockets = Sockets::new(near, far);
            (far.ip(), far.port()) == (remote.ip(), remote.port())
                && (self.crowd.contains(&sockets) || self.over.contains(&sockets))
        };
        match (is_ours(from, to), is_ours(to, from)) {
            (true, _) => Some(Way::In),
            (false, true) => Some(Way::Out),
            (false, false) => None,
        }
    }

    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.crowd.arrive(now, ip, segment);
    }

    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.crowd.icmp(now, ip, icmp);
    }

    fn begin(&mut self, now: Time) -> Result<(), Error> {
        self.over.forget(now);
        for _ in 0..BATCH {
            if self.next_start(now).is_none_or(|next| next > now) {
                break;
            }
            let Some(guard) = self.port(now)? else { break };
            self.start(now, guard)?;
        }
        if self.has_more() && self.crowd.len() >= self.options.files {
            self.limited(Shortage::Files);
        }
        Ok(())
    }

    fn poll(&mut self, now: Time) -> Step<Dialed> {
        if self.patience.is_some_and(|until| now >= until) {
            self.interrupt(now);
        }
        if let Some(note) = self.notes.pop_front() {
            return Step::Note(note);
        }
        match self.crowd.poll(now) {
            Turn::Send(emit) => Step::Send(emit),
            Turn::Ended(sockets, outcome, _) => {
                self.over.add(sockets, now + ECHO);
                Step::Note(Dialed::Ended(sockets, outcome))
            }
            Turn::WaitUntil(_) if self.crowd.is_empty() && !self.has_more() => Step::Done,
            Turn::WaitUntil(time) => {
                Step::WaitUntil([time, self.next_start(now), self.patience].into_iter().flatten().min())
            }
        }
    }

    fn interrupt(&mut self, now: Time) {
        match self.patience.replace(now + PATIENCE) {
            None => self.crowd.interrupt(now),
            Some(_) => self.crowd.abandon(),
        }
    }
}
