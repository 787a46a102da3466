//! Connections that are established and wait for accept().

use std::collections::{HashMap, VecDeque};

/// Connections that wait at one port; kernels by themselves let no more than 4096 wait at a socket.
const AT_A_PORT: usize = 10_000;
/// Ports at which connections wait.
const PORTS: usize = 256;

/// Those that wait, by the port that they came to, each in the order in which they were established.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<u16, VecDeque<u64>>);

impl Waiting {
    /// It waits from now on. Where there is no room, who has waited longest is forgotten.
    pub(super) fn push(&mut self, port: u16, socket: u64) {
        if self.0.len() >= PORTS && !self.0.contains_key(&port) {
            return;
        }
        let queue = self.0.entry(port).or_default();
        if queue.len() >= AT_A_PORT {
            queue.pop_front();
        }
        queue.push_back(socket);
    }

    /// Takes out who has waited longest at this port and is `wanted`. Who no longer `waits` is forgotten on the way: so one that
    /// is gone is not searched for.
    pub(super) fn take(
        &mut self,
        port: u16,
        waits: impl Fn(&u64) -> bool,
        wanted: impl Fn(&u64) -> bool,
    ) -> Option<u64> {
        let queue = self.0.get_mut(&port)?;
        while queue.front().is_some_and(|socket| !waits(socket)) {
            queue.pop_front();
        }
        let place = queue.iter().position(|socket| waits(socket) && wanted(socket));
        let taken = place.and_then(|place| queue.remove(place));
        if queue.is_empty() {
            self.0.remove(&port);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waited_longest_comes_first_and_who_is_gone_never() {
        let mut waiting = Waiting::default();
        for socket in 1..=4 {
            waiting.push(7, socket);
        }
        let waits = |socket: &u64| *socket != 1 && *socket != 3;
        assert_eq!(waiting.take(8, waits, |_| true), None, "another port");
        assert_eq!(waiting.take(7, waits, |socket| *socket != 2), Some(4));
        assert_eq!(waiting.take(7, waits, |_| true), Some(2));
        assert_eq!(waiting.take(7, waits, |_| true), None);
        assert!(waiting.0.is_empty(), "nothing is kept of those that are gone");
    }

    #[test]
    fn what_nobody_takes_is_bounded() {
        let mut waiting = Waiting::default();
        for socket in 0..3 * AT_A_PORT as u64 {
            waiting.push(7, socket);
        }
        for port in 1..1000 {
            waiting.push(port, 1);
        }
        assert_eq!((waiting.0[&7].len(), waiting.0.len()), (AT_A_PORT, PORTS));
        assert_eq!(waiting.take(7, |_| true, |_| true), Some(2 * AT_A_PORT as u64 + 1), "the oldest made room");
    }
}
