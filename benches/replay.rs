//! `make bench`: how long `rawshake replay` takes for a generated capture, beside peers in the same run.
//!
//! The capture is deterministic: connections that open, exchange data and close, many of them at once. Peers are a bare
//! libpcap loop that does nothing with the packets, and `tcpdump -r` where it is installed. Each is run three times and
//! the fastest counts; only the ratios mean anything on another machine.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, emit};

const CONNECTIONS: u32 = 20_000;
const AT_ONCE: u32 = 100;
const SNAP_LENGTH: usize = 96;
const RUNS: usize = 3;

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("generated.pcap");
    let segments = generate(&file)?;
    let bytes = file.metadata()?.len();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{segments} segments of {CONNECTIONS} connections, {} MB, {SNAP_LENGTH}-byte snap length",
        bytes >> 20
    )?;
    let base = fastest(|| libpcap_loop(&file));
    report(&mut out, "bare libpcap loop", base, base, segments)?;
    let list = fastest(|| run(env!("CARGO_BIN_EXE_rawshake"), &["replay", "--list", "--format", "json"], &file));
    report(&mut out, "rawshake replay --list", list, base, segments)?;
    let lines = fastest(|| run(env!("CARGO_BIN_EXE_rawshake"), &["replay", "--format", "lines"], &file));
    report(&mut out, "rawshake replay --format lines", lines, base, segments)?;
    if Command::new("tcpdump").arg("--version").output().is_ok() {
        let tcpdump = fastest(|| run("tcpdump", &["-S", "-nn", "-r"], &file));
        report(&mut out, "tcpdump -S -nn -r", tcpdump, base, segments)?;
    }
    Ok(())
}

fn report(out: &mut impl Write, name: &str, took: Duration, base: Duration, segments: u64) -> io::Result<()> {
    let ratio = took.as_secs_f64() / base.as_secs_f64();
    let each = took.as_nanos() as f64 / segments as f64;
    writeln!(out, "{name:<32} {took:>9.1?}  {ratio:>6.2} × the loop  {each:>7.0} ns a segment")
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let timed = |()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    std::iter::repeat_n((), RUNS).map(timed).min().unwrap_or_default()
}

fn run(program: &str, arguments: &[&str], file: &Path) {
    let status = Command::new(program).args(arguments).arg(file).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} failed");
}

fn libpcap_loop(file: &Path) {
    let mut capture = pcap::Capture::from_file(file).expect("a capture file");
    let mut octets = 0;
    while let Ok(packet) = capture.next_packet() {
        octets += packet.data.len();
    }
    assert!(octets > 0);
}

/// One step of every connection: sender is the client, flags, sequence and acknowledgment from the ISNs, octets.
const SCRIPT: [(bool, Flags, u32, u32, usize); 11] = {
    const ACK: Flags = Flags::ACK;
    [
        (true, Flags::SYN, 0, 0, 0),
        (false, Flags::SYN.with(ACK), 0, 1, 0),
        (true, ACK, 1, 1, 0),
        (true, Flags::PSH.with(ACK), 1, 1, 200),
        (false, ACK, 1, 201, 0),
        (false, ACK, 1, 201, 1400),
        (false, Flags::PSH.with(ACK), 1401, 201, 600),
        (true, ACK, 201, 2001, 0),
        (true, Flags::FIN.with(ACK), 201, 2001, 0),
        (false, Flags::FIN.with(ACK), 2001, 202, 0),
        (true, ACK, 202, 2002, 0),
    ]
};

fn generate(file: &Path) -> io::Result<u64> {
    let mut writer = CaptureWriter::new(BufWriter::new(File::create(file)?), Format::Pcap)?;
    let mut time = Time::from_parts(1_700_000_000, 0);
    let mut segments = 0;
    for batch in (0..CONNECTIONS).step_by(AT_ONCE as usize) {
        for step in SCRIPT {
            for connection in batch..batch + AT_ONCE {
                let bytes = segment(connection, step);
                let captured = &bytes[..bytes.len().min(SNAP_LENGTH)];
                writer.write(&Packet {
                    time,
                    link: LinkType::RAW,
                    original_len: bytes.len() as u32,
                    bytes: captured,
                })?;
                time = time + Duration::from_micros(7);
                segments += 1;
            }
        }
    }
    writer.finish()?;
    Ok(segments)
}

fn segment(connection: u32, (by_client, flags, seq, ack, len): (bool, Flags, u32, u32, usize)) -> Vec<u8> {
    let client =
        SocketAddr::from(([192, 0, 2, 1 + (connection / 50_000) as u8], 10_000 + (connection % 50_000) as u16));
    let server = SocketAddr::from(([198, 51, 100, 7], 80));
    let (client_isn, server_isn) = (connection.wrapping_mul(2_654_435_761), connection.wrapping_mul(40_503));
    let (source, destination, isn, peer_isn) =
        if by_client { (client, server, client_isn, server_isn) } else { (server, client, server_isn, client_isn) };
    let fields = SegmentFields {
        seq: isn.wrapping_add(seq),
        ack: if flags.ack() { peer_isn.wrapping_add(ack) } else { 0 },
        flags,
        window: 64_240,
        payload: vec![b'x'; len],
        ..SegmentFields::default()
    };
    emit::segment(source, destination, &IpFields::default(), &fields).expect("a segment")
}
