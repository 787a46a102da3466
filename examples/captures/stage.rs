//! Where a scene is played: the lab, hand-made ends and kernels on both hosts, and the capture between them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rawshake::lab::{self, Host, Lab, SERVER, YOU};
use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::source::{Live, LiveOptions, Stored};
use rawshake::sys::{RawSender, RstGuard, Version, poll};
use rawshake::wire::checksum::Sum;
use rawshake::wire::{Flags, IpFields, SegmentFields, decode, emit, ip};
use socket2::Socket;

use super::hand::{ACK, FIN_ACK, Hand, Heard, PSH, SYN, SYN_ACK};

/// The port of every server.
pub(crate) const PORT: u16 = 80;
/// The port of the first client.
pub(crate) const CLIENT: u16 = 40000;
/// A router that is not there.
const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 254));
/// Octets of an Ethernet header.
const ETHERNET: usize = 14;
/// Octets that an ICMP error quotes: the IP header and eight more (RFC 792).
const QUOTE: usize = 28;
/// How long anything may take that will happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a segment takes at most to cross the cable and be answered.
pub(crate) const SETTLE: Duration = Duration::from_millis(5);

/// One capture: the name of its file, where it is taken, and what happens.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) interface: &'static str,
    pub(crate) play: fn(&mut Stage) -> Result<()>,
}

/// A scene on the cable between the hosts, captured at the client's end.
pub(crate) const fn cable(name: &'static str, play: fn(&mut Stage) -> Result<()>) -> Scene {
    Scene { name, interface: lab::INTERFACE, play }
}

/// A scene within one host.
pub(crate) const fn loopback(name: &'static str, play: fn(&mut Stage) -> Result<()>) -> Scene {
    Scene { name, interface: "lo", play }
}

pub(crate) struct Stage {
    pub(crate) lab: Lab,
    live: Live,
    near: RawSender,
    far: RawSender,
    /// Keep both kernels from answering for hand-made ends.
    guards: Vec<RstGuard>,
    packets: Vec<Stored>,
}

impl Stage {
    pub(crate) fn enter(interface: &str) -> Result<Self> {
        let lab = Lab::enter(&lab::Options { server: lab::Server::Refuses, ..lab::Options::default() })?;
        let live = Live::open(interface, Some("tcp or icmp or udp"), LiveOptions::default())?;
        let near = RawSender::open(Version::V4, None)?;
        let far = lab.on_server(|| RawSender::open(Version::V4, None))??;
        Ok(Self { lab, live, near, far, guards: Vec::new(), packets: Vec::new() })
    }

    // Ends by hand.

    /// A hand-made client of the server's port 80.
    pub(crate) fn client(&mut self) -> Result<Hand> {
        self.client_at(CLIENT)
    }

    pub(crate) fn client_at(&mut self, port: u16) -> Result<Hand> {
        self.guards.push(RstGuard::engage(at(YOU, port), None)?);
        Ok(Hand::new(at(YOU, port), at(SERVER, PORT), 1000))
    }

    /// A hand-made server for the client at port 40000.
    pub(crate) fn server(&mut self) -> Result<Hand> {
        self.guards.push(self.lab.on_server(|| RstGuard::engage(at(SERVER, PORT), None))??);
        Ok(Hand::new(at(SERVER, PORT), at(YOU, CLIENT), 5000))
    }

    /// Both ends by hand, after their handshake.
    pub(crate) fn pair(&mut self) -> Result<(Hand, Hand)> {
        let (mut client, mut server) = (self.client()?, self.server()?);
        self.say(&mut client, SYN, b"")?;
        self.hear(&mut server, SYN)?;
        self.say(&mut server, SYN_ACK, b"")?;
        self.hear(&mut client, SYN_ACK)?;
        self.say(&mut client, ACK, b"")?;
        self.hear(&mut server, ACK)?;
        Ok((client, server))
    }

    /// The next segment of `hand`: it moves on.
    pub(crate) fn say(&mut self, hand: &mut Hand, flags: Flags, payload: &[u8]) -> Result<()> {
        let fields = hand.segment(flags, payload);
        hand.seq = hand.seq.wrapping_add(payload.len() as u32).wrapping_add(flags.sequence_len());
        self.segment(hand, &fields)
    }

    /// A segment with the numbers of `hand`, but for what `bend` changes. The hand stays where it is.
    pub(crate) fn put(
        &mut self,
        hand: &Hand,
        flags: Flags,
        payload: &[u8],
        bend: impl FnOnce(&mut SegmentFields),
    ) -> Result<()> {
        let mut fields = hand.segment(flags, payload);
        bend(&mut fields);
        self.segment(hand, &fields)
    }

    fn segment(&mut self, hand: &Hand, fields: &SegmentFields) -> Result<()> {
        let packet = emit::segment(hand.local, hand.remote, &hand.ip, fields)?;
        self.packet(&packet, hand.local.ip(), hand.remote.ip())
    }

    /// A whole packet, from the host that owns `from`; the near one sends for strangers.
    pub(crate) fn packet(&mut self, packet: &[u8], from: IpAddr, to: IpAddr) -> Result<()> {
        let sender = if from == SERVER.ip(Version::V4) { &self.far } else { &self.near };
        sender.send(packet, to, 0)?;
        self.pause(SETTLE)
    }

    /// A segment that the client's host sends in the name of `hand`, whoever that is, to whoever it is for.
    pub(crate) fn forge(&mut self, hand: &Hand, flags: Flags) -> Result<()> {
        let packet = emit::segment(hand.local, hand.remote, &hand.ip, &hand.segment(flags, b""))?;
        RawSender::open(Version::V4, Some(lab::INTERFACE))?.send(&packet, hand.remote.ip(), 0)?;
        self.pause(SETTLE)
    }

