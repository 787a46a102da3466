//! One host's capture, traced, and held against both kernels.
//!
//! The rule. Let a belief about an end E stand after a segment that was captured at a place P. It is right if it is a
//! state that E's kernel reported at some time of a span, which `span.rs` defines. Besides:
//!
//! - No segment shows a call. Until P has seen E's FIN, E's states after close() count as those before it, too: the FIN
//!   may be under way, or wait behind data.
//! - Of an end that P has never heard it may also be believed that it listens, or has received the SYN: nothing else is
//!   to be known before it answers or refuses.
//! - An end may look like something else to whoever is at P; the kinds of that, and the evidence of each, stand in
//!   `disguise.rs`, and the ends are counted.
//!
//! The state before a segment of E must be one that E had between its segment before and this one, if E has not sent
//! one later that P has seen already: then only what the tracer sets right by the segment is held against that. And
//! nobody in CLOSED sends anything but RST.
//!
//! No clock is compared with another but to find what came first, and no time is allowed for anything.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use rawshake::source::Stored;
use rawshake::tcp::State;
use rawshake::trace::{Event, EventKind, Hint, Pair, SegmentEvent, Side, Tracer, TracerOptions};
use rawshake::wire::{Flags, Time, decode};

use super::disguise::{self, Disguise};
use super::kernel::{Changes, EVER, History, NEVER, without_fin};
use super::span::{Interface, Step, Way};
use super::stage::{Case, Evidence};

/// What came of it.
#[derive(Default)]
pub(crate) struct Findings {
    /// Beliefs held against a kernel's history.
    pub(crate) compared: usize,
    /// Beliefs held against a kernel's last state.
    pub(crate) last: usize,
    /// Beliefs, and among them last ones, that are of an end in disguise.
    pub(crate) disguised: BTreeMap<Disguise, (usize, usize)>,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) wrong: Vec<String>,
}

/// When the same octets passed each host's interface.
pub(crate) struct Passages<'a> {
    times: Pair<HashMap<&'a [u8], Vec<Time>>>,
}

impl<'a> Passages<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let mut times = Pair::<HashMap<&[u8], Vec<Time>>>::default();
        for side in Side::BOTH {
            for packet in &evidence.seen[side] {
                times[side].entry(&packet.bytes).or_default().push(packet.time);
            }
        }
        Self { times }
    }

    fn at(&self, side: Side, packet: &Stored) -> &[Time] {
        self.times[side].get(packet.bytes.as_slice()).map_or(&[], Vec::as_slice)
    }

    /// When the packet left `from`.
    pub(crate) fn left(&self, from: Side, packet: &Stored) -> Time {
        *self.at(from, packet).first().expect("what arrives has left")
    }

    /// When the packet first arrived at `to` after `left`; none where it was lost.
    pub(crate) fn arrived(&self, to: Side, packet: &Stored, left: Time) -> Option<Time> {
        self.at(to, packet).iter().copied().find(|time| *time >= left)
    }
}

/// Holds the captures of both hosts against both kernels.
pub(crate) fn examine(evidence: &Evidence, changes: &Changes, findings: &mut Findings) {
    let passages = Passages::of(evidence);
    let steps = Pair { client: trace(evidence, Side::Client), server: trace(evidence, Side::Server) };
    for side in Side::BOTH {
        for packets in passages.times[side].values() {
            findings.doubled += usize::from(packets.len() > 1);
        }
    }
    for case in &evidence.cases {
        let key = (case.sockets.client, case.sockets.server);
        let of_case = Pair { client: &steps.client[&key], server: &steps.server[&key] };
        let history = |side| History::of(case, side, changes, fin_taken(of_case, side));
        let histories = Pair { client: history(Side::Client), server: history(Side::Server) };
        for place in Side::BOTH {
            let view = View { evidence, case, passages: &passages, place, steps: of_case, histories: &histories };
            for end in Side::BOTH {
                view.follow(end, findings);
                view.compare_last(end, findings);
            }
        }
    }
}

