//! What was told before its connection was seen: of the listening socket, or of a connect() whose SYN is on its way.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::drive::kernel::{Told, is_at};
use crate::trace::{Opened, Side};

/// What is kept: a server makes some ten calls before it waits.
const MOST: usize = 1024;

/// What waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<Told>);

impl Early {
    /// Keeps it, if there is room.
    pub(super) fn push(&mut self, told: Told) {
        if self.0.len() < MOST {
            self.0.push_back(told);
        }
    }

    /// Keeps it in place of the oldest, if there is no room.
    pub(super) fn push_over(&mut self, told: Told) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(told);
    }

    /// Takes out what is of this connection, or of the socket that listened for it.
    pub(super) fn take(&mut self, opened: &Opened) -> Vec<(Side, Told)> {
        let mut taken = Vec::new();
        self.0.retain(|told| match side(opened, told) {
            Some(side) => {
                taken.push((side, *told));
                false
            }
            None => true,
        });
        taken
    }
}

fn side(opened: &Opened, told: &Told) -> Option<Side> {
    let ends = [(Side::Client, opened.client, opened.server), (Side::Server, opened.server, opened.client)];
    let is_its = |(_, own, peer): &(Side, SocketAddr, SocketAddr)| match told.remote {
        Some(remote) => (told.local, remote) == (*own, *peer),
        None => is_at(*own, told.local),
    };
    ends.into_iter().find(is_its).map(|(side, ..)| side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{KernelKind, Pair};
    use crate::wire::Time;

    #[test]
    fn each_connection_gets_what_is_its_own() {
        let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
        let [client, server] = [socket("192.0.2.1:40000"), socket("192.0.2.2:7")];
        let told =
            |local, remote| Told { time: Time::default(), local, remote, ours: true, kind: KernelKind::ResetReceived };
        let all = [
            (server, None),
            (socket("0.0.0.0:7"), None),
            (server, Some(client)),
            (client, Some(server)),
            (socket("192.0.2.3:7"), None),
            (server, Some(socket("192.0.2.1:40001"))),
        ];
        let mut early = Early::default();
        all.iter().for_each(|(local, remote)| early.push(told(*local, *remote)));
        let sides = early.take(&Opened { client, server, states: Pair::default() });
        let sides: Vec<Side> = sides.into_iter().map(|(side, _)| side).collect();
        assert_eq!(sides, [Side::Server, Side::Server, Side::Server, Side::Client]);
        assert_eq!(early.0.len(), 2);
        (0..2 * MOST).for_each(|_| early.push(told(client, None)));
        assert_eq!((early.0.len(), early.0[0].local), (MOST, socket("192.0.2.3:7")));
        early.push_over(told(client, None));
        assert_eq!((early.0.len(), early.0[0].local), (MOST, server), "the oldest has gone");
    }
}
