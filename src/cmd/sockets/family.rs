//! Which connection sockets came out of which listening socket.

use super::view::{Owner, Row};

/// The rows of a view, by their indices, as a tree.
#[derive(Debug, Default)]
pub(super) struct Families {
    /// A listening socket, and the connection sockets that came from it.
    pub(super) listeners: Vec<(usize, Vec<usize>)>,
    /// Other TCP sockets.
    pub(super) alone: Vec<usize>,
    /// Datagram sockets.
    pub(super) datagrams: Vec<usize>,
}

impl Families {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut families = Self::default();
        let mut by_port = std::collections::HashMap::<u16, Vec<usize>>::new();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.is_listening()) {
            by_port.entry(row.socket.local.port()).or_default().push(families.listeners.len());
            families.listeners.push((index, Vec::new()));
        }
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_listening()) {
            if !row.is_tcp() {
                families.datagrams.push(index);
                continue;
            }
            let places = by_port.get(&row.socket.local.port()).map_or(&[][..], Vec::as_slice);
            let best = places.iter().copied().max_by_key(|place| kinship(&rows[families.listeners[*place].0], row));
            match best.filter(|place| kinship(&rows[families.listeners[*place].0], row).is_some()) {
                Some(place) => families.listeners[place].1.push(index),
                None => families.alone.push(index),
            }
        }
        families
    }

    /// The listening socket behind each row, by their indices.
    pub(super) fn parents(&self, rows: usize) -> Vec<Option<usize>> {
        let mut parents = vec![None; rows];
        for (listener, children) in &self.listeners {
            for child in children {
                parents[*child] = Some(*listener);
            }
        }
        parents
    }
}

/// How near a connection is to a listening socket with the same port: none where it cannot have come from there. The
/// kernel prefers the one with the same address; of several with the same (SO_REUSEPORT) nothing but the process tells.
fn kinship(listener: &Row, row: &Row) -> Option<(bool, bool)> {
    let (door, end) = (listener.socket.local, row.socket.local);
    let is_same = door.ip() == end.ip();
    let takes = is_same || (door.ip().is_unspecified() && !(is_v4(row) && listener.socket.v6_only == Some(true)));
    let interface = listener.socket.interface == 0 || listener.socket.interface == row.socket.interface;
    let same_kind = door.is_ipv4() == end.is_ipv4();
    // What has a port and no peer never came out of a listening socket.
    let connected = row.socket.remote.port() != 0;
    (takes && interface && same_kind && connected).then(|| (is_same, shares_process(listener, row)))
}

/// Whether it speaks IPv4 through a socket of IPv6.
fn is_v4(row: &Row) -> bool {
    row.socket.local.is_ipv6() && row.socket.local.ip().to_canonical().is_ipv4()
}

fn shares_process(one: &Row, other: &Row) -> bool {
    let (Owner::Processes(one), Owner::Processes(other)) = (&one.owner, &other.owner) else { return false };
    one.by.iter().any(|holder| other.by.iter().any(|also| also.pid == holder.pid))
}
