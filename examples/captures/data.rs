//! What happens to data on its way.

use std::time::Duration;

use anyhow::{Result, ensure};
use rawshake::lab::SERVER;
use rawshake::wire::{TcpOption, icmp};
use socket2::{Socket, TcpKeepalive};

use super::hand::{ACK, CWR, ECE, Hand, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK, options, sack, stamps};
use super::kernel::{BEAT, plain, read};
use super::stage::{Scene, Stage, cable, loopback};

pub(crate) const SCENES: &[Scene] = &[
    cable("retransmission", retransmission),
    cable("tail-loss-probe", tail_loss_probe),
    cable("fast-retransmission", fast_retransmission),
    cable("sack", selective),
    cable("out-of-order", out_of_order),
    cable("lost-segment", lost_segment),
    cable("spurious-retransmission", spurious_retransmission),
    cable("network-duplicate", network_duplicate),
    cable("duplicate-packets", duplicate_packets),
    cable("delayed-ack", delayed_ack),
    cable("gap-in-capture", gap_in_capture),
    cable("ack-of-unseen-segment", ack_of_unseen_segment),
    cable("zero-window", zero_window),
    cable("keep-alive", keep_alive),
    cable("keep-alive-unanswered", keep_alive_unanswered),
    cable("old-timestamp", old_timestamp),
    cable("timestamp-missing", timestamp_missing),
    cable("urgent", urgent),
    cable("user-timeout", user_timeout),
    cable("congestion", congestion),
    cable("path-mtu", path_mtu),
    cable("icmp-soft-error", icmp_soft_error),
    cable("icmp-implausible", icmp_implausible),
    loopback("super-segment", super_segment),
];

/// The hand-made client connected to the server's kernel.
fn connected(stage: &mut Stage, offer: &[TcpOption<'_>]) -> Result<(Hand, Socket)> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = options(offer);
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    socket.set_tcp_nodelay(true)?;
    Ok((client, socket))
}

/// Data that fill `count` segments of `size` octets.
fn letters(count: u8, size: usize) -> Vec<u8> {
    (0..count).flat_map(|index| std::iter::repeat_n(b'a' + index, size)).collect()
}

fn retransmission(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    socket.send(b"hello")?;
    for _ in 0..4 {
        stage.hear_data(&mut client)?;
    }
    stage.say(&mut client, ACK, b"")?;
    stage.close(&mut client, socket)
}

fn tail_loss_probe(stage: &mut Stage) -> Result<()> {
    let offer = [TcpOption::Mss(100), TcpOption::SackPermitted];
    let (mut client, socket) = connected(stage, &offer)?;
    socket.send(&letters(2, 100))?;
    for _ in 0..3 {
        stage.hear_data(&mut client)?;
    }
    stage.say(&mut client, ACK, b"")?;
    stage.close(&mut client, socket)
}

/// Hears `count` segments of 100 octets and answers as if the first had been lost.
fn lose_the_first(stage: &mut Stage, client: &mut Hand, count: u32, selective: bool) -> Result<()> {
    let first = client.ack;
    for index in 1..=count {
        stage.hear_data(client)?;
        if index > 1 {
            let blocks = sack(&[(first + 100, first + 100 * index)]);
            stage.put(client, ACK, b"", |again| {
                again.ack = first;
                again.options = if selective { blocks } else { Vec::new() };
            })?;
        }
    }
    stage.hear_data(client)?;
    stage.say(client, ACK, b"")
}

fn fast_retransmission(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(100)])?;
    socket.send(&letters(5, 100))?;
    lose_the_first(stage, &mut client, 5, false)?;
    stage.close(&mut client, socket)
}

fn selective(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(100), TcpOption::SackPermitted])?;
    socket.send(&letters(5, 100))?;
    lose_the_first(stage, &mut client, 5, true)?;
    stage.close(&mut client, socket)
}

fn out_of_order(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460), TcpOption::SackPermitted])?;
    let start = client.seq;
    stage.put(&client, PSH_ACK, b"world", |second| second.seq = start + 5)?;
    stage.put(&client, PSH_ACK, b"hello", |_| {})?;
    client.seq += 10;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

fn lost_segment(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460), TcpOption::SackPermitted])?;
    let start = client.seq;
    // The first copy of "hello" did not come as far as the capture; the second is the client's retransmission.
    stage.put(&client, PSH_ACK, b"world", |second| second.seq = start + 5)?;
    stage.pause(Duration::from_millis(300))?;
    stage.put(&client, PSH_ACK, b"hello", |_| {})?;
    client.seq += 10;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

