//! The packets of the capture that are asked for.

use std::net::IpAddr;
use std::os::fd::AsFd;

use crate::cmd::replay::args::Args;
use crate::cmd::replay::input;
use crate::source::{Error, Expression, Progress, Source, Supply};
use crate::trace::{Event, EventKind, Hint, Tracer, TracerOptions};
use crate::wire::ip::protocol;
use crate::wire::{self, Ip, Packet, Reassembler};

/// A source from which only the packets that were asked for come.
pub(super) struct Chosen<'a> {
    source: Box<dyn Source + 'a>,
    filter: Option<Expression>,
    connection: Option<Connection>,
    /// Whether the packet that `source` stands at was asked for.
    is_wanted: bool,
}

impl<'a> Chosen<'a> {
    /// Opens the capture; what has to be waited for ends when `stop` can be read, if there is one.
    ///
    /// # Errors
    /// The filter is not one.
    pub(super) fn open(args: &'a Args, stop: Option<&'a impl AsFd>) -> Result<Self, Error> {
        let filter = args.choice.filter.as_ref().map(Expression::new).transpose()?;
        let connection = args.choice.connection.map(|number| Connection::new(number, args));
        Ok(Self { source: input::packets(args, stop), filter, connection, is_wanted: false })
    }
}

impl Source for Chosen<'_> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.is_wanted = false;
        while self.source.advance()? {
            let Some(packet) = self.source.packet() else { continue };
            if self.filter.as_mut().map_or(Ok(true), |filter| filter.accepts(&packet))?
                && self.connection.as_mut().is_none_or(|connection| connection.has(&packet))
            {
                self.is_wanted = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.source.packet().filter(|_| self.is_wanted)
    }

    /// The packet that is in memory may not be wanted, and the one behind it may be missing.
    fn supply(&self) -> Supply {
        match self.source.supply() {
            Supply::Waiting if self.filter.is_some() || self.connection.is_some() => Supply::Pending,
            supply => supply,
        }
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }
}

/// One connection, by its number among all that there are, as `--list` counts them.
struct Connection {
    number: u32,
    tracer: Tracer,
    reassembler: Reassembler,
    /// Its two addresses, when it is known.
    addresses: Option<[IpAddr; 2]>,
    /// Packets so far.
    packets: u64,
}

impl Connection {
    fn new(number: u32, args: &Args) -> Self {
        let max_connections = args.reading.max_connections as usize;
        let tracer = Tracer::new(TracerOptions { max_connections, ..TracerOptions::default() });
        Self { number, tracer, reassembler: Reassembler::default(), addresses: None, packets: 0 }
    }

    /// Whether the packet is a segment of the connection, an ICMP error about one, or a fragment between its hosts: whose a
    /// fragment is shows only when the last one has come.
    fn has(&mut self, packet: &Packet<'_>) -> bool {
        self.packets += 1;
        let decoded = wire::decode(packet);
        let Some(ip) = decoded.ip.filter(|ip| ip.fragment.is_some()) else {
            return self.trace(packet, &decoded, Hint::default());
        };
        let mut reassembler = std::mem::take(&mut self.reassembler);
        if let Some(whole) = reassembler.add(packet, &decoded) {
            let hint = Hint { reassembled: true, ..Hint::default() };
            self.trace(&whole, &wire::decode(&whole), hint);
        }
        self.reassembler = reassembler;
        self.is_between_its_hosts(&ip)
    }

    fn trace(&mut self, packet: &Packet<'_>, decoded: &wire::Decoded<'_>, hint: Hint) -> bool {
        let (mut has, number, addresses) = (false, self.number, &mut self.addresses);
        self.tracer.packet(self.packets, packet, decoded, hint, &mut |event: &Event| match &event.kind {
            _ if event.connection != number => {}
            EventKind::Opened(opened) => *addresses = Some([opened.client.ip(), opened.server.ip()]),
            EventKind::Segment(_) | EventKind::Icmp(_) => has = true,
            EventKind::Kernel(_) | EventKind::Ended(_) => {}
        });
        has
    }

    fn is_between_its_hosts(&self, ip: &Ip) -> bool {
        let is_between =
            |[client, server]: [IpAddr; 2]| [(client, server), (server, client)].contains(&(ip.source, ip.destination));
        ip.protocol == protocol::TCP && self.addresses.is_some_and(is_between)
    }
}
