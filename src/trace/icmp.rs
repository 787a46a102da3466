//! ICMP errors about a connection: believed only where they quote a number that is in flight (RFC 5927 section 4).

use std::net::{IpAddr, SocketAddr};

use super::connection::Connection;
use super::{IcmpEvent, Mark, Side};
use crate::tcp::{Event, Seq, State, next_state};
use crate::wire::icmp::kind;
use crate::wire::{Checksum, Icmp, Ip, Time};

/// An ICMP error that quotes a TCP segment.
pub(super) struct Report {
    number: u64,
    time: Time,
    from: IpAddr,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    seq: Option<Seq>,
    v6: bool,
    kind: u8,
    code: u8,
    mtu: Option<u32>,
    intact: bool,
}

impl Report {
    /// Reads the error; none where the message is no error, or quotes no TCP segment.
    pub(super) fn of(number: u64, time: Time, ip: &Ip, icmp: &Icmp<'_>) -> Option<Self> {
        let quote = icmp.quote().filter(|quote| quote.ip.protocol == crate::wire::ip::protocol::TCP)?;
        let (source, destination) = quote.sockets()?;
        Some(Self {
            number,
            time,
            from: ip.source,
            source,
            destination,
            seq: quote.tcp_seq().map(Seq),
            v6: icmp.v6,
            kind: icmp.kind,
            code: icmp.code,
            mtu: icmp.mtu(),
            intact: icmp.checksum_state != Checksum::Bad,
        })
    }
}

/// Whether an error says that what it quotes did not, and will not, reach its destination. RFC 1122 section 4.2.3.9 calls
/// some of these soft; while a connection opens, stacks give up for all of them (RFC 5461).
pub(super) const fn is_final(v6: bool, kind: u8, code: u8) -> bool {
    match (v6, kind, code) {
        (false, kind::DESTINATION_UNREACHABLE, code) => code != 4,
        (false, kind::TIME_EXCEEDED, 0) | (false, kind::PARAMETER_PROBLEM, _) => true,
        (true, kind::V6_DESTINATION_UNREACHABLE | kind::V6_PARAMETER_PROBLEM, _) => true,
        (true, kind::V6_TIME_EXCEEDED, 0) => true,
        _ => false,
    }
}

/// Whether the message says that the segment was too big for its path.
const fn is_too_big(report: &Report) -> bool {
    matches!(
        (report.v6, report.kind, report.code),
        (false, kind::DESTINATION_UNREACHABLE, 4) | (true, kind::V6_PACKET_TOO_BIG, _)
    )
}

/// Follows an ICMP error about a segment of `connection`.
pub(super) fn follow(connection: &mut Connection, report: &Report) -> IcmpEvent {
    let about = connection.side_of(report.source);
    let plausible = report.intact && is_in_flight(connection, about, report.seq);
    connection.last = connection.last.max(report.time);
    let end = &mut connection.ends[about];
    if plausible && is_final(report.v6, report.kind, report.code) && end.is(State::SynSent) {
        end.state = Some(next_state(State::SynSent, Event::UserTimeout, end.passive));
        let peer = &mut connection.ends[about.other()];
        if peer.is_silent() {
            peer.state = None; // the SYN has not reached it
        }
        connection.opening.note_unreachable(report.time);
    }
    let event = IcmpEvent {
        number: report.number,
        from: report.from,
        about,
        v6: report.v6,
        kind: report.kind,
        code: report.code,
        mtu: report.mtu,
        quoted_seq: report.seq,
        plausible,
        after: connection.told_states(),
    };
    connection.marks.set(match plausible {
        false => Mark::IcmpForged,
        true if is_too_big(report) => Mark::PathMtu,
        true => Mark::IcmpError,
    });
    if plausible {
        connection.icmp = Some(event);
    }
    event
}

/// SND.UNA =< quoted number < SND.NXT.
fn is_in_flight(connection: &Connection, about: Side, seq: Option<Seq>) -> bool {
    let end = &connection.ends[about];
    // Whoever sends by hand waits for any word about any of it.
    connection.probing || end.base.is_some() && seq.is_some_and(|seq| !seq.before(end.una) && seq.before(end.nxt))
}
