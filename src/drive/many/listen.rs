//! A listener as the loop sees it.

use std::net::SocketAddr;

use super::{Party, Way};
use crate::craft::listen::{Listener, Note, Step};
use crate::wire::{Icmp, Ip, Segment, Time};

impl Party for Listener {
    type Note = Note;

    fn way(&mut self, from: SocketAddr, to: SocketAddr) -> Option<Way> {
        match (self.is_ours(to), self.is_ours(from)) {
            (true, _) => Some(Way::In),
            (false, true) => Some(Way::Out),
            (false, false) => None,
        }
    }

    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.arrive(now, ip, segment);
    }

    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.icmp(now, ip, icmp);
    }

    fn poll(&mut self, now: Time) -> Step {
        self.poll(now)
    }

    fn interrupt(&mut self, now: Time) {
        self.interrupt(now);
    }
}
