//! By what on the screen each phenomenon could be taken for one.

use crate::quiz::record::end;
use crate::trace::{Mark, SegmentEvent};
use crate::wire::Flags;

/// A segment, and those that are shown before it.
pub(super) struct Scene<'a> {
    pub(super) before: &'a [SegmentEvent],
    pub(super) it: &'a SegmentEvent,
}

/// The part of a connection that a phenomenon belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Opening,
    Data,
    Closing,
    Odd,
}

/// A phenomenon, and when a reader could take a segment for it: rather too often than too seldom.
pub(super) struct Sign {
    pub(super) mark: Mark,
    pub(super) part: Part,
    pub(super) holds: fn(&Scene<'_>) -> bool,
}

const fn sign(mark: Mark, part: Part, holds: fn(&Scene<'_>) -> bool) -> Sign {
    Sign { mark, part, holds }
}

/// Every phenomenon that can be asked about.
pub(super) const SIGNS: &[Sign] = &[
    sign(Mark::SynRetransmission, Part::Opening, |scene| scene.it.flags.syn() && scene.is_again()),
    sign(Mark::SynAckRetransmission, Part::Opening, |scene| scene.it.flags.syn() && scene.is_again()),
    sign(Mark::SecondSynAck, Part::Opening, |scene| is_syn_ack(scene.it) && scene.own().any(is_syn_ack)),
    sign(Mark::SimultaneousOpen, Part::Opening, |scene| scene.is_syn_for_syn()),
    sign(Mark::SplitHandshake, Part::Opening, |scene| scene.is_syn_for_syn()),
    sign(Mark::SynWithData, Part::Opening, |scene| scene.it.flags.syn() && scene.it.len > 0),
    sign(Mark::AckWithData, Part::Opening, |scene| {
        scene.it.len > 0 && scene.own().all(|one| one.flags.syn()) && scene.peer().all(is_syn_ack)
    }),
    sign(Mark::EcnSetup, Part::Opening, |scene| scene.it.flags.syn() && scene.it.flags.contains(Flags::ECE)),
    sign(Mark::AccEcnSetup, Part::Opening, |scene| scene.it.flags.syn() && has_ecn_bit(scene.it)),
    sign(Mark::Refused, Part::Opening, |scene| scene.it.flags.rst() && scene.peer().any(|one| one.flags.syn())),
    sign(Mark::HandshakeReset, Part::Opening, |scene| scene.it.flags.rst() && scene.peer().any(|one| one.flags.syn())),
    sign(Mark::Retransmission, Part::Data, |scene| scene.is_again()),
    sign(Mark::FastRetransmission, Part::Data, |scene| scene.is_again()),
    sign(Mark::SpuriousRetransmission, Part::Data, |scene| scene.is_again()),
    sign(Mark::OutOfOrder, Part::Data, |scene| takes(scene.it) && scene.is_below_others()),
    sign(Mark::Gap, Part::Data, |scene| scene.sent().is_some_and(|sent| behind(begin(scene.it), sent))),
    sign(Mark::DuplicateAck, Part::Data, |scene| scene.is_ack_again()),
    sign(Mark::KeepAlive, Part::Data, |scene| scene.it.len <= 1 && !scene.it.flags.rst() && scene.is_below_others()),
    sign(Mark::KeepAliveAck, Part::Data, |scene| scene.is_ack_again()),
    sign(Mark::ZeroWindow, Part::Data, |scene| is_closed(scene.it)),
    sign(Mark::ZeroWindowProbe, Part::Data, |scene| scene.peer().any(is_closed)),
    sign(Mark::ZeroWindowProbeAck, Part::Data, |scene| scene.is_ack_again() || is_closed(scene.it)),
    sign(Mark::WindowUpdate, Part::Data, |scene| scene.is_ack_again()),
    sign(Mark::WindowFull, Part::Data, |scene| scene.it.len > 0 && scene.fills_the_window()),
    sign(Mark::Urgent, Part::Data, |scene| scene.it.flags.contains(Flags::URG)),
    sign(Mark::FinRetransmission, Part::Closing, |scene| scene.it.flags.fin() && scene.is_again()),
    sign(Mark::FinWithData, Part::Closing, |scene| scene.it.flags.fin() && scene.it.len > 0),
    sign(Mark::SimultaneousClose, Part::Closing, |scene| {
        scene.it.flags.fin() && scene.peer().any(|one| one.flags.fin())
    }),
    sign(Mark::HalfClose, Part::Closing, |scene| scene.it.len > 0 && scene.peer().any(|one| one.flags.fin())),
    sign(Mark::DataAfterClose, Part::Closing, |scene| {
        (scene.it.len > 0 || scene.it.flags.rst()) && scene.before.iter().any(|one| one.flags.fin())
    }),
    sign(Mark::NoFlags, Part::Odd, |scene| scene.it.flags == Flags::NONE),
    sign(Mark::BareFin, Part::Odd, |scene| scene.it.flags.fin() && !scene.it.flags.ack()),
    sign(Mark::Xmas, Part::Odd, |scene| scene.it.flags.contains(Flags::FIN | Flags::PSH | Flags::URG)),
    sign(Mark::SynFin, Part::Odd, |scene| scene.it.flags.contains(Flags::SYN | Flags::FIN)),
    sign(Mark::SynReset, Part::Odd, |scene| scene.it.flags.contains(Flags::SYN | Flags::RST)),
    sign(Mark::WithoutAck, Part::Odd, |scene| scene.it.len > 0 && !scene.it.flags.ack()),
    sign(Mark::ResetWithData, Part::Odd, |scene| scene.it.flags.rst() && scene.it.len > 0),
];

impl<'a> Scene<'a> {
    /// What the sender sent before, the latest first.
    fn own(&self) -> impl Iterator<Item = &'a SegmentEvent> {
        let from = self.it.from;
        self.before.iter().rev().filter(move |one| one.from == from)
    }

    /// What the receiver sent before, the latest first.
    fn peer(&self) -> impl Iterator<Item = &'a SegmentEvent> {
        let from = self.it.from;
        self.before.iter().rev().filter(move |one| one.from != from)
    }

