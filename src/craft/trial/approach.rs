//! The way into a state: the steps of its row, one after the other.

use super::{Failure, Part, Sign, Step, TrialAction, TrialConfig};
use crate::craft::Emit;
use crate::tcp::{Seq, State, Variables};
use crate::wire::{Flags, IpFields, Segment, SegmentFields, TcpOption, Time, emit};

/// Segments of the peer that are remembered, so that their repetitions can be told from answers.
const MOST_REMEMBERED: usize = 64;

/// A segment of the peer that takes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) seq: Seq,
    pub(super) flags: Flags,
    pub(super) len: u32,
    pub(super) time: Time,
}

impl Past {
    /// Whether a segment is this one again, or its end, as where what was before it has been acknowledged.
    pub(super) fn covers(&self, seq: Seq, flags: Flags, len: u32) -> bool {
        let marks = |flags: Flags| (flags.syn(), flags.syn() && flags.ack(), flags.fin());
        marks(self.flags) == marks(flags) && !seq.before(self.seq) && !(seq + len).after(self.seq + self.len)
    }
}

/// Our end on the way.
#[derive(Clone, Debug)]
pub(super) struct Approach {
    steps: &'static [Step],
    at: usize,
    /// Those of the peer's end.
    variables: Variables,
    /// What the peer's program is asked; may be empty.
    request: Vec<u8>,
    /// The number behind the last octet that came in order, a FIN left out.
    data_end: Seq,
    /// Our next number, and the highest of ours that the peer has acknowledged.
    nxt: Seq,
    acked: Seq,
    fin_seen: bool,
    syn_seen: bool,
    state: State,
    /// When to send again, and what.
    due: Option<Time>,
    last: Option<(Part, Seq)>,
    tries: u8,
    history: Vec<Past>,
    failure: Option<Failure>,
    stopped: bool,
    identification: u16,
}

impl Approach {
    pub(super) fn new(config: &TrialConfig, request: Vec<u8>) -> Self {
        let way = config.target.row().way(config.program);
        // Where there is no way, nothing is done, and nothing can be: callers look before.
        let steps = way.map_or(&[][..], |way| way.steps);
        let passive = !steps.contains(&Step::Act(super::Deed::Connect));
        let variables = Variables {
            iss: config.guess,
            snd_una: config.guess + 1,
            snd_nxt: config.guess + 1,
            max_snd_wnd: u32::from(config.window),
            irs: config.isn,
            rcv_nxt: config.isn + 1,
            rcv_wnd: u32::from(u16::MAX),
            passive,
        };
        Self {
            steps,
            at: 0,
            variables,
            request,
            data_end: config.guess + 1,
            nxt: config.isn,
            acked: config.isn,
            fin_seen: false,
            syn_seen: false,
            state: State::Closed,
            due: None,
            last: None,
            tries: 0,
            history: Vec::new(),
            failure: None,
            stopped: false,
            identification: config.ip.identification.max(1),
        }
    }

    pub(super) const fn variables(&self) -> &Variables {
        &self.variables
    }

    pub(super) const fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Our own state, for the record of what we send.
    pub(super) const fn our_state(&self) -> State {
        self.state
    }

