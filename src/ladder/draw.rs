//! From what was kept to rows: states where they begin, calls where they are made, reasons where they teach.

mod crossing;
mod kernel;

use std::collections::HashSet;
use std::time::Duration;

use self::crossing::InFlight;
use super::item::{Item, Items, What};
use super::{Arrow, ArrowEnd, Ladder, Lane, LaneHead, Lifeline, Moment, Note, Row, Settings, Style, Verbosity};
use crate::explain::{self, Known, Names, Reason, Topic, Voice};
use crate::tcp::State;
use crate::trace::exchange::Endpoint;
use crate::trace::{
    Belief, CallNote, CallRole, Certainty, Comparison, Handshake, IcmpEvent, Mark, Opened, Pair, Process, Reception,
    SegmentEvent, Side, Summary,
};

/// What is known of the connection as a whole.
pub(super) struct Told {
    pub(super) opened: Option<Opened>,
    pub(super) summary: Option<Summary>,
    /// Ends whose calls were observed: what would be inferred is left out.
    pub(super) watched: Pair<bool>,
    pub(super) compared: Pair<Option<Comparison>>,
    /// What is said once only, and was said elsewhere.
    pub(super) said: HashSet<Topic>,
}

/// Draws what was kept of one connection.
pub(super) fn draw(settings: &Settings, number: u32, told: Told, items: &Items) -> Ladder {
    let (opened, summary) = (told.opened.as_ref(), told.summary.as_ref());
    let sockets = opened
        .map(|opened| Pair { client: opened.client, server: opened.server })
        .or_else(|| summary.map(|summary| Pair { client: summary.client, server: summary.server }));
    let names = Names::new(sockets, settings.ours, settings.peer_name.as_deref());
    let mut pen = Pen::new(settings, &names, summary);
    (pen.watched, pen.said) = (told.watched, told.said);
    pen.start(opened.map_or_else(Pair::default, |opened| opened.states));
    items.iter().for_each(|item| pen.item(item));
    let verdict = summary.filter(|_| settings.verbosity > Verbosity::Quiet);
    let head = |side: Side| LaneHead {
        label: names.label(side).to_owned(),
        end: sockets.map(|pair| Endpoint::Socket(pair[side])),
    };
    Ladder {
        kind: "Connection".to_owned(),
        number,
        lanes: Pair { client: head(Side::Client), server: head(Side::Server) },
        certainty: pen.known.line(&names),
        flight: summary.and_then(flight),
        rows: pen.rows,
        verdict: verdict.map_or_else(Vec::new, |summary| {
            let kernel = explain::kernel_verdict(&told.compared, &names);
            let elsewhere = (settings.verbosity == Verbosity::Verbose).then(|| explain::elsewhere(summary));
            explain::verdict(summary, &names).into_iter().chain(kernel).chain(elsewhere).collect()
        }),
    }
}

/// Where the capture was made does not matter: a SYN, its answer and the answer to that pass each place on the way in the
/// time that the way takes twice.
fn flight(summary: &Summary) -> Option<Duration> {
    let whole = summary.handshake_time.filter(|_| summary.syns == 1 && summary.handshake == Handshake::ThreeWay);
    whole.map(|time| time.0 / 2)
}

/// What the called side was all along, where the handshake came to nothing. The SYN alone does not tell: only what
/// followed it does.
fn hindsight(summary: &Summary) -> Option<Belief> {
    match summary.handshake {
        Handshake::Refused | Handshake::Unanswered if summary.reception.is_some() => {
            Some(Belief { state: Some(State::Listen), certainty: Certainty::Observed })
        }
        Handshake::Refused => Some(Belief { state: Some(State::Closed), certainty: Certainty::Inferred }),
        Handshake::Unanswered | Handshake::Unreachable => Some(Belief::default()),
        _ => None,
    }
}

struct Pen<'a> {
    settings: &'a Settings,
    voice: Voice<'a>,
    rows: Vec<Row>,
    states: Pair<Belief>,
    lifelines: Pair<Lifeline>,
    server_was: Option<Belief>,
    /// What our own listener did with the SYNs.
    reception: Option<Reception>,
    /// Both SYNs crossed: the called side called too, and listened at no time.
    crossing: bool,
    said: HashSet<Topic>,
    known: Known,
    watched: Pair<bool>,
    /// Who called last.
    caller: Pair<Option<Process>>,
    in_flight: InFlight,
}

impl<'a> Pen<'a> {
    fn new(settings: &'a Settings, names: &'a Names, summary: Option<&Summary>) -> Self {
        Self {
            settings,
            voice: Voice { names, absolute: settings.absolute, ascii: settings.ascii },
            rows: Vec::new(),
            states: Pair::default(),
            lifelines: Pair::default(),
            server_was: summary.and_then(hindsight),
            reception: summary.and_then(|summary| summary.reception),
            crossing: summary.is_some_and(|summary| summary.handshake == Handshake::SimultaneousOpen),
            said: HashSet::new(),
            known: Known::default(),
            watched: Pair::default(),
            caller: Pair::default(),
            in_flight: InFlight::default(),
        }
    }

