//! What becomes one ladder: a connection or an exchange.

use crate::ladder::{Builder, ExchangeBuilder, Ladder, Settings};
use crate::trace::exchange::{Began, ExchangeEvent, Protocol};
use crate::trace::{Event, EventKind, Opened};

/// A ladder's number among the connections, or among the exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sink) enum Key {
    Connection(u32),
    Exchange(u32),
}

impl Key {
    pub(in crate::sink) const fn number(self) -> u32 {
        match self {
            Self::Connection(number) | Self::Exchange(number) => number,
        }
    }
}

/// What is left of a ladder that was shown before its end: a fraction of what it takes to draw one.
#[derive(Clone, Copy)]
pub(in crate::sink) enum Ends {
    Connection(Opened),
    Exchange(Protocol, Began),
}

/// A ladder in the making.
pub(in crate::sink) enum Drawing {
    /// The first events of a connection. Most of a flood are never more than these, and a builder takes as much as ten.
    Few(Vec<Event>),
    Connection(Box<Builder>),
    Exchange(Box<ExchangeBuilder>),
}

impl Drawing {
    /// Events that are kept as they are.
    const FEW: usize = 4;
    /// What a builder takes beside its events, counted in these.
    const BUILDER: usize = 16;

    pub(in crate::sink) fn new(key: Key, settings: &Settings) -> Self {
        match key {
            Key::Connection(_) => Self::Few(Vec::new()),
            Key::Exchange(_) => Self::Exchange(Box::new(ExchangeBuilder::new(settings))),
        }
    }

    /// An empty one of ends that were announced before, for what is still to come.
    pub(in crate::sink) fn continuing(key: Key, ends: &Ends, settings: &Settings) -> Self {
        match ends {
            Ends::Connection(opened) => {
                let mut builder = Builder::new(settings);
                builder.announce(key.number(), opened);
                Self::Connection(Box::new(builder))
            }
            Ends::Exchange(protocol, began) => {
                let mut builder = ExchangeBuilder::new(settings);
                builder.announce(key.number(), *protocol, began);
                Self::Exchange(Box::new(builder))
            }
        }
    }

    /// Takes an event of its connection.
    pub(in crate::sink) fn push(&mut self, event: &Event, settings: &Settings) {
        match self {
            Self::Few(events) if events.len() < Self::FEW => {
                events.reserve_exact(1);
                events.push(*event);
            }
            Self::Few(events) => {
                let mut builder = built(events, settings);
                builder.push(event);
                *self = Self::Connection(Box::new(builder));
            }
            Self::Connection(builder) => builder.push(event),
            Self::Exchange(_) => {}
        }
    }

    /// Takes an event of its exchange.
    pub(in crate::sink) fn push_exchange(&mut self, event: &ExchangeEvent) {
        if let Self::Exchange(builder) = self {
            builder.push(event);
        }
    }

    /// Whose it is, once that is known.
    pub(in crate::sink) fn ends(&self) -> Option<Ends> {
        match self {
            Self::Few(events) => events.iter().find_map(|event| match event.kind {
                EventKind::Opened(opened) => Some(Ends::Connection(opened)),
                _ => None,
            }),
            Self::Connection(builder) => builder.opened().map(|opened| Ends::Connection(*opened)),
            Self::Exchange(builder) => builder.announced().map(|(_, protocol, began)| Ends::Exchange(protocol, began)),
        }
    }

    /// What it takes of memory, counted in events.
    pub(in crate::sink) fn weight(&self) -> usize {
        match self {
            Self::Few(events) => events.len() + 1,
            Self::Connection(builder) => builder.kept() + Self::BUILDER,
            Self::Exchange(builder) => builder.kept() + Self::BUILDER,
        }
    }

    pub(in crate::sink) fn finish(self, settings: &Settings) -> Ladder {
        match self {
            Self::Few(events) => built(&events, settings).finish(),
            Self::Connection(builder) => builder.finish(),
            Self::Exchange(builder) => builder.finish(),
        }
    }
}

fn built(events: &[Event], settings: &Settings) -> Builder {
    let mut builder = Builder::new(settings);
    events.iter().for_each(|event| builder.push(event));
    builder
}
