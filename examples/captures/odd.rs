//! Segments that no socket call sends: scanners, attacks, ghosts and broken boxes on the way.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use rawshake::lab::{SERVER, YOU};
use rawshake::wire::checksum::Sum;
use rawshake::wire::{Flags, TcpOption, emit, ip};
use socket2::Socket;

use super::hand::{ACK, FIN, Hand, PSH, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, URG, options};
use super::kernel::{plain, read};
use super::opening;
use super::stage::{CLIENT, PORT, Scene, Stage, at, cable};

pub(crate) const SCENES: &[Scene] = &[
    cable("challenge-ack", challenge_ack),
    cable("reset-inexact", reset_inexact),
    cable("reset-outside-window", reset_outside_window),
    cable("outside-window", outside_window),
    cable("unacceptable-ack", unacceptable_ack),
    cable("null", |stage| probe(stage, Flags::NONE)),
    cable("fin", |stage| probe(stage, FIN)),
    cable("xmas", |stage| probe(stage, FIN | PSH | URG)),
    cable("null-open-port", |stage| probe_listener(stage, Flags::NONE)),
    cable("syn-fin", |stage| probe(stage, SYN | FIN)),
    cable("syn-reset", |stage| probe_listener(stage, SYN | RST)),
    cable("psh-urg", |stage| probe(stage, PSH | URG)),
    cable("ack-probe", |stage| probe_listener(stage, ACK)),
    cable("syn-ack-probe", |stage| probe_listener(stage, SYN_ACK)),
    cable("without-ack", without_ack),
    cable("bad-checksum", bad_checksum),
    cable("malformed", malformed),
    cable("malformed-options", malformed_options),
    cable("unknown-option", unknown_option),
    cable("tiny-mss", tiny_mss),
    cable("port-zero", port_zero),
    cable("broadcast", broadcast),
    cable("reserved-bits", reserved_bits),
    cable("fragments", opening::in_fragments),
];

/// Time enough for an answer that will not come.
const SILENCE: Duration = Duration::from_millis(20);

/// An established connection between the hand-made client and the server's kernel, a segment that does not belong there,
/// and an ordinary end.
fn in_connection(stage: &mut Stage, odd: impl FnOnce(&mut Stage, &mut Hand, &Socket) -> Result<()>) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    odd(stage, &mut client, &socket)?;
    stage.close(&mut client, socket)
}

fn challenge_ack(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, SYN, b"", |syn| syn.seq += 500)?;
        stage.hear(client, ACK).map(drop)
    })
}

fn reset_inexact(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, RST, b"", |reset| reset.seq += 500)?;
        stage.hear(client, ACK).map(drop)
    })
}

fn reset_outside_window(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, RST, b"", |reset| reset.seq += 10_000_000)?;
        stage.pause(SILENCE)
    })
}

fn outside_window(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, PSH_ACK, b"far away", |data| data.seq += 10_000_000)?;
        stage.hear(client, ACK).map(drop)
    })
}

fn unacceptable_ack(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, ACK, b"", |ack| ack.ack += 5000)?;
        stage.hear(client, ACK).map(drop)
    })
}

/// One segment to a port on which nobody listens.
fn probe(stage: &mut Stage, flags: Flags) -> Result<()> {
    let mut client = stage.client()?;
    client.offer.clear();
    stage.put(&client, flags, b"", |_| {})?;
    stage.hear(&mut client, RST_ACK).map(drop)
}

/// One segment to a port on which somebody listens.
fn probe_listener(stage: &mut Stage, flags: Flags) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer.clear();
    client.ack = 7000;
    stage.put(&client, flags, b"", |_| {})?;
    stage.pause(SILENCE)
}

fn without_ack(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        stage.put(client, PSH, b"hello", |_| {})?;
        stage.pause(SILENCE)
    })
}

/// Sends data of the hand-made client after `damage` to the segment, with a right checksum.
fn damaged(stage: &mut Stage, client: &Hand, damage: fn(&mut [u8])) -> Result<()> {
    let mut packet = emit::segment(client.local, client.remote, &client.ip, &client.segment(PSH_ACK, b"hello"))?;
    let segment = &mut packet[20..];
    damage(segment);
    segment[16..18].fill(0);
    let pseudo =
        Sum::pseudo_header(client.local.ip(), client.remote.ip(), ip::protocol::TCP, u32::try_from(segment.len())?);
    let checksum = pseudo.with(segment).finish();
    segment[16..18].copy_from_slice(&checksum.to_be_bytes());
    stage.packet(&packet, client.local.ip(), client.remote.ip())
}

fn bad_checksum(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, socket| {
        let good = emit::segment(client.local, client.remote, &client.ip, &client.segment(PSH_ACK, b"hello"))?;
        let bad = [&good[..good.len() - 1], b"p"].concat();
        stage.packet(&bad, client.local.ip(), client.remote.ip())?;
        stage.pause(Duration::from_millis(200))?;
        stage.say(client, PSH_ACK, b"hello")?;
        stage.hear(client, ACK)?;
        read(socket, 16).map(drop)
    })
}

fn malformed(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, _| {
        // A header of four words.
        damaged(stage, client, |segment| segment[12] = 4 << 4)?;
        stage.pause(SILENCE)
    })
}

fn malformed_options(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    // A window scale of no length.
    client.offer.extend_from_slice(&[3, 0, 7, 0]);
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

/// A client with these options connects.
fn open_with(stage: &mut Stage, offer: &[TcpOption<'_>]) -> Result<(Hand, Socket)> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(offer);
    stage.open(&mut client)?;
    Ok((client, stage.accept(&listener)?))
}

fn unknown_option(stage: &mut Stage) -> Result<()> {
    let offer = [TcpOption::Mss(1460), TcpOption::Other { kind: 99, data: b"??" }];
    let (mut client, socket) = open_with(stage, &offer)?;
    stage.close(&mut client, socket)
}

fn tiny_mss(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = open_with(stage, &[TcpOption::Mss(1)])?;
    // The server's kernel makes its segments no smaller than 48 octets.
    socket.send(&[b'a'; 96])?;
    stage.hear_data(&mut client)?;
    stage.hear_data(&mut client)?;
    stage.say(&mut client, ACK, b"")?;
    stage.close(&mut client, socket)
}

fn port_zero(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    // No guard: where there is no socket, the client's kernel resets.
    let mut client = Hand::new(at(YOU, 0), at(SERVER, PORT), 1000);
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.pause(SILENCE)
}

fn broadcast(stage: &mut Stage) -> Result<()> {
    let _listener = stage.listen(8, plain)?;
    let everybody = SocketAddr::new(Ipv4Addr::BROADCAST.into(), PORT);
    stage.forge(&Hand::new(at(YOU, CLIENT), everybody, 1000), SYN)?;
    stage.pause(SILENCE)
}

fn reserved_bits(stage: &mut Stage) -> Result<()> {
    in_connection(stage, |stage, client, socket| {
        damaged(stage, client, |segment| segment[12] |= 0b1110)?;
        client.seq += 5;
        stage.hear(client, ACK)?;
        read(socket, 16).map(drop)
    })
}
