//! What tshark says of a capture file.

use std::path::Path;
use std::process::Command;

use crate::common;

/// What is asked of each packet, in the order of [`Row`].
const FIELDS: [&str; 9] = [
    "tcp.stream",
    "tcp.srcport",
    "tcp.flags",
    "tcp.checksum",
    "tcp.checksum.status",
    "ip.checksum.status",
    "_ws.malformed",
    "tcp.analysis.flags",
    "tcp.completeness",
];

/// One packet as tshark reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) stream: usize,
    pub(crate) source_port: u16,
    pub(crate) flags: u16,
    pub(crate) sum: String,
    pub(crate) checksum: String,
    pub(crate) ip_checksum: String,
    pub(crate) malformed: String,
    pub(crate) analysis: String,
    pub(crate) completeness: String,
}

/// The packets of a capture; none where tshark is not installed, which is put on record.
pub(crate) fn read(capture: &Path) -> Option<Vec<Row>> {
    let mut command = Command::new("tshark");
    // Two passes: the completeness of a connection is known at its end only.
    command.args(["-n", "-2", "-r"]).arg(capture);
    command.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"]);
    FIELDS.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let Ok(output) = command.output() else {
        common::skip("tshark is not installed");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.lines().map(row).collect())
}

fn row(line: &str) -> Row {
    let mut fields = line.split('\t').map(str::to_owned);
    let mut next = || fields.next().unwrap_or_default();
    Row {
        stream: next().parse().unwrap_or_default(),
        source_port: next().parse().unwrap_or_default(),
        flags: u16::from_str_radix(next().trim_start_matches("0x"), 16).unwrap_or_default(),
        sum: next(),
        checksum: next(),
        ip_checksum: next(),
        malformed: next(),
        analysis: next(),
        completeness: next(),
    }
}

/// Checksums good, nothing malformed, nothing that the analysis finds odd; and so many packets of this completeness.
pub(crate) fn check(capture: &Path, packets: usize, completeness: u64) {
    const GOOD: &str = "1";
    let Some(rows) = read(capture) else { return };
    assert_eq!(rows.len(), packets, "{rows:#?}");
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row.checksum, GOOD, "packet {}: {row:?}", number + 1);
        assert!(row.ip_checksum == GOOD || row.ip_checksum.is_empty(), "packet {}: {row:?}", number + 1);
        assert_eq!((row.malformed.as_str(), row.analysis.as_str()), ("", ""), "packet {}: {row:?}", number + 1);
        assert_eq!(row.completeness, completeness.to_string(), "packet {}: {row:?}", number + 1);
    }
}
