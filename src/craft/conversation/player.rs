//! One side of a recorded conversation, said again through a hand-made endpoint.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::{Act, Comparison, Conversation, Ignore, Line, Reach, Role};
use crate::craft::listen::{Next, Program, Service};
use crate::craft::{Action, End, Endpoint};
use crate::tcp::State;
use crate::wire::{Icmp, Ip, Segment, Time};

/// Octets that are handed to the endpoint at once: what it holds takes room from the window that the other side is offered.
const PORTION: usize = 16 * 1024;

/// How fast it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// No thinking: each line as soon as what it answers has come.
    pub fast: bool,
    /// What says something else than was recorded has finished its turn when it has been silent for so long.
    pub wait: Duration,
    /// What has said less is not waited for any longer than this.
    pub patience: Duration,
}

/// Plays one side of a conversation, and listens to the other.
#[derive(Debug)]
pub struct Player {
    script: Vec<Line>,
    octets: Vec<u8>,
    heard: Comparison,
    pace: Pace,
    /// The next line.
    next: usize,
    /// Octets of our stream that were said.
    said: usize,
    /// Since when it could have been done, were it not for thinking.
    ready: Option<Time>,
    /// When something was last said or heard.
    stirred: Option<Time>,
    /// When the first SYN had been sent.
    called: Option<Time>,
}

impl Player {
    /// One that plays `role`; of the other side may differ what `ignore` finds.
    #[must_use]
    pub fn new(conversation: &Conversation, role: Role, ignore: Box<dyn Ignore>, pace: Pace) -> Self {
        Self {
            script: conversation.script(role),
            octets: conversation.part(role).octets.clone(),
            heard: Comparison::new(conversation.part(role.other()).octets.clone(), ignore),
            pace,
            next: 0,
            said: 0,
            ready: None,
            stirred: None,
            called: None,
        }
    }

    /// What was heard, beside what was recorded.
    #[must_use]
    pub const fn heard(&self) -> &Comparison {
        &self.heard
    }

    /// The same, for itself.
    #[must_use]
    pub fn into_heard(self) -> Comparison {
        self.heard
    }

    /// Octets of our own stream that were said.
    #[must_use]
    pub const fn said(&self) -> usize {
        self.said
    }

