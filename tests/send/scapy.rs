//! The octets that are sent, beside those that scapy builds for the same fields, and as tshark reads them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common;
use crate::program::send;

/// Cases of each run.
const CASES: u32 = 200;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // xorshift64*, Marsaglia and Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn hex(&mut self, octets: u64) -> String {
        (0..octets).map(|_| format!("{:02x}", self.below(256))).collect()
    }
}

/// What tshark calls the values of options.
const OPTION_FIELDS: [&str; 10] = [
    "tcp.option_kind",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
    "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr",
    "tcp.options.md5.digest",
    "tcp.options.tfo.cookie",
    "tcp.options.unknown.payload",
];

/// A TCP option.
struct Choice {
    /// As we take it.
    ours: String,
    /// As scapy does.
    theirs: String,
    kind: u64,
    octets: usize,
    /// What tshark shall read in it: fields of [`OPTION_FIELDS`], without their common beginning, and their values.
    values: Vec<(&'static str, String)>,
}

fn option(dice: &mut Dice) -> Choice {
    let number = dice.below(1 << 16);
    let choice = |ours: String, theirs: String, kind, octets, values: &[(&'static str, String)]| Choice {
        ours,
        theirs,
        kind,
        octets,
        values: values.to_vec(),
    };
    match dice.below(9) {
        0 => choice(format!("mss={number}"), format!("('MSS', {number})"), 2, 4, &[("s.mss_val", number.to_string())]),
        1 => {
            let shift = number % 15;
            let values = [("s.wscale.shift", shift.to_string())];
            choice(format!("wscale={shift}"), format!("('WScale', {shift})"), 3, 3, &values)
        }
        2 => choice("sackok".to_owned(), "('SAckOK', b'')".to_owned(), 4, 2, &[]),
        3 => {
            let end = number + 9;
            let values = [("s.sack_le", number.to_string()), ("s.sack_re", end.to_string())];
            choice(format!("sack={number}:{end}"), format!("('SAck', ({number}, {end}))"), 5, 10, &values)
        }
        4 => {
            let values = [("s.timestamp.tsval", number.to_string()), ("s.timestamp.tsecr", "7".to_owned())];
            choice(format!("ts={number},7"), format!("('Timestamp', ({number}, 7))"), 8, 10, &values)
        }
        5 => choice("nop".to_owned(), "('NOP', None)".to_owned(), 1, 1, &[]),
        6 => {
            // Kinds that nobody has a name for.
            let (octets, kind) = (dice.below(8), 100 + number % 64);
            let hex = dice.hex(octets);
            let value = (octets > 0).then(|| ("s.unknown.payload", hex.clone()));
            let (ours, theirs) = (format!("{kind}={hex}"), format!("({kind}, bytes.fromhex('{hex}'))"));
            choice(ours, theirs, kind, octets as usize + 2, value.as_slice())
        }
        7 => {
            let hex = dice.hex(16);
            let theirs = format!("(19, bytes.fromhex('{hex}'))");
            choice(format!("md5={hex}"), theirs, 19, 18, &[("s.md5.digest", hex)])
        }
        _ => {
            let hex = dice.hex(8);
            let theirs = format!("(34, bytes.fromhex('{hex}'))");
            choice(format!("tfo={hex}"), theirs, 34, 10, &[("s.tfo.cookie", hex)])
        }
    }
}

/// What tshark shall read in these options, field by field; `padding`: octets behind them.
fn options_read(options: &[Choice], padding: usize) -> String {
    let kinds = options.iter().map(|option| option.kind.to_string()).chain((0..padding).map(|_| "0".to_owned()));
    let mut columns = vec![kinds.collect::<Vec<_>>().join(",")];
    for field in &OPTION_FIELDS[1..] {
        let values = options.iter().flat_map(|option| &option.values);
        let named = values.filter(|(name, _)| field.strip_prefix("tcp.option") == Some(*name));
        columns.push(named.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(","));
    }
    columns.join("\t")
}

/// One packet: our arguments, scapy's expression, and what tshark shall say of it.
struct Case {
    arguments: String,
    expression: String,
    tshark: String,
}

fn case(dice: &mut Dice) -> Case {
    let v6 = dice.below(2) == 1;
    let [sport, dport, window, urgent, id] = [(); 5].map(|()| 1 + dice.below(65_535));
    let [seq, ack] = [(); 2].map(|()| dice.below(1 << 32));
    let [ttl, tos, label] = [1 + dice.below(255), dice.below(256), dice.below(1 << 20)];
    let bits = dice.below(1 << 12);
    let (mut options, mut room) = (Vec::new(), 40);
    for _ in 0..dice.below(7) {
        let option = option(dice);
        if option.octets <= room {
            room -= option.octets;
            options.push(option);
        }
    }
    let ours: String = options.iter().map(|option| format!(" --opt {}", option.ours)).collect();
    let theirs: Vec<_> = options.iter().map(|option| option.theirs.as_str()).collect();
    let length = dice.below(30);
    let payload = dice.hex(length);
    let data = if length > 0 { format!(" --payload-hex {payload}") } else { String::new() };
    let df = dice.below(2);
    let header = 20 + (40 - room).next_multiple_of(4);
    let (host, network, ip) = if v6 {
        let ip = format!("IPv6(src='::1', dst='::1', hlim={ttl}, tc={tos}, fl={label})");
        ("::1", format!(" --flow-label {label}"), ip)
    } else {
        let flags = if df == 1 { "'DF'" } else { "0" };
        let ip = format!("IP(src='127.0.0.1', dst='127.0.0.1', ttl={ttl}, tos={tos}, id={id}, flags={flags})");
        ("127.0.0.1", format!(" --id {id}{}", if df == 1 { " --df" } else { "" }), ip)
    };
    // What comes with a RST tshark takes for its reason, in words.
    let data_read = if bits & 4 == 0 { payload.as_str() } else { "" };
    Case {
        arguments: format!(
            "{host} {dport} -f {bits:#x} -s {sport} --seq {seq} --ack {ack} -w {window} --urgent {urgent} --ttl {ttl} \
             --tos {tos}{network}{ours}{data}"
        ),
        expression: format!(
            "{ip}/TCP(sport={sport}, dport={dport}, seq={seq}, ack={ack}, flags={}, reserved={}, window={window}, \
             urgptr={urgent}, options=[{}])/Raw(bytes.fromhex('{payload}'))",
            bits & 0x1ff,
            bits >> 9,
            theirs.join(", ")
        ),
        tshark: [
            format!(
                "{sport}\t{dport}\t{seq}\t{ack}\t{header}\t0x{bits:04x}\t{window}\t{urgent}\t{length}\t{data_read}\t1"
            ),
            options_read(&options, header + room - 60),
            if v6 {
                format!("\t\t\t\t{ttl}\t0x{tos:08x}\t0x{label:06x}")
            } else {
                format!("{ttl}\t0x{tos:02x}\t0x{id:04x}\t{df}\t\t\t")
            },
        ]
        .join("\t"),
    }
}

fn python() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("scapy").join("bin/python");
    if path.exists() {
        return Some(path);
    }
    common::skip("scapy is not installed in target/scapy: scripts/setup.sh test does it");
    None
}

/// Reads expressions and writes their octets. `lie` sets fields that say otherwise than what there is, and sums over what there
/// is; `wrong` turns every other bit of a checksum over.
const PROGRAM: &str = "
import sys, logging
logging.getLogger('scapy').setLevel(logging.CRITICAL)
from scapy.all import *

def lie(packet, layer, **fields):
    for name, value in fields.items():
        setattr(packet[layer], name, value)
    top = TCP if TCP in packet else UDP
    packet[top].chksum = 0
    number = 6 if top is TCP else 17
    if IP in packet:
        plain = IP(src=packet[IP].src, dst=packet[IP].dst)
        packet[top].chksum = in4_chksum(number, plain, bytes(packet[top]))
    else:
        plain = IPv6(src=packet[IPv6].src, dst=packet[IPv6].dst)
        packet[top].chksum = in6_chksum(number, plain, bytes(packet[top]))
    return packet

def wrong(packet, layer):
    packet[layer].chksum = type(packet)(bytes(packet))[layer].chksum ^ 0x5555
    return packet

for line in sys.stdin:
    made = eval(line)
    print(' '.join(bytes(packet).hex() for packet in (made if isinstance(made, list) else [made])))
";

/// What scapy builds for each expression: the octets of its packets, in hexadecimal digits.
fn built(python: &Path, expressions: &[String]) -> Vec<Vec<String>> {
    let mut child = Command::new(python)
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut input = child.stdin.take().expect("a pipe");
    let lines = expressions.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("an end");
    writer.join().expect("a thread").expect("a pipe");
    assert!(output.status.success(), "scapy failed");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// Our octets, and the expression that we say is the same.
fn ours(arguments: &str) -> (Vec<String>, String) {
    let said = send(&format!("{arguments} --show-equivalent"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments}: {said:?}");
    let octets = said.out.lines().filter_map(|line| line.strip_prefix("octets: ")).map(str::to_owned).collect();
    let scapy = said.out.lines().find_map(|line| line.strip_prefix("scapy: send(")).expect("an expression");
    (octets, scapy.trim_end_matches(')').to_owned() + &")".repeat(closing(scapy)))
}

/// How many of the brackets at the end belong to the expression: all but that of `send(`.
fn closing(text: &str) -> usize {
    text.len() - text.trim_end_matches(')').len() - 1
}

/// What tshark reads in these packets: a line for each, with a column for each of `fields`.
fn tshark(packets: &[String], fields: &[&str]) -> Vec<String> {
    // pcap of link type 101: IP without a link-layer header.
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0];
    for packet in packets {
        let digits = packet.as_bytes().chunks(2);
        let octets: Vec<u8> =
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        let length = (octets.len() as u32).to_le_bytes();
        file.extend([[0; 4], [0; 4], length, length].concat());
        file.extend(octets);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sent.pcap");
    fs::write(&path, file).expect("a capture");
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path).args(["-T", "fields", "-o", "tcp.check_checksum:TRUE"]);
    command.args(["-o", "tcp.relative_sequence_numbers:FALSE"]);
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let output = command.output().expect("tshark");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn two_hundred_random_packets_are_scapys() {
    let Some(python) = python() else { return };
    let mut dice = Dice(20_261_121);
    let cases: Vec<_> = (0..CASES).map(|_| case(&mut dice)).collect();
    let made: Vec<_> = cases.iter().map(|case| ours(&case.arguments)).collect();
    let by_fields: Vec<_> = cases.iter().map(|case| case.expression.clone()).collect();
    let by_us: Vec<_> = made.iter().map(|(_, expression)| expression.clone()).collect();
    let (by_fields, by_us) = (built(&python, &by_fields), built(&python, &by_us));
    assert_eq!((by_fields.len(), by_us.len()), (cases.len(), cases.len()));
    for (index, case) in cases.iter().enumerate() {
        assert_eq!(made[index].0, by_fields[index], "{}\n{}", case.arguments, case.expression);
        assert_eq!(made[index].0, by_us[index], "{}\n{}", case.arguments, made[index].1);
    }
}

/// IPv4 and IPv6 headers in scapy's words.
const V4: &str = "IP(src='127.0.0.1', dst='127.0.0.1', id=9";
const V6: &str = "IPv6(src='::1', dst='::1', fl=7";

/// What is wrong, in pieces or no TCP: our arguments, and what scapy builds for the same. `wrong` and `lie` stand in
/// [`PROGRAM`]: scapy has no word for a wrong checksum, so they change the one that it works out itself. For an option whose
/// length is wrong it has no word either: there are the octets by RFC 9293 section 3.1.
fn what_is_wrong() -> Vec<(String, String)> {
    const TCP: &str = "TCP(sport=5, dport=80, seq=1, window=64240";
    let rows = [
        ("80 --bad-checksum --payload abc", format!("wrong({V4})/{TCP})/b'abc', TCP)")),
        (
            "80 --data-offset 15 --opt mss/3=1460 --opt raw=0505",
            format!("{V4})/{TCP}, dataofs=15)/b'\\x02\\x03\\x05\\xb4\\x05\\x05\\x00\\x00'"),
        ),
        ("80 --bad-ip-checksum --bad-length", format!("wrong(lie({V4})/{TCP}), IP, len=48), IP)")),
        (
            "80 --mf --frag-offset 64 --ip-opt 94040000",
            format!("{V4}, flags='MF', frag=8, options=[IPOption_Router_Alert()])/{TCP})"),
        ),
        (
            "80 --fragment 16 --payload what-is-too-long-for-one",
            format!("fragment({V4})/{TCP})/b'what-is-too-long-for-one', fragsize=16)"),
        ),
        ("53 --udp --payload abc", format!("{V4})/UDP(sport=5, dport=53)/b'abc'")),
        ("53 --udp --bad-length --bad-checksum", format!("wrong(lie({V4})/UDP(sport=5, dport=53), UDP, len=16), UDP)")),
    ]
    .map(|(arguments, theirs)| (format!("127.0.0.1 {arguments}"), theirs));
    let fragment = "IPv6ExtHdrFragment(id=9";
    let v6 = [
        ("--bad-length --bad-checksum", format!("wrong(lie({V6})/{TCP}), IPv6, plen=28), TCP)")),
        ("--mf --frag-offset 64", format!("{V6})/{fragment}, m=1, offset=8)/{TCP})")),
        (
            "--fragment 24 --payload what-is-too-long-for-one",
            format!("fragment6({V6})/{fragment})/{TCP})/b'what-is-too-long-for-one', 72)"),
        ),
    ]
    .map(|(arguments, theirs)| (format!("::1 80 --flow-label 7 {arguments}"), theirs));
    let fixed = |(arguments, theirs): (String, String)| {
        let tcp = if arguments.contains("--udp") { "" } else { " --seq 1" };
        (format!("{arguments}{tcp} -s 5 --id 9"), theirs)
    };
    rows.into_iter().chain(v6).map(fixed).collect()
}

#[test]
fn what_is_wrong_is_scapys_too() {
    let Some(python) = python() else { return };
    let rows = what_is_wrong();
    let made: Vec<_> = rows.iter().map(|(arguments, _)| ours(arguments)).collect();
    let by_fields: Vec<_> = rows.iter().map(|(_, expression)| expression.clone()).collect();
    let by_us: Vec<_> = made.iter().map(|(_, expression)| expression.clone()).collect();
    let (by_fields, by_us) = (built(&python, &by_fields), built(&python, &by_us));
    for (index, (arguments, expression)) in rows.iter().enumerate() {
        assert_eq!(made[index].0, by_fields[index], "{arguments}\n{expression}");
        assert_eq!(made[index].0, by_us[index], "{arguments}\n{}", made[index].1);
    }
}

/// The octets of an option with a wrong length, for which scapy has no word, as tshark reads them.
#[test]
fn wrong_lengths_are_tsharks_too() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return common::skip("tshark is not installed");
    }
    let (packets, _) = ours("127.0.0.1 80 -s 5 --seq 1 --id 9 --opt nop --opt mss/3=1460 --opt raw=0505");
    let read = tshark(&packets, &["tcp.hdr_len", "tcp.option_kind", "tcp.option_len"]);
    assert_eq!(read, ["28\t1,2\t3"], "{packets:?}");
}

/// Every type of which scapy knows the fields, and some that it does not.
#[test]
fn icmp_messages_are_scapys() {
    let Some(python) = python() else { return };
    let v4 = [0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 40, 255];
    let v4 = v4.map(|kind| format!("127.0.0.1 --icmp {kind}/3 --id 9 --payload sixteen-octets--"));
    let named = ["echo --payload abc", "timestamp", "information", "mask", "echo --bad-checksum"];
    let named = named.map(|arguments| format!("127.0.0.1 --id 9 --icmp {arguments}"));
    let v6 = [1, 128, 129, 135, 200].map(|kind| format!("::1 --flow-label 7 --icmp {kind} --payload abc"));
    let arguments: Vec<_> = v4.into_iter().chain(named).chain(v6).collect();
    let made: Vec<_> = arguments.iter().map(|arguments| ours(arguments)).collect();
    let expressions: Vec<_> = made.iter().map(|(_, expression)| expression.clone()).collect();
    for (index, theirs) in built(&python, &expressions).into_iter().enumerate() {
        // The header is scapy's, not octets of ours.
        assert!(expressions[index].contains("/ICMP"), "{}", expressions[index]);
        assert_eq!(made[index].0, theirs, "{}\n{}", arguments[index], expressions[index]);
    }
    // Written by hand, beside: what is asked for, in scapy's fields. The identifier is ours to choose.
    let (octets, _) = ours("127.0.0.1 --icmp timestamp --id 9");
    let id = &octets[0][48..52];
    let theirs = format!("{V4})/ICMP(type='timestamp-request', id=0x{id}, seq=1, ts_ori=0, ts_rx=0, ts_tx=0)");
    let (echo, _) = ours("127.0.0.1 --icmp echo --payload abc --id 9");
    let id = &echo[0][48..52];
    let of_echo = format!("{V4})/ICMP(type='echo-request', id=0x{id}, seq=1)/b'abc'");
    assert_eq!(built(&python, &[theirs, of_echo]), [octets, echo]);
}

#[test]
fn tshark_reads_every_field_as_asked() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return common::skip("tshark is not installed");
    }
    let mut dice = Dice(7);
    let cases: Vec<_> = (0..CASES).map(|_| case(&mut dice)).collect();
    const HEADER: &str = "tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.hdr_len tcp.flags tcp.window_size_value \
                          tcp.urgent_pointer tcp.len tcp.payload tcp.checksum.status";
    const NETWORK: &str = "ip.ttl ip.dsfield ip.id ip.flags.df ipv6.hlim ipv6.tclass ipv6.flow";
    let fields = HEADER.split(' ').chain(OPTION_FIELDS).chain(NETWORK.split(' '));
    let packets: Vec<_> = cases.iter().map(|case| ours(&case.arguments).0.remove(0)).collect();
    let read = tshark(&packets, &fields.collect::<Vec<_>>());
    assert_eq!(read.len(), cases.len());
    for (case, line) in cases.iter().zip(read) {
        assert_eq!(line, case.tshark, "{}", case.arguments);
    }
}