    pub(super) fn take_history(&mut self) -> Vec<Past> {
        std::mem::take(&mut self.history)
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn arrive(&mut self, now: Time, segment: &Segment<'_>) {
        let flags = segment.flags;
        if flags.rst() {
            return self.fail(if self.syn_seen { Failure::Broken } else { Failure::Reset });
        }
        let (seq, len) = (Seq(segment.seq), segment.sequence_len());
        if len > 0 && self.history.len() < MOST_REMEMBERED {
            self.history.push(Past { seq, flags, len, time: now });
        }
        let peer = &mut self.variables;
        if flags.syn() && !self.syn_seen {
            self.syn_seen = true;
            (peer.iss, peer.snd_una, peer.snd_nxt) = (seq, seq, seq + len);
            self.data_end = peer.snd_nxt;
        } else if self.syn_seen && len > 0 && seq == peer.snd_nxt {
            peer.snd_nxt += len;
            self.fin_seen |= flags.fin();
            self.data_end = peer.snd_nxt - u32::from(flags.fin());
        }
        peer.rcv_wnd = u32::from(segment.window);
        let ack = Seq(segment.ack);
        if flags.ack() && ack.after(self.acked) && !ack.after(self.nxt) {
            (self.acked, peer.rcv_nxt) = (ack, ack);
        }
    }

    /// The next thing to do on the way; [`TrialAction::Ready`] at its end.
    pub(super) fn poll(&mut self, now: Time, config: &TrialConfig) -> TrialAction {
        while self.failure.is_none() && !self.stopped {
            let Some(step) = self.steps.get(self.at) else { return self.arrived() };
            match step {
                Step::Act(deed) => {
                    self.pass();
                    return TrialAction::Act(*deed);
                }
                Step::Send(Part::Request) if self.request.is_empty() => self.pass(),
                Step::Send(part) => {
                    self.pass();
                    let seq = self.nxt;
                    self.last = Some((*part, seq));
                    return TrialAction::Send(self.send(*part, seq, config));
                }
                Step::Await(Sign::Fin) if self.has_unread() => {
                    return TrialAction::Send(self.send(Part::Reading, self.nxt, config));
                }
                Step::Await(sign) if self.has(*sign) => self.pass(),
                Step::Await(sign) => return self.wait(now, *sign, config),
            }
        }
        TrialAction::Done
    }

    /// The end of the way. A peer whose FIN came unasked has gone on by itself.
    fn arrived(&mut self) -> TrialAction {
        if self.fin_seen && !self.steps.contains(&Step::Await(Sign::Fin)) {
            self.fail(Failure::Closed);
            return TrialAction::Done;
        }
        TrialAction::Ready
    }

    /// Whether the peer's program has sent something that we have not acknowledged.
    fn has_unread(&self) -> bool {
        self.state.is_synchronized() && self.data_end.after(self.variables.snd_una)
    }

    fn pass(&mut self) {
        self.at += 1;
        (self.due, self.tries) = (None, 0);
    }

    fn has(&self, sign: Sign) -> bool {
        match sign {
            Sign::Syn => self.syn_seen,
            Sign::SynAck => self.syn_seen && self.acked == self.nxt,
            Sign::Ack => self.acked == self.nxt,
            Sign::Fin => self.fin_seen,
        }
    }

    /// Waits for the peer, sends again, or gives up.
    fn wait(&mut self, now: Time, sign: Sign, config: &TrialConfig) -> TrialAction {
        let due = *self.due.get_or_insert(now + config.timeout);
        if now < due {
            return TrialAction::WaitUntil(due);
        }
        if self.tries >= config.retries {
            self.fail(Failure::Missing(sign));
            return TrialAction::Done;
        }
        self.tries += 1;
        self.due = Some(now + config.timeout);
        match self.last {
            Some((part, seq)) => TrialAction::Send(self.send(part, seq, config)),
            None => TrialAction::WaitUntil(now + config.timeout),
        }
    }

    fn send(&mut self, part: Part, seq: Seq, config: &TrialConfig) -> Emit {
        let peer = &mut self.variables;
        let (flags, ack) = match part {
            Part::Syn => (Flags::SYN, Seq(0)),
            Part::Ack => (Flags::ACK, peer.snd_nxt),
            Part::Request => (Flags::PSH | Flags::ACK, peer.snd_nxt),
            Part::Reading => (Flags::ACK, self.data_end),
            Part::Fin => (Flags::FIN | Flags::ACK, peer.snd_nxt),
            Part::CrossingFin => (Flags::FIN | Flags::ACK, peer.snd_una),
        };
        if flags.ack() {
            peer.snd_una = ack;
        }
        let payload = if part == Part::Request { self.request.clone() } else { Vec::new() };
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.nxt = seq + flags.sequence_len() + len;
        self.state = next_state(part, self.state);
        let mut fields =
            SegmentFields { seq: seq.0, ack: ack.0, flags, window: config.window, payload, ..SegmentFields::default() };
        if part == Part::Syn {
            fields.push_option(TcpOption::Mss(if config.remote.is_ipv4() { 1460 } else { 1440 }));
        }
        Emit { packet: self.packet(&fields, config), calls: [None, None], state: self.state }
    }

    fn packet(&mut self, fields: &SegmentFields, config: &TrialConfig) -> Vec<u8> {
        let ip = IpFields { identification: self.identification, ..config.ip };
        self.identification = self.identification.checked_add(1).unwrap_or(1);
        // Addresses of two versions are the only thing that could go wrong, and a trial has one.
        emit::segment(config.local, config.remote, &ip, fields).unwrap_or_default()
    }
}

/// Our own state when this has left.
const fn next_state(part: Part, state: State) -> State {
    match (part, state) {
        (Part::Syn, _) => State::SynSent,
        (Part::Ack, State::SynSent) => State::Established,
        (Part::Ack, State::Established) => State::CloseWait, // the ACK of its FIN
        (Part::Fin | Part::CrossingFin, State::Established) => State::FinWait1,
        (_, state) => state,
    }
}