    /// Whether all that was recorded was done again.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next == self.script.len()
    }

    /// Listens, and does through `endpoint`, which closes when it is [told](crate::craft::Close::Told), what is due. Gives
    /// the time at which it wants to be asked again, whatever arrives.
    fn play(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time> {
        match endpoint.state() {
            State::SynSent => return self.call(now, endpoint),
            state if !state.is_synchronized() => return None,
            _ => {}
        }
        let octets = endpoint.take_octets();
        if !octets.is_empty() || self.stirred.is_none() {
            self.heard.take(&octets);
            self.stirred = Some(now);
        }
        while let Some(line) = self.script.get(self.next) {
            if let Some(until) = self.is_too_early(line.heard.octets, line.heard.fin, now, endpoint) {
                return Some(until);
            }
            let line = &self.script[self.next];
            let due = *self.ready.get_or_insert(now) + if self.pace.fast { Duration::ZERO } else { line.think };
            if now < due {
                return Some(due);
            }
            if !self.act(now, endpoint) {
                return None;
            }
        }
        self.leave(now, endpoint)
    }

    /// Waits for an answer to the SYN, as long as for anything else.
    fn call(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time> {
        let until = *self.called.get_or_insert(now) + self.pace.patience;
        if now >= until {
            endpoint.give_up();
            return None;
        }
        Some(until)
    }

    /// Whether the next line has to wait for the other side, and until when at most; none where it has not.
    fn is_too_early(&mut self, octets: usize, fin: bool, now: Time, endpoint: &Endpoint) -> Option<Time> {
        if endpoint.peer_is_done() {
            return None;
        }
        let patience = match self.heard.reach(octets) {
            Reach::There if !fin => return None,
            Reach::There | Reach::Waits => self.pace.patience,
            Reach::Differs => self.pace.wait,
        };
        self.silence(patience, now)
    }

    /// When the other side will have been silent for so long; none where it has been.
    fn silence(&self, patience: Duration, now: Time) -> Option<Time> {
        let until = self.stirred.unwrap_or(now) + patience;
        (now < until).then_some(until)
    }

    /// Does the next line; false where it has to be asked again when something has been acknowledged.
    fn act(&mut self, now: Time, endpoint: &mut Endpoint) -> bool {
        match &self.script[self.next].act {
            Act::Say(octets) => {
                while self.said < octets.end {
                    if endpoint.held() >= PORTION || !endpoint.state().may_send() {
                        return false;
                    }
                    let to = octets.end.min(self.said + PORTION);
                    endpoint.say(&self.octets[self.said..to]);
                    self.said = to;
                }
            }
            Act::Shut => endpoint.shut(now),
            Act::Reset if !endpoint.is_all_acknowledged() => return false,
            Act::Reset => endpoint.reset(),
        }
        self.next += 1;
        self.ready = Some(now);
        self.stirred = Some(now);
        true
    }

    /// All is done. What did not close when it was recorded closes when the other side has, or is silent.
    fn leave(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time> {
        if !matches!(endpoint.state(), State::Established | State::CloseWait) {
            return None;
        }
        let patience = if self.heard.reach(usize::MAX) == Reach::Waits { self.pace.patience } else { self.pace.wait };
        if !endpoint.peer_is_done()
            && let Some(until) = self.silence(patience, now)
        {
            return Some(until);
        }
        endpoint.shut(now);
        None
    }
}

impl Program for Player {
    fn run(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time> {
        self.play(now, endpoint)
    }
}

/// A player behind a listening socket, whose owner looks at it afterwards. It plays to one client only.
impl Service for Rc<RefCell<Player>> {
    fn read(&mut self, _: &[u8], _: &mut Vec<u8>) -> Next {
        Next::Read
    }

    fn takes_over(&mut self) -> Option<&mut dyn Program> {
        Some(self)
    }
}

impl Program for Rc<RefCell<Player>> {
    fn run(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time> {
        self.borrow_mut().play(now, endpoint)
    }
}

/// A player with an endpoint of its own.
#[derive(Debug)]
pub struct Playing {
    endpoint: Endpoint,
    player: Player,
    interrupted: bool,
}

impl Playing {
    /// Plays through `endpoint`, which closes when it is [told](crate::craft::Close::Told).
    #[must_use]
    pub const fn new(endpoint: Endpoint, player: Player) -> Self {
        Self { endpoint, player, interrupted: false }
    }

    /// The player, when all is over.
    #[must_use]
    pub fn into_player(self) -> Player {
        self.player
    }

    /// The player.
    #[must_use]
    pub const fn player(&self) -> &Player {
        &self.player
    }
}

impl End for Playing {
    fn arrive(&mut self, now: Time, ip: &Ip, segment: &Segment<'_>) {
        self.endpoint.arrive(now, ip, segment);
    }

    fn icmp(&mut self, now: Time, ip: &Ip, icmp: &Icmp<'_>) {
        self.endpoint.icmp(now, ip, icmp);
    }

    fn poll(&mut self, now: Time) -> Action {
        let wants = if self.interrupted { None } else { self.player.play(now, &mut self.endpoint) };
        match (self.endpoint.poll(now), wants) {
            (Action::WaitUntil(time), Some(wants)) => Action::WaitUntil(time.min(wants)),
            (action, _) => action,
        }
    }

    fn state(&self) -> State {
        self.endpoint.state()
    }

    fn syns(&self) -> u32 {
        self.endpoint.syns()
    }

    fn interrupt(&mut self, now: Time) {
        self.interrupted = true;
        self.endpoint.interrupt(now);
    }

    fn abandon(&mut self) {
        self.endpoint.abandon();
    }
}
