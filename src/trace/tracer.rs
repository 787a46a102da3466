//! The tracer: packets in, events out.

use std::net::SocketAddr;

use super::connection::{Connection, Sighting};
use super::flows::{Flows, Key};
use super::icmp::{self, Report};
use super::{Event, EventKind, Marks, Origin, Pair, Side};
use crate::tcp::{Arriving, Call};
use crate::wire::{Content, Decoded, Icmp, Ip, Packet, Segment, Stop, StopReason, Time};

/// Connections that are followed at once where the caller does not say otherwise.
const DEFAULT_MAX_CONNECTIONS: usize = 100_000;

/// How to trace.
#[derive(Clone, Copy, Debug)]
pub struct TracerOptions {
    /// The socket whose segments this program makes by hand: its states are observed, not inferred. An unspecified
    /// address stands for any of ours, port 0 for any port.
    pub ours: Option<SocketAddr>,
    /// How many connections are followed at once; beyond that, the one idle longest is ended. At least 1.
    pub max_connections: usize,
}

impl Default for TracerOptions {
    fn default() -> Self {
        Self { ours: None, max_connections: DEFAULT_MAX_CONNECTIONS }
    }
}

/// What the caller knows of a packet beside its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hint {
    /// Who made it.
    pub origin: Origin,
    /// The calls that our end made to send it, in their order; what a segment of ours has no call for, TCP sent by
    /// itself.
    pub calls: [Option<Call>; 2],
}

/// Follows every connection in a stream of packets, passively: both ends are inferred from their segments.
///
/// Each connection yields one `Opened`, then its segments and the ICMP errors about them in their order, then one
/// `Ended`: when another connection takes its sockets, when the table is full and it was idle longest, or at
/// [`Tracer::finish`]. Nothing is allocated for a segment; a connection takes about one and a half kilobytes.
#[derive(Debug)]
pub struct Tracer {
    ours: Option<SocketAddr>,
    flows: Flows,
    last_id: u32,
    evicted: u64,
}

impl Tracer {
    /// A tracer that has seen nothing yet.
    #[must_use]
    pub fn new(options: TracerOptions) -> Self {
        Self { ours: options.ours, flows: Flows::new(options.max_connections), last_id: 0, evicted: 0 }
    }

    /// Follows one packet and gives what came of it to `out`. `number` counts the packets of the source, from 1.
    /// Packets that are neither TCP nor an ICMP error about a known connection yield nothing.
    pub fn packet(
        &mut self,
        number: u64,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        hint: Hint,
        out: &mut dyn FnMut(&Event),
    ) {
        match (&decoded.ip, &decoded.content) {
            (Some(ip), Content::Segment(segment)) => {
                let malformed = matches!(decoded.stopped, Some(Stop { reason: StopReason::Malformed(_), .. }));
                let Hint { origin, calls } = hint;
                let sighting = Sighting { number, time: packet.time, ip, segment, malformed, origin, calls };
                self.segment(&sighting, out);
            }
            (Some(ip), Content::Icmp(icmp)) => self.icmp(number, packet.time, ip, icmp, out),
            _ => {}
        }
    }

    /// The number of the connection between these sockets, if one is followed.
    pub fn number(&mut self, one: SocketAddr, other: SocketAddr) -> Option<u32> {
        self.flows.get(&Key::of(one, other)).map(|connection| connection.id)
    }

    /// Ends the connection of this number between these sockets: the caller knows that it is over.
    pub fn end(&mut self, one: SocketAddr, other: SocketAddr, number: u32, out: &mut dyn FnMut(&Event)) {
        let key = Key::of(one, other);
        if self.number(one, other) == Some(number)
            && let Some(connection) = self.flows.remove(&key)
        {
            end(&connection, out);
        }
    }

    /// Ends every connection that is left, in the order of their numbers.
    pub fn finish(&mut self, out: &mut dyn FnMut(&Event)) {
        self.flows.drain().for_each(|connection| end(&connection, out));
    }

