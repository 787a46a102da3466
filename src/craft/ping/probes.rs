//! SYNs and datagrams in place of echo requests: what is sent, what the answers mean, and the polite end of what a SYN
//! has opened.
//!
//! Every request goes out from a port of its own, so that its answer is known by that port.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use super::event::{Answer, Quoted, QuotedRequest};
use super::message::{Arrival, advice};
use super::probe::End;
use crate::craft::packet::{IpSpec, PacketSpec, SpecError, TcpSpec, Transport, UdpSpec, build};
use crate::wire::icmp::is_advice;
use crate::wire::ip::protocol;
use crate::wire::{Checksum, Content, Datagram, Decoded, Flags, Icmp, Ip, Segment, Time};

/// Octets of an ICMP header, and of a UDP header.
const HEADER: usize = 8;
/// The window that we offer: room for a greeting, which is acknowledged and not read.
const WINDOW: u16 = 64_240;

/// How far a probe has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    /// A reset was its answer.
    Refused,
    /// SYN-ACK has come, and our FIN has gone out; RCV.NXT.
    Closing(u32),
    /// Its FIN has come, too; RCV.NXT.
    Closed(u32),
    /// A reset ended it.
    Over,
}

#[derive(Debug)]
struct Sent<H> {
    local: SocketAddr,
    seq: u16,
    iss: u32,
    nth: u32,
    stage: Stage,
    /// What keeps our own kernel off that port.
    _holder: H,
}

/// How the packets of a run are built.
#[derive(Clone, Debug)]
pub struct Form {
    /// Address and port that are asked.
    pub remote: SocketAddr,
    /// SYNs, and how what they open ends; datagrams where there is none.
    pub end: Option<End>,
    /// Their IP header.
    pub ip: IpSpec,
    /// The longest packet in octets; longer datagrams go out in fragments.
    pub mtu: u32,
}

/// The probes that were sent to one host, each with what keeps our own kernel off its port (`H`).
#[derive(Debug)]
pub struct Probes<H> {
    form: Form,
    most: usize,
    count: u32,
    sent: VecDeque<Sent<H>>,
}

/// What a packet is to us.
#[derive(Debug, Default)]
pub struct Reading {
    /// What it brings.
    pub arrival: Option<Arrival<'static>>,
    /// It is the request that was sent as the nth, from 0, on its way out.
    pub departure: Option<u32>,
    /// What it makes us send, as a whole IP packet.
    pub reply: Option<Vec<u8>>,
}

impl Form {
    /// The packets of a request from `local`, with `number` as initial sequence number or identification, or with `data`.
    fn request(&self, local: SocketAddr, number: u32, data: &[u8]) -> Result<Vec<Vec<u8>>, SpecError> {
        match self.end {
            Some(_) => build(&self.segment(local, TcpSpec { seq: number, flags: Flags::SYN, ..TcpSpec::default() })),
            None => build(&self.datagram(local, number, data)),
        }
    }

    fn segment(&self, local: SocketAddr, tcp: TcpSpec) -> PacketSpec {
        let window = if tcp.flags.rst() { 0 } else { WINDOW };
        let (source_port, destination_port) = (local.port(), self.remote.port());
        let transport = Transport::Tcp(TcpSpec { source_port, destination_port, window, ..tcp });
        let ip = IpSpec { dont_fragment: true, ..self.ip.clone() };
        PacketSpec { source: local.ip(), destination: self.remote.ip(), ip, transport, payload: Vec::new() }
    }

    fn datagram(&self, local: SocketAddr, id: u32, data: &[u8]) -> PacketSpec {
        let (source_port, destination_port) = (local.port(), self.remote.port());
        let transport = Transport::Udp(UdpSpec { source_port, destination_port, ..UdpSpec::default() });
        // A fragment header of IPv6 takes eight octets more. An identification of zero the kernel would replace, for each
        // fragment by another one.
        let (header, id) = if local.is_ipv4() { (20, (id as u16).max(1).into()) } else { (40, id) };
        let room = (self.mtu as usize).saturating_sub(header);
        let fragment = || room.saturating_sub(if header == 40 { 8 } else { 0 }) / 8 * 8;
        let fragment_size = (HEADER + data.len() > room).then(fragment);
        let ip = IpSpec { fragment_size, id, ..self.ip.clone() };
        PacketSpec { source: local.ip(), destination: self.remote.ip(), ip, transport, payload: data.to_vec() }
    }

    /// One segment, from addresses that a request has had room for before.
    fn reply(&self, local: SocketAddr, tcp: TcpSpec) -> Option<Vec<u8>> {
        build(&self.segment(local, tcp)).ok()?.pop()
    }
}

