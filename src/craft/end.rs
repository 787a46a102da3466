//! One end of a connection, as its driver sees it.

use super::{Action, Endpoint};
use crate::tcp::State;
use crate::wire::{Icmp, Ip, Segment, Time};

/// What is given the time and what arrives, and says what to do: an [`Endpoint`], or a program with one.
pub trait End {
    /// A segment arrived.
    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>);

    /// An ICMP message arrived in a packet with header `ip`.
    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>);

    /// What to do next. To be asked after every arrival, after every packet sent, and when the time has come.
    fn poll(&mut self, now: Time) -> Action;

    /// `sent` left in the place of `own`, the segment that was to be sent. Ends whose segments nobody changes need not know.
    fn sent_instead(&mut self, now: Time, own: &Segment<'_>, sent: &Segment<'_>) {
        let _ = (now, own, sent);
    }

    /// Our state.
    fn state(&self) -> State;

    /// SYNs sent so far.
    fn syns(&self) -> u32;

    /// The user has had enough.
    fn interrupt(&mut self, now: Time);

    /// Nobody can watch any longer.
    fn abandon(&mut self);
}

impl End for Endpoint {
    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.arrive(now, ip, segment);
    }

    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.icmp(now, ip, icmp);
    }

    fn poll(&mut self, now: Time) -> Action {
        self.poll(now)
    }

    fn sent_instead(&mut self, now: Time, own: &Segment<'_>, sent: &Segment<'_>) {
        self.sent_instead(now, own, sent);
    }

    fn state(&self) -> State {
        self.state()
    }

    fn syns(&self) -> u32 {
        self.syns()
    }

    fn interrupt(&mut self, now: Time) {
        self.interrupt(now);
    }

    fn abandon(&mut self) {
        self.abandon();
    }
}
