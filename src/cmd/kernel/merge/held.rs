//! Events of a connection that wait to be put in order.

use crate::trace::{Event, EventKind};

/// Events of a connection that are held; beyond it they go on as they come.
const MOST: usize = 20_000;
/// The first events of a connection get no more room than they need: most connections of a flood have no others.
const FEW: usize = 4;

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Held {
    events: Vec<Event>,
    /// There were too many: what comes goes on at once, behind what was held.
    is_over: bool,
}

impl Held {
    /// Holds the event, if there is `room` for it, which gets less by it. Otherwise gives all that has to go on now, in its order.
    pub(super) fn push(&mut self, event: &Event, room: &mut usize) -> Vec<Event> {
        if !self.is_over && *room > 0 && self.events.len() < MOST {
            if self.events.len() < FEW {
                self.events.reserve_exact(1);
            }
            self.events.push(*event);
            *room -= 1;
            return Vec::new();
        }
        self.is_over = true;
        let mut all = self.release(room);
        all.push(*event);
        all
    }

    /// Gives all that is held, in its order; there is `room` for others in its place.
    pub(super) fn release(&mut self, room: &mut usize) -> Vec<Event> {
        *room += self.events.len();
        let mut events = std::mem::take(&mut self.events);
        events.sort_by_key(|event| (!matches!(event.kind, EventKind::Opened(_)), event.time));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{KernelEvent, KernelKind, Opened, Pair, Side, Teller};
    use crate::wire::Time;

    fn event(time: i64, kind: EventKind) -> Event {
        Event { time: Time::from_nanos(time), connection: 1, kind }
    }

    fn opened(time: i64) -> Event {
        let [client, server] = ["192.0.2.1:4000", "192.0.2.2:80"].map(|end| end.parse().unwrap());
        event(time, EventKind::Opened(Opened { client, server, states: Pair::default() }))
    }

    fn told(time: i64) -> Event {
        let kind = KernelKind::ResetReceived;
        event(time, EventKind::Kernel(KernelEvent { side: Side::Client, teller: Teller::Tracepoint, kind }))
    }

    fn times(events: &[Event]) -> Vec<Time> {
        events.iter().map(|event| event.time).collect()
    }

    #[test]
    fn what_has_no_room_goes_on_behind_what_was_held() {
        let mut room = 3;
        let (mut one, mut other) = (Held::default(), Held::default());
        assert!([opened(9), told(5)].iter().all(|event| one.push(event, &mut room).is_empty()));
        assert!(other.push(&opened(1), &mut room).is_empty());
        assert_eq!(room, 0);
        assert_eq!(
            times(&one.push(&told(12), &mut room)),
            [9, 5, 12].map(Time::from_nanos),
            "the beginning comes first"
        );
        assert_eq!(room, 2, "there is room for others");
        assert_eq!(times(&one.push(&told(13), &mut room)), [Time::from_nanos(13)], "and order for this one");
        assert!(other.push(&told(2), &mut room).is_empty());
        assert_eq!((times(&other.release(&mut room)).len(), room), (2, 3));
    }

    #[test]
    fn one_connection_takes_no_more_than_its_share_and_many_no_more_than_they_need() {
        let mut room = 2 * MOST;
        let mut long = Held::default();
        let mut gone = 0;
        for time in 0..3 * MOST as i64 {
            gone += long.push(&told(time), &mut room).len();
        }
        assert_eq!((gone, room), (3 * MOST, 2 * MOST), "all went on when it was too much");
        let mut short = Held::default();
        for time in 0..FEW as i64 {
            assert!(short.push(&told(time), &mut room).is_empty());
            assert_eq!(short.events.capacity(), short.events.len());
        }
    }
}
