//! What became of each message, as far as later ones tell.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::explain;
use crate::ladder::ArrowEnd;
use crate::trace::exchange::{ExchangeError, Message, MessageKind, Oddity};
use crate::trace::{Pair, Side};

/// Messages that are remembered; older ones are taken to have arrived.
const PENDING: usize = 64;

/// A message that nothing has answered.
#[derive(Clone, Copy, Debug)]
struct Pending {
    id: u64,
    message: Message,
}

/// Messages that nothing has answered.
#[derive(Debug, Default)]
pub(super) struct Fates {
    pending: VecDeque<Pending>,
    heard: Pair<bool>,
    /// The server is a group of hosts, whose members answer elsewhere.
    group: bool,
}

/// The end of one arrow, known in hindsight.
pub(super) type Fate = (u64, ArrowEnd);

impl Fates {
    /// The messages go to a group of hosts: nothing here would answer them.
    pub(super) const fn note_group(&mut self) {
        self.group = true;
    }

    /// Takes note of `message`, and tells what became of earlier ones.
    pub(super) fn message(&mut self, id: u64, message: &Message) -> Option<Fate> {
        self.heard[message.from] = true;
        let mut fate = None;
        match message.kind {
            MessageKind::Datagram => self.pending.retain(|sent| sent.message.from == message.from),
            MessageKind::Request => {}
            MessageKind::Reply => {
                self.pending.retain(|sent| sent.message.seq != message.seq);
                // Nothing proves that a damaged reply arrived, and nothing answers one.
                return message.oddities.has(Oddity::BadChecksum).then_some((id, ArrowEnd::Ignored));
            }
        }
        if is_asked_again(message) {
            let same = |sent: &Pending| {
                let (sent, now) = (&sent.message, message);
                (sent.from, sent.seq, sent.len, sent.preview) == (now.from, now.seq, now.len, now.preview)
            };
            let earlier = self.pending.iter().rposition(same).and_then(|at| self.pending.remove(at));
            fate = earlier.filter(|_| !self.group).map(|sent| (sent.id, silent(&sent.message)));
        }
        if self.pending.len() == PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(Pending { id, message: *message });
        fate
    }

    /// An ICMP error answers what it quotes. `peer`: whom that was for. A router that complains has not passed it on.
    pub(super) fn error(&mut self, error: &ExchangeError, peer: Option<IpAddr>) -> Option<Fate> {
        if !error.plausible || explain::error_is_advice(error) {
            return None;
        }
        let at = self.pending.iter().position(|sent| Some(sent.message.number) == error.answers)?;
        let sent = self.pending.remove(at)?;
        peer.is_some_and(|peer| peer != error.from).then_some((sent.id, ArrowEnd::Lost))
    }

    /// What was never answered. A request asks for a reply; a datagram may want none, unless it was sent again, or the
    /// other end was silent throughout.
    pub(super) fn finish(self) -> impl Iterator<Item = Fate> {
        let Self { pending, heard, group } = self;
        pending.into_iter().filter_map(move |Pending { id, message }| {
            let asks = match message.kind {
                MessageKind::Datagram => is_asked_again(&message) || !heard[message.from.other()],
                MessageKind::Request | MessageKind::Reply => true,
            };
            (asks && !group).then(|| (id, silent(&message)))
        })
    }
}

/// Whether somebody sends the same again because nothing answers. An answer that comes twice asks for nothing.
fn is_asked_again(message: &Message) -> bool {
    message.copy > 1 && (message.from == Side::Client || message.kind != MessageKind::Datagram)
}

/// How a message ended that nothing answers.
const fn silent(message: &Message) -> ArrowEnd {
    if message.oddities.has(Oddity::BadChecksum) { ArrowEnd::Ignored } else { ArrowEnd::Unanswered }
}
