//! Exchanges that are no connection: UDP datagrams between two kernels, and pings.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rawshake::lab::{SERVER, YOU};
use rawshake::sys::Version;
use rawshake::wire::checksum::Sum;
use rawshake::wire::{IpFields, emit, ip};

use super::stage::{CLIENT, PATIENCE, SETTLE, Scene, Stage, at, cable};

pub(crate) const SCENES: &[Scene] = &[
    cable("udp-echo", udp_echo),
    cable("udp-port-unreachable", udp_port_unreachable),
    cable("udp-unanswered", udp_unanswered),
    cable("ping-time-exceeded", ping_time_exceeded),
    cable("ping-unanswered", ping_unanswered),
];

/// The port of the UDP server.
const PORT: u16 = 7;
/// The identifier of a ping.
const ID: u16 = 4711;
/// After what time a client asks again.
const RETRY: Duration = Duration::from_millis(50);

fn client() -> Result<UdpSocket> {
    let socket = UdpSocket::bind(at(YOU, CLIENT))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(at(SERVER, PORT))?;
    Ok(socket)
}

fn server(stage: &Stage) -> Result<UdpSocket> {
    let bound = || {
        let socket = UdpSocket::bind(at(SERVER, PORT))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok::<_, io::Error>(socket)
    };
    stage.lab.on_server(bound)?.context("bind")
}

fn udp_echo(stage: &mut Stage) -> Result<()> {
    let (server, client) = (server(stage)?, client()?);
    for word in ["hello", "and once more"] {
        client.send(word.as_bytes())?;
        let mut octets = [0; 100];
        let (len, from) = server.recv_from(&mut octets)?;
        server.send_to(&octets[..len], from)?;
        client.recv(&mut octets)?;
        stage.pause(SETTLE)?;
    }
    Ok(())
}

/// Nobody has bound the port: the kernel of the server says so.
fn udp_port_unreachable(stage: &mut Stage) -> Result<()> {
    client()?.send(b"anybody?")?;
    stage.pause(SETTLE)
}

/// The server hears, and has nothing to say.
fn udp_unanswered(stage: &mut Stage) -> Result<()> {
    let (_server, client) = (server(stage)?, client()?);
    for _ in 0..3 {
        client.send(b"hello?")?;
        stage.pause(RETRY)?;
    }
    Ok(())
}

fn echo_request(stage: &mut Stage, seq: u16) -> Result<()> {
    let (from, to) = (YOU.ip(Version::V4), SERVER.ip(Version::V4));
    let [[id, id_low], [seq, seq_low]] = [ID, seq].map(u16::to_be_bytes);
    let mut message = vec![8, 0, 0, 0, id, id_low, seq, seq_low];
    message.extend_from_slice(b"abcdefghijklmnopqrstuvwxyz");
    let sum = Sum::default().with(&message).finish();
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = emit::header(from, to, &IpFields::default(), ip::protocol::ICMP, message.len())?;
    packet.extend_from_slice(&message);
    stage.packet(&packet, from, to)
}

/// A router on the way drops the first request, and says so; the route is then another one.
fn ping_time_exceeded(stage: &mut Stage) -> Result<()> {
    stage.set(SERVER, "icmp_echo_ignore_all", "1")?;
    echo_request(stage, 1)?;
    stage.icmp(YOU, 11, 0, [0; 4])?;
    stage.set(SERVER, "icmp_echo_ignore_all", "0")?;
    echo_request(stage, 2)
}

/// The server's host ignores the second of three requests.
fn ping_unanswered(stage: &mut Stage) -> Result<()> {
    for (seq, ignore) in [(1, "0"), (2, "1"), (3, "0")] {
        stage.set(SERVER, "icmp_echo_ignore_all", ignore)?;
        echo_request(stage, seq)?;
        stage.pause(RETRY)?;
    }
    Ok(())
}
