//! One crafted segment at a peer whose state is known: the peer is brought into the state by hand, the segment is fired,
//! and what comes back is held against what RFC 9293 asks for.
//!
//! [`Trial`] does no I/O: it is given the time and what arrives, and answers "send this", "have the peer's program do
//! that", "it is time for the segment", "wait until" or "done". It keeps the variables of the *peer's* end, since the
//! segment's numbers are chosen by what they are to the one that gets it.

mod approach;
mod damage;
mod target;
mod watch;

#[cfg(test)]
mod reacting;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

pub use damage::damage;
pub use target::{Part, Program, Row, Sign, TARGETS, Target, Way};

use super::endpoint::is_whole;
use super::packet::{PacketSpec, SpecError, Transport, build};
use super::{Emit, Unreachable};
use crate::tcp::{Arriving, Damage, Heard, Seq, State, Variables};
use crate::wire::icmp::is_advice;
use crate::wire::{Flags, Icmp, Ip, IpFields, LinkType, Options, Packet, Segment, Time, decode};
use approach::Approach;
use watch::Watch;

/// What the peer's program has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `connect()` to us.
    Connect,
    /// `shutdown(SHUT_WR)`.
    ShutdownWrite,
    /// `close()`.
    Close,
}

/// A step on the way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The peer's program does something.
    Act(Deed),
    /// We send something.
    Send(Part),
    /// Something of the peer's arrives.
    Await(Sign),
}

/// What a trial is told before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialConfig {
    /// The state to bring the peer into.
    pub target: Target,
    /// What moves the peer's program.
    pub program: Program,
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's, of the same IP version.
    pub remote: SocketAddr,
    /// Fields of the IP header on the way into the state.
    pub ip: IpFields,
    /// Our initial number.
    pub isn: Seq,
    /// What to take for the peer's initial number where it has none: in CLOSED and LISTEN.
    pub guess: Seq,
    /// Our window, in octets; not scaled.
    pub window: u16,
    /// How long to wait for the peer on the way into the state before we send again.
    pub timeout: Duration,
    /// How often we send the same again.
    pub retries: u8,
    /// How long the peer stays in its state before the segment is fired.
    pub pause: Duration,
    /// How long to listen for an answer.
    pub patience: Duration,
}

/// The crafted segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Its packets: one, or as many as there are fragments.
    pub packets: Vec<Vec<u8>>,
    /// The packet before it was cut into fragments, if it was.
    pub uncut: Option<Vec<u8>>,
    /// The segment in them.
    pub sent: Arriving,
    /// Why the peer must drop it; none for a whole segment.
    pub damage: Option<Damage>,
}

impl Shot {
    /// The packets of `spec`, and the segment in them as a peer sees it.
    ///
    /// # Errors
    /// [`SpecError`]: it cannot be built.
    pub fn of(spec: &PacketSpec) -> Result<Self, SpecError> {
        let packets = build(spec)?;
        // What is asked for in fragments arrives as one.
        let mut in_one = spec.clone();
        in_one.ip.fragment_size = None;
        let bytes = build(&in_one)?.swap_remove(0);
        let original_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len, bytes: &bytes };
        let decoded = decode(&packet);
        let whole = decoded.segment().filter(|(ip, segment)| is_whole(ip, segment)).map(|(_, segment)| {
            let (seq, ack) = (Seq(segment.seq), Seq(segment.ack));
            let signed = segment.options.summary().md5;
            Arriving { seq, ack, flags: segment.flags, len: segment.payload_len, signed }
        });
        // What nobody can make out has at least what was asked for.
        let damage = if whole.is_some() { None } else { Some(damage(spec).unwrap_or(Damage::Header)) };
        let uncut = (packets.len() > 1).then_some(bytes);
        Ok(Self { packets, uncut, sent: whole.unwrap_or_else(|| asked_for(spec)), damage })
    }

    /// The segment as the peer takes it; none where it must drop it.
    #[must_use]
    pub fn segment(&self) -> Option<&Arriving> {
        self.damage.is_none().then_some(&self.sent)
    }
}

/// The segment as it was asked for, where no peer can make it out in what is sent.
fn asked_for(spec: &PacketSpec) -> Arriving {
    let len = u32::try_from(spec.payload.len()).unwrap_or(u32::MAX);
    match &spec.transport {
        Transport::Tcp(tcp) => {
            let mut octets = Vec::new();
            tcp.options.iter().for_each(|option| option.emit(&mut octets));
            let signed = Options(&octets).summary().md5;
            Arriving { seq: Seq(tcp.seq), ack: Seq(tcp.ack), flags: tcp.flags, len, signed }
        }
        _ => Arriving { seq: Seq(0), ack: Seq(0), flags: Flags::NONE, len, signed: false },
    }
}

/// What a trial asks of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialAction {
    /// Send this packet now, and ask again.
    Send(Emit),
    /// Have the peer's program do this, and ask again.
    Act(Deed),
    /// The peer is in its state: call [`Trial::fire`].
    Ready,
    /// Nothing to do before this time, unless something arrives.
    WaitUntil(Time),
    /// It is over; see [`Trial::heard`] and [`Trial::failure`].
    Done,
}

