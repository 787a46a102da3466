//! A capture of any size takes the same memory.

use std::io::{BufWriter, Write as _};
use std::process::Stdio;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::wire::{LinkType, Packet, Time};

use crate::cable::{command, on_cable};

/// Frames of 1514 octets, more than 2 GB of them.
const PACKETS: u64 = 1_400_000;
const OCTETS: u32 = 1514;
/// KiB that may be resident at most.
const MOST: u64 = 64 * 1024;

/// The most KiB that were resident so far.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the kernel's books");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn two_gigabytes_fit_into_64_mebibytes() {
    // Through a pipe, so that no disk has to hold them.
    on_cable(|_| {
        let mut child = command("-".as_ref(), "--onto near --yes --top-speed --format json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = BufWriter::with_capacity(1 << 20, child.stdin.take().unwrap());
        let mut writer = CaptureWriter::new(&mut pipe, Format::Pcap).unwrap();
        let mut frame = vec![7; OCTETS as usize];
        frame[..14].copy_from_slice(&[2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
        for number in 0..PACKETS {
            let time = Time::from_nanos(number as i64);
            let packet = Packet { time, link: LinkType::ETHERNET, original_len: OCTETS, bytes: &frame };
            writer.write(&packet).unwrap();
        }
        writer.finish().unwrap();
        pipe.flush().unwrap();
        // All but what is in the pipe was read; the program waits for more.
        let peak = peak(child.id());
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["packets"].as_u64(), Some(PACKETS), "{report}");
        assert!(PACKETS * u64::from(OCTETS) > 2_000_000_000 && peak < MOST, "{peak} KiB");
    });
}
