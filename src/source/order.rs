//! Whether the packets of a file are in the order of their times.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Error, Progress, Source, Supply};
use crate::wire::{Comment, Packet, Time};

/// A packet that is older than the one before it by less is no matter: several queues of an interface bring that about.
const TOLERATED: Duration = Duration::from_millis(1);

/// What was noticed of the order of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What the file is called.
    pub name: String,
    /// The earliest and the latest time of its packets; none where it has none with a time.
    pub span: Option<(Time, Time)>,
    /// The first packet that is more than a millisecond older than the one before it, by its number in the file, from 1.
    pub first: Option<u64>,
    /// By how much it is older.
    pub by: Duration,
    /// How many such packets there are.
    pub count: u64,
}

/// What was noticed of all files that ended, in their order, and of others that are out of order.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<Vec<Order>>>);

impl Orders {
    /// What was noticed so far.
    #[must_use]
    pub fn noticed(&self) -> Vec<Order> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, order: &Order) {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match orders.iter_mut().find(|known| known.name == order.name) {
            Some(known) => known.clone_from(order),
            None => orders.push(order.clone()),
        }
    }
}

/// Gives the packets of a source, and notices whether they are in the order of their times.
pub struct Watch<S> {
    source: S,
    orders: Orders,
    order: Order,
    packets: u64,
    last: Option<Time>,
}

impl<S: Source> Watch<S> {
    /// What is noticed goes to `orders`, under this name.
    #[must_use]
    pub fn new(source: S, name: String, orders: Orders) -> Self {
        let order = Order { name, span: None, first: None, by: Duration::ZERO, count: 0 };
        Self { source, orders, order, packets: 0, last: None }
    }

    #[inline]
    fn look(&mut self) {
        self.packets += 1;
        let Some(time) = self.source.packet().map(|packet| packet.time) else { return };
        match &mut self.last {
            // As a rule.
            Some(last) if time >= *last => *last = time,
            _ => self.look_closely(time),
        }
    }

    /// Looks at the first packet, and at one that is older than the one before it.
    #[cold]
    fn look_closely(&mut self, time: Time) {
        if time.as_nanos() == 0 {
            return; // simple packet blocks have no time
        }
        self.span(time);
        let by = self.last.map_or(Duration::ZERO, |last| last.since(time));
        self.last = Some(time);
        let order = &mut self.order;
        if by > TOLERATED {
            order.count += 1;
            if order.first.is_none() {
                (order.first, order.by) = (Some(self.packets), by);
            }
            self.orders.note(order);
        }
    }

    /// Widens the span to this time, and to the last one, up to which the times only grew.
    fn span(&mut self, time: Time) {
        let last = self.last.unwrap_or(time);
        let (first, latest) = self.order.span.unwrap_or((time, time));
        self.order.span = Some((first.min(time), latest.max(time).max(last)));
    }
}

impl<S: Source> Source for Watch<S> {
    #[inline]
    fn advance(&mut self) -> Result<bool, Error> {
        let is_there = self.source.advance()?;
        if is_there {
            self.look();
        } else {
            if let Some(last) = self.last {
                self.span(last);
            }
            self.orders.note(&self.order);
        }
        Ok(is_there)
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        self.source.packet()
    }

    fn comments(&self) -> Vec<Comment> {
        self.source.comments()
    }

    fn supply(&self) -> Supply {
        self.source.supply()
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.source.wait(at_most)
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Stored};
    use crate::wire::LinkType;

    fn order_of(millis: &[i64]) -> Order {
        let packet = |millis: &i64| Stored {
            time: Time::from_nanos(millis * 1_000_000),
            link: LinkType::RAW,
            original_len: 1,
            bytes: vec![0],
        };
        let orders = Orders::default();
        let mut watch = Watch::new(Memory::new(millis.iter().map(packet).collect()), "a".to_owned(), orders.clone());
        while watch.advance().unwrap() {}
        orders.noticed().remove(0)
    }

    #[test]
    fn what_is_older_than_the_one_before_is_counted() {
        let of = |order: Order| (order.first, order.by.as_millis(), order.count);
        assert_eq!(of(order_of(&[10, 20, 20, 30])), (None, 0, 0));
        assert_eq!(of(order_of(&[10, 9, 10, 9])), (None, 0, 0), "what several queues bring about");
        assert_eq!(of(order_of(&[10, 20, 15, 30, 28, 29])), (Some(3), 5, 2));
        // Without a time.
        assert_eq!(of(order_of(&[10, 0, 20, 0])), (None, 0, 0));
        assert_eq!(of(order_of(&[])), (None, 0, 0));
    }

    #[test]
    fn the_span_is_that_of_all_packets() {
        let span = |millis: &[i64]| {
            order_of(millis).span.map(|(first, last)| (first.as_nanos() / 1_000_000, last.as_nanos() / 1_000_000))
        };
        assert_eq!(span(&[20, 10, 30, 25]), Some((10, 30)));
        assert_eq!(span(&[0, 0]), None);
    }
}