    /// The highest number behind what the sender sent before.
    fn sent(&self) -> Option<u32> {
        self.own().map(end).reduce(|highest, one| if behind(one, highest) { one } else { highest })
    }

    /// Some of its numbers were taken before.
    fn is_again(&self) -> bool {
        let it = self.it;
        takes(it) && self.own().any(|one| takes(one) && behind(end(one), begin(it)) && behind(end(it), begin(one)))
    }

    /// The sender sent higher numbers before.
    fn is_below_others(&self) -> bool {
        self.sent().is_some_and(|sent| behind(sent, begin(self.it)))
    }

    /// Nothing but an acknowledgment, and no other than before.
    fn is_ack_again(&self) -> bool {
        let is_bare = self.it.flags == Flags::ACK && self.it.len == 0;
        is_bare && self.own().next().is_some_and(|one| one.relative_ack == self.it.relative_ack)
    }

    fn is_syn_for_syn(&self) -> bool {
        let is_syn = |one: &SegmentEvent| one.flags.syn() && !one.flags.ack();
        self.it.flags.syn() && self.peer().any(is_syn) && (is_syn(self.it) || self.own().any(is_syn))
    }

    fn fills_the_window(&self) -> bool {
        let edge = |one: &SegmentEvent| Some(one.relative_ack?.wrapping_add(one.scaled_window?));
        self.peer().next().and_then(edge).is_none_or(|edge| !behind(edge, end(self.it)))
    }
}

fn takes(segment: &SegmentEvent) -> bool {
    end(segment) != segment.relative_seq
}

const fn begin(segment: &SegmentEvent) -> u32 {
    segment.relative_seq
}

/// Whether `one` comes behind `other`, in numbers that go round.
const fn behind(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() > 0
}

fn is_syn_ack(segment: &SegmentEvent) -> bool {
    segment.flags.syn() && segment.flags.ack()
}

fn is_closed(segment: &SegmentEvent) -> bool {
    segment.window == 0 && !segment.flags.rst()
}

fn has_ecn_bit(segment: &SegmentEvent) -> bool {
    [Flags::AE, Flags::CWR, Flags::ECE].into_iter().any(|bit| segment.flags.contains(bit))
}

/// A sentence as it goes on behind a colon.
pub(super) fn lower(sentence: &str) -> String {
    let (first, rest) = sentence.split_at(1);
    // An abbreviation keeps its letters.
    if rest.starts_with(char::is_uppercase) { sentence.to_owned() } else { first.to_lowercase() + rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_phenomenon_stands_here_once_and_each_part_has_enough() {
        let mut marks = HashSet::new();
        assert!(SIGNS.iter().all(|sign| marks.insert(sign.mark)));
        for part in [Part::Opening, Part::Data, Part::Closing, Part::Odd] {
            assert!(SIGNS.iter().filter(|sign| sign.part == part).count() >= 5);
        }
    }

    #[test]
    fn sentences_go_on() {
        assert_eq!(lower("A window of 0."), "a window of 0.");
        assert_eq!(lower("ECE behind it."), "ECE behind it.");
    }
}
