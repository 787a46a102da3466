//! A summary for tests, here and of the picture.

use std::net::SocketAddr;

use crate::trace::{ConnState, Handshake, History, Marks, Pair, Summary, Termination};
use crate::wire::{Flags, Time};

/// A connection that began at `now` with a three-way handshake, of which nothing else is known.
pub(crate) fn summary(client: SocketAddr, server: SocketAddr, now: Time) -> Summary {
    Summary {
        client,
        server,
        first: now,
        last: now,
        segments: 0,
        bytes_client: 0,
        bytes_server: 0,
        handshake: Handshake::ThreeWay,
        one_way: None,
        termination: Termination::None,
        half_close: false,
        closed_first: None,
        reset_by: None,
        reset_number: None,
        cut_off: None,
        stage: None,
        completeness: 31,
        conn_state: ConnState::SF,
        history: History::of("ShADadFf"),
        handshake_rtt: None,
        handshake_time: None,
        termination_time: None,
        syns: 1,
        offered: Pair::default(),
        states: Pair::default(),
        ecn: Pair::default(),
        time_wait: Pair::default(),
        icmp: None,
        marks: Marks::default(),
        retransmissions: Pair::default(),
        reception: None,
        first_flags: Flags::SYN,
    }
}
