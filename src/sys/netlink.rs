//! One question to the kernel over netlink, and its answers.

use std::io;

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

/// More than the kernel puts into one datagram (it stops at 32 KiB).
const DATAGRAM: usize = 64 * 1024;

/// Asks the routing part of the kernel; `flags` beside REQUEST and ACK. Gives the answers without the acknowledgement.
pub(super) fn route(message: RouteNetlinkMessage, flags: u16) -> io::Result<Vec<RouteNetlinkMessage>> {
    let socket = open(NETLINK_ROUTE)?;
    let mut header = NetlinkHeader::default();
    // A dump ends by itself; anything else is acknowledged.
    header.flags = NLM_F_REQUEST | flags | if flags & NLM_F_DUMP == NLM_F_DUMP { 0 } else { NLM_F_ACK };
    let mut request = NetlinkMessage::new(header, NetlinkPayload::from(message));
    request.finalize();
    let mut bytes = vec![0; request.buffer_len()];
    request.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut answers = Vec::new();
    loop {
        if collect(&receive(&socket)?, &mut answers)? == Ended::Yes {
            return Ok(answers);
        }
    }
}

/// A socket that hears only the kernel.
pub(super) fn open(protocol: isize) -> io::Result<Socket> {
    let socket = Socket::new(protocol)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

/// One datagram of answers.
pub(super) fn receive(socket: &Socket) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(DATAGRAM);
    loop {
        match socket.recv(&mut bytes, 0) {
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

fn collect(datagram: &[u8], answers: &mut Vec<RouteNetlinkMessage>) -> io::Result<Ended> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        let length = usize::try_from(message.header.length).unwrap_or(usize::MAX);
        match message.payload {
            NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
            NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(Ended::Yes),
            NetlinkPayload::InnerMessage(answer) => answers.push(answer),
            _ => {}
        }
        // Messages begin at multiples of four (NLMSG_ALIGN).
        rest = rest.get(length.next_multiple_of(4).max(4)..).unwrap_or_default();
    }
    Ok(Ended::No)
}