    fn start(&mut self, states: Pair<Belief>) {
        let mut row = Row::default();
        for side in Side::BOTH {
            let belief = self.corrected(side, states[side]);
            self.states[side] = belief;
            self.lifelines[side] = self.lifeline(side, belief);
            row.margins[side] = Some(self.state_note(side, belief));
        }
        row.lifelines = self.lifelines;
        self.rows.push(row);
    }

    fn item(&mut self, item: &Item) {
        match &item.what {
            What::Segment(segment) => self.segment(item, segment),
            What::Icmp(icmp) => self.icmp(item, icmp),
            What::Kernel(kernel) => self.kernel(item, kernel),
            What::Fold(tally) => {
                let words = tally.words(self.voice.names);
                self.in_flight.clear();
                self.row(Row { lane: Lane::Fold(words), ..Row::default() });
            }
        }
    }

    fn segment(&mut self, item: &Item, segment: &SegmentEvent) {
        let (from, to) = (segment.from, segment.from.other());
        if segment.gap > 0 {
            let words = explain::gap(segment.gap);
            self.row(Row { lane: Lane::Gap(words), ..Row::default() });
        }
        for call in calls(segment, CallRole::Causes) {
            self.call(call);
        }
        let style = Style::of(segment.flags, segment.len);
        let mut label = Row { lane: Lane::Label { style, parts: self.label(segment) }, ..Row::default() };
        label.margins[from] = self.change(from, segment.after[from]);
        self.row(label);

        let end = self.end(item, segment);
        let arrow = Arrow { from, style, end, midway: false, crossed: 0 };
        let packet = Some(segment.number);
        let reasons = explain::reasons(segment, &self.voice);
        let told = reasons.iter().map(|reason| reason.text.clone()).collect();
        let mut row = Row { time: Some(moment(item)), packet, lane: Lane::Arrow(arrow), told, ..Row::default() };
        // What did not arrive changed nothing there: the state is told by the copy that got through.
        if matches!(end, ArrowEnd::Arrives | ArrowEnd::Ignored) {
            row.margins[to] = self.change(to, self.reached(segment, to));
        }
        self.in_flight.segment(&mut self.rows, segment, end);
        self.row(row);
        self.under(segment, reasons);
        for call in calls(segment, CallRole::Returns) {
            self.call(call);
        }
    }

    /// What became of a segment: of a SYN, what our own listener knows.
    fn end(&self, item: &Item, segment: &SegmentEvent) -> ArrowEnd {
        let to = segment.from.other();
        match self.reception.filter(|_| segment.from == Side::Client && item.end == ArrowEnd::Unanswered) {
            Some(Reception { lost, .. }) if segment.copy <= lost => ArrowEnd::Lost,
            Some(Reception { lost, no_place }) if segment.copy <= lost.saturating_add(no_place) => ArrowEnd::Ignored,
            Some(_) if segment.flags.syn() => ArrowEnd::Arrives,
            // The capture is made at your end: what came there has arrived, whether it was answered or not.
            _ if self.voice.names.you() == Some(to) && item.end == ArrowEnd::Unanswered => ArrowEnd::Arrives,
            _ => item.end,
        }
    }

    /// What a segment brought its receiver to. What our own listener took in is in SYN-RECEIVED before any answer shows it.
    fn reached(&self, segment: &SegmentEvent, to: Side) -> Belief {
        let after = segment.after[to];
        let is_late = |reception: Reception| segment.copy > reception.lost.saturating_add(reception.no_place);
        let taken = to == Side::Server
            && segment.flags.syn()
            && matches!(after.state, None | Some(State::Listen))
            && self.server_was.is_none()
            && self.reception.is_some_and(is_late);
        if taken { Belief { state: Some(State::SynReceived), certainty: Certainty::Observed } } else { after }
    }

    /// Options and reasons, under the arrow.
    fn under(&mut self, segment: &SegmentEvent, reasons: Vec<Reason>) {
        let verbose = self.settings.verbosity == Verbosity::Verbose;
        let options = explain::option_words(segment, &self.voice, verbose);
        // A repeated SYN offers what the first one did.
        let told = segment.flags.syn() && segment.copy > 1 && !verbose;
        if !options.is_empty() && !told {
            self.row(Row { lane: Lane::Options(options), ..Row::default() });
        }
        self.reasons(reasons);
        self.remarks(segment.number);
    }

    /// What was remarked in the capture.
    fn remarks(&mut self, packet: u64) {
        for text in self.settings.remarks(packet) {
            self.row(Row { lane: Lane::Reason(text), ..Row::default() });
        }
    }

    fn reasons(&mut self, reasons: Vec<Reason>) {
        for reason in reasons {
            if self.settings.verbosity.tells(reason.weight, &mut self.said) {
                self.row(Row { lane: Lane::Reason(reason.text), ..Row::default() });
            }
        }
    }

