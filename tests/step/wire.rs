//! What tshark finds in a capture file.

use std::path::Path;
use std::process::Command;

use crate::common;

/// A segment as tshark reads it; numbers as they are on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) is_ours: bool,
    pub(crate) flags: u16,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    pub(crate) len: u32,
    pub(crate) is_sound: bool,
}

pub(crate) const SYN: u16 = 0x02;
pub(crate) const RST: u16 = 0x04;
pub(crate) const ACK: u16 = 0x10;
pub(crate) const FIN_ACK: u16 = 0x11;
pub(crate) const SYN_ACK: u16 = 0x12;
pub(crate) const PSH_ACK: u16 = 0x18;

/// The segments of a capture; none where tshark is not installed, which is put on record.
pub(crate) fn read(capture: &Path) -> Option<Vec<Row>> {
    let fields = [
        "ip.src",
        "tcp.flags",
        "tcp.seq_raw",
        "tcp.ack_raw",
        "tcp.window_size_value",
        "tcp.len",
        "tcp.checksum.status",
    ];
    let mut command = Command::new("tshark");
    command.args(["-n", "-r"]).arg(capture).args(["-o", "tcp.check_checksum:TRUE", "-T", "fields"]);
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let Ok(output) = command.output() else {
        common::skip("tshark is not installed");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("UTF-8").lines().map(row).collect())
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| fields[at].parse().expect("a number");
    Row {
        is_ours: fields[0] == "192.0.2.1",
        flags: u16::from_str_radix(fields[1].trim_start_matches("0x"), 16).expect("flags"),
        seq: number(2),
        ack: number(3),
        window: fields[4].parse().expect("a window"),
        len: number(5),
        // The kernel's own segments need not have one on a virtual wire.
        is_sound: fields[0] != "192.0.2.1" || fields[6] == "1",
    }
}

/// Ours, by their flags.
pub(crate) fn ours(rows: &[Row]) -> Vec<u16> {
    rows.iter().filter(|row| row.is_ours).map(|row| row.flags).collect()
}

/// The server's, by their flags.
pub(crate) fn theirs(rows: &[Row]) -> Vec<u16> {
    rows.iter().filter(|row| !row.is_ours).map(|row| row.flags).collect()
}
