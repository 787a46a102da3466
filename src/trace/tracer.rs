//! The tracer: packets in, events out.

use std::net::SocketAddr;

use super::connection::{Connection, opens};
use super::crowd::Crowds;
use super::end::End;
use super::flows::{Flow, Flows, Place};
use super::glance::{Glance, Lookout};
use super::half_open::HalfOpen;
use super::icmp::{self, Report};
use super::late::side_of;
use super::options::{Hint, TracerOptions, is_same};
use super::side::opener;
use super::sighting::Sighting;
use super::{Event, EventKind, Mark, Marks, Origin, Pair, Side};
use crate::tcp::Arriving;
use crate::wire::{Checksum, Content, Decoded, Icmp, Ip, Packet, Segment, Stop, StopReason, Time};

/// A number for each kind of record: how many a tracer holds, or how large they are.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) half_open: usize,
    pub(super) whole: usize,
    pub(super) late: usize,
}

/// Follows every connection in a stream of packets, passively: both ends are inferred from their segments.
///
/// Each connection yields one `Opened`, then its segments and the ICMP errors about them in their order, then one
/// `Ended`: when another connection takes its sockets; when the table is full and it was over or idle longest; when it
/// is over and 512 others were over after it, or [`Tracer::settle`] asks for it; or at [`Tracer::finish`]. Only segments
/// that come later than that, but within four minutes (TIME-WAIT), follow an `Ended`.
///
/// Nothing is allocated for a segment. A connection takes less than two kilobytes, some 210 octets while
/// there is only its SYN, and less than 64 when it is over and told of, until TIME-WAIT has passed.
#[derive(Debug)]
pub struct Tracer {
    ours: Option<SocketAddr>,
    listens: bool,
    probes: bool,
    only_ends: bool,
    flows: Flows,
    lookout: Lookout,
    /// Two ends of which nothing is known.
    unknown: Box<Pair<End>>,
    last_id: u32,
    evicted: u64,
    late: u64,
    crowds: Crowds,
}

impl Tracer {
    /// A tracer that has seen nothing yet.
    #[must_use]
    pub fn new(options: TracerOptions) -> Self {
        let TracerOptions { ours, listens, probes, max_connections, only_ends } = options;
        let (flows, unknown) = (Flows::new(max_connections), Box::default());
        let (lookout, crowds) = (Lookout(flows.hasher()), Crowds::default());
        Self { ours, listens, probes, only_ends, flows, lookout, unknown, last_id: 0, evicted: 0, late: 0, crowds }
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
        if self.only_ends
            && hint.allows_glance()
            && let Some(glance) = self.lookout.decoded(packet, decoded)
            && self.glance(&glance, out)
        {
            return;
        }
        match (&decoded.ip, &decoded.content) {
            (Some(ip), Content::Segment(segment)) => {
                let Hint { origin, calls, reassembled, .. } = hint;
                let malformed = matches!(decoded.stopped, Some(Stop { reason: StopReason::Malformed(_), .. }))
                    || origin == Origin::HandMade && lies_beyond(packet, segment);
                let fragmented = reassembled || ip.fragment.is_some();
                let time = packet.time;
                let sighting = Sighting { number, time, ip, segment, malformed, fragmented, origin, calls };
                self.segment(&sighting, out);
            }
            (Some(ip), Content::Icmp(icmp)) => self.icmp(number, packet.time, ip, icmp, out),
            _ => {}
        }
    }

    /// What makes glances for [`Self::glance`], perhaps in another thread.
    #[must_use]
    pub fn lookout(&self) -> Lookout {
        self.lookout.clone()
    }

