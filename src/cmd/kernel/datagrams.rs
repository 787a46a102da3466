//! Calls on datagram sockets, in their place among the datagrams.
//!
//! What is sent is of the exchange between the ends that the kernel's look-up of the way told, or to which the socket is
//! connected. What is received is told without an address: a socket's queue gives datagrams in the order in which they came. Any
//! other call is of the exchange of the one before on the same socket, and those before all others of the first.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;

use crate::drive::kernel::DatagramCall;
use crate::trace::exchange::{ExchangeEvent, ExchangeKind, Protocol};
use crate::trace::{KernelEvent, Pair, Side, Teller};
use crate::wire::Time;

/// Events that are held until their calls are known.
const HELD: usize = 20_000;

/// Calls that take a datagram out of the queue, and where the room for it stands among their arguments.
const RECEIVING: [(&str, Option<usize>); 5] =
    [("recvfrom", Some(2)), ("read", Some(2)), ("recvmsg", None), ("recvmmsg", None), ("readv", None)];

/// Where the flags of these calls stand among their arguments.
const FLAGS: [(&str, usize); 2] = [("recvfrom", 3), ("recvmsg", 2)];

/// Datagrams that a call looks for its own among: those before were lost on the way.
const AMONG: usize = 64;

/// An exchange of datagrams.
struct Exchange {
    number: u32,
    ends: Pair<SocketAddr>,
}

/// A datagram that came to a socket.
struct Arrived {
    time: Time,
    from: SocketAddr,
    len: u64,
    place: Place,
}

/// Datagrams by the address that they came to, in their order.
type Queues = HashMap<SocketAddr, VecDeque<Arrived>>;

/// Which exchange, by its place among them, and which end of it.
type Place = (usize, Side);

/// What is held until the end.
#[derive(Default)]
pub(super) struct Datagrams {
    events: Vec<ExchangeEvent>,
}

impl Datagrams {
    /// Holds an event.
    pub(super) fn hold(&mut self, event: &ExchangeEvent) {
        self.events.push(*event);
    }

    /// Whether no more should be held.
    pub(super) const fn is_full(&self) -> bool {
        self.events.len() >= HELD
    }

    /// All that was held, exchange by exchange, with the calls in their places.
    pub(super) fn release(&mut self, calls: &[DatagramCall]) -> Vec<ExchangeEvent> {
        let mut events = std::mem::take(&mut self.events);
        let exchanges = exchanges(&events);
        let mut queues = queues(&events, &exchanges);
        for (call, place) in calls.iter().zip(places(calls, &exchanges, &mut queues)) {
            let Some((exchange, side)) = place else { continue };
            let exchange = exchanges[exchange].number;
            events.extend(call.told().map(|(time, kind)| {
                let kind = ExchangeKind::Kernel(KernelEvent { side, teller: Teller::Tracepoint, kind });
                ExchangeEvent { time, exchange, protocol: Protocol::Udp, kind }
            }));
        }
        events.sort_by_key(|event| (event.exchange, event.protocol.is_icmp(), part(&event.kind), event.time));
        events
    }
}

/// Whether it comes first, last, or between.
const fn part(kind: &ExchangeKind) -> u8 {
    match kind {
        ExchangeKind::Began(_) => 0,
        ExchangeKind::Ended(_) => 2,
        _ => 1,
    }
}

fn exchanges(events: &[ExchangeEvent]) -> Vec<Exchange> {
    let began = events.iter().filter(|event| event.protocol == Protocol::Udp).filter_map(|event| match &event.kind {
        ExchangeKind::Began(began) => {
            let ends = Pair { client: began.client.socket()?, server: began.server.socket()? };
            Some(Exchange { number: event.exchange, ends })
        }
        _ => None,
    });
    began.collect()
}

fn queues(events: &[ExchangeEvent], exchanges: &[Exchange]) -> Queues {
    let places: HashMap<u32, usize> = exchanges.iter().enumerate().map(|(index, it)| (it.number, index)).collect();
    let mut queues = Queues::new();
    for event in events.iter().filter(|event| event.protocol == Protocol::Udp) {
        if let (ExchangeKind::Message(message), Some(index)) = (&event.kind, places.get(&event.exchange)) {
            let (ends, to) = (&exchanges[*index].ends, message.from.other());
            let from = ends[message.from];
            let arrived = Arrived { time: event.time, from, len: message.len.into(), place: (*index, to) };
            queues.entry(ends[to]).or_default().push_back(arrived);
        }
    }
    queues
}

