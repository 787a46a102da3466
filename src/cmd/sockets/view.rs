//! The sockets of this machine at one moment, with all that is known of each.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use super::args::Filter;
use crate::sys::processes::{Held, Holders};
use crate::sys::sockdiag::{self, Socket, Transport};
use crate::sys::{self, Interface, Version};
use crate::tcp::State;

/// A socket, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) socket: Socket,
    /// Its state in the words of RFC 9293; none for a number that is not known here.
    pub(super) state: Option<State>,
    /// The interface that it is bound to.
    pub(super) interface: Option<String>,
    pub(super) owner: Owner,
}

/// Whose a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Of these processes.
    Processes(Held),
    /// Of no process: none has a descriptor for it.
    Nobody,
    /// Of a process that this user may not see, or that is in another PID namespace.
    Unseen,
}

/// The sockets that were asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// In the order in which they are shown: by transport, listening ones first, by port and address.
    pub(super) rows: Vec<Row>,
    /// Processes whose descriptors this user may not see.
    pub(super) hidden: usize,
    /// More descriptors are open on this machine than were looked at.
    pub(super) incomplete: bool,
    /// Why sockets of a kind are missing.
    pub(super) faults: Vec<String>,
}

impl View {
    /// As it is now.
    ///
    /// # Errors
    /// The kernel lists none of the sockets that were asked for.
    pub(super) fn now(filter: &Filter) -> sys::Result<Self> {
        let mut view = Self::default();
        let mut failure = None;
        let mut sockets = Vec::new();
        for (transport, version) in filter.kinds() {
            match sockdiag::sockets(transport, version) {
                Ok(some) => sockets.extend(some),
                Err(error) => _ = failure.insert(error),
            }
        }
        match failure {
            Some(error) if sockets.is_empty() => return Err(error),
            failure => view.faults.extend(failure.map(|error| error.to_string())),
        }
        sockets.retain(|socket| filter.passes(socket));
        // What comes and goes while the kernel lists may be listed twice.
        let mut seen = HashSet::new();
        sockets.retain(|socket| seen.insert(socket.cookie));
        view.add(sockets);
        view.rows.retain(|row| filter.is_held(&row.owner));
        view.rows.sort_by_cached_key(Row::order);
        Ok(view)
    }

    fn add(&mut self, sockets: Vec<Socket>) {
        let inodes = sockets.iter().map(|socket| socket.inode).filter(|inode| *inode != 0).collect();
        let holders = Holders::of(&inodes);
        (self.hidden, self.incomplete) = (holders.hidden, holders.incomplete);
        let mut names = HashMap::new();
        self.rows.extend(sockets.into_iter().map(|socket| Row {
            state: state(&socket),
            interface: names.entry(socket.interface).or_insert_with(|| Interface::name_of(socket.interface)).clone(),
            owner: match holders.get(socket.inode) {
                Some(held) => Owner::Processes(held.clone()),
                None if socket.inode == 0 => Owner::Nobody,
                None => Owner::Unseen,
            },
            socket,
        }));
    }

    /// How many sockets are somebody's who cannot be seen.
    pub(super) fn unseen(&self) -> usize {
        self.rows.iter().filter(|row| row.owner == Owner::Unseen).count()
    }
}

/// Its state in the words of RFC 9293. Sockets that have a port, and neither listen nor have a peer, have a number (13)
/// that sock_diag alone uses.
fn state(socket: &Socket) -> Option<State> {
    State::from_kernel(socket.state.0).or_else(|| (socket.state.name() == "CLOSE").then_some(State::Closed))
}

impl Filter {
    /// What to ask the kernel for.
    fn kinds(&self) -> impl Iterator<Item = (Transport, Version)> {
        let (tcp, udp) = (self.tcp || !self.udp, self.udp || !self.tcp);
        let (v4, v6) = (self.ipv4 || !self.ipv6, self.ipv6 || !self.ipv4);
        let versions =
            move |transport| [(v4, Version::V4), (v6, Version::V6)].map(|(asked, version)| (asked, transport, version));
        let asked = [(tcp, Transport::Tcp), (udp, Transport::Udp)];
        let kinds = asked.into_iter().filter(|(asked, _)| *asked).flat_map(move |(_, transport)| versions(transport));
        kinds.filter(|(asked, ..)| *asked).map(|(_, transport, version)| (transport, version))
    }

    fn passes(&self, socket: &Socket) -> bool {
        let ends = [socket.local, socket.remote];
        let state = state(socket);
        let is_open =
            state == Some(State::Listen) || (socket.transport == Transport::Udp && state == Some(State::Closed));
        let has_state = |states: &[State]| state.is_some_and(|state| states.contains(&state));
        (!self.listening || is_open)
            && (self.state.is_empty() || self.state.iter().any(|states| has_state(&states.0)))
            && (self.port.is_empty() || ends.iter().any(|end| end.port() != 0 && self.port.contains(&end.port())))
            && self
                .address
                .is_none_or(|address| ends.iter().any(|end| end.ip().to_canonical() == address.to_canonical()))
    }

    fn is_held(&self, owner: &Owner) -> bool {
        let Some(process) = &self.process else { return true };
        let Owner::Processes(held) = owner else { return false };
        held.by.iter().any(|holder| holder.command == *process || process.parse() == Ok(holder.pid))
    }
}

impl Row {
    /// Listening sockets before others, and what has a peer last.
    fn order(&self) -> (Transport, bool, u16, SocketAddr, SocketAddr, u64) {
        let Socket { transport, local, remote, cookie, .. } = self.socket;
        (transport, has_peer(remote), local.port(), local, remote, cookie)
    }

    pub(super) fn is_tcp(&self) -> bool {
        self.socket.transport == Transport::Tcp
    }

    pub(super) fn is_listening(&self) -> bool {
        self.state == Some(State::Listen)
    }

    /// Whether its address of IPv6 takes IPv4 as well.
    pub(super) fn is_dual_stack(&self) -> bool {
        self.socket.v6_only == Some(false) && self.socket.local.is_ipv6() && self.socket.local.ip().is_unspecified()
    }

    /// Its state for a learner: RFC 9293 has none for datagrams.
    pub(super) fn state_name(&self) -> &'static str {
        match self.state {
            _ if self.is_tcp() => self.state.map_or("?", State::name),
            Some(State::Established) => "connected",
            _ => "unconnected",
        }
    }

    /// Its own end, with the interface where it is bound to one.
    pub(super) fn local(&self) -> String {
        let Socket { local, .. } = self.socket;
        let scope =
            self.interface.as_ref().map(|name| format!("%{}", crate::explain::safe(name, 15))).unwrap_or_default();
        let port = if local.port() == 0 { "*".to_owned() } else { local.port().to_string() };
        if local.is_ipv6() {
            format!("[{}{scope}]:{port}", local.ip())
        } else {
            format!("{}{scope}:{port}", local.ip())
        }
    }

    /// Its peer's end; `*` where it has none.
    pub(super) fn remote(&self) -> String {
        if has_peer(self.socket.remote) { self.socket.remote.to_string() } else { "*".to_owned() }
    }
}

fn has_peer(remote: SocketAddr) -> bool {
    remote.port() != 0 || !remote.ip().is_unspecified()
}