    /// Follows a segment at a glance, if that will do: nothing but ends is told, and the segment begins a connection or goes
    /// on in one, in which nothing is unusual. Says whether it was followed; if not, [`Self::packet`] has to.
    #[inline]
    pub fn glance(&mut self, glance: &Glance, out: &mut dyn FnMut(&Event)) -> bool {
        if !self.only_ends {
            return false;
        }
        self.retire(glance.plain.time, out);
        match self.flows.find(&glance.flow) {
            Some(Place::Orderly(head)) => self.flows.put_off(head, glance),
            Some(Place::HalfOpen(head)) => self.flows.put_off_answer(head, glance),
            None if self.ours.is_none() => self.open_at_a_glance(glance, out),
            Some(Place::Followed(_) | Place::Late(_)) | None => false,
        }
    }

    /// Begins a connection with a SYN, if there is nothing unusual about it; says whether it did.
    fn open_at_a_glance(&mut self, glance: &Glance, out: &mut dyn FnMut(&Event)) -> bool {
        let id = self.last_id.wrapping_add(1);
        let Some(half_open) = HalfOpen::at_a_glance(id, glance) else { return false };
        self.make_room(out);
        self.last_id = id;
        self.flows.insert_half_open(&glance.flow, half_open);
        true
    }

    /// Ends a connection if the table is full.
    fn make_room(&mut self, out: &mut dyn FnMut(&Event)) {
        if let Some((ended, evicted)) = self.flows.make_room() {
            self.evicted += u64::from(evicted);
            out(&ended);
        }
    }

    /// Tells of connections that have been over for long enough.
    #[inline]
    fn retire(&mut self, now: Time, out: &mut dyn FnMut(&Event)) {
        while let Some(head) = self.flows.overdue(now) {
            out(&self.flows.retire(head));
        }
    }

    /// The number of the connection between these sockets, if one is followed.
    #[must_use]
    pub fn number(&self, one: SocketAddr, other: SocketAddr) -> Option<u32> {
        self.flows.find(&self.flows.flow(one, other)).and_then(|place| self.flows.id(place))
    }

    /// Ends the connection of this number between these sockets: the caller knows that it is over.
    pub fn end(&mut self, one: SocketAddr, other: SocketAddr, number: u32, out: &mut dyn FnMut(&Event)) {
        let flow = self.flows.flow(one, other);
        if let Some(place) = self.flows.find(&flow)
            && self.flows.id(place) == Some(number)
            && let Some(ended) = self.flows.remove(&flow, place)
        {
            out(&ended);
        }
    }

    /// Ends every connection that is left, in the order of their numbers.
    pub fn finish(&mut self, out: &mut dyn FnMut(&Event)) {
        self.flows.drain(out);
    }

    /// Ends the connections that are over and of which nothing came since `since`; all that are over without it. For
    /// packets that come while they happen: nobody would want to wait until 512 others are over.
    pub fn settle(&mut self, since: Option<Time>, out: &mut dyn FnMut(&Event)) {
        while let Some(head) = self.flows.oldest_over()
            && since.is_none_or(|since| self.flows.last(head) < since)
        {
            out(&self.flows.retire(head));
        }
    }

