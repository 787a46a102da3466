//! A capture in which every place that a writer can fill holds words that mean harm.

use std::net::SocketAddr;

use rawshake::wire::checksum::Sum;
use rawshake::wire::{Flags, IpFields, SegmentFields, emit, ip::protocol};

/// What may be said. `N` becomes the number of the row, so that a reader of the output finds it again.
pub(crate) const EVIL: [&[u8]; 16] = [
    b"qNz\x1b[2J\x1b[31mgone",
    b"qNz\x1b]0;title\x07\x1bc",
    b"qNz\x9b2J\xff\xfe",
    "qNz\u{9b}31m\u{85}".as_bytes(),
    "qNz\u{202e}cod.exe\u{2066}".as_bytes(),
    "qNz\u{200b}\u{2028}\u{feff}\u{e0041}".as_bytes(),
    "qNz\u{5e9}\u{5dc}\u{301}\u{301}".as_bytes(),
    b"qNz\r\x08\x08\nrawshake: fine\0",
    b"qNz</script><script>alert(1)</script>",
    b"qNz\"><img src=x onerror=alert(1)>",
    b"qNz]]>&lt;&#60;script",
    b"qNz`|[x](javascript:1)<b>\n\n# x",
    b"qNz%%{init:{}}%%\nend\nloop",
    b"qNz\n@enduml\n!include /etc/passwd",
    b"=qNz|'cmd'!A0,\"\n",
    b"qNz\\u001b[2J\\x1b{\"a\":1}",
];

/// The words of a row.
pub(crate) fn words(row: usize) -> Vec<u8> {
    let mark = mark(row).into_bytes();
    let at = EVIL[row].windows(3).position(|octets| octets == b"qNz").expect("every row has its mark");
    [&EVIL[row][..at], &mark, &EVIL[row][at + 3..]].concat()
}

/// What is found of a row wherever it is shown.
pub(crate) fn mark(row: usize) -> String {
    format!("q{}z", char::from(b'A' + row as u8))
}

/// A connection, a datagram and an echo that say it wherever they can; each packet whole, from its IP header on.
fn packets(row: usize) -> Vec<Vec<u8>> {
    let evil = words(row);
    let client = SocketAddr::from(([10, 0, row as u8, 1], 4000));
    let server = SocketAddr::from(([192, 0, 2, 1], 80));
    let length = evil.len() as u32;
    // An option of no known kind, as long as there is room for.
    let shown = &evil[..evil.len().min(38)];
    let option = [&[253, shown.len() as u8 + 2], shown].concat();
    let segment = |from_client: bool, flags, seq, ack, options: &[u8], payload: &[u8]| {
        let (from, to) = if from_client { (client, server) } else { (server, client) };
        let (options, payload) = (options.to_vec(), payload.to_vec());
        let fields = SegmentFields { seq, ack, flags, window: 1000, urgent: 0, options, payload };
        emit::segment(from, to, &IpFields::default(), &fields).expect("a segment")
    };
    let (syn, ack, rst) = (Flags::SYN, Flags::ACK, Flags::RST);
    let mut all = vec![
        segment(true, syn, 99, 0, &option, &evil),
        segment(false, syn | ack, 499, 100, &option, b""),
        segment(true, ack, 100, 500, &option, &evil),
        segment(false, ack | Flags::PSH, 500, 100 + length, b"", &evil),
        // RFC 9293 section 3.5.3: a reset may say why.
        segment(false, rst | ack, 500 + length, 100 + length, b"", &evil),
    ];
    let ports = [0x0f, 0xa0, 0, 53];
    let head = [&ports[..], &(8 + evil.len() as u16).to_be_bytes(), &[0, 0]].concat();
    all.push(packet(client, server, protocol::UDP, [head, evil.clone()].concat()));
    for (kind, from, to) in [(8, client, server), (0, server, client)] {
        all.push(icmp(from, to, [kind, 0, 0, 0, 7, row as u8, 0, 1], &evil));
    }
    // An error of a router whose rest is not its own.
    let quoted = [all[0].clone(), evil].concat();
    all.push(icmp(server, client, [3, 13, 0, 0, 0, 0, 0, 0], &quoted));
    all
}

fn icmp(from: SocketAddr, to: SocketAddr, head: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut message = [&head[..], body].concat();
    let sum = Sum::default().with(&message).finish();
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    packet(from, to, protocol::ICMP, message)
}

fn packet(from: SocketAddr, to: SocketAddr, protocol: u8, body: Vec<u8>) -> Vec<u8> {
    let mut packet = emit::header(from.ip(), to.ip(), &IpFields::default(), protocol, body.len()).expect("a packet");
    packet.extend(body);
    packet
}

/// A block of pcapng: its kind, its fixed part, and its options.
fn block(out: &mut Vec<u8>, kind: u32, fixed: &[u8], options: &[(u16, &[u8])]) {
    let mut body = fixed.to_vec();
    let pad = |body: &mut Vec<u8>| body.resize(body.len().next_multiple_of(4), 0);
    pad(&mut body);
    for (code, value) in options {
        body.extend(code.to_le_bytes());
        body.extend((value.len() as u16).to_le_bytes());
        body.extend(*value);
        pad(&mut body);
    }
    body.extend([0; 4]);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].iter().for_each(|part| out.extend(*part));
}

/// The capture: a section and an interface for each row, with all that can be said of them (names, descriptions, hardware,
/// filters, comments, resolved names, custom blocks), and its packets with comments.
pub(crate) fn capture() -> Vec<u8> {
    const COMMENT: u16 = 1;
    let mut out = Vec::new();
    for row in 0..EVIL.len() {
        let evil = &*words(row);
        let section = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        block(&mut out, 0x0a0d_0d0a, &section, &[(COMMENT, evil), (2, evil), (3, evil), (4, evil)]);
        // Raw IP. Name, description, filter, operating system, hardware.
        let described = [(COMMENT, evil), (2, evil), (3, evil), (11, evil), (12, evil), (15, evil)];
        block(&mut out, 1, &[101, 0, 0, 0, 0, 0, 4, 0], &described);
        let address = [[10, 0, row as u8, 1].as_slice(), evil, b"\0"].concat();
        let record = [&1_u16.to_le_bytes()[..], &(address.len() as u16).to_le_bytes(), &address].concat();
        block(&mut out, 4, &record, &[(2, evil)]);
        block(&mut out, 0xbad, &[&[1, 2, 3, 4], evil].concat(), &[]);
        for (number, bytes) in packets(row).iter().enumerate() {
            let length = (bytes.len() as u32).to_le_bytes();
            let micros = (row as u32 * 100 + number as u32) * 1000;
            let head = [[0; 4], [0; 4], micros.to_le_bytes(), length, length].concat();
            block(&mut out, 6, &[&head, &**bytes].concat(), &[(COMMENT, evil), (COMMENT, evil)]);
        }
    }
    out
}