    /// A packet that the server's host sends to itself: the capture at the client does not see it.
    pub(crate) fn unseen(&mut self, hand: &Hand, flags: Flags) -> Result<()> {
        let packet = emit::segment(hand.local, hand.remote, &hand.ip, &hand.segment(flags, b""))?;
        self.far.send(&packet, hand.remote.ip(), 0)?;
        self.pause(SETTLE)
    }

    /// An ICMP error to the sender of the last captured segment from `to`, which it quotes.
    pub(crate) fn icmp(&mut self, to: Host, kind: u8, code: u8, rest: [u8; 4]) -> Result<()> {
        self.icmp_quoting(to, [kind, code], rest, |_| {})
    }

    /// The same, with a quotation that `bend` changes.
    pub(crate) fn icmp_quoting(
        &mut self,
        to: Host,
        [kind, code]: [u8; 2],
        rest: [u8; 4],
        bend: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        let host = to.ip(Version::V4);
        let is_from = |stored: &&Stored| decode(&stored.packet()).ip.is_some_and(|ip| ip.source == host);
        let packet = self.packets.iter().rev().find(is_from).context("nothing to quote")?;
        let mut quote = packet.bytes[ETHERNET..ETHERNET + QUOTE].to_vec();
        bend(&mut quote);
        let mut message = [[kind, code, 0, 0], rest].concat();
        message.extend(quote);
        let sum = Sum::default().with(&message).finish();
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        let mut packet = emit::header(ROUTER, host, &IpFields::default(), ip::protocol::ICMP, message.len())?;
        packet.extend_from_slice(&message);
        // It comes over the cable: the other host sends it.
        let sender = if to == YOU { &self.far } else { &self.near };
        sender.send(&packet, host, 0)?;
        self.pause(SETTLE)
    }

    /// Waits for a segment to `hand` with these flags, PSH aside, and takes in what came until then.
    pub(crate) fn hear(&mut self, hand: &mut Hand, flags: Flags) -> Result<Heard> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while hand.listened < self.packets.len() {
                let heard = Heard::of(&decode(&self.packets[hand.listened].packet()));
                hand.listened += 1;
                if let Some(heard) = heard.filter(|heard| heard.to == hand.local && heard.from == hand.remote) {
                    hand.take(&heard);
                    if heard.flags.without(PSH) == flags {
                        return Ok(heard);
                    }
                }
            }
            if Instant::now() > deadline {
                bail!("no {flags} came to {}", hand.local);
            }
            self.pump(SETTLE)?;
        }
    }

    /// Waits for data to `hand`.
    pub(crate) fn hear_data(&mut self, hand: &mut Hand) -> Result<Heard> {
        loop {
            let heard = self.hear(hand, ACK)?;
            if heard.len > 0 {
                return Ok(heard);
            }
        }
    }

    /// The hand-made client opens a connection to a kernel.
    pub(crate) fn open(&mut self, client: &mut Hand) -> Result<()> {
        self.say(client, SYN, b"")?;
        self.hear(client, SYN_ACK)?;
        self.say(client, ACK, b"")
    }

    /// The kernel closes its `socket` first, and the hand-made end follows: four segments, or three.
    pub(crate) fn close(&mut self, hand: &mut Hand, socket: Socket) -> Result<()> {
        drop(socket);
        self.hear(hand, FIN_ACK)?;
        self.say(hand, FIN_ACK, b"")?;
        self.hear(hand, ACK).map(drop)
    }

    /// A hand-made end closes, the other follows.
    pub(crate) fn close_pair(&mut self, first: &mut Hand, second: &mut Hand) -> Result<()> {
        self.say(first, FIN_ACK, b"")?;
        self.hear(second, FIN_ACK)?;
        self.say(second, FIN_ACK, b"")?;
        self.hear(first, FIN_ACK)?;
        self.say(first, ACK, b"")
    }

    // The capture.

    /// Lets time pass; what happens is captured.
    pub(crate) fn pause(&mut self, duration: Duration) -> Result<()> {
        let deadline = Instant::now() + duration;
        while Instant::now() < deadline {
            self.pump(deadline.saturating_duration_since(Instant::now()))?;
        }
        Ok(())
    }

    fn pump(&mut self, timeout: Duration) -> Result<()> {
        poll::wait(&[self.live.as_fd()], Some(timeout))?;
        while let Some(packet) = self.live.next()? {
            self.packets.push(packet.into());
        }
        Ok(())
    }

    /// Changes what was captured, as a capturer would have: packets it missed, or saw twice.
    pub(crate) fn captured(&mut self) -> &mut Vec<Stored> {
        &mut self.packets
    }

    /// What was captured, for the error of a scene that went wrong.
    pub(crate) fn heard_so_far(&self) -> String {
        let line = |stored: &Stored| match Heard::of(&decode(&stored.packet())) {
            Some(Heard { from, to, flags, seq, ack, len, .. }) => {
                format!("  {from} > {to} {flags} {seq} {ack} {len}\n")
            }
            None => "  another packet\n".to_owned(),
        };
        self.packets.iter().map(line).collect()
    }

    pub(crate) fn save(self, file: &Path) -> Result<()> {
        let mut writer = CaptureWriter::new(fs::File::create(file)?, Format::Pcap)?;
        for stored in &self.packets {
            writer.write(&stored.packet())?;
        }
        Ok(writer.finish()?)
    }
}

/// A socket of a host of the lab.
pub(crate) fn at(host: Host, port: u16) -> SocketAddr {
    SocketAddr::new(host.ip(Version::V4), port)
}
