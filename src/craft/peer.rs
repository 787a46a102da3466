//! The other side of a connection, as far as rules and replies show it: where it stands, and what it makes of a segment.

use super::packet::{OptionSpec, TcpSpec};
use super::trial::Shot;
use crate::tcp::{
    Arriving, Basis, Damage, Heard, Reply, Ruling, Seq, Standing, State, Variables, expected, judge, judge_by_answer,
};
use crate::wire::{Decoded, Options, Segment};

/// The window of a target that has not said one yet.
const WINDOW: u32 = 65_535;
/// The largest shift of a window (RFC 7323 section 2.3).
const MOST_SHIFT: u8 = 14;

/// The other side. Between two segments of its own it is where RFC 9293 asks it to be; each of its own corrects that.
#[derive(Clone, Debug)]
pub struct Peer {
    state: State,
    variables: Variables,
    /// A SYN of ours began a connection, now or before: there is a next number.
    begun: bool,
    /// A SYN of the target came.
    heard: bool,
    /// The furthest number that it acknowledged.
    acknowledged: Seq,
    /// The window scales of both SYNs: ours, the target's.
    shifts: (Option<u8>, Option<u8>),
    last: Option<Fired>,
}

/// The segment that was sent last, and what the target was before it.
#[derive(Clone, Copy, Debug)]
struct Fired {
    state: State,
    variables: Variables,
    segment: Arriving,
    /// It need not be dropped.
    damage: Option<Damage>,
    /// Source and destination.
    ports: (u16, u16),
    asked: Reply,
}

/// A segment to it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    segment: Arriving,
    /// Why it must be dropped.
    damage: Option<Damage>,
    /// Source and destination.
    ports: (u16, u16),
    window: u16,
    shift: Option<u8>,
}

impl Sent {
    /// The segment that `tcp` describes, as it was built.
    pub(super) fn crafted(tcp: &TcpSpec, shot: &Shot) -> Self {
        let shift = Options(&OptionSpec::octets(&tcp.options)).summary().window_scale;
        let ports = (tcp.source_port, tcp.destination_port);
        Self { segment: shot.sent, damage: shot.damage, ports, window: tcp.window, shift }
    }

    /// A whole segment.
    #[must_use]
    pub fn whole(segment: &Segment<'_>) -> Self {
        let options = segment.options.summary();
        let ports = (segment.source_port, segment.destination_port);
        let (window, shift) = (segment.window, options.window_scale);
        Self { segment: arriving(segment), damage: None, ports, window, shift }
    }
}

/// What the rules look at.
fn arriving(segment: &Segment<'_>) -> Arriving {
    let (seq, ack, flags) = (Seq(segment.seq), Seq(segment.ack), segment.flags);
    Arriving { seq, ack, flags, len: segment.payload_len, signed: segment.options.summary().md5 }
}

/// A segment of it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    segment: Arriving,
    window: u16,
    shift: Option<u8>,
}

impl Arrived {
    /// The segment in a packet; none if there is none.
    #[must_use]
    pub fn of(decoded: &Decoded<'_>) -> Option<Self> {
        let (_, found) = decoded.segment()?;
        let shift = found.options.summary().window_scale;
        Some(Self { segment: arriving(found), window: found.window, shift })
    }

    /// What it is to the segment before it.
    #[must_use]
    pub const fn heard(&self) -> Heard {
        let Arriving { seq, ack, flags, .. } = self.segment;
        Heard::Segment { flags, seq, ack }
    }
}

impl Default for Peer {
    fn default() -> Self {
        let zero = Seq(0);
        let variables = Variables {
            iss: zero,
            snd_una: zero,
            snd_nxt: zero,
            max_snd_wnd: 0,
            irs: zero,
            rcv_nxt: zero,
            rcv_wnd: WINDOW,
            passive: true,
        };
        Self {
            state: State::Listen,
            variables,
            begun: false,
            heard: false,
            acknowledged: zero,
            shifts: (None, None),
            last: None,
        }
    }
}

impl Peer {
    /// Its variables. They mean nothing before a SYN was sent.
    #[must_use]
    pub const fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The number that it expects next; none before a connection began.
    #[must_use]
    pub fn next(&self) -> Option<Seq> {
        self.begun.then_some(self.variables.rcv_nxt)
    }

    /// The number behind all that it sent; none before anything came.
    #[must_use]
    pub fn sent_up_to(&self) -> Option<Seq> {
        self.heard.then_some(self.variables.snd_nxt)
    }