/// Of which exchange each call is; none of a socket that spoke with nobody.
fn places(calls: &[DatagramCall], exchanges: &[Exchange], queues: &mut Queues) -> Vec<Option<Place>> {
    let by_ends = by_ends(exchanges);
    let mut placed: Vec<Option<Place>> = calls.iter().map(|call| place_by_ends(call, &by_ends)).collect();
    let own = own_ends(calls, &placed, exchanges);
    for (call, place) in calls.iter().zip(&mut placed) {
        let arrived = own.get(&call.socket).and_then(|own| arrival(call, own, queues));
        *place = place.or(arrived);
    }
    let forth = fill(calls.iter().zip(&placed));
    let back: Vec<_> = fill(calls.iter().zip(&forth).rev());
    back.into_iter().rev().collect()
}

/// Gives what has no place that of the call before on the same socket.
fn fill<'a>(calls: impl Iterator<Item = (&'a DatagramCall, &'a Option<Place>)>) -> Vec<Option<Place>> {
    let mut last: HashMap<u64, Place> = HashMap::new();
    let filled = calls.map(|(call, place)| {
        if let Some(place) = place {
            last.insert(call.socket, *place);
        }
        last.get(&call.socket).copied()
    });
    filled.collect()
}

/// Exchanges by the port of one end and the whole other end.
type ByEnds = HashMap<(u16, SocketAddr), Vec<(SocketAddr, Place)>>;

fn by_ends(exchanges: &[Exchange]) -> ByEnds {
    let mut found = ByEnds::new();
    for (index, exchange) in exchanges.iter().enumerate() {
        for side in Side::BOTH {
            let own = exchange.ends[side];
            let among = found.entry((own.port(), exchange.ends[side.other()])).or_default();
            among.push((own, (index, side)));
        }
    }
    found
}

/// The exchange between the ends of a call.
fn place_by_ends(call: &DatagramCall, by_ends: &ByEnds) -> Option<Place> {
    let ends = call.ends?;
    let is_own = |own: &SocketAddr| ends.local.ip().is_unspecified() || own.ip() == ends.local.ip();
    let among = by_ends.get(&(ends.local.port(), ends.remote))?;
    among.iter().find(|(own, _)| is_own(own)).map(|(_, place)| *place)
}

/// The addresses and ports that each socket is known to have.
fn own_ends(
    calls: &[DatagramCall],
    placed: &[Option<Place>],
    exchanges: &[Exchange],
) -> HashMap<u64, BTreeSet<SocketAddr>> {
    let mut own: HashMap<u64, BTreeSet<SocketAddr>> = HashMap::new();
    for (call, (index, side)) in calls.iter().zip(placed).filter_map(|(call, place)| Some((call, (*place)?))) {
        own.entry(call.socket).or_default().insert(exchanges[index].ends[side]);
    }
    own
}

/// The exchange of the datagram that a call took: the first that came to the socket, was not taken, and has its length.
fn arrival(call: &DatagramCall, own: &BTreeSet<SocketAddr>, queues: &mut Queues) -> Option<Place> {
    let (_, room) = RECEIVING.iter().find(|(name, _)| *name == call.call.call)?;
    let (returned, length) = call.returned?;
    let length = u64::try_from(length).ok()?;
    let is_cut = room.map(|index| call.arguments[index]) == Some(length);
    let peer = call.ends.map(|ends| ends.remote);
    let is_its = |sent: &Arrived| {
        let fits = sent.len == length || is_cut && sent.len > length;
        fits && sent.time <= returned && peer.is_none_or(|peer| peer == sent.from)
    };
    let first = own.iter().filter_map(|end| {
        let queue = queues.get(end)?;
        let index = queue.iter().take(AMONG).position(is_its)?;
        Some((queue[index].time, *end, index))
    });
    let (_, end, index) = first.min()?;
    let queue = queues.get_mut(&end)?;
    let place = queue.get(index)?.place;
    if !peeks(call) {
        // What came before it and was not taken was lost.
        queue.drain(..=index);
    }
    Some(place)
}

