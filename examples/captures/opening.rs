//! How connections open, and how they fail to.

use std::time::Duration;

use anyhow::Result;
use rawshake::lab::{SERVER, SILENT, YOU};
use rawshake::wire::{TcpOption, emit, icmp};
use socket2::{Protocol, Socket};

use super::hand::{ACK, AE, CWR, ECE, FIN_ACK, Hand, PSH_ACK, RST, SYN, SYN_ACK, options};
use super::kernel::{BEAT, plain, read};
use super::stage::{CLIENT, PORT, Scene, Stage, at, cable, loopback};

pub(crate) const SCENES: &[Scene] = &[
    cable("syn-ack-lost", syn_ack_lost),
    cable("final-ack-lost", final_ack_lost),
    cable("backlog-full", backlog_full),
    cable("backlog-overflow", backlog_overflow),
    cable("backlog-reset", backlog_reset),
    cable("deferred-accept", deferred_accept),
    cable("syn-queue-full", syn_queue_full),
    cable("syn-flood", syn_flood),
    cable("syn-cookie", syn_cookie),
    cable("icmp-error", icmp_error),
    cable("ttl-exceeded", ttl_exceeded),
    loopback("self-connect", self_connect),
    cable("land", land),
    cable("split-handshake", split_handshake),
    cable("second-syn-ack", second_syn_ack),
    cable("syn-with-data", syn_with_data),
    cable("ack-with-data", ack_with_data),
    cable("fast-open", fast_open),
    cable("fast-open-refused", fast_open_refused),
    cable("handshake-reset", handshake_reset),
    cable("connect-abandoned", connect_abandoned),
    cable("old-duplicate-syn", old_duplicate_syn),
    cable("half-open-syn", half_open_syn),
    cable("half-open-data", half_open_data),
    cable("port-reuse", port_reuse),
    cable("ecn", ecn),
    cable("acc-ecn", acc_ecn),
    cable("mptcp", mptcp),
    cable("mptcp-join", mptcp_join),
    cable("md5-signature", md5_signature),
    cable("authentication-option", authentication_option),
];

/// Longer than the first timeout of a SYN and of a SYN,ACK (RFC 6298: one second).
const TIMEOUT: Duration = Duration::from_millis(1100);

