//! The page, in a browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::source::{CaptureFile, Source};
use rawshake::wire::Packet;

use super::{captures, replay};
use crate::common::support::installed;
use crate::common::support::program::RAWSHAKE;

/// What `browser.py` says of a page.
fn opened(page: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/browser.py");
    let said = Command::new("python3").arg(script).arg(page).output().expect("python3");
    String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr)
}

/// Puts the right checksum into an Ethernet frame with IPv4 and TCP (RFC 9293 section 3.1).
fn sum_up(frame: &mut [u8]) {
    const IP: usize = 14;
    let tcp = IP + usize::from(frame[IP] & 15) * 4;
    frame[tcp + 16..tcp + 18].fill(0);
    let words = |octets: &[u8]| -> u32 {
        let word = |pair: &[u8]| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
        octets.chunks(2).map(word).sum()
    };
    let length = u32::try_from(frame.len() - tcp).expect("a length");
    let mut sum = words(&frame[IP + 12..IP + 20]) + 6 + length + words(&frame[tcp..]);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    frame[tcp + 16..tcp + 18].copy_from_slice(&(!(sum as u16)).to_be_bytes());
}

/// A copy of a capture in which `payload` is said where it was `hello`.
pub(crate) fn saying(payload: &[u8; 5]) -> tempfile::NamedTempFile {
    let copy = tempfile::NamedTempFile::new().expect("a file");
    let mut writer =
        CaptureWriter::new(fs::File::create(copy.path()).expect("a file"), Format::Pcap).expect("a capture");
    let mut source = CaptureFile::open(&captures().join("four-segment.pcap")).expect("a capture");
    while let Some(packet) = source.next().expect("a packet") {
        let mut bytes = packet.bytes.to_vec();
        if bytes.ends_with(b"hello") {
            let tail = bytes.len() - 5;
            bytes[tail..].copy_from_slice(payload);
            sum_up(&mut bytes);
        }
        writer.write(&Packet { bytes: &bytes, ..packet }).expect("a capture");
    }
    writer.finish().expect("a capture");
    copy
}

#[test]
fn the_page_steps_and_plays_and_loads_nothing() {
    let test = "the_page_steps_and_plays_and_loads_nothing";
    if !installed(test, "chromium") || !installed(test, "python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["simultaneous-close.pcap", "port-reuse.pcap"] {
        let page = folder.path().join(name).with_extension("html");
        fs::write(&page, replay(&format!("{name} --format html")).out).expect("a file");
        assert_eq!(opened(&page).trim(), "fine", "{name}");
    }
}

/// Nothing of a payload becomes an element: all elements are those of the same page with another payload.
#[test]
fn a_payload_stays_text() {
    let page = |file: &Path| {
        let output =
            Command::new(RAWSHAKE).args(["replay", "--format", "html"]).arg(file).output().expect("the program");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let (usual, odd) = (page(saying(b"HELLO").path()), page(saying(b"<svg>").path()));
    let elements = |text: &str| text.matches('<').count();
    assert!(odd.contains("&lt;svg&gt;"), "{odd}");
    assert_eq!(elements(&odd), elements(&usual));
    assert!(usual.contains("48 45 4c 4c\n4f") && odd.contains("3c 73 76 67\n3e"), "its octets are shown");
}

/// On the sheet there are neither octets nor reasons; on the key neither, too.
#[test]
fn a_sheet_keeps_its_answers() {
    let blank = replay("four-segment.pcap --format html --handout blank").out;
    for word in ["SYN", "FIN", "ESTABLISHED", "TIME-WAIT", "<table>", "takes one number"] {
        assert!(!blank.contains(word), "{word}: {blank}");
    }
    assert!(blank.contains("connect()") && blank.contains("________"));
    assert!(!blank.contains("<article") && !blank.contains("Point at"), "there is nothing to point at: {blank}");
    let filled = replay("four-segment.pcap --format svg --handout filled").out;
    assert!(filled.contains("TIME-WAIT") && !filled.contains("takes one number"));
    let key = replay("four-segment.pcap --format html --handout filled").out;
    assert!(key.contains("<article") && key.contains("Point at a segment"));
}
