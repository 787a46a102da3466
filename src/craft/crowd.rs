//! Many endpoints at once, whose turns come round.

use std::collections::VecDeque;

use super::table::Table;
use super::{Action, Emit, Endpoint, Outcome, Sockets};
use crate::tcp::State;
use crate::wire::{Icmp, Ip, Segment, Time};

/// Endpoints in a table, each with something of its caller's.
#[derive(Debug)]
pub struct Crowd<T> {
    members: Table<Member<T>>,
    /// Those whose turn it is.
    ready: VecDeque<u32>,
    lingering: usize,
}

#[derive(Debug)]
struct Member<T> {
    endpoint: Endpoint,
    extra: T,
    queued: bool,
    lingers: bool,
}

/// What the caller shall do next.
#[derive(Debug)]
pub enum Turn<T> {
    /// Send this packet now, and ask again.
    Send(Emit),
    /// This connection is over and forgotten; ask again.
    Ended(Sockets, Outcome, T),
    /// Nothing to do before this time, or ever, unless something arrives.
    WaitUntil(Option<Time>),
}

impl<T> Default for Crowd<T> {
    fn default() -> Self {
        Self { members: Table::new(), ready: VecDeque::new(), lingering: 0 }
    }
}

impl<T> Crowd<T> {
    /// Connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of them in TIME-WAIT.
    #[must_use]
    pub const fn lingering(&self) -> usize {
        self.lingering
    }

    /// Whether there is one between these sockets.
    #[must_use]
    pub fn contains(&self, sockets: &Sockets) -> bool {
        self.members.find(sockets).is_some()
    }

    /// Adds a connection, whose turn it is at once.
    pub fn insert(&mut self, sockets: Sockets, endpoint: Endpoint, extra: T) {
        let id = self.members.insert(sockets, Member { endpoint, extra, queued: false, lingers: false });
        self.enqueue(id);
    }

    /// A segment arrived; one of no connection changes nothing.
    pub fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        if let Some(id) = self.members.find(&Sockets::of_arriving(ip, segment))
            && let Some(member) = self.members.get(id)
        {
            member.endpoint.arrive(now, ip, segment);
            self.enqueue(id);
        }
    }

    /// An ICMP message arrived.
    pub fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        let quoted = icmp.quote().and_then(|quote| quote.sockets());
        let found = quoted.and_then(|(local, remote)| self.members.find(&Sockets::new(local, remote)));
        if let Some(id) = found
            && let Some(member) = self.members.get(id)
        {
            member.endpoint.icmp(now, ip, icmp);
            self.enqueue(id);
        }
    }

    /// Every connection that does not close yet closes, as [`Endpoint::interrupt`] says.
    pub fn interrupt(&mut self, now: Time) {
        self.each(|endpoint| {
            if matches!(endpoint.state(), State::SynSent | State::SynReceived | State::Established | State::CloseWait) {
                endpoint.interrupt(now);
            }
        });
    }

    /// Every connection ends at once, as [`Endpoint::abandon`] says.
    pub fn abandon(&mut self) {
        self.each(Endpoint::abandon);
    }

    fn each(&mut self, act: impl Fn(&mut Endpoint)) {
        for id in self.members.ids() {
            if let Some(member) = self.members.get(id) {
                act(&mut member.endpoint);
            }
            self.enqueue(id);
        }
    }

    /// What to do next.
    pub fn poll(&mut self, now: Time) -> Turn<T> {
        while let Some(id) = self.members.take_due(now) {
            self.enqueue(id);
        }
        while let Some(id) = self.ready.pop_front() {
            let Some(member) = self.members.get(id) else { continue };
            member.queued = false;
            let action = member.endpoint.poll(now);
            let lingers = member.endpoint.state() == State::TimeWait;
            self.lingering += usize::from(lingers && !std::mem::replace(&mut member.lingers, lingers));
            match action {
                Action::Send(emit) => {
                    self.enqueue(id);
                    return Turn::Send(emit);
                }
                Action::WaitUntil(time) => self.members.wake_at(id, time),
                Action::Done(outcome) => {
                    if let Some((sockets, member)) = self.members.remove(id) {
                        self.lingering -= usize::from(member.lingers);
                        return Turn::Ended(sockets, outcome, member.extra);
                    }
                }
            }
        }
        Turn::WaitUntil(self.members.next_wake())
    }

    fn enqueue(&mut self, id: u32) {
        if let Some(member) = self.members.get(id)
            && !std::mem::replace(&mut member.queued, true)
        {
            self.ready.push_back(id);
        }
    }
}