    fn icmp(&mut self, item: &Item, icmp: &IcmpEvent) {
        let to = icmp.about;
        let style = Style::Warning;
        self.row(Row { lane: Lane::Label { style, parts: explain::icmp_label(icmp) }, ..Row::default() });
        let before = self.states[to].state;
        let end = if icmp.plausible { ArrowEnd::Arrives } else { ArrowEnd::Ignored };
        let arrow = Arrow { from: to.other(), style, end, midway: true, crossed: 0 };
        let reasons = explain::icmp_reasons(icmp, before, &self.voice);
        let told = reasons.iter().map(|reason| reason.text.clone()).collect();
        let packet = Some(icmp.number);
        let mut row = Row { time: Some(moment(item)), packet, lane: Lane::Arrow(arrow), told, ..Row::default() };
        row.margins[to] = self.change(to, icmp.after[to]);
        self.row(row);
        self.reasons(reasons);
        self.remarks(icmp.number);
    }

    /// The parts of a label: flags, numbers, and the window where it matters.
    fn label(&self, segment: &SegmentEvent) -> Vec<String> {
        let mut parts = vec![segment.flags.to_string(), format!("seq {}", self.voice.seq(segment))];
        parts.extend(self.voice.ack(segment).map(|ack| format!("ack {ack}")));
        if segment.len > 0 {
            parts.push(explain::count(u64::from(segment.len), "byte"));
        }
        let telling = [Mark::ZeroWindow, Mark::WindowUpdate].into_iter().any(|mark| segment.marks.has(mark));
        let verbose = self.settings.verbosity == Verbosity::Verbose;
        if segment.flags.syn() || (telling || verbose) && !segment.flags.rst() {
            parts.push(format!("win {}", segment.scaled_window.unwrap_or_else(|| u32::from(segment.window))));
        }
        parts
    }

    /// A call in the margin; it shares a row with a call of the other side.
    fn call(&mut self, call: &CallNote) {
        if self.watched[call.side] && call.certainty != Certainty::Observed {
            return;
        }
        self.known.calls[call.side].note(call.certainty);
        let note = Note { style: Style::Call, text: explain::call(call) };
        let only_calls = |row: &Row| {
            let mut notes = row.margins.client.iter().chain(&row.margins.server);
            row.lane == Lane::Empty && row.time.is_none() && notes.all(|note| note.style == Style::Call)
        };
        match self.rows.last_mut() {
            Some(row) if only_calls(row) && row.margins[call.side].is_none() => row.margins[call.side] = Some(note),
            _ => {
                let mut row = Row::default();
                row.margins[call.side] = Some(note);
                self.row(row);
            }
        }
    }

    /// The note for a state that begins here; none if it is the same as before.
    fn change(&mut self, side: Side, to: Belief) -> Option<Note> {
        let to = self.corrected(side, to);
        let changed = to.state != self.states[side].state;
        self.states[side] = to;
        if !changed {
            return None;
        }
        self.lifelines[side] = self.lifeline(side, to);
        Some(self.state_note(side, to))
    }

    /// What a state was in truth, where only what followed tells.
    fn corrected(&self, side: Side, belief: Belief) -> Belief {
        match (side, self.server_was) {
            (Side::Server, Some(was)) => was,
            (Side::Server, None) if self.crossing && belief.state == Some(State::Listen) => {
                Belief { state: Some(State::Closed), ..belief }
            }
            _ => belief,
        }
    }

    fn state_note(&mut self, side: Side, belief: Belief) -> Note {
        let text = match (belief.state, belief.certainty) {
            (None, _) if self.is_by_hand(side) => {
                self.known.stateless = Some(side);
                return Note { style: Style::State, text: explain::NO_STATE.to_owned() };
            }
            (None, _) => "?".to_owned(),
            (Some(state), Certainty::Unknown) => format!("{state}?"),
            (Some(state), _) => state.to_string(),
        };
        let certainty = if belief.state.is_some() { belief.certainty } else { Certainty::Unknown };
        self.known.states[side].note(certainty);
        Note { style: Style::State, text }
    }

    /// Whether nobody keeps a state at this end.
    fn is_by_hand(&self, side: Side) -> bool {
        self.settings.by_hand && self.voice.names.you() == Some(side)
    }

    fn lifeline(&self, side: Side, belief: Belief) -> Lifeline {
        match belief.state {
            None if side == Side::Server && self.server_was.is_some() => Lifeline::Absent,
            None if self.is_by_hand(side) => Lifeline::Absent,
            Some(State::Closed | State::Listen) => Lifeline::Absent,
            None | Some(State::SynSent | State::SynReceived | State::Established | State::CloseWait) => Lifeline::Open,
            Some(State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck | State::TimeWait) => {
                Lifeline::Listening
            }
        }
    }

    fn row(&mut self, row: Row) {
        self.rows.push(Row { lifelines: self.lifelines, ..row });
    }
}

fn calls(segment: &SegmentEvent, role: CallRole) -> impl Iterator<Item = &CallNote> {
    segment.calls.iter().flatten().filter(move |call| call.role == role)
}

fn moment(item: &Item) -> Moment {
    item.after.map_or(Moment::Start, Moment::After)
}
