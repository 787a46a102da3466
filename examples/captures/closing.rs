//! How connections end.

use std::time::Duration;

use anyhow::Result;
use rawshake::lab::SERVER;

use super::hand::{ACK, FIN_ACK, Hand, PSH_ACK, RST, RST_ACK, SYN, SYN_ACK};
use super::kernel::{BEAT, plain, read};
use super::stage::{Scene, Stage, cable};

pub(crate) const SCENES: &[Scene] = &[
    cable("fin-with-data", fin_with_data),
    cable("fin-lost", fin_lost),
    cable("fin-unanswered", fin_unanswered),
    cable("last-ack-lost", last_ack_lost),
    cable("unread-data", unread_data),
    cable("linger-reset", linger_reset),
    cable("data-after-close", data_after_close),
    cable("listener-closed", listener_closed),
    cable("time-wait-reuse", time_wait_reuse),
    cable("time-wait-refused", time_wait_refused),
    cable("time-wait-assassination", time_wait_assassination),
    cable("reset-with-data", reset_with_data),
    cable("reset-by-third-party", reset_by_third_party),
];

fn fin_with_data(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    // The kernel waits for more before it sends, and only the FIN comes.
    client.send_with_flags(b"goodbye", libc::MSG_MORE)?;
    drop(client);
    stage.pause(BEAT)?;
    read(&server, 16)?;
    drop(server);
    stage.pause(BEAT)
}

fn fin_lost(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    drop(stage.accept(&listener)?);
    for _ in 0..3 {
        stage.hear(&mut client, FIN_ACK)?;
    }
    stage.say(&mut client, FIN_ACK, b"")?;
    stage.hear(&mut client, ACK).map(drop)
}

fn fin_unanswered(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    stage.set(SERVER, "tcp_orphan_retries", "2")?;
    drop(stage.accept(&listener)?);
    // The client is gone, and the server's kernel gives up without a reset.
    stage.pause(Duration::from_millis(2500))
}

fn last_ack_lost(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)?;
    // The client acts as if the last ACK had not come.
    stage.pause(Duration::from_millis(250))?;
    stage.put(&client, FIN_ACK, b"", |again| again.seq -= 1)?;
    stage.hear(&mut client, ACK).map(drop)
}

fn unread_data(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    client.send(b"nobody reads this")?;
    stage.pause(BEAT)?;
    drop(server);
    stage.pause(BEAT)
}

fn linger_reset(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    server.send(b"hello")?;
    stage.pause(BEAT)?;
    server.set_linger(Some(Duration::ZERO))?;
    drop(server);
    stage.pause(BEAT)?;
    drop(client);
    Ok(())
}

fn data_after_close(stage: &mut Stage) -> Result<()> {
    let (client, server) = stage.kernels(plain, plain)?;
    drop(server);
    stage.pause(BEAT)?;
    client.send(b"are you there?")?;
    stage.pause(BEAT)?;
    drop(client);
    Ok(())
}

fn listener_closed(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    drop(listener);
    stage.hear(&mut client, RST_ACK).map(drop)
}

/// A connection that the server's kernel closed first: it is in TIME-WAIT there. The listener stays.
fn in_time_wait(stage: &mut Stage) -> Result<(socket2::Socket, Hand)> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)?;
    stage.pause(Duration::from_millis(20))?;
    Ok((listener, client))
}

fn time_wait_reuse(stage: &mut Stage) -> Result<()> {
    let (listener, mut client) = in_time_wait(stage)?;
    client.seq += 100_000;
    stage.open(&mut client)?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn time_wait_refused(stage: &mut Stage) -> Result<()> {
    let (_listener, mut client) = in_time_wait(stage)?;
    // A number below that of the connection before.
    client.seq = 10;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, ACK).map(drop)
}

fn time_wait_assassination(stage: &mut Stage) -> Result<()> {
    let (listener, mut client) = in_time_wait(stage)?;
    stage.set(SERVER, "tcp_rfc1337", "0")?;
    stage.put(&client, RST, b"", |_| {})?;
    // Nothing protects the next connection from old segments now: any number will do.
    client.seq = 10;
    stage.say(&mut client, SYN, b"")?;
    stage.hear(&mut client, SYN_ACK)?;
    stage.say(&mut client, ACK, b"")?;
    let socket = stage.accept(&listener)?;
    stage.close(&mut client, socket)
}

fn reset_with_data(stage: &mut Stage) -> Result<()> {
    let listener = stage.listen(8, plain)?;
    let mut client = stage.client()?;
    stage.open(&mut client)?;
    let _socket = stage.accept(&listener)?;
    stage.put(&client, RST_ACK, b"out of memory", |_| {})
}

fn reset_by_third_party(stage: &mut Stage) -> Result<()> {
    let (mut client, mut server) = stage.pair()?;
    stage.say(&mut client, PSH_ACK, b"GET / HTTP/1.0\r\n\r\n")?;
    stage.hear(&mut server, ACK)?;
    // Somebody on the way speaks in the server's name, from another distance, before the server does.
    let mut stranger = server.clone();
    stranger.ip.ttl = 243;
    stage.put(&stranger, RST, b"", |_| {})?;
    stage.say(&mut server, PSH_ACK, b"HTTP/1.0 200 OK\r\n\r\n")?;
    stage.put(&client, RST, b"", |_| {})
}
