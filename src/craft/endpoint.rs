//! The endpoint: its state, and the four things that can happen to it.

use super::close::Program;
use super::ecn::Ecn;
use super::receive::Receiver;
use super::send::Sender;
use super::stamps::Stamps;
use super::timers::Retransmission;
use super::{Action, Close, Config, Open, Outcome, Unreachable};
use crate::tcp::{Seq, State};
use crate::wire::{Checksum, EmitError, Icmp, Ip, Segment, Time};

/// A window of 2^30 is the largest that can be told (RFC 7323 section 2.3).
const LARGEST_WINDOW: u32 = 1 << 30;
/// The largest shift (RFC 7323 section 2.3).
pub(super) const LARGEST_SHIFT: u8 = 14;
/// An IPv4 packet has 65,535 octets, 40 of them IP and TCP header.
const LARGEST_ROOM: u16 = u16::MAX - 40;

/// A hand-made TCP endpoint. See the module for what it is, [`Config`] for what it can be told.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) config: Config,
    pub(super) state: State,
    pub(super) send: Sender,
    pub(super) receive: Receiver,
    pub(super) stamps: Stamps,
    pub(super) ecn: Ecn,
    /// Whether both SYNs permitted selective acknowledgment.
    pub(super) sack: bool,
    /// Whether both SYNs offered window scale.
    pub(super) scaled: bool,
    pub(super) due: Due,
    pub(super) program: Program,
    pub(super) outcome: Option<Outcome>,
    /// SYNs sent.
    pub(super) syns: u32,
    /// The last ICMP error that quoted a segment in flight.
    pub(super) complaint: Option<Unreachable>,
    /// IPv4 identification of the next packet; never 0, which a raw socket would replace.
    pub(super) identification: u16,
    /// No answer to a segment that deserves only a limited number of them before this time.
    pub(super) quiet_until: Option<Time>,
    /// What the peer sent and the caller has not taken; only where the caller decides when to close.
    pub(super) octets: Vec<u8>,
}

/// Segments that are owed, whatever the windows say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    pub(super) reset: Option<Reset>,
    pub(super) syn: bool,
    pub(super) syn_ack: bool,
    pub(super) ack: bool,
    /// The ACK that completes the handshake has not left.
    pub(super) first_ack: bool,
}

/// A reset to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reset {
    pub(super) seq: Seq,
    /// With this acknowledgment; without the ACK flag where there is none.
    pub(super) ack: Option<Seq>,
    /// How the connection ends with it; none where it only answers a segment that cannot be ours.
    pub(super) outcome: Option<Outcome>,
}

impl Endpoint {
    /// An endpoint in CLOSED, or in LISTEN where it is to be opened from there; its first [`poll`](Self::poll) opens it.
    ///
    /// # Errors
    /// Addresses of two IP versions, or more payload than 2^31 - 2 octets.
    pub fn new(mut config: Config, now: Time) -> Result<Self, EmitError> {
        if config.local.is_ipv4() != config.remote.is_ipv4() {
            return Err(EmitError::Families(config.local.ip(), config.remote.ip()));
        }
        if config.payload.len() >= i32::MAX as usize {
            return Err(EmitError::Length(config.payload.len()));
        }
        config.window = config.window.min(LARGEST_WINDOW);
        config.room = config.room.min(LARGEST_ROOM);
        config.offer.window_scale = config.offer.window_scale.map(|shift| shift.min(LARGEST_SHIFT));
        let payload = std::mem::take(&mut config.payload);
        let listens = matches!(config.open, Open::Passive | Open::Split);
        Ok(Self {
            state: if listens { State::Listen } else { State::Closed },
            send: Sender::new(config.isn, payload, Retransmission::new(config.timing.timeout)),
            receive: Receiver::new(config.window),
            stamps: Stamps::new(config.timestamp_base, now),
            ecn: Ecn::default(),
            sack: false,
            scaled: false,
            due: Due { syn: config.open == Open::Active, ..Due::default() },
            program: Program::new(now, config.timing.deadline, config.close == Close::Told),
            octets: Vec::new(),
            outcome: None,
            syns: 0,
            complaint: None,
            identification: config.ip.identification.max(1),
            quiet_until: None,
            config,
        })
    }

