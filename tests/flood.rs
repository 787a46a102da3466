//! A flood of half-open connections for a process that may not have much memory. `make bench` measures a million.

use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, TcpOption, Time, emit};

const SYNS: u32 = 300_000;
/// KiB of address space that the program takes without any.
const PROGRAM: u32 = 40 * 1024;
/// The same for all: 200 octets for each.
const LIMIT: u32 = PROGRAM + SYNS / 1024 * 200;

/// A SYN as Linux sends it, each from another socket.
fn syn(number: u32) -> Vec<u8> {
    let client = SocketAddr::from(([10, 0, (number >> 14) as u8, 1], 20_000 + (number & 0x3fff) as u16));
    let mut fields = SegmentFields { seq: number, flags: Flags::SYN, window: 64_240, ..SegmentFields::default() };
    let timestamps = TcpOption::Timestamps { value: number, echo: 0 };
    [TcpOption::Mss(1460), TcpOption::SackPermitted, timestamps, TcpOption::Nop, TcpOption::WindowScale(7)]
        .into_iter()
        .for_each(|option| fields.push_option(option));
    emit::segment(client, SocketAddr::from(([192, 0, 2, 1], 80)), &IpFields::default(), &fields).expect("a SYN")
}

fn flood(out: impl Write) {
    let mut writer = CaptureWriter::new(BufWriter::with_capacity(1 << 20, out), Format::Pcap).expect("a pipe");
    for number in 0..SYNS {
        let bytes = syn(number);
        let time = Time::from_parts(1_700_000_000, i64::from(number) * 1000);
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes: &bytes };
        writer.write(&packet).expect("whoever reads the flood lives");
    }
    writer.finish().expect("the end of the flood");
}

#[test]
fn many_half_open_connections() {
    let line = format!("ulimit -v {LIMIT} && exec \"$0\" \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_rawshake")])
        .args(["replay", "-", "--list", "--format", "json", "--max-connections", &SYNS.to_string()])
        .args(["--connection", &SYNS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rawshake");
    flood(child.stdin.take().expect("a pipe"));
    let output = child.wait_with_output().expect("its end");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complained}");
    assert!(said.contains("\"unanswered\"") && said.contains(&format!("\"connection\":{SYNS}")), "{said}");
    assert_eq!(complained, "", "nothing is evicted");
}
