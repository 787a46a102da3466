//! The line of each segment, beside that of tcpdump.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Captures whose lines are not tcpdump's, and why.
const DIFFERENT: [(&str, &str); 18] = [
    ("one-way.pcap", "without a SYN,ACK tcpdump counts from the number behind the SYN"),
    ("mid-stream.pcap", "without a SYN tcpdump counts from other numbers"),
    ("half-open-syn.pcap", "tcpdump counts on from the connection before"),
    ("challenge-ack.pcap", "tcpdump counts on from the connection before"),
    ("second-syn-ack.pcap", "tcpdump counts from the second SYN,ACK, which nobody took"),
    ("time-wait-refused.pcap", "tcpdump counts on from the connection before"),
    ("fragments.pcap", "tcpdump does not put fragments together"),
    ("bad-checksum.pcap", "tcpdump tells of a wrong checksum only where it is asked to"),
    ("malformed.pcap", "tcpdump shows nothing of such a header"),
    ("acc-ecn.pcap", "the tcpdump of Debian 12 does not know AE"),
    ("authentication-option.pcap", OPTION),
    ("md5-signature.pcap", OPTION),
    ("malformed-options.pcap", OPTION),
    ("unknown-option.pcap", OPTION),
    ("fast-open.pcap", OPTION),
    ("fast-open-refused.pcap", OPTION),
    ("mptcp.pcap", OPTION),
    ("mptcp-join.pcap", OPTION),
];
const OPTION: &str = "tcpdump has words of its own for the option";

/// The captures to compare.
fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    files.retain(|path| !DIFFERENT.iter().any(|(name, _)| path.ends_with(name)));
    files.sort();
    files
}

fn output(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Our line without what we add: states and marks in brackets behind the length.
fn ours(line: &str) -> String {
    line.find(", length ")
        .and_then(|at| line[at..].find(" [").map(|end| line[..at + end].to_owned()))
        .unwrap_or(line.to_owned())
}

/// tcpdump's line without padding among the options, and without what it makes of the payload.
fn theirs(line: &str) -> String {
    let line = line.replace("nop,", "").replace(",nop", "").replace(",eol", "");
    let length = line.find(", length ").map_or(line.len(), |at| at + ", length ".len());
    let digits = line[length..].find(|char: char| !char.is_ascii_digit()).unwrap_or(line.len() - length);
    line[..length + digits].to_owned()
}

/// tcpdump tells of an ICMP error in other words.
fn is_error(line: &str) -> bool {
    line.contains(": ICMP ") && !line.contains(": ICMP echo ")
}

#[test]
fn every_line_is_tcpdumps() {
    if !support::installed("every_line_is_tcpdumps", "tcpdump") {
        return;
    }
    let mut compared = 0;
    for path in captures() {
        let mut rawshake = Command::new(env!("CARGO_BIN_EXE_rawshake"));
        let output_of_ours = rawshake.arg("replay").arg(&path).args(["--format", "lines", "--color", "never"]);
        let lines: Vec<_> =
            output(output_of_ours).iter().filter(|line| !is_error(line)).map(|line| ours(line)).collect();
        let tcpdump = output(Command::new("tcpdump").args(["-nn", "-tt", "-r"]).arg(&path).arg("tcp or udp or icmp"));
        let expected: Vec<_> = tcpdump.iter().filter(|line| !is_error(line)).map(|line| theirs(line)).collect();
        assert_eq!(lines, expected, "{}", path.display());
        compared += lines.len();
    }
    assert!(compared > 400, "only {compared} lines were compared");
}
