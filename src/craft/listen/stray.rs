//! Segments that no connection sends.

use super::ListenConfig;
use super::half_open::HalfOpen;
use crate::craft::{Action, Emit, Sockets};
use crate::tcp::{Seq, State};
use crate::wire::{Flags, Segment, SegmentFields, emit};

/// A RST for a segment that found no connection, or no place (RFC 9293 section 3.10.7.1): with the number that the
/// segment acknowledges, or else with an acknowledgment of all of it.
pub(super) fn reset(config: &ListenConfig, sockets: &Sockets, segment: &Segment<'_>) -> Option<Emit> {
    let fields = if segment.flags.ack() {
        SegmentFields { seq: segment.ack, flags: Flags::RST, ..SegmentFields::default() }
    } else {
        let ack = (Seq(segment.seq) + segment.sequence_len()).0;
        SegmentFields { ack, flags: Flags::RST | Flags::ACK, ..SegmentFields::default() }
    };
    let ip = crate::wire::IpFields { identification: config.ip.identification.max(1), ..config.ip };
    let packet = emit::segment(sockets.local(), sockets.remote(), &ip, &fields).ok()?;
    Some(Emit { packet, calls: [None, None], state: State::Listen })
}

/// The SYN-ACK of a connection in SYN-RECEIVED.
pub(super) fn syn_ack(config: &ListenConfig, sockets: &Sockets, room: u16, half: &mut HalfOpen) -> Option<Emit> {
    let mut endpoint = half.endpoint(config, sockets, room);
    endpoint.due.syn_ack = true;
    match endpoint.poll(half.since) {
        Action::Send(emit) => {
            half.keep(&endpoint);
            Some(emit)
        }
        _ => None,
    }
}
