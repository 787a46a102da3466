//! Events of one exchange in, a ladder out.

use super::fate::{Fate, Fates};
use super::item::{Item, Items, What};
use super::pen;
use crate::ladder::calls::Calls;
use crate::ladder::item::KernelItem;
use crate::ladder::items::LIMIT_VERBOSE;
use crate::ladder::{ArrowEnd, Ladder, Settings, Verbosity};
use crate::trace::Side;
use crate::trace::exchange::{Began, ExchangeEvent, ExchangeKind, ExchangeSummary, Protocol};
use crate::wire::Time;

/// Items kept at the start, and at the end, of one exchange.
const LIMIT: usize = 100;

/// What is known of an exchange beside its messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) number: u32,
    pub(super) protocol: Protocol,
    pub(super) began: Option<Began>,
    pub(super) summary: Option<ExchangeSummary>,
}

/// Collects the events of one exchange, in bounded memory.
#[derive(Debug)]
pub struct ExchangeBuilder {
    settings: Settings,
    frame: Frame,
    items: Items,
    fates: Fates,
    calls: Calls,
    last: Option<Time>,
    next_id: u64,
}

impl ExchangeBuilder {
    /// For one exchange.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let limit = if settings.verbosity == Verbosity::Verbose { LIMIT_VERBOSE } else { LIMIT };
        Self {
            settings: settings.clone(),
            frame: Frame { number: 0, protocol: Protocol::Udp, began: None, summary: None },
            items: Items::new(limit),
            fates: Fates::default(),
            calls: Calls::default(),
            last: None,
            next_id: 0,
        }
    }

    /// Tells whose exchange this is before its first event.
    pub fn announce(&mut self, number: u32, protocol: Protocol, began: &Began) {
        self.frame = Frame { number, protocol, began: Some(*began), summary: None };
        if began.group {
            self.fates.note_group();
        }
    }

    /// Number, protocol and ends of the exchange, once they are known.
    #[must_use]
    pub fn announced(&self) -> Option<(u32, Protocol, Began)> {
        self.frame.began.map(|began| (self.frame.number, self.frame.protocol, began))
    }

    /// Takes an event of this exchange; events of another must go to another builder.
    pub fn push(&mut self, event: &ExchangeEvent) {
        (self.frame.number, self.frame.protocol) = (event.exchange, event.protocol);
        match event.kind {
            ExchangeKind::Began(began) => self.announce(event.exchange, event.protocol, &began),
            ExchangeKind::Message(message) => {
                self.pass_on_call();
                let id = self.item(event.time, What::Message(message));
                let fate = self.fates.message(id, &message);
                self.settle(fate);
            }
            ExchangeKind::Error(error) => {
                self.pass_on_call();
                let id = self.item(event.time, What::Error(error));
                let peer = self.frame.began.map(|began| match error.about {
                    Side::Client => began.server.ip(),
                    Side::Server => began.client.ip(),
                });
                let fate = self.fates.error(&error, peer);
                self.settle(fate);
                self.settle((!error.plausible).then_some((id, ArrowEnd::Ignored)));
            }
            ExchangeKind::Kernel(kernel) => {
                let quiet = self.settings.verbosity < Verbosity::Verbose;
                let rows = self.calls.take(event.time, &kernel, quiet);
                rows.into_iter().flatten().for_each(|(time, call)| self.call(time, call));
            }
            ExchangeKind::Ended(summary) => self.frame.summary = Some(summary),
        }
    }

    fn pass_on_call(&mut self) {
        if let Some((time, call)) = self.calls.pass_on() {
            self.call(time, call);
        }
    }

    /// Keeps a call. What was before the first message has no time of its own: all times count from there.
    fn call(&mut self, time: Time, call: KernelItem) {
        let is_before = self.last.is_none();
        self.item(time, What::Kernel(call));
        if is_before {
            self.last = None;
        }
    }

    /// How many events are kept: a measure of memory.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.items.len()
    }

    /// The picture of all that was taken.
    #[must_use]
    pub fn finish(mut self) -> Ladder {
        self.pass_on_call();
        for fate in std::mem::take(&mut self.fates).finish() {
            self.settle(Some(fate));
        }
        let items = self.items.drawn(self.settings.verbosity < Verbosity::Verbose);
        pen::draw(&self.settings, &self.frame, &items)
    }

    /// Keeps an item; its id.
    fn item(&mut self, time: Time, what: What) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let after = self.last.map(|last| time.since(last));
        self.last = Some(time);
        self.items.push(Item { id, time, after, end: ArrowEnd::Arrives, what });
        id
    }

    fn settle(&mut self, fate: Option<Fate>) {
        if let Some((id, end)) = fate
            && let Some(item) = self.items.get_mut(id)
        {
            item.end = end;
        }
    }
}
