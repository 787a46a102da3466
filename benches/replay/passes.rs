//! Passes over a capture that no program has as an option.

use std::path::Path;

/// The argument that makes this program read a capture with libpcap and do nothing with it.
pub(crate) const LIBPCAP_LOOP: &str = "libpcap-loop";

/// Reads every packet, and answers how many there are.
pub(crate) fn libpcap_loop(file: &Path) -> u64 {
    let mut capture = pcap::Capture::from_file(file).expect("a capture file");
    let mut packets = 0;
    while capture.next_packet().is_ok() {
        packets += 1;
    }
    packets
}