/// Whether it leaves the datagram in the queue.
fn peeks(call: &DatagramCall) -> bool {
    let flags = FLAGS.iter().find(|(name, _)| *name == call.call.call).map(|(_, index)| call.arguments[*index]);
    flags.is_some_and(|flags| flags & libc::MSG_PEEK as u64 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::tracefs::Ends;
    use crate::trace::{CallEvent, Process, Text};

    const CLIENT: &str = "192.0.2.1:40000";
    const OTHER: &str = "192.0.2.1:40001";
    const SERVER: &str = "192.0.2.2:7";

    fn end(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn exchange(number: u32, client: &str) -> Exchange {
        Exchange { number, ends: Pair { client: end(client), server: end(SERVER) } }
    }

    /// A datagram of the client of this exchange, and when it came.
    fn asked(queues: &mut Queues, (index, client): (usize, &str), time: i64, len: u64) {
        let arrived = Arrived { time: Time::from_nanos(time), from: end(client), len, place: (index, Side::Server) };
        queues.entry(end(SERVER)).or_default().push_back(arrived);
    }

    /// A call of the socket 1, which is the server's.
    fn call(name: &'static str, time: i64, result: Option<i64>, to: Option<&str>) -> DatagramCall {
        let process = Process { process: 7, thread: 7, name: Text::of(b"server") };
        let ends = to.map(|to| Ends { local: end("0.0.0.0:7"), remote: end(to) });
        DatagramCall {
            socket: 1,
            entered: Time::from_nanos(time),
            returned: result.map(|result| (Time::from_nanos(time + 1), result)),
            call: CallEvent { call: name, descriptor: Some(3), detail: None, process },
            arguments: [3, 0, 100, 0, 0, 0],
            ends,
        }
    }

    fn placed(calls: &[DatagramCall], queues: &mut Queues) -> Vec<Option<usize>> {
        let exchanges = [exchange(1, CLIENT), exchange(2, OTHER)];
        places(calls, &exchanges, queues).into_iter().map(|place| place.map(|(index, _)| index)).collect()
    }

    #[test]
    fn what_is_received_is_of_who_sent_first_and_the_rest_of_the_call_before() {
        let mut queues = Queues::new();
        asked(&mut queues, (0, CLIENT), 10, 5);
        asked(&mut queues, (1, OTHER), 20, 5);
        let calls = [
            call("socket", 1, Some(3), None),
            call("recvfrom", 30, Some(5), None),
            call("sendto", 40, Some(5), Some(CLIENT)),
            call("recvfrom", 50, Some(5), None),
            call("sendto", 60, Some(5), Some(OTHER)),
            call("recvfrom", 70, None, None),
        ];
        assert_eq!(placed(&calls, &mut queues), [0, 0, 0, 1, 1, 1].map(Some));
    }

    #[test]
    fn what_is_lost_is_passed_over_what_is_looked_at_stays_and_what_is_cut_is_known() {
        let mut queues = Queues::new();
        asked(&mut queues, (0, CLIENT), 10, 9);
        asked(&mut queues, (1, OTHER), 20, 200);
        asked(&mut queues, (0, CLIENT), 90, 100);
        let mut peeking = call("recvfrom", 30, Some(100), None);
        peeking.arguments[3] = libc::MSG_PEEK as u64;
        let sent = call("sendto", 40, Some(5), Some(CLIENT));
        let calls = [peeking, call("recvfrom", 31, Some(100), None), call("recvfrom", 32, Some(100), None), sent];
        // The third took what came later, and so what nobody has seen.
        assert_eq!(placed(&calls, &mut queues), [Some(1), Some(1), Some(1), Some(0)]);
        assert_eq!(queues[&end(SERVER)].len(), 1, "what came later is still there");
    }

    #[test]
    fn a_socket_that_spoke_with_nobody_is_told_nowhere() {
        let mut queues = Queues::new();
        asked(&mut queues, (0, CLIENT), 10, 5);
        let elsewhere = call("sendto", 2, Some(5), Some("192.0.2.9:53"));
        assert_eq!(placed(&[call("socket", 1, Some(3), None), elsewhere], &mut queues), [None, None]);
        let failing = call("recvfrom", 3, Some(-111), None);
        assert_eq!(placed(&[failing], &mut queues), [None]);
    }
}
