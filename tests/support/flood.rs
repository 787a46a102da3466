//! A flood of SYNs, each from another socket, and one honest connection in its midst.

use std::io::{BufWriter, Write};
use std::net::SocketAddr;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, TcpOption, Time, emit};

const SERVER: ([u8; 4], u16) = ([192, 0, 2, 1], 80);
/// The client of the honest connection.
pub(crate) const HONEST: &str = "198.51.100.7:4000";

/// A SYN as Linux sends it.
fn syn(number: u32) -> Vec<u8> {
    let client =
        SocketAddr::from(([10, (number >> 22) as u8, (number >> 14) as u8, 1], 20_000 + (number & 0x3fff) as u16));
    let mut fields = SegmentFields { seq: number, flags: Flags::SYN, window: 64_240, ..SegmentFields::default() };
    let timestamps = TcpOption::Timestamps { value: number, echo: 0 };
    [TcpOption::Mss(1460), TcpOption::SackPermitted, timestamps, TcpOption::Nop, TcpOption::WindowScale(7)]
        .into_iter()
        .for_each(|option| fields.push_option(option));
    emit::segment(client, SocketAddr::from(SERVER), &IpFields::default(), &fields).expect("a SYN")
}

/// A connection that opens, says something each way, and closes.
pub(crate) fn honest() -> Vec<Vec<u8>> {
    let (client, server) = (HONEST.parse().expect("a socket"), SocketAddr::from(SERVER));
    let (ack, fin, push) = (Flags::ACK, Flags::FIN | Flags::ACK, Flags::PSH | Flags::ACK);
    let steps: [(bool, Flags, u32, u32, &[u8]); 8] = [
        (true, Flags::SYN, 0, 0, b""),
        (false, Flags::SYN | ack, 0, 1, b""),
        (true, ack, 1, 1, b""),
        (true, push, 1, 1, b"hello"),
        (false, push, 1, 6, b"hello"),
        (true, fin, 6, 6, b""),
        (false, fin, 6, 7, b""),
        (true, ack, 7, 7, b""),
    ];
    let segment = |(is_client, flags, seq, ack, payload): (bool, Flags, u32, u32, &[u8])| {
        let (from, to) = if is_client { (client, server) } else { (server, client) };
        let fields =
            SegmentFields { seq, ack, flags, window: 1000, payload: payload.to_vec(), ..SegmentFields::default() };
        emit::segment(from, to, &IpFields::default(), &fields).expect("a segment")
    };
    steps.into_iter().map(segment).collect()
}

/// A capture of so many SYNs, a microsecond apart; `amid` comes in their middle.
pub(crate) fn write(out: impl Write, syns: u32, amid: &[Vec<u8>]) {
    let mut writer = CaptureWriter::new(BufWriter::with_capacity(1 << 20, out), Format::Pcap).expect("a capture");
    let mut put = |number: u32, bytes: &[u8]| {
        let time = Time::from_parts(1_700_000_000, i64::from(number) * 1000);
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
        writer.write(&packet).expect("whoever reads the flood lives");
    };
    for number in 0..syns {
        if number == syns / 2 {
            amid.iter().for_each(|bytes| put(number, bytes));
        }
        put(number, &syn(number));
    }
    writer.finish().expect("the end of the flood");
}