fn spurious_retransmission(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460), TcpOption::SackPermitted])?;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    stage.pause(Duration::from_millis(200))?;
    stage.put(&client, PSH_ACK, b"hello", |again| again.seq -= 5)?;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

fn network_duplicate(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460), TcpOption::SackPermitted])?;
    client.ip.identification = 7;
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.put(&client, PSH_ACK, b"hello", |again| again.seq -= 5)?;
    client.ip.identification = 0;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    stage.close(&mut client, socket)
}

/// Two kernels say hello to each other, and goodbye.
fn conversation(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    client.send(b"hello")?;
    stage.pause(BEAT)?;
    read(&server, 16)?;
    server.send(b"hello yourself")?;
    stage.pause(BEAT)?;
    read(&client, 16)?;
    client.send(b"goodbye")?;
    stage.pause(BEAT)?;
    read(&server, 16)?;
    stage.end(client, server)
}

fn duplicate_packets(stage: &mut Stage) -> Result<()> {
    conversation(stage)?;
    // As where an interface and the bridge below it are captured together.
    let once = std::mem::take(stage.captured());
    for packet in once {
        let mut again = packet.clone();
        again.time = again.time + Duration::from_micros(2);
        stage.captured().extend([packet, again]);
    }
    Ok(())
}

/// The place in the capture of the first packet with this payload.
fn place(stage: &mut Stage, payload: &[u8]) -> Result<usize> {
    let place = stage.captured().iter().position(|packet| packet.bytes.ends_with(payload));
    place.ok_or_else(|| anyhow::anyhow!("nothing to miss"))
}

fn delayed_ack(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    // At first a kernel acknowledges at once; now it waits, in case its program has something to say.
    server.set_tcp_quickack(false)?;
    client.send(b"hello")?;
    stage.pause(2 * BEAT)?;
    read(&server, 16)?;
    stage.end(client, server)
}

fn gap_in_capture(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    for word in [b"hello".as_slice(), b"goodbye"] {
        client.send(word)?;
        stage.pause(BEAT)?;
        read(&server, 16)?;
    }
    stage.end(client, server)?;
    // The capture misses the first data and their acknowledgment.
    let missed = place(stage, b"hello")?;
    stage.captured().drain(missed..missed + 2);
    Ok(())
}

fn ack_of_unseen_segment(stage: &mut Stage) -> Result<()> {
    conversation(stage)?;
    let missed = place(stage, b"hello yourself")?;
    stage.captured().remove(missed);
    Ok(())
}

fn zero_window(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(|socket| socket.set_recv_buffer_size(4096), plain)?;
    client.send(&letters(8, 1000))?;
    // The kernel asks two times.
    stage.pause(Duration::from_millis(1000))?;
    // Only now the server's program reads.
    drain(stage, &server)?;
    stage.end(client, server)
}

/// Reads until nothing comes for a while.
fn drain(stage: &mut Stage, socket: &Socket) -> Result<()> {
    socket.set_nonblocking(true)?;
    let mut quiet = 0;
    while quiet < 3 {
        quiet = if read(socket, 65536).is_ok() { 0 } else { quiet + 1 };
        stage.pause(Duration::from_millis(100))?;
    }
    Ok(())
}

fn keep_alive(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, asks_after_a_second)?;
    stage.pause(Duration::from_millis(2300))?;
    stage.end(client, server)
}

fn asks_after_a_second(socket: &Socket) -> std::io::Result<()> {
    let second = Duration::from_secs(1);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(second).with_interval(second).with_retries(2))
}

fn keep_alive_unanswered(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    asks_after_a_second(&socket)?;
    stage.hear(&mut client, RST_ACK).map(drop)
}

/// The hand-made client, connected with timestamps; the last is the server's, which the client echoes.
fn stamped(stage: &mut Stage) -> Result<(Hand, Socket, u32)> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    client.offer = [options(&[TcpOption::Mss(1460)]), stamps(100_000, 0)].concat();
    stage.say(&mut client, SYN, b"")?;
    let echo = stage.hear(&mut client, SYN_ACK)?.stamp.unwrap_or_default();
    client.options = stamps(100_010, echo);
    stage.say(&mut client, ACK, b"")?;
    Ok((client, stage.accept(&listener)?, echo))
}