/// Why the peer did not come into the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It did not send this.
    Missing(Sign),
    /// It sent a RST instead of a SYN,ACK.
    Reset,
    /// It sent a RST later.
    Broken,
    /// It sent a FIN of its own accord, and is in another state by that.
    Closed,
    /// An ICMP error came.
    Unreachable(Unreachable),
}

/// One crafted segment and what comes of it.
#[derive(Clone, Debug)]
pub struct Trial {
    config: TrialConfig,
    approach: Approach,
    /// When the pause before the shot is over.
    due: Option<Time>,
    shot: Option<Shot>,
    watch: Option<Watch>,
    /// Packets of the shot that have been handed out.
    fired: usize,
}

impl Trial {
    /// A trial that has not begun.
    #[must_use]
    pub fn new(config: TrialConfig) -> Self {
        Self::with_request(config, Vec::new())
    }

    /// The same with a request that a [`Program::Reacts`] answers, and closes after.
    #[must_use]
    pub fn with_request(config: TrialConfig, request: Vec<u8>) -> Self {
        Self { config, approach: Approach::new(&config, request), due: None, shot: None, watch: None, fired: 0 }
    }

    /// What it was told.
    #[must_use]
    pub const fn config(&self) -> &TrialConfig {
        &self.config
    }

    /// The variables of the peer's end, as far as they can be known from the wire. In CLOSED and LISTEN, where there is
    /// no connection, they are what they would be.
    #[must_use]
    pub const fn variables(&self) -> &Variables {
        self.approach.variables()
    }

    /// A segment arrived. One of another connection or a damaged one changes nothing.
    pub fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let TrialConfig { local, remote, .. } = self.config;
        let is_ours = (ip.source, segment.source_port) == (remote.ip(), remote.port())
            && (ip.destination, segment.destination_port) == (local.ip(), local.port());
        if !is_ours || !is_whole(ip, segment) {
            return;
        }
        match &mut self.watch {
            Some(watch) => watch.arrive(now, segment),
            None => self.approach.arrive(now, segment),
        }
    }

    /// An ICMP error about a segment of ours arrived.
    pub fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        // What it quotes was passed on all the same.
        if is_advice(icmp.v6, icmp.kind) {
            return;
        }
        let error = Unreachable { from: ip.source, v6: ip.source.is_ipv6(), kind: icmp.kind, code: icmp.code };
        match &mut self.watch {
            Some(watch) => watch.icmp(now, error),
            None => self.approach.fail(Failure::Unreachable(error)),
        }
    }

    /// The crafted segment, made with [`Trial::variables`]; its packets leave with the next polls.
    pub fn fire(&mut self, now: Time, shot: Shot) {
        self.watch = Some(Watch::new(now, self.config.patience, self.approach.take_history(), shot.segment().copied()));
        self.shot = Some(shot);
    }

    /// Ends the listening.
    pub fn stop(&mut self, now: Time) {
        match &mut self.watch {
            Some(watch) => watch.stop(now),
            None => self.approach.stop(),
        }
    }

    /// What to do next. To be asked after every arrival, after every packet sent, and when the time has come.
    pub fn poll(&mut self, now: Time) -> TrialAction {
        let (Some(watch), Some(shot)) = (&mut self.watch, &self.shot) else {
            return self.approach_or_pause(now);
        };
        if let Some(packet) = shot.packets.get(self.fired) {
            self.fired += 1;
            // The time to listen counts from the last packet.
            watch.restart(now);
            return TrialAction::Send(Emit { packet: packet.clone(), calls: [None, None], state: self.state() });
        }
        if watch.is_over(now) { TrialAction::Done } else { TrialAction::WaitUntil(watch.until()) }
    }

    /// The next step on the way, and at its end the pause.
    fn approach_or_pause(&mut self, now: Time) -> TrialAction {
        match self.approach.poll(now, &self.config) {
            TrialAction::Ready => {
                let due = *self.due.get_or_insert(now + self.config.pause);
                if now < due { TrialAction::WaitUntil(due) } else { TrialAction::Ready }
            }
            other => other,
        }
    }

    /// The state of our end, by what it has sent.
    #[must_use]
    pub const fn state(&self) -> State {
        self.approach.our_state()
    }

    /// Why the peer did not come into its state.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        self.approach.failure()
    }

    /// What was fired; none before.
    #[must_use]
    pub const fn shot(&self) -> Option<&Shot> {
        self.shot.as_ref()
    }

    /// The segment as the peer takes it; none before it is fired, or where the peer must drop it.
    #[must_use]
    pub fn segment(&self) -> Option<&Arriving> {
        self.shot.as_ref().and_then(Shot::segment)
    }

    /// The ICMP error that came first, where [`Trial::heard`] is one.
    #[must_use]
    pub fn complaint(&self) -> Option<Unreachable> {
        self.watch.as_ref().and_then(Watch::complaint)
    }

    /// The first answer that came, if one did.
    #[must_use]
    pub fn heard(&self) -> Option<Heard> {
        self.watch.as_ref().and_then(Watch::heard)
    }
}
