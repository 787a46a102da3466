//! Packets in, events of exchanges out.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::lru::Lru;
use super::query::Query;
use super::record::{Exchange, Sighting};
use super::{Began, Endpoint, ExchangeError, ExchangeEvent, ExchangeKind, MessageKind, Protocol};
use crate::trace::side::port_class;
use crate::trace::{Side, is_group};
use crate::wire::ip::protocol;
use crate::wire::{Checksum, Content, Datagram, Decoded, Icmp, Ip, Packet, Quote, Time};

/// Silence that ends an exchange: the least time that a NAT keeps a UDP mapping (RFC 4787, REQ-5), and Linux's
/// connection tracking one that was answered.
const SILENCE: Duration = Duration::from_secs(120);
/// Octets of a UDP header.
const UDP_HEADER: u16 = 8;

/// What makes an exchange: both ends, and for ICMP what is asked, with which identifier. The same identifier in the
/// other direction is another exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    protocol: Protocol,
    one: Endpoint,
    other: Endpoint,
    id: Option<u16>,
}

impl Key {
    fn of_sockets(source: SocketAddr, destination: SocketAddr) -> Self {
        let (source, destination) = (plain(source), plain(destination));
        let (one, other) = if source <= destination { (source, destination) } else { (destination, source) };
        Self { protocol: Protocol::Udp, one, other, id: None }
    }

    /// `source` sent the query.
    const fn of_query(query: &Query, source: IpAddr, destination: IpAddr) -> Self {
        let (one, other) = match query.kind {
            MessageKind::Reply => (destination, source),
            _ => (source, destination),
        };
        Self { protocol: query.protocol, one: Endpoint::Host(one), other: Endpoint::Host(other), id: Some(query.id) }
    }
}

/// Without IPv6 scope and flow, which are no part of who an end is.
const fn plain(socket: SocketAddr) -> Endpoint {
    Endpoint::Socket(SocketAddr::new(socket.ip(), socket.port()))
}

/// Follows UDP and ICMP exchanges in a stream of packets.
///
/// Each yields one `Began`, then its messages and the ICMP errors about them in their order, then one `Ended`: after two
/// minutes of silence, when the table is full and it was silent longest, or at [`Exchanges::finish`]. Nothing is
/// allocated for a message; an exchange takes about a kilobyte.
#[derive(Debug)]
pub struct Exchanges {
    table: Lru<Key, Exchange>,
    last_number: u32,
    evicted: u64,
}

impl Default for Exchanges {
    /// With room for 50,000 exchanges at once.
    fn default() -> Self {
        Self::new(50_000)
    }
}

impl Exchanges {
    /// With room for so many exchanges at once, at least one; beyond that, the one silent longest is ended.
    #[must_use]
    pub fn new(max_exchanges: usize) -> Self {
        Self { table: Lru::new(max_exchanges), last_number: 0, evicted: 0 }
    }

    /// Follows one packet and gives what came of it to `out`. `number` counts the packets of the source, from 1. An ICMP
    /// error about a TCP segment yields nothing: it belongs to a connection.
    pub fn packet(
        &mut self,
        number: u64,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        out: &mut dyn FnMut(&ExchangeEvent),
    ) {
        let time = packet.time;
        while let Some(silent) = self.table.take_oldest(|exchange| time.since(exchange.last) > SILENCE) {
            end(&silent, out);
        }
        match (&decoded.ip, &decoded.content) {
            (Some(ip), Content::Datagram(datagram)) => self.datagram(number, time, ip, datagram, out),
            (Some(ip), Content::Icmp(icmp)) => match Query::of(icmp) {
                Some(query) => self.query(number, time, ip, icmp, query, out),
                None => self.error(number, time, ip, icmp, out),
            },
            _ => {}
        }
    }

    /// Ends every exchange that is left, in the order of their numbers.
    pub fn finish(&mut self, out: &mut dyn FnMut(&ExchangeEvent)) {
        let mut left: Vec<_> = std::iter::from_fn(|| self.table.take_oldest(|_| true)).collect();
        left.sort_unstable_by_key(|exchange| exchange.number);
        left.iter().for_each(|exchange| end(exchange, out));
    }

