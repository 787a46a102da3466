//! A script under way.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::{Action, Complaint, Expectation, Line, Template};
use crate::craft::packet::{PacketSpec, SpecError, Transport};
use crate::craft::probe::{Course, Key, Matcher, Reply, Shot, Step};
use crate::craft::{Arrived, Peer, Sent, trial};
use crate::wire::{Decoded, Time};

/// Replies that are kept for expectations to come.
const MOST: usize = 1024;

/// What became of an expectation.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The number of its line.
    pub line: usize,
    /// What was held against it; none where nothing came.
    pub reply: Option<Reply>,
    /// Why it is not met; none where it is.
    pub complaint: Option<Complaint>,
}

/// Follows a script line by line.
#[derive(Debug)]
pub struct Run {
    lines: VecDeque<Line>,
    matcher: Matcher,
    /// The targets, by what their packets have in common.
    peers: HashMap<Key, Peer>,
    /// When the line under way began.
    since: Option<Time>,
    inbox: VecDeque<(Reply, Option<Arrived>)>,
    sent: Vec<(Time, Key)>,
    outcomes: Vec<Outcome>,
    not_reached: usize,
}

impl Run {
    /// A script that has not begun. All its packets go between `source` and `destination`.
    #[must_use]
    pub fn new(lines: Vec<Line>, source: IpAddr, destination: IpAddr) -> Self {
        Self {
            lines: lines.into(),
            matcher: Matcher::between(source, destination),
            peers: HashMap::new(),
            since: None,
            inbox: VecDeque::new(),
            sent: Vec::new(),
            outcomes: Vec::new(),
            not_reached: 0,
        }
    }

    /// What became of the expectations, in their order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Packets that were sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.len()
    }

    /// Replies that no line expected.
    #[must_use]
    pub fn unexpected(&self) -> usize {
        self.inbox.len()
    }

    /// Lines that were not reached, since somebody stopped the run.
    #[must_use]
    pub const fn not_reached(&self) -> usize {
        self.not_reached
    }

    /// The packet of a template, its numbers filled in.
    fn spec(&self, template: &Template) -> PacketSpec {
        let mut spec = template.spec.clone();
        let none = Peer::default();
        let peer = self.peers.get(&Key::of(&spec)).unwrap_or(&none);
        if let Transport::Tcp(tcp) = &mut spec.transport {
            let next = peer.next().filter(|_| !tcp.flags.syn());
            let seq = template.seq.map(|seq| seq.resolve(peer.variables())).or(next);
            let all = peer.sent_up_to().filter(|_| tcp.flags.ack());
            let ack = template.ack.map(|ack| ack.resolve(peer.variables())).or(all);
            tcp.seq = seq.map_or(tcp.seq, |seq| seq.0);
            tcp.ack = ack.map_or(tcp.ack, |ack| ack.0);
        }
        spec
    }

    fn shoot(&mut self, now: Time, template: &Template) -> Result<Step, SpecError> {
        let spec = self.spec(template);
        let crafted = trial::Shot::of(&spec)?;
        let (index, key) = (self.sent.len() as u64, Key::of(&spec));
        self.matcher.sent(&spec, index);
        self.sent.push((now, key));
        if let Transport::Tcp(tcp) = &spec.transport {
            self.peers.entry(key).or_default().get(&Sent::crafted(tcp, &crafted));
        }
        let trial::Shot { packets, uncut: whole, .. } = crafted;
        Ok(Step::Send(Box::new(Shot { index, spec, packets, whole })))
    }

    /// Holds what came against an expectation; says until when, where it is too early to tell.
    fn hold(&mut self, now: Time, since: Time, line: usize, expectation: &Expectation, must: bool) -> Option<Time> {
        let deadline = since + expectation.within;
        let next = self.inbox.front().copied();
        if next.is_none() && now < deadline {
            return Some(deadline);
        }
        let about = next.map_or(self.sent.len().checked_sub(1), |(reply, _)| usize::try_from(reply.index).ok());
        let key = about.and_then(|index| self.sent.get(index)).map(|(_, key)| *key);
        let reply = next.map(|(reply, _)| reply);
        let mut nobody = Peer::default();
        let peer = key.and_then(|key| self.peers.get_mut(&key)).unwrap_or(&mut nobody);
        let complaint = expectation.complaint(reply.as_ref().map(|reply| &reply.answer), peer);
        if complaint.is_some() && !must {
            return None;
        }
        if let Some((_, Some(arrived))) = next {
            peer.say(&arrived);
        }
        self.inbox.pop_front();
        if must {
            self.outcomes.push(Outcome { line, reply, complaint });
        }
        None
    }
}

impl Course for Run {
    fn step(&mut self, now: Time) -> Result<Step, SpecError> {
        loop {
            let Some(line) = self.lines.pop_front() else { return Ok(Step::Done) };
            let since = *self.since.get_or_insert(now);
            let wait = match &line.action {
                Action::Send(template) => {
                    self.since = None;
                    return self.shoot(now, template);
                }
                Action::Wait(time) => Some(since + *time).filter(|until| *until > now),
                Action::Expect(expectation) => self.hold(now, since, line.number, expectation, true),
                Action::Maybe(expectation) => self.hold(now, since, line.number, expectation, false),
            };
            if let Some(until) = wait {
                self.lines.push_front(line);
                return Ok(Step::WaitUntil(until));
            }
            self.since = None;
        }
    }

    fn left(&mut self, index: u64, time: Time) {
        if let Some((sent, _)) = usize::try_from(index).ok().and_then(|index| self.sent.get_mut(index)) {
            *sent = time;
        }
    }

    fn arrive(&mut self, time: Time, decoded: &Decoded<'_>) -> Option<Reply> {
        let last = (self.sent.len() as u64).checked_sub(1)?;
        let about = self.matcher.about(decoded, last)?;
        let ip = decoded.ip.as_ref()?;
        let (sent, _) = *self.sent.get(usize::try_from(about.index).ok()?)?;
        let (from, rtt) = (ip.source, time.since(sent));
        let reply = Reply { index: about.index, time, rtt, from, ttl: ip.ttl, answer: about.answer, first: true };
        if self.inbox.len() < MOST {
            self.inbox.push_back((reply, Arrived::of(decoded)));
        }
        Some(reply)
    }

    fn is_in_our_name(&self, decoded: &Decoded<'_>) -> bool {
        self.matcher.is_in_our_name(decoded)
    }

    fn stop(&mut self) {
        self.not_reached += self.lines.len();
        self.lines.clear();
    }
}