fn syn_ack_lost(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    // The client acts as if it had heard nothing: it repeats its SYN, and the server's kernel its answer.
    stage.pause(TIMEOUT)?;
    stage.put(&client, SYN, b"", |again| again.seq -= 1)?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn final_ack_lost(stage: &mut Stage) -> Result<()> {
    let (mut client, mut server) = stage.pair()?;
    stage.pause(TIMEOUT)?;
    stage.put(&server, SYN_ACK, b"", |again| again.seq -= 1)?;
    stage.put(&client, ACK, b"", |_| {})?;
    stage.close_pair(&mut client, &mut server)
}

fn backlog_full(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(0, plain)?;
    let _other = stage.take_seat()?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"")?;
    stage.pause(TIMEOUT)?;
    let _first = stage.accept(&listener)?;
    stage.put(&client, SYN, b"", |again| again.seq -= 1)?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

/// The hand-made client is half in when somebody else takes the last seat, and then sends its ACK.
fn too_late(stage: &mut Stage) -> Result<(Hand, Socket, Socket)> {
    let listener = stage.listen(0, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    let other = stage.take_seat()?;
    stage.say(&mut client, ACK, b"")?;
    Ok((client, listener, other))
}

fn backlog_overflow(stage: &mut Stage) -> Result<()> {
    let (mut client, listener, _other) = too_late(stage)?;
    // The server's kernel has dropped the ACK, and repeats its SYN,ACK.
    stage.hear(&mut client, SYN_ACK)?;
    let _first = stage.accept(&listener)?;
    stage.put(&client, ACK, b"", |_| {})?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn backlog_reset(stage: &mut Stage) -> Result<()> {
    stage.set(SERVER, "tcp_abort_on_overflow", "1")?;
    let (mut client, _listener, _other) = too_late(stage)?;
    stage.hear(&mut client, RST).map(drop)
}

/// What a kernel does for TCP_DEFER_ACCEPT: it takes no notice of an ACK without data, and asks again at its second
/// timeout, before the time that its program set is up.
fn deferred_accept(stage: &mut Stage) -> Result<()> {
    let (mut client, mut server) = stage.pair()?;
    stage.pause(3 * Duration::from_secs(1))?;
    stage.put(&server, SYN_ACK, b"", |again| again.seq -= 1)?;
    stage.put(&client, ACK, b"", |_| {})?;
    stage.close_pair(&mut client, &mut server)
}

fn syn_queue_full(stage: &mut Stage) -> Result<()> {
    stage.set(SERVER, "tcp_syncookies", "0")?;
    let _listener = stage.listen(1, plain)?;
    for port in CLIENT..CLIENT + 4 {
        let mut client = stage.client_at(port)?;
        stage.say(&mut client, SYN, b"")?;
    }
    Ok(())
}

fn syn_flood(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(64, plain)?;
    for port in CLIENT..CLIENT + 18 {
        let mut client = stage.client_at(port)?;
        stage.say(&mut client, SYN, b"")?;
    }
    // Until the server's kernel has repeated every SYN,ACK.
    stage.pause(TIMEOUT)
}

fn syn_cookie(stage: &mut Stage) -> Result<()> {
    stage.set(SERVER, "tcp_syncookies", "2")?;
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(&[TcpOption::Mss(1460), TcpOption::SackPermitted, TcpOption::WindowScale(7)]);
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn icmp_error(stage: &mut Stage) -> Result<()> {
    let _socket = stage.connect_by(Protocol::TCP, SILENT, PORT, plain)?;
    // Communication administratively prohibited.
    stage.icmp(YOU, icmp::kind::DESTINATION_UNREACHABLE, 13, [0; 4])
}

fn ttl_exceeded(stage: &mut Stage) -> Result<()> {
    let _socket = stage.connect_by(Protocol::TCP, SILENT, PORT, |socket| socket.set_ttl_v4(1))?;
    stage.icmp(YOU, icmp::kind::TIME_EXCEEDED, 0, [0; 4])
}

fn self_connect(stage: &mut Stage) -> Result<()> {
    let socket = stage.connect_by(Protocol::TCP, YOU, CLIENT, plain)?;
    socket.send(b"hello")?;
    stage.pause(BEAT)?;
    read(&socket, 16)?;
    drop(socket);
    stage.pause(BEAT)
}

/// A SYN that claims to come from the very socket it goes to, by somebody on the cable.
fn land(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    let server = Hand::new(at(SERVER, PORT), at(SERVER, PORT), 1000);
    stage.forge(&server, SYN)?;
    stage.pause(BEAT)
}

fn split_handshake(stage: &mut Stage) -> Result<()> {
    let mut server = stage.server()?;
    let socket = stage.connect(plain)?;
    stage.hear(&mut server, SYN)?;
    stage.say(&mut server, SYN, b"")?;
    stage.hear(&mut server, SYN_ACK)?;
    stage.say(&mut server, ACK, b"")?;
    stage.close(&mut server, socket)
}

fn second_syn_ack(stage: &mut Stage) -> Result<()> {
    let mut server = stage.server()?;
    let socket = stage.connect(plain)?;
    stage.hear(&mut server, SYN)?;
    stage.say(&mut server, SYN_ACK, b"")?;
    stage.hear(&mut server, ACK)?;
    // A second host with the same address answers, too; the client's kernel challenges it.
    stage.put(&server, SYN_ACK, b"", |other| other.seq += 500_000)?;
    stage.hear(&mut server, ACK)?;
    stage.close(&mut server, socket)
}

fn syn_with_data(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"hello")?;
    stage.hear(&mut client, SYN_ACK)?;
    // The server's kernel has thrown the five octets away, and they are sent again.
    client.seq -= 5;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

fn ack_with_data(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    let socket = stage.accept(&listener)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

/// Ask for Fast Open and give it, on every socket (tcp_fastopen: 1 + 2 + 0x400).
const FAST_OPEN: &str = "1027";

fn fast_open(stage: &mut Stage) -> Result<()> {
    stage.set(YOU, "tcp_fastopen", FAST_OPEN)?;
    stage.set(SERVER, "tcp_fastopen", FAST_OPEN)?;
    let listener = stage.listen(8, plain)?;
    // The first connection fetches the cookie, the second uses it.
    for port in [CLIENT, CLIENT + 1] {
        let client = stage.fast_open(port, b"hello")?;
        let server = stage.accept(&listener)?;
        read(&server, 16)?;
        stage.end(client, server)?;
    }
    Ok(())
}

fn fast_open_refused(stage: &mut Stage) -> Result<()> {
    stage.set(SERVER, "tcp_fastopen", FAST_OPEN)?;
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(&[TcpOption::Mss(1460), TcpOption::FastOpen(b"mistaken")]);
    stage.say(&mut client, SYN, b"hello")?;
    stage.hear(&mut client, SYN_ACK)?;
    client.seq -= 5;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    let socket = stage.accept(&listener)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

fn handshake_reset(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, RST, b"")
}

fn connect_abandoned(stage: &mut Stage) -> Result<()> {
    let mut server = stage.server()?;
    let socket = stage.connect(plain)?;
    stage.hear(&mut server, SYN)?;
    drop(socket);
    stage.pause(BEAT)?;
    stage.say(&mut server, SYN_ACK, b"")?;
    stage.hear(&mut server, RST).map(drop)
}

fn old_duplicate_syn(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut ghost = stage.client()?;
    let mut client = Hand { seq: ghost.seq + 10_000, ..ghost.clone() };
    stage.say(&mut ghost, SYN, b"")?;
    // The client knows nothing of that SYN and vetoes the answer.
    stage.hear(&mut ghost, SYN_ACK)?;
    stage.say(&mut ghost, RST, b"")?;
    client.listened = ghost.listened;
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn half_open_syn(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut before = stage.client()?;
    stage.open(&mut before)?;
    let _forgotten = stage.accept(&listener)?;
    // The client's host has started again and knows of no connection.
    let mut client = Hand { seq: before.seq + 100_000, listened: before.listened, ..before };
    stage.say(&mut client, SYN, b"")?;
    let challenge = stage.hear(&mut client, ACK)?;
    stage.put(&client, RST, b"", |reset| reset.seq = challenge.ack)?;
    stage.put(&client, SYN, b"", |again| again.seq -= 1)?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn half_open_data(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    let _lost = stage.accept(&listener)?;
    // The server's host forgets the connection, and nobody on the cable hears of it.
    stage.unseen(&client, RST)?;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, RST).map(drop)
}

fn port_reuse(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    for _ in 0..2 {
        stage.open(&mut client)?;
        let socket = stage.accept(&listener)?;
        stage.say(&mut client, FIN_ACK, b"")?;
        stage.pause(BEAT)?;
        drop(socket);
        stage.hear(&mut client, FIN_ACK)?;
        stage.say(&mut client, ACK, b"")?;
        client.seq += 1_000_000;
    }
    Ok(())
}

fn ecn(stage: &mut Stage) -> Result<()> {
    stage.set(YOU, "tcp_ecn", "1")?;
    let (client, server) = stage.kernels(plain, plain)?;
    stage.end(client, server)
}

fn acc_ecn(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN | AE | CWR | ECE, b"")?;
    stage.hear(&mut client, SYN_ACK | ECE)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn mptcp(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen_by(Protocol::MPTCP, 8, plain)?;
    let client = stage.connect_by(Protocol::MPTCP, SERVER, PORT, plain)?;
    let server = stage.accept(&listener)?;
    client.send(b"hello")?;
    stage.pause(BEAT)?;
    read(&server, 16)?;
    stage.end(client, server)
}

fn mptcp_join(stage: &mut Stage) -> Result<()> {
    // Subtype 1, address 1, token, nonce.
    const JOIN: &[u8] = &[0x10, 1, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 1];
    let _listener = stage.listen_by(Protocol::MPTCP, 8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(&[TcpOption::Mss(1460), TcpOption::Mptcp(JOIN)]);
    stage.say(&mut client, SYN, b"")?;
    // Nobody knows the token.
    stage.pause(BEAT)
}

fn md5_signature(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(&[TcpOption::Mss(1460), TcpOption::Md5(b"sixteen octets..")]);
    stage.say(&mut client, SYN, b"")?;
    stage.pause(TIMEOUT)?;
    stage.put(&client, SYN, b"", |again| again.seq -= 1)
}

fn authentication_option(stage: &mut Stage) -> Result<()> {
    let mut client = stage.client()?;
    let mut server = stage.server()?;
    // Key 1, next key 1, and an authentication code of 12 octets.
    let signed = options(&[TcpOption::Mss(1460), TcpOption::Ao(&[1, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8])]);
    for hand in [&mut client, &mut server] {
        hand.offer.clone_from(&signed);
        hand.options = signed[4..].to_vec();
    }
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut server, SYN)?;
    stage.say(&mut server, SYN_ACK, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    stage.hear(&mut server, ACK)?;
    stage.close_pair(&mut client, &mut server)
}

/// A SYN in fragments of IP is whole again at the server.
pub(super) fn in_fragments(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    let packet = emit::segment(at(YOU, CLIENT), at(SERVER, PORT), &client.ip, &client.segment(SYN, b""))?;
    let (header, rest) = packet.split_at(20);
    for (offset, part) in [(0, &rest[..8]), (8, &rest[8..])] {
        let mut fragment = header.to_vec();
        // Identification 1; more fragments follow the first.
        fragment[4..8].copy_from_slice(&[0, 1, if offset == 0 { 0x20 } else { 0 }, offset / 8]);
        fragment.extend_from_slice(part);
        stage.packet(&fragment, client.local.ip(), client.remote.ip())?;
    }
    client.seq += 1;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}