    /// How many exchanges were ended because the table was full.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    fn datagram(
        &mut self,
        number: u64,
        time: Time,
        ip: &Ip,
        datagram: &Datagram<'_>,
        out: &mut dyn FnMut(&ExchangeEvent),
    ) {
        let source = SocketAddr::new(ip.source, datagram.source_port);
        let destination = SocketAddr::new(ip.destination, datagram.destination_port);
        // 0 in a jumbogram (RFC 2675), or where the network interface was to fill it in.
        let length = if datagram.length == 0 { ip.payload_len } else { usize::from(datagram.length) };
        let (least, most) = (usize::from(UDP_HEADER), ip.payload_len);
        let exchange =
            self.exchange(Key::of_sockets(source, destination), time, out, || udp_began(source, destination));
        let message = exchange.message(&Sighting {
            number,
            time,
            from: exchange.side_of(plain(source)),
            kind: MessageKind::Datagram,
            seq: None,
            len: length.min(most).saturating_sub(least) as u32,
            payload: datagram.payload,
            ttl: ip.ttl,
            checksum: datagram.checksum_state,
            malformed: length < least || length > most,
        });
        out(&event(exchange, time, ExchangeKind::Message(message)));
    }

    fn query(
        &mut self,
        number: u64,
        time: Time,
        ip: &Ip,
        icmp: &Icmp<'_>,
        query: Query,
        out: &mut dyn FnMut(&ExchangeEvent),
    ) {
        let key = Key::of_query(&query, ip.source, ip.destination);
        let exchange = self.exchange(key, time, out, || query_began(&key));
        let message = exchange.message(&Sighting {
            number,
            time,
            from: if query.kind == MessageKind::Reply { Side::Server } else { Side::Client },
            kind: query.kind,
            seq: Some(query.seq),
            len: ip.payload_len.saturating_sub(8) as u32,
            payload: icmp.body,
            ttl: ip.ttl,
            checksum: icmp.checksum_state,
            malformed: false,
        });
        out(&event(exchange, time, ExchangeKind::Message(message)));
    }

    /// An ICMP error about a datagram or a query. Where that was not seen, the error begins the exchange.
    fn error(&mut self, number: u64, time: Time, ip: &Ip, icmp: &Icmp<'_>, out: &mut dyn FnMut(&ExchangeEvent)) {
        let Some(quoted) = icmp.quote().and_then(|quote| Quoted::of(&quote)) else { return };
        let exchange = self.exchange(quoted.key, time, out, || quoted.began);
        let about = exchange.side_of(quoted.sender);
        let told = exchange.error(
            time,
            quoted.tag,
            ExchangeError {
                number,
                from: ip.source,
                about,
                v6: icmp.v6,
                kind: icmp.kind,
                code: icmp.code,
                mtu: icmp.mtu(),
                quoted_seq: quoted.seq,
                answers: None,
                response: None,
                plausible: icmp.checksum_state != Checksum::Bad,
            },
        );
        out(&event(exchange, time, ExchangeKind::Error(told)));
    }

    /// The exchange with this key, which is begun if there is none.
    fn exchange(
        &mut self,
        key: Key,
        time: Time,
        out: &mut dyn FnMut(&ExchangeEvent),
        began: impl FnOnce() -> Began,
    ) -> &mut Exchange {
        if self.table.get(&key).is_none() {
            self.last_number = self.last_number.wrapping_add(1);
            let exchange = Exchange::new(self.last_number, key.protocol, began(), time);
            if let Some(old) = self.table.insert(key, exchange) {
                self.evicted += 1;
                end(&old, out);
            }
            out(&event(&exchange, time, ExchangeKind::Began(exchange.began)));
        }
        self.table.get(&key).expect("it was there, or was put there")
    }
}

/// What an error quotes.
struct Quoted {
    key: Key,
    began: Began,
    sender: Endpoint,
    /// What the messages' tags are compared with.
    tag: Option<u16>,
    seq: Option<u16>,
}

impl Quoted {
    fn of(quote: &Quote<'_>) -> Option<Self> {
        match quote.ip.protocol {
            protocol::UDP => {
                let (source, destination) = quote.sockets()?;
                let length = quote.payload.get(4..6).map(|field| u16::from_be_bytes([field[0], field[1]]));
                Some(Self {
                    key: Key::of_sockets(source, destination),
                    began: udp_began(source, destination),
                    sender: plain(source),
                    tag: length.and_then(|length| length.checked_sub(UDP_HEADER)),
                    seq: None,
                })
            }
            protocol::ICMP | protocol::ICMPV6 => {
                let query = Query::quoted(quote.ip.protocol == protocol::ICMPV6, quote.payload)?;
                let key = Key::of_query(&query, quote.ip.source, quote.ip.destination);
                let sender = Endpoint::Host(quote.ip.source);
                let seq = Some(query.seq);
                Some(Self { key, began: query_began(&key), sender, tag: seq, seq })
            }
            _ => None,
        }
    }
}

/// The client of datagrams is who sent the first, unless the ports tell otherwise.
fn udp_began(source: SocketAddr, destination: SocketAddr) -> Began {
    let answers = port_class(source.port()) < port_class(destination.port());
    let (client, server) = if answers { (destination, source) } else { (source, destination) };
    Began { client: plain(client), server: plain(server), id: None, group: is_group(server.ip()) }
}

const fn query_began(key: &Key) -> Began {
    Began { client: key.one, server: key.other, id: key.id, group: is_group(key.other.ip()) }
}

const fn event(exchange: &Exchange, time: Time, kind: ExchangeKind) -> ExchangeEvent {
    ExchangeEvent { time, exchange: exchange.number, protocol: exchange.protocol, kind }
}

fn end(exchange: &Exchange, out: &mut dyn FnMut(&ExchangeEvent)) {
    out(&event(exchange, exchange.last, ExchangeKind::Ended(exchange.summary())));
}
