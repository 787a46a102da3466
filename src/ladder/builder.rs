//! Events of one connection in, a ladder out.

mod kernel;
pub(super) use kernel::{is_data, is_data_to_be};

use std::collections::HashSet;

use super::calls::Calls;
use super::fate::{Fate, Fates};
use super::fold::{Run, is_plain};
use super::gaps::Gaps;
use super::item::{Item, Items, What};
use super::items::LIMIT_VERBOSE;
use super::{ArrowEnd, Ladder, Settings, Verbosity, draw};
use crate::explain::{Topic, is_ignored};
use crate::tcp::State;
use crate::trace::{
    CallNote, CallRole, Comparison, Event, EventKind, IcmpEvent, Marks, Opened, Pair, SegmentEvent, Side, Summary,
};
use crate::wire::Time;

/// Items kept at the start, and at the end, of one connection.
const LIMIT: usize = 200;

/// Collects the events of one connection. Memory is bounded: what is alike is counted while it comes in.
#[derive(Debug)]
pub struct Builder {
    settings: Settings,
    number: u32,
    opened: Option<Opened>,
    summary: Option<Summary>,
    items: Items,
    run: Run,
    fates: Fates,
    gaps: Gaps,
    /// The item that last changed a side's state, and that state.
    reached: Pair<Option<(u64, Option<State>)>>,
    seen: Marks,
    last: Option<Time>,
    next_id: u64,
    /// Packets that are not folded.
    wanted: Vec<u64>,
    /// System calls that share a row with their return where nothing happens in between.
    calls: Calls,
    /// Ends whose calls were observed.
    watched: Pair<bool>,
    /// What came of holding the states against those of the kernels.
    compared: Pair<Option<Comparison>>,
    /// What was said elsewhere already.
    said: HashSet<Topic>,
}

impl Builder {
    /// For one connection.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let limit = if settings.verbosity == Verbosity::Verbose { LIMIT_VERBOSE } else { LIMIT };
        Self {
            settings: settings.clone(),
            number: 0,
            opened: None,
            summary: None,
            items: Items::new(limit),
            run: Run::default(),
            fates: Fates::default(),
            gaps: Gaps::default(),
            reached: Pair::default(),
            seen: Marks::default(),
            last: None,
            next_id: 0,
            wanted: Vec::new(),
            calls: Calls::default(),
            watched: Pair::default(),
            compared: Pair::default(),
            said: HashSet::new(),
        }
    }

    /// Leaves out what is said once only, and was said.
    pub(super) fn having_said(self, said: HashSet<Topic>) -> Self {
        Self { said, ..self }
    }

    /// Never folds the packets of these numbers.
    #[must_use]
    pub fn showing(self, packets: Vec<u64>) -> Self {
        Self { wanted: packets, ..self }
    }

    /// Tells whose connection this is before its first event.
    pub fn announce(&mut self, number: u32, opened: &Opened) {
        self.number = number;
        self.opened = Some(*opened);
    }

    /// Takes an event of this connection; events of another must go to another builder.
    pub fn push(&mut self, event: &Event) {
        self.number = event.connection;
        match &event.kind {
            EventKind::Opened(opened) => self.opened = Some(*opened),
            EventKind::Segment(segment) => self.segment(event.time, segment),
            EventKind::Icmp(icmp) => self.icmp(event.time, icmp),
            EventKind::Kernel(kernel) => self.kernel(event.time, kernel),
            EventKind::Ended(summary) => self.summary = Some(*summary),
        }
    }

    /// How many events are kept: a measure of memory.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.items.len()
    }

    /// The sockets and first states of the connection, once they are known.
    #[must_use]
    pub const fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// The picture of all that was taken.
    #[must_use]
    pub fn finish(mut self) -> Ladder {
        self.end();
        let opening_seen = self.opened.is_some_and(|opened| opened.states.client.state.is_some());
        for fate in std::mem::take(&mut self.fates).finish(opening_seen) {
            self.settle(fate);
        }
        self.draw()
    }

    /// The same while it goes on: nobody can tell yet what becomes of what is on its way.
    #[must_use]
    pub fn so_far(mut self) -> Ladder {
        self.end();
        self.draw()
    }

    fn end(&mut self) {
        self.pass_on_call();
        self.run.end(&mut self.items);
    }

    fn draw(self) -> Ladder {
        let Self { opened, summary, watched, compared, said, .. } = self;
        let told = draw::Told { opened, summary, watched, compared, said };
        draw::draw(&self.settings, self.number, told, &self.items)
    }

    fn segment(&mut self, time: Time, segment: &SegmentEvent) {
        self.pass_on_call();
        let mut item = self.item(time, What::Segment(*segment));
        let ignored = is_ignored(segment);
        if ignored {
            item.end = ArrowEnd::Ignored;
        }
        for fate in self.fates.segment(item.id, segment, ignored) {
            self.settle(fate);
        }
        if !ignored {
            self.fill_gaps(item.id, segment);
        }
        self.look_back(item.id, segment);
        let folds = self.settings.verbosity < Verbosity::Verbose && !self.wanted.contains(&segment.number);
        if folds && is_plain(segment, self.seen) && self.settings.remarks(segment.number).is_empty() {
            self.run.push(item, &mut self.items);
        } else {
            self.run.end(&mut self.items);
            self.items.push(item);
        }
        self.seen |= segment.marks;
    }

    fn fill_gaps(&mut self, id: u64, segment: &SegmentEvent) {
        for (later, left) in self.gaps.segment(id, segment) {
            if let Some(item) = self.run.get_mut(later).or_else(|| self.items.get_mut(later))
                && let What::Segment(segment) = &mut item.what
            {
                segment.gap = left;
            }
        }
    }

    /// A segment tells what its sender had received when it left. Where two crossed, the state that the earlier one was
    /// thought to bring is taken back, and so is the call that it let return: no end does anything for what it has not
    /// seen yet.
    fn look_back(&mut self, id: u64, segment: &SegmentEvent) {
        let side = segment.from;
        let proven = segment.before[side];
        if let Some((earlier, state)) = self.reached[side]
            && state != proven.state
            && let Some(item) = self.run.get_mut(earlier).or_else(|| self.items.get_mut(earlier))
            && let What::Segment(crossed) = &mut item.what
            && crossed.from != side
        {
            crossed.after[side] = proven;
            let too_early = |call: &CallNote| call.side == side && call.role == CallRole::Returns;
            crossed.calls.iter_mut().for_each(|call| *call = call.filter(|call| !too_early(call)));
        }
        for side in Side::BOTH {
            if segment.before[side].state != segment.after[side].state {
                self.reached[side] = Some((id, segment.after[side].state));
            }
        }
    }

    fn icmp(&mut self, time: Time, icmp: &IcmpEvent) {
        self.pass_on_call();
        let item = self.item(time, What::Icmp(*icmp));
        if icmp.plausible {
            let peer = self.opened.map(|opened| match icmp.about {
                Side::Client => opened.server.ip(),
                Side::Server => opened.client.ip(),
            });
            for fate in self.fates.icmp(icmp, peer) {
                self.settle(fate);
            }
        }
        self.run.end(&mut self.items);
        self.items.push(item);
    }

    fn item(&mut self, time: Time, what: What) -> Item {
        let id = self.next_id;
        self.next_id += 1;
        let after = self.last.map(|last| time.since(last));
        self.last = Some(time);
        Item { id, time, after, end: ArrowEnd::default(), what }
    }

    fn settle(&mut self, (id, end): Fate) {
        if let Some(item) = self.run.get_mut(id).or_else(|| self.items.get_mut(id)) {
            item.end = end;
        }
    }
}
