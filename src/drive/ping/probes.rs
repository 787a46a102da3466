//! SYNs and datagrams by hand: a raw socket sends them, a capture hears both directions with the kernel's time, and an
//! ICMP socket the errors, also those of this machine itself.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use super::Error;
use super::carrier::{Carrier, Input};
use crate::craft::ping::{Arrival, Form, Probes, Request, decode};
use crate::source::{Live, LiveOptions};
use crate::sys::icmp::{Config, Kind, Origin};
use crate::sys::{self, IcmpSocket, RawSender, RstGuard, Version, poll, random};
use crate::wire;

/// How probes travel.
#[derive(Clone, Debug)]
pub struct Way {
    /// Our address.
    pub source: IpAddr,
    /// The interface that leads there.
    pub interface: String,
    /// It is the one of this machine itself.
    pub loopback: bool,
    /// The interface index of a link-local destination, otherwise 0.
    pub scope_id: u32,
}

/// What keeps our own kernel from answering on a port of ours.
#[derive(Debug)]
enum Holder {
    /// It would reset what it knows nothing of.
    Guard { _guard: RstGuard },
    /// It would say that nobody listens.
    Socket { _socket: UdpSocket },
}

/// Carries SYNs or datagrams to one port of a host.
pub struct Ports {
    probes: Probes<Holder>,
    way: Way,
    remote: SocketAddr,
    is_tcp: bool,
    sender: RawSender,
    capture: Live,
    errors: IcmpSocket,
    buffer: Vec<u8>,
}

/// Octets kept of each packet: all headers, and what a datagram may bring is only counted.
const BUFFER: usize = 65_536;
/// How long the last FINs are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl Ports {
    /// Probes of this form, of which the last `most` hold a descriptor each.
    ///
    /// # Errors
    /// No permission, or what libpcap says.
    pub fn open(way: Way, form: Form, most: usize) -> Result<Self, Error> {
        let (remote, is_tcp) = (form.remote, form.end.is_some());
        let version = Version::of(remote.ip());
        // Packets to ourselves pass through lo whatever interface the address is on; tied to lo, they find no route.
        let tied_to = (!way.loopback).then_some(way.interface.as_str());
        let sender = RawSender::open(version, tied_to)?;
        let protocol = if is_tcp { "tcp" } else { "udp" };
        let filter = format!("{protocol} and host {} and port {}", remote.ip(), remote.port());
        let capture = Live::open(&way.interface, Some(&filter), LiveOptions::default())?;
        let errors = IcmpSocket::open_kind(version, Kind::Raw, &Config::default())?;
        if is_tcp {
            // Those that are held, and the next.
            RstGuard::lay_in(version, most + 1)?;
        }
        let probes = Probes::new(form, most);
        Ok(Self { probes, way, remote, is_tcp, sender, capture, errors, buffer: vec![0; BUFFER] })
    }

    /// A port of ours that our kernel leaves alone.
    fn hold(&self) -> sys::Result<(SocketAddr, Holder)> {
        let any = SocketAddr::new(self.way.source, 0);
        if self.is_tcp {
            let guard = RstGuard::engage(any, Some(&self.way.interface))?;
            return Ok((SocketAddr::new(self.way.source, guard.local().port()), Holder::Guard { _guard: guard }));
        }
        let scoped = match any {
            SocketAddr::V6(mut v6) => {
                v6.set_scope_id(self.way.scope_id);
                v6.into()
            }
            v4 => v4,
        };
        let failed = |source| sys::Error::os(format!("reserve a UDP port of {}", self.way.source), source);
        let socket = UdpSocket::bind(scoped).map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        Ok((SocketAddr::new(self.way.source, port), Holder::Socket { _socket: socket }))
    }

    /// The next error about a probe of ours.
    fn error(&mut self) -> Result<Option<Arrival<'static>>, Error> {
        while let Some(received) = self.errors.recv(&mut self.buffer)? {
            if received.origin != Origin::Network {
                continue;
            }
            let icmp = decode(self.remote.is_ipv6(), &self.buffer[..received.len]);
            let arrival =
                icmp.and_then(|icmp| self.probes.read_error(received.time, received.from, received.ttl, &icmp));
            if arrival.is_some() {
                return Ok(arrival);
            }
        }
        Ok(None)
    }
}

impl Carrier for Ports {
    fn send(&mut self, request: &Request) -> Result<(), Error> {
        let (local, holder) = self.hold()?;
        let iss = random::u32()?;
        for packet in self.probes.request(local, iss, &request.bytes)? {
            self.sender.send(&packet, self.remote.ip(), self.way.scope_id)?;
        }
        if let Some(reset) = self.probes.sent(local, request.seq, iss, holder) {
            // It ends an old connection: that it cannot be sent is no fault of this request.
            let _ = self.sender.send(&reset, self.remote.ip(), self.way.scope_id);
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<Input<'_>>, Error> {
        while let Some(packet) = self.capture.next()? {
            let reading = self.probes.read(packet.time, &wire::decode(&packet));
            let time = packet.time;
            if let Some(reply) = reading.reply {
                // A reset or acknowledgment that is lost here is lost as anywhere: the peer asks again.
                let _ = self.sender.send(&reply, self.remote.ip(), self.way.scope_id);
            }
            if let Some(nth) = reading.departure {
                return Ok(Some(Input::Departure { nth, time }));
            }
            if let Some(arrival) = reading.arrival {
                return Ok(Some(Input::Arrival(arrival)));
            }
        }
        Ok(self.error()?.map(Input::Arrival))
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.capture.as_fd(), self.errors.as_fd()]
    }

    fn finish(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        while self.probes.is_closing() && began.elapsed() < PATIENCE {
            while self.receive()?.is_some() {}
            if self.probes.is_closing() {
                poll::wait(&self.fds(), Some(PATIENCE.saturating_sub(began.elapsed())))?;
            }
        }
        for reset in self.probes.abort() {
            self.sender.send(&reset, self.remote.ip(), self.way.scope_id)?;
        }
        Ok(())
    }
}
