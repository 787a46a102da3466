//! The state of an end as a function of what it has sent and received, without any transition: who has sent which SYN
//! and FIN, and which of them is acknowledged.

use crate::raw::{Raw, Socket};

/// What is known of one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    is_client: bool,
    /// The numbers behind its own SYN and FIN.
    syn: Option<u32>,
    fin: Option<u32>,
    /// The number behind the peer's SYN and FIN.
    peer_syn: Option<u32>,
    peer_fin: Option<u32>,
    /// The last acknowledgment that came, and the one on its own FIN.
    acked: Option<u32>,
    ack_on_fin: Option<u32>,
    has_reset: bool,
}

const fn reaches(ack: u32, number: u32) -> bool {
    ack.wrapping_sub(number) < 1 << 31
}

impl End {
    /// The end of `client`'s connection on that side, after `packets`.
    pub(crate) fn of<'a>(packets: impl Iterator<Item = &'a Raw>, client: &Socket, is_client: bool) -> Self {
        let mut end = Self { is_client, ..Self::default() };
        for packet in packets {
            end.take(packet, (packet.source == *client) == is_client);
        }
        end
    }

    fn take(&mut self, packet: &Raw, is_own: bool) {
        let (syn, fin) = if is_own { (&mut self.syn, &mut self.fin) } else { (&mut self.peer_syn, &mut self.peer_fin) };
        if packet.syn() {
            *syn = Some(packet.seq.wrapping_add(1));
        }
        if packet.fin() {
            *fin = Some(packet.end());
        }
        if is_own && packet.fin() {
            self.ack_on_fin = Some(packet.ack);
        }
        if !is_own && packet.has_ack() {
            self.acked = Some(packet.ack);
        }
        self.has_reset |= packet.flags & 4 != 0;
    }

    fn is_acked(&self, number: Option<u32>) -> bool {
        number.zip(self.acked).is_some_and(|(number, ack)| reaches(ack, number))
    }

    /// Its state.
    pub(crate) fn state(&self) -> &'static str {
        // It closed second where its FIN acknowledged the peer's.
        let is_second = self.peer_fin.zip(self.ack_on_fin).is_some_and(|(fin, ack)| reaches(ack, fin));
        match (self.fin.is_some(), self.peer_fin.is_some(), self.is_acked(self.fin)) {
            _ if self.has_reset => "CLOSED",
            _ if self.syn.is_none() && self.peer_syn.is_none() => ["LISTEN", "CLOSED"][usize::from(self.is_client)],
            _ if self.peer_syn.is_none() => "SYN-SENT",
            _ if !self.is_acked(self.syn) => "SYN-RECEIVED",
            (false, false, _) => "ESTABLISHED",
            (false, true, _) => "CLOSE-WAIT",
            (true, false, false) => "FIN-WAIT-1",
            (true, false, true) => "FIN-WAIT-2",
            (true, true, false) if is_second => "LAST-ACK",
            (true, true, true) if is_second => "CLOSED",
            (true, true, false) => "CLOSING",
            (true, true, true) => "TIME-WAIT",
        }
    }

    /// What returns with `packet`, before which the end was as in `before`.
    pub(crate) fn returns(&self, before: &Self, packet: &Raw) -> &'static str {
        match (before.state(), self.state()) {
            ("SYN-SENT", "ESTABLISHED") => "connect(), with success",
            ("SYN-SENT", "CLOSED") => "connect(), with ECONNREFUSED",
            ("SYN-RECEIVED", "ESTABLISHED") => "accept(), with a new socket",
            ("ESTABLISHED", "ESTABLISHED") if packet.len > 0 => "recv(), with data",
            ("ESTABLISHED", "CLOSE-WAIT") => "recv(), with 0",
            _ => {
                assert_eq!((packet.len, packet.fin()), (0, false), "somebody may wait for it: {packet:?}");
                "none of these"
            }
        }
    }
}