    /// Whether there is no connection that is over and was not told of.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.flows.oldest_over().is_none()
    }

    /// How many connections there were so far.
    #[must_use]
    pub const fn connections(&self) -> u32 {
        self.last_id
    }

    /// How many connections were ended because the table was full, though they were not over.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many segments came for connections whose end had been told already; no summary counts them.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> Held {
        self.flows.held()
    }

    fn segment(&mut self, sighting: &Sighting<'_>, out: &mut dyn FnMut(&Event)) {
        self.retire(sighting.time, out);
        let (source, destination) = sockets(sighting.ip, sighting.segment);
        let flow = self.flows.flow(source, destination);
        let place = self.flows.find(&flow);
        if let Some(place) = place
            && let Some(succession) = self.succession(&flow, place, source, sighting)
        {
            if let Some(ended) = self.flows.remove(&flow, place) {
                out(&ended);
            }
            return self.open(&flow, (source, destination), sighting, succession, out);
        }
        match place {
            Some(Place::HalfOpen(head)) => self.follow_half_open(&flow, head, source, sighting, out),
            Some(Place::Orderly(head) | Place::Followed(head)) => {
                let crowd = self.crowd(&flow, head, source, sighting);
                self.follow(head, source, sighting, crowd, out);
            }
            Some(Place::Late(number)) => self.follow_late(&flow, number, source, sighting, out),
            // No connection begins with a segment that nobody can read.
            None if sighting.malformed => {}
            None => self.open(&flow, (source, destination), sighting, Marks::default(), out),
        }
    }

    /// If this is a SYN,ACK once more, whether it is one of many that nobody acknowledges.
    #[inline]
    fn crowd(&mut self, flow: &Flow, head: u32, source: SocketAddr, sighting: &Sighting<'_>) -> Marks {
        let flags = sighting.segment.flags;
        if !(flags.syn() && flags.ack()) || sighting.malformed {
            return Marks::default();
        }
        let again = self.flows.followed(head).waits_with(source, sighting.arriving().seq);
        let flows = &self.flows;
        let waits = |other: &Flow| flows.find(other).is_some_and(|place| flows.is_waited_for(place));
        let is_crowd = again && self.crowds.is_crowd(source, flow, waits);
        is_crowd.then_some(Mark::SynFlood).into_iter().collect()
    }

    /// If this segment begins another connection between the same sockets, what that shows.
    fn succession(&mut self, flow: &Flow, place: Place, source: SocketAddr, sighting: &Sighting<'_>) -> Option<Marks> {
        let segment = sighting.segment;
        if !segment.flags.syn() || sighting.malformed || segment.checksum_state == Checksum::Bad {
            return None;
        }
        let arriving = sighting.arriving();
        match place {
            Place::HalfOpen(head) => {
                let half_open = self.flows.half_open(head);
                let followed = half_open.is_followed_by(side_of(&half_open.sockets(&flow.key), source), &arriving);
                followed.then(|| Marks::of(&[Mark::PortReuse]))
            }
            Place::Orderly(head) | Place::Followed(head) => {
                let connection = self.flows.followed(head);
                let followed = connection.is_followed_by(connection.side_of(source), &arriving);
                followed.then(|| connection.succession(sighting.time))
            }
            Place::Late(number) => {
                let late = self.flows.late(number);
                let connection = late.revive(&flow.key, sighting.time);
                let followed = connection.is_followed_by(connection.side_of(source), &arriving);
                followed.then(|| late.succession(&connection))
            }
        }
    }

    /// Begins a connection; `succession`: what is to be said of one that had the same sockets.
    fn open(
        &mut self,
        flow: &Flow,
        (source, destination): (SocketAddr, SocketAddr),
        sighting: &Sighting<'_>,
        succession: Marks,
        out: &mut dyn FnMut(&Event),
    ) {
        self.make_room(out);
        let arriving = sighting.arriving();
        let sockets = match self.opener(&arriving, source, destination) {
            Side::Client => Pair { client: source, server: destination },
            Side::Server => Pair { client: destination, server: source },
        };
        self.last_id = self.last_id.wrapping_add(1);
        let (id, ours) = (self.last_id, self.ours_of(&sockets));
        let small = ours.is_none().then(|| HalfOpen::of(id, &flow.key, source, sighting, &self.unknown, succession));
        let half_open = small.flatten();
        if let Some(half_open) = half_open
            && self.only_ends
        {
            return self.flows.insert_half_open(flow, half_open);
        }
        let mut connection = Connection::new(id, sockets, ours, sighting.time, &arriving);
        if let Some(side) = ours {
            connection.ends[side].by_hand = self.probes;
        }
        connection.probing = self.probes && ours == Some(Side::Client) && !opens(arriving.flags);
        if !self.only_ends {
            out(&connection.event(sighting.time, EventKind::Opened(connection.opened())));
        }
        match half_open {
            Some(half_open) => {
                step(&mut connection, source, sighting, succession, out);
                self.flows.insert_half_open(flow, half_open);
            }
            None => {
                let head = self.flows.insert_followed(flow, connection);
                self.follow(head, source, sighting, succession, out);
            }
        }
    }

    /// Which side the sender of the first segment is. Who sends by hand without waiting for anybody is a client, though
    /// its flags may be a server's.
    fn opener(&self, first: &Arriving, source: SocketAddr, destination: SocketAddr) -> Side {
        match self.ours {
            Some(ours) if !self.listens && is_same(ours, source) => Side::Client,
            _ => opener(first, source.port(), destination.port()),
        }
    }

    /// Which end, if any, this program makes.
    fn ours_of(&self, sockets: &Pair<SocketAddr>) -> Option<Side> {
        let ours = self.ours?;
        Side::BOTH.into_iter().find(|side| is_same(ours, sockets[*side]))
    }

    fn follow_half_open(
        &mut self,
        flow: &Flow,
        head: u32,
        source: SocketAddr,
        sighting: &Sighting<'_>,
        out: &mut dyn FnMut(&Event),
    ) {
        let half_open = self.flows.half_open(head);
        if !half_open.is_repeated_by(side_of(&half_open.sockets(&flow.key), source), sighting, &self.unknown) {
            return self.follow(head, source, sighting, Marks::default(), out);
        }
        if !self.only_ends {
            step(&mut half_open.expand(&flow.key), source, sighting, Marks::default(), out);
        }
        half_open.count(&sighting.facts());
        self.flows.touch(head);
    }

    fn follow(
        &mut self,
        head: u32,
        source: SocketAddr,
        sighting: &Sighting<'_>,
        succession: Marks,
        out: &mut dyn FnMut(&Event),
    ) {
        let connection = self.flows.followed(head);
        if self.only_ends {
            connection.pass(connection.side_of(source), sighting);
            connection.marks |= succession;
        } else {
            step(connection, source, sighting, succession, out);
        }
        self.flows.touch(head);
    }

    /// A segment of a connection that was told of.
    fn follow_late(
        &mut self,
        flow: &Flow,
        number: u32,
        source: SocketAddr,
        sighting: &Sighting<'_>,
        out: &mut dyn FnMut(&Event),
    ) {
        self.late += 1;
        if !self.only_ends {
            step(
                &mut self.flows.late(number).revive(&flow.key, sighting.time),
                source,
                sighting,
                Marks::default(),
                out,
            );
        }
    }

    fn icmp(&mut self, number: u64, time: Time, ip: &Ip, icmp: &Icmp<'_>, out: &mut dyn FnMut(&Event)) {
        let Some(report) = Report::of(number, time, ip, icmp) else { return };
        let flow = self.flows.flow(report.source, report.destination);
        let head = match self.flows.find(&flow) {
            Some(Place::HalfOpen(head) | Place::Orderly(head) | Place::Followed(head)) => head,
            Some(Place::Late(_)) | None => return,
        };
        let connection = self.flows.followed(head);
        let event = icmp::follow(connection, &report);
        if !self.only_ends {
            out(&connection.event(time, EventKind::Icmp(event)));
        }
        self.flows.touch(head);
    }
}

/// Follows one segment of `connection` and tells of it.
fn step(
    connection: &mut Connection,
    source: SocketAddr,
    sighting: &Sighting<'_>,
    succession: Marks,
    out: &mut dyn FnMut(&Event),
) {
    let mut segment = connection.segment(connection.side_of(source), sighting);
    segment.marks |= succession;
    connection.marks |= succession;
    out(&connection.event(sighting.time, EventKind::Segment(segment)));
}

/// Whether the length in the IP header goes beyond a packet that was captured whole.
fn lies_beyond(packet: &Packet<'_>, segment: &Segment<'_>) -> bool {
    packet.original_len as usize == packet.bytes.len() && segment.payload.len() < segment.payload_len as usize
}

fn sockets(ip: &Ip, segment: &Segment<'_>) -> (SocketAddr, SocketAddr) {
    (SocketAddr::new(ip.source, segment.source_port), SocketAddr::new(ip.destination, segment.destination_port))
}
