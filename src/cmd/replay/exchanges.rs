//! UDP and ICMP exchanges beside the connections: whether they are shown, and which.

use std::io;

use anyhow::ensure;
use clap::ValueEnum;

use crate::sink::Sink;
use crate::trace::exchange::{ExchangeEvent, Exchanges};
use crate::wire::{Decoded, Packet};

/// Events that are kept until it is clear whether there are TCP connections.
const HELD: usize = 20_000;

/// Which protocols are shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Choice")]
pub(in crate::cmd) struct ProtocolArgs {
    /// What is shown, separated by commas. If left out: TCP connections; where there are none, UDP and ICMP exchanges
    #[arg(short, long, value_name = "PROTOCOL", value_delimiter = ',')]
    protocol: Vec<Protocol>,
    /// Only the UDP or ICMP exchange of this number: --list -p all counts exchanges apart from connections
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cmd) exchange: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// TCP connections
    Tcp,
    /// UDP: datagrams between two sockets
    Udp,
    /// ICMP: requests and their replies, such as ping's
    Icmp,
    /// All of these
    All,
}

impl ProtocolArgs {
    /// Whether any was named.
    pub(in crate::cmd) const fn is_given(&self) -> bool {
        !self.protocol.is_empty() || self.exchange.is_some()
    }

    /// What is to be shown. `for_connections`: the options that only connections have a place for.
    ///
    /// # Errors
    /// Exchanges were asked for together with such an option.
    pub(in crate::cmd) fn shown(&self, for_connections: &[&str]) -> anyhow::Result<Protocols> {
        let has = |protocol| self.protocol.iter().any(|asked| [protocol, Protocol::All].contains(asked));
        let shown = match (self.protocol.is_empty(), self.exchange) {
            (true, None) => {
                Protocols { udp: for_connections.is_empty(), icmp: for_connections.is_empty(), ..Protocols::UNDECIDED }
            }
            (true, only) => Protocols { tcp: false, undecided: false, only, ..Protocols::UNDECIDED },
            (false, only) => Protocols {
                tcp: has(Protocol::Tcp) && only.is_none(),
                udp: has(Protocol::Udp),
                icmp: has(Protocol::Icmp),
                undecided: false,
                only,
            },
        };
        ensure!(
            shown.undecided || !shown.has_exchanges() || for_connections.is_empty(),
            "{} knows TCP connections only: leave it out, or leave out --protocol and --exchange",
            for_connections.join(", ")
        );
        ensure!(
            self.exchange.is_none() || shown.has_exchanges(),
            "--exchange chooses a UDP or ICMP exchange: leave it out, or take --protocol udp,icmp"
        );
        Ok(shown)
    }
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd) struct Protocols {
    pub(in crate::cmd) tcp: bool,
    udp: bool,
    icmp: bool,
    /// Exchanges are shown only if there is no connection.
    undecided: bool,
    /// The only exchange that is shown.
    only: Option<u32>,
}

impl Protocols {
    /// Connections, and no exchanges.
    pub(in crate::cmd) const TCP: Self = Self { tcp: true, udp: false, icmp: false, undecided: false, only: None };

    const UNDECIDED: Self = Self { tcp: true, udp: true, icmp: true, undecided: true, only: None };

    /// Whether it was not said what to show, so that nothing of the capture was declined.
    pub(in crate::cmd) const fn is_unsaid(&self) -> bool {
        self.undecided
    }

    /// Whether exchanges are followed at all.
    pub(super) const fn has_exchanges(&self) -> bool {
        self.udp || self.icmp
    }

    fn has(&self, event: &ExchangeEvent) -> bool {
        let of_kind = if event.protocol.is_icmp() { self.icmp } else { self.udp };
        of_kind && self.only.is_none_or(|only| only == event.exchange)
    }

    /// What there is none of: `TCP connection and no UDP or ICMP exchange`.
    pub(in crate::cmd) fn words(&self) -> String {
        let exchanges = match (self.udp, self.icmp) {
            (true, true) => Some("UDP or ICMP exchange"),
            (true, false) => Some("UDP exchange"),
            (false, true) => Some("ICMP exchange"),
            (false, false) => None,
        };
        let parts: Vec<_> = self.tcp.then_some("TCP connection").into_iter().chain(exchanges).collect();
        parts.join(" and no ")
    }
}

/// The exchanges of a pass.
pub(in crate::cmd) struct Beside {
    protocols: Protocols,
    /// None where exchanges are not shown.
    tracer: Option<Exchanges>,
    /// What waits for the decision; none once it was made.
    held: Option<Vec<ExchangeEvent>>,
    /// Exchanges that there are.
    last: u32,
    /// Whether one of them was among those that were asked for.
    any: bool,
}

impl Beside {
    pub(in crate::cmd) fn new(protocols: Protocols) -> Self {
        Self {
            protocols,
            tracer: protocols.has_exchanges().then(Exchanges::default),
            held: protocols.undecided.then(Vec::new),
            last: 0,
            any: false,
        }
    }

    /// Whether no packet of another connection can change anything.
    pub(in crate::cmd) const fn is_idle(&self) -> bool {
        self.tracer.is_none() && self.held.is_none()
    }

    /// Follows a packet, after which there are so many `connections`; says whether something of it is shown.
    pub(in crate::cmd) fn packet(
        &mut self,
        connections: u32,
        (number, packet, decoded): (u64, &Packet<'_>, &Decoded<'_>),
        sink: &mut dyn Sink,
    ) -> io::Result<bool> {
        if connections > 0 && self.held.is_some() {
            (self.tracer, self.held, self.any) = (None, None, false);
        }
        self.forward(sink, |tracer, out| tracer.packet(number, packet, decoded, out))
    }

    /// Ends the exchanges that are left, and shows what was held.
    pub(in crate::cmd) fn finish(&mut self, sink: &mut dyn Sink) -> io::Result<Told> {
        self.forward(sink, |tracer, out| tracer.finish(out))?;
        self.release(sink)?;
        let evicted = self.tracer.as_ref().map_or(0, Exchanges::evicted);
        Ok(Told { any: self.any, last: self.last, evicted })
    }

    fn forward(
        &mut self,
        sink: &mut dyn Sink,
        produce: impl FnOnce(&mut Exchanges, &mut dyn FnMut(&ExchangeEvent)),
    ) -> io::Result<bool> {
        let Self { protocols, tracer, held, last, any } = self;
        let Some(tracer) = tracer else { return Ok(false) };
        let mut result = Ok(false);
        produce(tracer, &mut |event| {
            *last = (*last).max(event.exchange);
            if result.is_err() || !protocols.has(event) {
                return;
            }
            *any = true;
            result = match held {
                Some(held) => {
                    held.push(*event);
                    Ok(true)
                }
                None => sink.exchange(event).map(|()| true),
            };
        });
        if held.as_ref().is_some_and(|held| held.len() > HELD) {
            self.release(sink)?;
        }
        result
    }

    /// Shows what was held; from now on everything is shown at once.
    fn release(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        self.held.take().unwrap_or_default().iter().try_for_each(|event| sink.exchange(event))
    }
}

/// What a pass found of exchanges.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cmd) struct Told {
    /// At least one was shown.
    pub(in crate::cmd) any: bool,
    /// How many there are, those included that are not shown.
    pub(in crate::cmd) last: u32,
    /// How many were ended because the table was full.
    pub(in crate::cmd) evicted: u64,
}
