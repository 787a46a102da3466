//! Captures made from numbers alone: the same plan gives the same bytes.

use std::fs::File;
use std::io::{self, BufWriter};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, TcpOption, Time, emit};

/// What the capture shall hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Connections, each opened and closed.
    pub(crate) connections: u32,
    /// Segments with data in each: one of the client, the rest of the server. Every fourth connection has one more.
    pub(crate) data_segments: u32,
    /// Connections that are open at the same time, their segments one after the other's.
    pub(crate) at_once: u32,
    /// Octets of a packet that are captured.
    pub(crate) snap_length: usize,
    /// Nothing but the SYN of each: a flood.
    pub(crate) only_syns: bool,
}

/// 4.5 million segments of 400,000 connections.
impl Default for Plan {
    fn default() -> Self {
        Self { connections: 400_000, data_segments: 4, at_once: 1000, snap_length: 96, only_syns: false }
    }
}

/// Octets of a full segment of the server: with timestamps, what fits an MTU of 1500.
const FULL: u32 = 1448;
/// Octets that the client asks with.
const REQUEST: u32 = 200;
/// An Ethernet header for IPv4.
const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
/// Time between two packets of the capture.
const PACE: Duration = Duration::from_micros(7);

/// One segment of a connection: sender is the client, flags, octets.
type Step = (bool, Flags, u32);

const ACK: Flags = Flags::ACK;

/// The segments of a connection with so many data segments, in their order.
fn script(data_segments: u32) -> Vec<Step> {
    let mut steps = vec![(true, Flags::SYN, 0), (false, Flags::SYN.with(ACK), 0), (true, ACK, 0)];
    steps.push((true, Flags::PSH.with(ACK), REQUEST));
    for number in 1..data_segments {
        let last = number + 1 == data_segments;
        steps.push((false, if last { Flags::PSH.with(ACK) } else { ACK }, if last { REQUEST } else { FULL }));
        if number % 2 == 0 && !last {
            steps.push((true, ACK, 0));
        }
    }
    steps.extend([(true, Flags::FIN.with(ACK), 0), (false, Flags::FIN.with(ACK), 0), (true, ACK, 0)]);
    steps
}

/// An open connection: how far it has come.
struct Open {
    number: u32,
    step: usize,
    /// SND.NXT of client and server, which is the other's RCV.NXT once it has spoken.
    next: [u32; 2],
}

impl Open {
    fn new(number: u32) -> Self {
        Self { number, step: 0, next: [number.wrapping_mul(2_654_435_761), number.wrapping_mul(40_503)] }
    }

    /// The packet of the next step.
    fn packet(&mut self, (by_client, flags, len): Step, ticks: u32) -> Vec<u8> {
        let (own, peer) = if by_client { (0, 1) } else { (1, 0) };
        let client =
            SocketAddr::from(([192, 0, 2, (self.number / 50_000) as u8], 10_000 + (self.number % 50_000) as u16));
        let server = SocketAddr::from(([198, 51, 100, (self.number % 7) as u8], 80));
        let (source, destination) = if by_client { (client, server) } else { (server, client) };
        let mut fields = SegmentFields {
            seq: self.next[own],
            ack: if flags.ack() { self.next[peer] } else { 0 },
            flags,
            window: if flags.syn() { 64_240 } else { 502 },
            payload: vec![b'x'; len as usize],
            ..SegmentFields::default()
        };
        add_options(&mut fields, ticks);
        self.next[own] = self.next[own].wrapping_add(len + flags.sequence_len());
        self.step += 1;
        let packet = emit::segment(source, destination, &IpFields::default(), &fields).expect("a segment");
        [&ETHERNET, &packet[..]].concat()
    }
}

/// The options that Linux puts on a SYN, and on any other segment.
fn add_options(fields: &mut SegmentFields, ticks: u32) {
    let timestamps = TcpOption::Timestamps { value: ticks, echo: if fields.flags.ack() { ticks - 1 } else { 0 } };
    let options = if fields.flags.syn() {
        &[TcpOption::Mss(1460), TcpOption::SackPermitted, timestamps, TcpOption::Nop, TcpOption::WindowScale(7)][..]
    } else {
        &[TcpOption::Nop, TcpOption::Nop, timestamps]
    };
    options.iter().for_each(|option| fields.push_option(*option));
}

/// Writes the capture, and answers how many segments it holds.
pub(crate) fn generate(plan: &Plan, file: &Path) -> io::Result<u64> {
    let mut scripts = [script(plan.data_segments), script(plan.data_segments + 1)];
    if plan.only_syns {
        scripts.iter_mut().for_each(|script| script.truncate(1));
    }
    let mut writer = CaptureWriter::new(BufWriter::with_capacity(1 << 20, File::create(file)?), Format::Pcap)?;
    let mut time = Time::from_parts(1_700_000_000, 0);
    let mut segments = 0;
    let mut waiting = 0..plan.connections;
    let mut open: Vec<Open> = waiting.by_ref().take(plan.at_once as usize).map(Open::new).collect();
    while !open.is_empty() {
        open.retain_mut(|connection| {
            let script = &scripts[usize::from(connection.number % 4 == 0)];
            let bytes = connection.packet(script[connection.step], 1 + segments as u32 / 143);
            let captured = &bytes[..bytes.len().min(plan.snap_length)];
            let packet = Packet { time, link: LinkType::ETHERNET, original_len: bytes.len() as u32, bytes: captured };
            writer.write(&packet).expect("room for the capture");
            time = time + PACE;
            segments += 1;
            if connection.step < script.len() {
                return true;
            }
            let next = waiting.next().map(Open::new);
            next.is_some_and(|next| {
                *connection = next;
                true
            })
        });
    }
    writer.finish()?;
    Ok(segments)
}