    /// How many connections were ended because the table was full.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    fn segment(&mut self, sighting: &Sighting<'_>, out: &mut dyn FnMut(&Event)) {
        let (source, destination) = sockets(sighting.ip, sighting.segment);
        let key = Key::of(source, destination);
        let succession = self.make_room(&key, source, sighting, out);
        if self.flows.get(&key).is_none() {
            if sighting.malformed {
                return; // no connection begins with a segment that nobody can read
            }
            self.open(key, (source, destination), sighting, out);
        }
        let Some(connection) = self.flows.get(&key) else { return };
        let from = connection.side_of(source);
        let mut event = connection.segment(from, sighting);
        event.marks |= succession;
        connection.marks |= succession;
        out(&Event { time: sighting.time, connection: connection.id, kind: EventKind::Segment(event) });
    }

    /// Ends the connection between the same sockets if this segment begins another; says what that shows.
    fn make_room(
        &mut self,
        key: &Key,
        source: SocketAddr,
        sighting: &Sighting<'_>,
        out: &mut dyn FnMut(&Event),
    ) -> Marks {
        let readable = !sighting.malformed && sighting.segment.checksum_state != crate::wire::Checksum::Bad;
        let Some(connection) = self.flows.get(key) else { return Marks::default() };
        let follows = readable && connection.is_followed_by(connection.side_of(source), &sighting.arriving());
        let Some(old) = follows.then(|| self.flows.remove(key)).flatten() else { return Marks::default() };
        end(&old, out);
        old.succession()
    }

    fn open(
        &mut self,
        key: Key,
        (source, destination): (SocketAddr, SocketAddr),
        sighting: &Sighting<'_>,
        out: &mut dyn FnMut(&Event),
    ) {
        let arriving = sighting.arriving();
        let sockets = match opener(&arriving, source.port(), destination.port()) {
            Side::Client => Pair { client: source, server: destination },
            Side::Server => Pair { client: destination, server: source },
        };
        let is_ours = |side: &Side| self.ours.is_some_and(|ours| is_same(ours, sockets[*side]));
        let ours = Side::BOTH.into_iter().find(is_ours);
        self.last_id = self.last_id.wrapping_add(1);
        let connection = Connection::new(self.last_id, sockets, ours, sighting.time, &arriving);
        if let Some(old) = self.flows.insert(key, connection) {
            self.evicted += 1;
            end(&old, out);
        }
        out(&Event { time: sighting.time, connection: connection.id, kind: EventKind::Opened(connection.opened()) });
    }

    fn icmp(&mut self, number: u64, time: Time, ip: &Ip, icmp: &Icmp<'_>, out: &mut dyn FnMut(&Event)) {
        let Some(report) = Report::of(number, time, ip, icmp) else { return };
        let Some(connection) = self.flows.get(&Key::of(report.source, report.destination)) else { return };
        let event = icmp::follow(connection, &report);
        out(&Event { time, connection: connection.id, kind: EventKind::Icmp(event) });
    }
}

fn end(connection: &Connection, out: &mut dyn FnMut(&Event)) {
    let kind = EventKind::Ended(connection.summary());
    out(&Event { time: connection.last, connection: connection.id, kind });
}

fn sockets(ip: &Ip, segment: &Segment<'_>) -> (SocketAddr, SocketAddr) {
    (SocketAddr::new(ip.source, segment.source_port), SocketAddr::new(ip.destination, segment.destination_port))
}

/// Whether `socket` is meant by `ours`, whose port 0 stands for every port, and whose address for any if it is
/// unspecified. Scopes do not count: no packet carries them.
#[must_use]
pub fn is_same(ours: SocketAddr, socket: SocketAddr) -> bool {
    (ours.ip().is_unspecified() || ours.ip() == socket.ip()) && (ours.port() == 0 || ours.port() == socket.port())
}

/// Which side the sender of the first segment is. A SYN comes from the client and a SYN,ACK from the server; in the
/// middle of a stream the ports tell, or else the first that is seen is the client.
fn opener(first: &Arriving, source: u16, destination: u16) -> Side {
    match (first.flags.syn(), first.flags.ack()) {
        (true, false) => Side::Client,
        (true, true) => Side::Server,
        _ if port_class(source) < port_class(destination) => Side::Server,
        _ => Side::Client,
    }
}

/// Well-known ports, then registered ones below the range that Linux takes for clients, then the rest.
pub(super) const fn port_class(port: u16) -> u8 {
    match port {
        0..1024 => 0,
        1024..32768 => 1,
        _ => 2,
    }
}