    /// Whether it has a connection.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        !matches!(self.state, State::Closed | State::Listen)
    }

    /// It gets a segment.
    pub fn get(&mut self, sent: &Sent) {
        if sent.segment.flags.syn() && !self.heard {
            // Whether it ever got a SYN before, nobody knows: this one may be the first.
            self.state = State::Listen;
        }
        let (state, variables) = (self.state, self.variables);
        let segment = Some(&sent.segment).filter(|_| sent.damage.is_none());
        let expected = expected(state, &variables, segment);
        let Sent { segment: fired, damage, ports, window, .. } = *sent;
        self.last = Some(Fired { state, variables, segment: fired, damage, ports, asked: expected.answer.reply });
        let Some(segment) = segment else { return };
        let was_connected = self.is_connected();
        (self.state, self.variables) = (expected.answer.state, expected.after);
        if !was_connected && self.is_connected() {
            self.begin(segment, sent.shift);
        }
        if segment.flags.ack() && self.variables.acknowledges_new(segment.ack) {
            self.variables.snd_una = segment.ack;
        }
        let window = u32::from(window) << if segment.flags.syn() { 0 } else { self.shift(self.shifts.0) };
        self.variables.max_snd_wnd = self.variables.max_snd_wnd.max(window);
        if !self.is_connected() {
            // Where it listened before, it listens again.
            self.state = State::Listen;
        }
    }

    fn begin(&mut self, syn: &Arriving, shift: Option<u8>) {
        let variables = &mut self.variables;
        (variables.irs, variables.rcv_nxt, variables.rcv_wnd) = (syn.seq, syn.seq + 1, WINDOW);
        variables.max_snd_wnd = 0;
        (self.begun, self.heard, self.acknowledged) = (true, false, syn.seq);
        self.shifts = (shift, None);
    }

    /// A scale counts only where both SYNs have one.
    fn shift(&self, own: Option<u8>) -> u8 {
        let (Some(_), Some(_)) = self.shifts else { return 0 };
        own.unwrap_or(0).min(MOST_SHIFT)
    }

    /// It is heard.
    pub fn say(&mut self, arrived: &Arrived) {
        let Arriving { seq, ack, flags, .. } = arrived.segment;
        if flags.rst() {
            // One that was asked for, such as that of a listener, ends nothing.
            if self.last.is_none_or(|last| !matches!(last.asked, Reply::Reset | Reply::ResetAck)) {
                self.state = State::Listen;
            }
            return;
        }
        if flags.syn() && (!self.heard || seq != self.variables.iss) {
            self.open(arrived);
        }
        if flags.ack() {
            self.acknowledge(ack);
        }
        let end = arrived.segment.end();
        if end.after(self.variables.snd_nxt) {
            self.variables.snd_nxt = end;
            if flags.fin() {
                self.state = closed(self.state);
            }
        }
        let shift = if flags.syn() { 0 } else { self.shift(self.shifts.1) };
        self.variables.rcv_wnd = u32::from(arrived.window) << shift;
    }

    /// Its SYN came.
    fn open(&mut self, arrived: &Arrived) {
        let Arriving { seq, ack, flags, .. } = arrived.segment;
        let variables = &mut self.variables;
        (variables.iss, variables.snd_una, variables.snd_nxt) = (seq, seq, seq + 1);
        (self.heard, self.shifts.1) = (true, arrived.shift);
        if flags.ack() {
            // Whatever we believed: so it sees our SYN.
            (variables.irs, variables.rcv_nxt, self.acknowledged) = (ack - 1, ack, ack - 1);
            (self.begun, self.state) = (true, State::SynReceived);
        }
    }

    /// An acknowledgment that gets further leaves what was sent beyond it on its way; one that does not says that it was
    /// not taken.
    fn acknowledge(&mut self, ack: Seq) {
        let next = self.variables.rcv_nxt;
        if ack.after(self.acknowledged) {
            (self.acknowledged, self.variables.rcv_nxt) = (ack, next.max(ack));
        } else if ack == self.acknowledged && self.begun {
            self.variables.rcv_nxt = ack;
        }
    }

    /// What `heard` is to the segment that was sent last; none before there is one.
    #[must_use]
    pub fn judge(&self, heard: Option<Heard>) -> Option<Ruling> {
        let Fired { state, variables, segment: sent, damage, ports, .. } = self.last?;
        let segment = Some(&sent).filter(|_| damage.is_none());
        let (judgement, basis) = match state {
            State::Closed | State::Listen => judge_by_answer(&variables, segment, heard),
            state => (judge(Standing::held(state), &variables, segment, heard, None), Basis::Made),
        };
        Some(Ruling { sent, ports, damage, variables, judgement, basis })
    }
}

/// The state of an end once it has sent a FIN.
const fn closed(state: State) -> State {
    match state {
        State::SynReceived | State::Established => State::FinWait1,
        State::CloseWait => State::LastAck,
        state => state,
    }
}