    /// Our state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// SYNs sent so far.
    #[must_use]
    pub const fn syns(&self) -> u32 {
        self.syns
    }

    /// A segment arrived. One of another connection, one that is damaged, or one that contradicts itself changes
    /// nothing.
    pub fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        if self.outcome.is_none() && self.is_ours(ip, segment) && is_whole(ip, segment) {
            self.segment_arrives(now, ip, segment);
        }
    }

    /// An ICMP message arrived in a packet with header `ip`.
    pub fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        if self.outcome.is_none() && icmp.checksum_state == Checksum::Good {
            self.icmp_arrives(now, ip, icmp);
        }
    }

    /// What to do next. To be asked after every arrival, after every packet sent, and when the time has come.
    pub fn poll(&mut self, now: Time) -> Action {
        if self.outcome.is_none() {
            self.expire(now);
            self.run_program(now);
            self.send.persist(now);
        }
        match (self.next_packet(now), self.outcome) {
            (Some(emit), _) => Action::Send(emit),
            (None, Some(outcome)) => Action::Done(outcome),
            (None, None) => Action::WaitUntil(self.wake_time(now)),
        }
    }

    fn is_ours(&self, ip: &Ip, segment: &Segment<'_>) -> bool {
        (ip.source, segment.source_port) == (self.config.remote.ip(), self.config.remote.port())
            && (ip.destination, segment.destination_port) == (self.config.local.ip(), self.config.local.port())
    }

    /// The retransmission timer went off (RFC 9293 section 3.10.8).
    fn expire(&mut self, now: Time) {
        if !self.send.timer.is_due(now) {
            return;
        }
        if self.send.timer.tries >= self.config.timing.retries {
            return self.give_up();
        }
        match self.state {
            State::SynSent => {
                self.send.timer.back_off(now);
                self.due.syn = true;
            }
            State::SynReceived => {
                self.send.timer.back_off(now);
                self.due.syn_ack = true;
            }
            State::Closed | State::Listen => self.send.timer.stop(),
            _ => self.send.timed_out(now),
        }
    }

    /// Nothing came back, however often it was sent.
    pub(super) fn give_up(&mut self) {
        let silence = match self.state {
            State::SynSent => Outcome::Unanswered { syns: self.syns },
            state => Outcome::Unacknowledged { state },
        };
        self.end(self.complaint.map_or(silence, Outcome::Unreachable));
    }

    /// It is over; the first reason counts.
    pub(super) fn end(&mut self, outcome: Outcome) {
        // In TIME-WAIT both FINs are acknowledged, and nothing is left to be broken off.
        let closed = self.is_told() && (outcome == Outcome::Closed || self.state == State::TimeWait);
        let outcome = match self.program.is_interrupted() {
            _ if closed => Outcome::Closed,
            true => Outcome::Interrupted,
            false => outcome,
        };
        self.outcome.get_or_insert(outcome);
    }

    fn wake_time(&self, now: Time) -> Time {
        let tick = now + std::time::Duration::from_nanos(1);
        let opening = matches!(self.state, State::SynSent | State::SynReceived);
        let program = self.program_wakes(opening);
        [self.send.timer.due(), program].into_iter().flatten().min().unwrap_or(tick).max(tick)
    }
}

/// Whether a segment came as it was sent: a wrong checksum, a cut one or an impossible header length means no.
/// A checksum that the peer's machine left to its network interface is no fault.
pub(super) fn is_whole(ip: &Ip, segment: &Segment<'_>) -> bool {
    let header_len = usize::from(segment.data_offset) * 4;
    ip.checksum != Checksum::Bad
        && matches!(segment.checksum_state, Checksum::Good | Checksum::Partial)
        && (20..=ip.payload_len).contains(&header_len)
}