/// When the end's own interface showed its first acknowledgment of the peer's FIN.
fn fin_taken(steps: Pair<&Vec<Step>>, side: Side) -> Time {
    let by = |from: Side| steps[side].iter().filter(move |step| step.from == from);
    let behind_fin = by(side.other()).find(|step| step.flags.fin()).map(|step| step.end);
    let taken = by(side).find(|step| step.ack.is_some() && step.ack == behind_fin);
    taken.map_or(NEVER, |step| step.time)
}

type Connections = HashMap<(SocketAddr, SocketAddr), Vec<Step>>;

/// Traces one host's capture; the steps of each connection, by client and server of the cases.
fn trace(evidence: &Evidence, place: Side) -> Connections {
    let mut connections: Connections =
        evidence.cases.iter().map(|case| ((case.sockets.client, case.sockets.server), Vec::new())).collect();
    let mut opened: HashMap<u32, Pair<SocketAddr>> = HashMap::new();
    let mut tracer = Tracer::new(TracerOptions::default());
    for (index, packet) in evidence.seen[place].iter().enumerate() {
        let packet = packet.packet();
        let decoded = decode(&packet);
        let mut out = |event: &Event| match event.kind {
            EventKind::Opened(it) => {
                opened.insert(event.connection, Pair { client: it.client, server: it.server });
            }
            EventKind::Segment(segment) => {
                let sockets = opened[&event.connection];
                let straight = connections.contains_key(&(sockets.client, sockets.server));
                let key = if straight { (sockets.client, sockets.server) } else { (sockets.server, sockets.client) };
                if let Some(steps) = connections.get_mut(&key) {
                    steps.push(step(index, event.time, &segment, straight));
                }
            }
            _ => {}
        };
        tracer.packet(index as u64 + 1, &packet, &decoded, Hint::default(), &mut out);
    }
    connections
}

fn step(packet: usize, time: Time, segment: &SegmentEvent, straight: bool) -> Step {
    let side = |side: Side| if straight { side } else { side.other() };
    let states = |beliefs: Pair<rawshake::trace::Belief>| Pair {
        client: beliefs[side(Side::Client)].state,
        server: beliefs[side(Side::Server)].state,
    };
    let ack = segment.relative_ack.map_or_else(String::new, |ack| format!(" ack {ack}"));
    let text = format!("{} {}+{}{ack}", segment.flags, segment.relative_seq, segment.len);
    Step {
        packet,
        time,
        from: side(segment.from),
        before: states(segment.before),
        after: states(segment.after),
        flags: segment.flags,
        numbers: segment.len + segment.flags.sequence_len(),
        end: segment.seq + segment.len + segment.flags.sequence_len(),
        ack: segment.flags.ack().then_some(segment.ack),
        text,
    }
}

/// What one host's capture shows of one connection.
pub(crate) struct View<'a> {
    evidence: &'a Evidence,
    case: &'a Case,
    pub(crate) passages: &'a Passages<'a>,
    pub(crate) place: Side,
    /// What each host's capture shows of it.
    pub(crate) steps: Pair<&'a Vec<Step>>,
    pub(crate) histories: &'a Pair<History>,
}

