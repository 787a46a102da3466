//! Datagrams: an echo, and who asks it. There is no connection, so nothing ends.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;

/// More than any datagram.
const LONGEST: usize = 64 * 1024;

/// Sends every datagram back to where it came from.
pub(super) fn echo(socket: &UdpSocket) -> io::Result<Infallible> {
    let mut buffer = vec![0; LONGEST];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) => {
                // One that cannot be sent is lost, as any datagram may be.
                let _ = socket.send_to(&buffer[..length], from);
            }
            // An ICMP error for an answer is told at the next call.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}