fn timestamp_missing(stage: &mut Stage) -> Result<()> {
    let (mut client, socket, echo) = stamped(stage)?;
    client.options.clear();
    // RFC 7323 would have this dropped; the server's kernel takes it.
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    client.options = stamps(100_020, echo);
    stage.close(&mut client, socket)
}

fn old_timestamp(stage: &mut Stage) -> Result<()> {
    let (mut client, socket, echo) = stamped(stage)?;
    client.options = stamps(100_020, echo);
    stage.say(&mut client, PSH_ACK, b"hello")?;
    stage.hear(&mut client, ACK)?;
    read(&socket, 16)?;
    // A segment with the next number, and a clock from before the connection.
    stage.put(&client, PSH_ACK, b"ghost", |ghost| ghost.options = stamps(90_000, echo))?;
    stage.hear(&mut client, ACK)?;
    client.options = stamps(100_030, echo);
    stage.close(&mut client, socket)
}

fn urgent(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(|socket| socket.set_out_of_band_inline(true), plain)?;
    client.send_out_of_band(b"stop!")?;
    stage.pause(BEAT)?;
    // The urgent octet is read by itself.
    read(&server, 16)?;
    read(&server, 16)?;
    stage.end(client, server)
}

fn user_timeout(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    socket.set_tcp_user_timeout(Some(Duration::from_millis(1500)))?;
    socket.send(b"hello")?;
    stage.pause(Duration::from_millis(3500))?;
    // The server's kernel has given up without a word.
    stage.say(&mut client, PSH_ACK, b"here I am")?;
    stage.hear(&mut client, RST).map(drop)
}

fn congestion(stage: &mut Stage) -> Result<()> {
    /// ECN-capable, and "congestion experienced" (RFC 3168 section 5).
    const CAPABLE: u8 = 0b10;
    const EXPERIENCED: u8 = 0b11;
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.say(&mut client, SYN | ECE | CWR, b"")?;
    stage.hear(&mut client, SYN_ACK | ECE)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    client.ip.tos = EXPERIENCED;
    stage.say(&mut client, PSH_ACK, b"through a full queue")?;
    stage.hear(&mut client, ACK | ECE)?;
    client.ip.tos = CAPABLE;
    stage.say(&mut client, PSH_ACK | CWR, b"slower now")?;
    stage.hear(&mut client, ACK)?;
    read(&socket, 64)?;
    client.ip.tos = 0;
    stage.close(&mut client, socket)
}

fn path_mtu(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    socket.send(&letters(1, 1200))?;
    stage.hear_data(&mut client)?;
    client.ack -= 1200;
    // Fragmentation needed; the next link takes 600 octets.
    let [high, low] = 600_u16.to_be_bytes();
    stage.icmp(SERVER, icmp::kind::DESTINATION_UNREACHABLE, 4, [0, 0, high, low])?;
    while stage.hear_data(&mut client)?.len == 560 {}
    stage.say(&mut client, ACK, b"")?;
    stage.close(&mut client, socket)
}

fn icmp_soft_error(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    socket.send(b"hello")?;
    stage.hear_data(&mut client)?;
    // Host unreachable: the connection lives on, and the data come again.
    stage.icmp(SERVER, icmp::kind::DESTINATION_UNREACHABLE, 1, [0; 4])?;
    stage.hear_data(&mut client)?;
    stage.say(&mut client, ACK, b"")?;
    stage.close(&mut client, socket)
}

fn icmp_implausible(stage: &mut Stage) -> Result<()> {
    let (mut client, socket) = connected(stage, &[TcpOption::Mss(1460)])?;
    socket.send(b"hello")?;
    stage.hear_data(&mut client)?;
    stage.say(&mut client, ACK, b"")?;
    let unreachable = [icmp::kind::DESTINATION_UNREACHABLE, 3];
    stage.icmp_quoting(SERVER, unreachable, [0; 4], |quote| quote[24] ^= 0x55)?;
    stage.close(&mut client, socket)
}

fn super_segment(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernel_alone(|socket| socket.set_tcp_mss(1000))?;
    client.send(&letters(6, 1000))?;
    stage.pause(BEAT)?;
    let arrived = read(&server, 16384)?;
    ensure!(arrived == 6000, "{arrived} octets arrived");
    stage.end(client, server)
}