impl View<'_> {
    pub(crate) fn packet(&self, step: &Step) -> &Stored {
        &self.evidence.seen[self.place][step.packet]
    }

    /// Holds every belief about `end` against its kernel.
    fn follow(&self, end: Side, findings: &mut Findings) {
        let own = Interface { end, steps: self.steps[end] };
        let mut way = Way::default();
        let mut known = None;
        for (index, step) in self.steps[self.place].iter().enumerate() {
            let packet = self.packet(step);
            let copied = self.passages.at(self.place, packet)[0] < step.time;
            if step.from == end && copied {
                // The wire's doing, not the end's.
            } else if step.from == end {
                let now = self.passages.left(end, packet);
                if step.before[end] != known || !way.has_overtaken(now) {
                    self.compare_before(end, index, way.span_before(now, own), findings);
                }
                way.leave(step, now);
            } else {
                let arrived = self.passages.arrived(end, packet, step.time);
                findings.lost += usize::from(arrived.is_none());
                way.enter(step, arrived);
            }
            self.compare(end, (index, "after"), step.after[end], way.span(own), findings);
            known = step.after[end];
        }
    }

    fn compare_before(&self, end: Side, index: usize, span: (Time, Time), findings: &mut Findings) {
        let step = &self.steps[self.place][index];
        let before = step.before[end];
        self.compare(end, (index, "before"), before, span, findings);
        if before == Some(State::Closed) && !step.flags.intersects(Flags::SYN | Flags::RST) {
            findings.wrong.push(self.describe(end, (index, "before"), before, "sends, so it is not closed"));
        }
    }

    fn compare(
        &self,
        end: Side,
        (index, when): (usize, &str),
        belief: Option<State>,
        (from, until): (Time, Time),
        findings: &mut Findings,
    ) {
        findings.compared += 1;
        let unheard = from == EVER;
        let guess = matches!(belief, None | Some(State::Listen | State::SynReceived));
        let mut allowed = self.histories[end].between(from, until);
        let seen = if when == "before" { index } else { index + 1 };
        if !self.steps[self.place][..seen].iter().any(|step| step.from == end && step.flags.fin()) {
            allowed.extend(allowed.clone().into_iter().filter_map(without_fin));
        }
        if unheard && guess || belief.is_some_and(|state| allowed.contains(&state)) {
            return;
        }
        match belief.and_then(|belief| self.disguise(end, seen, &allowed, belief)) {
            Some(disguise) => findings.disguised.entry(disguise).or_default().0 += 1,
            None => findings.wrong.push(self.describe(end, (index, when), belief, &format!("{allowed:?}"))),
        }
    }

    /// The disguise in which an end that is in one of these states looks as if it were in `belief`.
    fn disguise(&self, end: Side, seen: usize, states: &[State], belief: State) -> Option<Disguise> {
        let disguises = disguise::of(self, end, seen);
        states.iter().find_map(|state| disguise::between(&disguises, *state, belief))
    }

    /// The last belief is the last state, by sock_diag and by the tracepoint.
    fn compare_last(&self, end: Side, findings: &mut Findings) {
        findings.last += 1;
        let steps = self.steps[self.place];
        let belief = steps.last().and_then(|step| step.after[end]);
        let last = self.case.last[end];
        let told = self.histories[end].last();
        let silent = told.contains(&State::Listen) && last == State::Closed; // no socket ever came out of the listener
        let disguise = belief.and_then(|belief| self.disguise(end, steps.len(), &[last], belief));
        if (belief != Some(last) && disguise.is_none()) || !(told.contains(&last) || silent) {
            let index = steps.len().saturating_sub(1);
            findings.wrong.push(self.describe(end, (index, "after"), belief, &format!("{last:?} at last ({told:?})")));
        } else if let Some(disguise) = disguise.filter(|_| belief != Some(last)) {
            findings.disguised.entry(disguise).or_default().1 += 1;
        }
    }

    fn describe(&self, end: Side, (index, when): (usize, &str), belief: Option<State>, kernel: &str) -> String {
        let Case { mode, sockets, .. } = self.case;
        let wire = self.evidence.wire.unwrap_or("plain");
        let mut text = format!(
            "{mode:?} on {wire:?} ({}): captured at the {:?}, {when} segment {} the {end:?} is believed in {belief:?}; its kernel: {kernel}\n",
            sockets.client,
            self.place,
            index + 1
        );
        for (number, step) in (1..).zip(self.steps[self.place]) {
            let arrow = if step.from == Side::Client { "->" } else { "<-" };
            let fate = self.passages.arrived(step.from.other(), self.packet(step), EVER).map_or(" LOST", |_| "");
            let states = [step.before.client, step.after.client, step.before.server, step.after.server]
                .map(|state| state.map_or("?", State::name));
            let [a, b, c, d] = states;
            text += &format!("  {number} {} {arrow} {}{fate}: {a} > {b}, {c} > {d}\n", step.time, step.text);
        }
        text += &format!("  at the {end:?}:\n");
        for step in self.steps[end] {
            let arrow = if step.from == Side::Client { "->" } else { "<-" };
            text += &format!("    {} {arrow} {}\n", step.time, step.text);
        }
        text + &format!("  kernel of the {end:?}: {:?}\n", self.histories[end])
    }
}
