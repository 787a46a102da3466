//! Packets of clients that may be no clients: in a flood they are held until a handshake completes, or forgotten.

use std::collections::VecDeque;

use crate::craft::Sockets;
use crate::drive::Seen;
use crate::tcp::Call;
use crate::trace::Origin;
use crate::wire::{LinkType, Packet, Time};

/// Packets held at most; the oldest go first.
const MOST: usize = 4096;
/// No SYN and no SYN-ACK is longer with its link-layer header.
const LONGEST: usize = 160;

/// One packet, as it was captured.
struct Held {
    sockets: Sockets,
    number: u64,
    time: Time,
    link: LinkType,
    original_len: u32,
    bytes: Box<[u8]>,
    origin: Origin,
    calls: [Option<Call>; 2],
}

/// What is held, oldest first.
#[derive(Default)]
pub(super) struct Hold {
    packets: VecDeque<Held>,
}

impl Hold {
    /// Holds a packet between these sockets. False where another, or this one, had to go for it.
    pub(super) fn push(&mut self, sockets: Sockets, seen: &Seen<'_>) -> bool {
        if seen.packet.bytes.len() > LONGEST {
            return false;
        }
        self.packets.push_back(Held {
            sockets,
            number: seen.number,
            time: seen.packet.time,
            link: seen.packet.link,
            original_len: seen.packet.original_len,
            bytes: seen.packet.bytes.into(),
            origin: seen.origin,
            calls: seen.calls,
        });
        let is_full = self.packets.len() > MOST;
        if is_full {
            self.packets.pop_front();
        }
        !is_full
    }

    /// Gives every packet between these sockets to `show`, in order, and forgets it.
    pub(super) fn release(&mut self, sockets: &Sockets, mut show: impl FnMut(&Seen<'_>)) {
        self.packets.retain(|held| {
            if held.sockets != *sockets {
                return true;
            }
            let Held { time, link, original_len, ref bytes, .. } = *held;
            let packet = Packet { time, link, original_len, bytes };
            let decoded = crate::wire::decode(&packet);
            show(&Seen {
                number: held.number,
                packet: &packet,
                decoded: &decoded,
                origin: held.origin,
                captured: true,
                calls: held.calls,
            });
            false
        });
    }
}
