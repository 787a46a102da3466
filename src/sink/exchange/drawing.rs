//! What becomes one ladder: a connection or an exchange.

use crate::ladder::{Builder, ExchangeBuilder, Ladder, Settings};

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

/// A ladder in the making.
#[allow(clippy::large_enum_variant)] // most are connections, which are the larger
pub(in crate::sink) enum Drawing {
    Connection(Builder),
    Exchange(ExchangeBuilder),
}

impl Drawing {
    pub(in crate::sink) fn new(key: Key, settings: &Settings) -> Self {
        match key {
            Key::Connection(_) => Self::Connection(Builder::new(settings)),
            Key::Exchange(_) => Self::Exchange(ExchangeBuilder::new(settings)),
        }
    }

    /// An empty one of the same ends, for what is still to come.
    pub(in crate::sink) fn continuation(&self, key: Key, settings: &Settings) -> Self {
        let mut next = Self::new(key, settings);
        match (self, &mut next) {
            (Self::Connection(old), Self::Connection(new)) => {
                if let Some(opened) = old.opened() {
                    new.announce(key.number(), opened);
                }
            }
            (Self::Exchange(old), Self::Exchange(new)) => {
                if let Some((number, protocol, began)) = old.announced() {
                    new.announce(number, protocol, &began);
                }
            }
            _ => {}
        }
        next
    }

    /// How many events are kept.
    pub(in crate::sink) fn kept(&self) -> usize {
        match self {
            Self::Connection(builder) => builder.kept(),
            Self::Exchange(builder) => builder.kept(),
        }
    }

    pub(in crate::sink) fn finish(self) -> Ladder {
        match self {
            Self::Connection(builder) => builder.finish(),
            Self::Exchange(builder) => builder.finish(),
        }
    }
}