impl<H> Probes<H> {
    /// Probes of this form, of which the last `most` are remembered.
    #[must_use]
    pub fn new(form: Form, most: usize) -> Self {
        Self { form, most: most.max(1), count: 0, sent: VecDeque::new() }
    }

    /// The packets of a request from `local`: a SYN with `number` as its initial sequence number, or `data` in one
    /// datagram, in fragments where it is long.
    ///
    /// # Errors
    /// Data that does not fit, or addresses of two versions.
    pub fn request(&self, local: SocketAddr, number: u32, data: &[u8]) -> Result<Vec<Vec<u8>>, SpecError> {
        self.form.request(local, number, data)
    }

    /// Request `seq` was sent from `local` with this initial sequence number; `holder` is dropped when it is forgotten.
    /// Gives the reset that ends what is forgotten now and still open.
    pub fn sent(&mut self, local: SocketAddr, seq: u16, iss: u32, holder: H) -> Option<Vec<u8>> {
        let forgotten = if self.sent.len() < self.most { None } else { self.sent.pop_front() };
        self.sent.push_back(Sent { local, seq, iss, nth: self.count, stage: Stage::Waiting, _holder: holder });
        self.count = self.count.wrapping_add(1);
        let mut forgotten = forgotten?;
        self.form.reply(forgotten.local, forgotten.abort()?)
    }

    fn find(&mut self, local: SocketAddr) -> Option<&mut Sent<H>> {
        self.sent.iter_mut().rev().find(|sent| sent.local == local)
    }

    /// What a captured packet is to us.
    pub fn read(&mut self, time: Time, decoded: &Decoded<'_>) -> Reading {
        let Some(ip) = &decoded.ip else { return Reading::default() };
        let ports = match &decoded.content {
            Content::Segment(segment) if self.form.end.is_some() => (segment.source_port, segment.destination_port),
            Content::Datagram(datagram) if self.form.end.is_none() => (datagram.source_port, datagram.destination_port),
            _ => return Reading::default(),
        };
        let (from, to) = (SocketAddr::new(ip.source, ports.0), SocketAddr::new(ip.destination, ports.1));
        if to == self.form.remote
            && let Some(sent) = self.find(from)
        {
            // Its answers to an answer leave from the same port.
            let is_request = !matches!(&decoded.content, Content::Segment(segment) if segment.seq != sent.iss);
            return Reading { departure: is_request.then_some(sent.nth), ..Reading::default() };
        }
        match &decoded.content {
            _ if from != self.form.remote => Reading::default(),
            Content::Segment(segment) => self.segment_arrives(time, ip, to, segment),
            Content::Datagram(datagram) => self.datagram_arrives(time, ip, to, datagram),
            Content::Icmp(_) | Content::Other => Reading::default(),
        }
    }

    fn datagram_arrives(&mut self, time: Time, ip: &Ip, local: SocketAddr, datagram: &Datagram<'_>) -> Reading {
        let Some(&mut Sent { seq, .. }) = self.find(local) else { return Reading::default() };
        let bytes = usize::from(datagram.length).saturating_sub(HEADER);
        let bad_checksum = datagram.checksum_state == Checksum::Bad;
        let (from, ttl, answer) = (ip.source, Some(ip.ttl), Answer::Datagram);
        let arrival = Arrival::Answer { time, from, ttl, seq, answer, bytes, bad_checksum };
        Reading { arrival: Some(arrival), ..Reading::default() }
    }

    fn segment_arrives(&mut self, time: Time, ip: &Ip, local: SocketAddr, segment: &Segment<'_>) -> Reading {
        let end = self.form.end.unwrap_or_default();
        let Some(sent) = self.find(local) else { return Reading::default() };
        let bytes = usize::from(segment.data_offset) * 4 + segment.payload.len();
        let bad_checksum = segment.checksum_state == Checksum::Bad;
        let (from, ttl, seq) = (ip.source, Some(ip.ttl), sent.seq);
        let answer = sent.answer(segment);
        let arrival = answer.map(|answer| Arrival::Answer { time, from, ttl, seq, answer, bytes, bad_checksum });
        // A receiver drops what is damaged (RFC 9293 section 3.1).
        let tcp = if bad_checksum { None } else { sent.take(segment, answer, end) };
        Reading { arrival, departure: None, reply: tcp.and_then(|tcp| self.form.reply(local, tcp)) }
    }

    /// What an ICMP error says of a probe of ours, where it quotes one.
    pub fn read_error(
        &mut self,
        time: Time,
        from: IpAddr,
        ttl: Option<u8>,
        icmp: &Icmp<'_>,
    ) -> Option<Arrival<'static>> {
        // What is damaged may be about anything.
        let quote = icmp.quote().filter(|_| icmp.checksum_state != Checksum::Bad)?;
        let (local, remote) = quote.sockets()?;
        let is_ours = (quote.ip.protocol == protocol::TCP) == self.form.end.is_some() && remote == self.form.remote;
        let &mut Sent { seq, iss, .. } = self.find(local).filter(|_| is_ours)?;
        if quote.tcp_seq().is_some_and(|quoted| quoted != iss) {
            return None;
        }
        if from == remote.ip() && advice::is_port_unreachable(icmp) {
            // The host itself says that nobody listens: an answer as good as a reset.
            let (answer, bytes) = (Answer::PortUnreachable, HEADER + icmp.body.len());
            return Some(Arrival::Answer { time, from, ttl, seq, answer, bytes, bad_checksum: false });
        }
        let request = QuotedRequest::Ports { source_port: local.port(), destination_port: remote.port() };
        let quoted = Quoted::of(&quote, request);
        let (info, lost) = (advice::info(icmp), !is_advice(icmp.v6, icmp.kind));
        Some(Arrival::Failure { time, from, kind: icmp.kind, code: icmp.code, info, lost, seq, quoted })
    }

    /// Whether some connection waits for the FIN of its peer.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.sent.iter().any(|sent| matches!(sent.stage, Stage::Closing(_)))
    }

    /// The resets that end what is still open.
    #[must_use]
    pub fn abort(&mut self) -> Vec<Vec<u8>> {
        let open = self.sent.iter_mut().filter_map(|sent| Some((sent.local, sent.abort()?)));
        open.filter_map(|(local, tcp)| self.form.reply(local, tcp)).collect()
    }
}

impl<H> Sent<H> {
    /// As which answer to the SYN a segment counts.
    fn answer(&self, segment: &Segment<'_>) -> Option<Answer> {
        if !segment.flags.ack() || segment.ack != self.iss.wrapping_add(1) {
            return None;
        }
        match (segment.flags.syn(), segment.flags.rst(), self.stage) {
            (true, false, _) => Some(Answer::SynAck),
            (_, true, Stage::Waiting | Stage::Refused) => Some(Answer::Reset),
            _ => None,
        }
    }

    /// Takes a segment in; gives what we say to it.
    fn take(&mut self, segment: &Segment<'_>, answer: Option<Answer>, end: End) -> Option<TcpSpec> {
        let first = self.iss.wrapping_add(1);
        match answer {
            Some(Answer::SynAck) if end == End::Reset => {
                self.stage = Stage::Over;
                Some(TcpSpec { seq: first, flags: Flags::RST, ..TcpSpec::default() })
            }
            Some(Answer::SynAck) => {
                let ack = match self.stage {
                    Stage::Closing(next) | Stage::Closed(next) => next,
                    _ => segment.seq.wrapping_add(1),
                };
                self.stage = if let Stage::Closed(_) = self.stage { self.stage } else { Stage::Closing(ack) };
                Some(TcpSpec { seq: first, ack, flags: Flags::FIN.with(Flags::ACK), ..TcpSpec::default() })
            }
            Some(_) => {
                self.stage = Stage::Refused;
                None
            }
            None => self.goes_on(segment),
        }
    }

    /// A segment of a connection that we are closing: what is in order is acknowledged, and the FIN ends it.
    fn goes_on(&mut self, segment: &Segment<'_>) -> Option<TcpSpec> {
        let (Stage::Closing(next) | Stage::Closed(next)) = self.stage else { return None };
        if segment.flags.rst() {
            // One that does not stand at RCV.NXT is no RST of this connection (RFC 5961 section 3.2).
            self.stage = if segment.seq == next { Stage::Over } else { self.stage };
            return None;
        }
        let length = segment.payload.len() as u32 + u32::from(segment.flags.fin());
        if length == 0 {
            return None;
        }
        let is_next = segment.seq == next && matches!(self.stage, Stage::Closing(_));
        let ack = if is_next { next.wrapping_add(length) } else { next };
        if is_next {
            self.stage = if segment.flags.fin() { Stage::Closed(ack) } else { Stage::Closing(ack) };
        }
        // What comes again asks for its acknowledgment again.
        Some(TcpSpec { seq: self.iss.wrapping_add(2), ack, flags: Flags::ACK, ..TcpSpec::default() })
    }

    /// The reset of a connection that waits for its peer.
    fn abort(&mut self) -> Option<TcpSpec> {
        let Stage::Closing(ack) = self.stage else { return None };
        self.stage = Stage::Over;
        let (seq, flags) = (self.iss.wrapping_add(2), Flags::RST.with(Flags::ACK));
        Some(TcpSpec { seq, ack, flags, ..TcpSpec::default() })
    }
}
