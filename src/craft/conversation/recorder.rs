//! From the segments of one captured connection to a conversation.

use std::time::Duration;

use super::stream::Stream;
use super::{Act, Conversation, Heard, Part, Role, Step};
use crate::craft::Offer;
use crate::tcp::Seq;
use crate::wire::{Flags, Segment, Time};

/// What is said within this time, after the same was heard, was one call of send().
const TOGETHER: Duration = Duration::from_millis(1);
/// Octets of memory that a step counts for.
const STEP: usize = 64;

/// Why a captured connection is no conversation that could be had again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It began before the capture did.
    #[error("the capture lacks its handshake: no SYN of the {} was seen", .0.name())]
    Handshake(Role),
    /// The SYN was never answered by one.
    #[error("it never opened: no SYN of the server answers that of the client")]
    NeverOpened,
    /// Octets of this side are missing in the capture.
    #[error("the capture lacks octets of the {}, from octet {at} of its stream on", .by.name())]
    Missing {
        /// Whose.
        by: Role,
        /// The first one that is missing, from 0.
        at: usize,
    },
    /// Octets of this side were cut off by the snap length.
    #[error("its packets are cut: octets of the {} are missing from octet {at} of its stream on; capture with a longer snap length", .by.name())]
    Cut {
        /// Whose.
        by: Role,
        /// The first one that is missing, from 0.
        at: usize,
    },
    /// More was said than is kept.
    #[error("it is longer than the {} MiB that are kept of a conversation", .0 >> 20)]
    TooLong(usize),
}

/// Puts a conversation together.
#[derive(Debug)]
pub struct Recorder {
    limit: usize,
    sides: [Side; 2],
    opened: Option<Time>,
    steps: Vec<Step>,
    /// A reset ended it, or it has become too long.
    over: bool,
    too_long: bool,
}

#[derive(Debug, Default)]
struct Side {
    stream: Option<Stream>,
    offer: Offer,
    /// The highest acknowledgment that it sent.
    acked: Option<Seq>,
    shut: bool,
}

const fn index(role: Role) -> usize {
    match role {
        Role::Client => 0,
        Role::Server => 1,
    }
}

impl Recorder {
    /// Octets that are kept, unless told otherwise: both streams, and what is known of each step.
    pub const LIMIT: usize = 64 << 20;

    /// A recorder that keeps `limit` octets at most.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, sides: Default::default(), opened: None, steps: Vec::new(), over: false, too_long: false }
    }

    /// Takes the next segment of the connection.
    pub fn segment(&mut self, at: Time, from: Role, segment: &Segment<'_>) {
        if self.over {
            return;
        }
        let (flags, seq) = (segment.flags, Seq(segment.seq));
        let side = &mut self.sides[index(from)];
        if flags.syn() && side.stream.is_none() {
            (side.stream, side.offer) = (Some(Stream::new(seq)), offer(segment));
        }
        let Some(stream) = &mut side.stream else { return };
        if flags.ack() {
            let ack = Seq(segment.ack);
            side.acked = Some(side.acked.map_or(ack, |acked| acked.max(ack)));
        }
        let first = seq + u32::from(flags.syn());
        let before = stream.len();
        stream.take(first, segment.payload, segment.payload_len);
        if flags.fin() {
            stream.end(first + segment.payload_len);
        }
        let (said, ends) = (before..stream.len(), stream.is_over() && !side.shut);
        side.shut |= ends;
        let resets = flags.rst() && stream.place(seq) == Some(stream.len() + usize::from(side.shut));
        if flags.ack() && !flags.syn() && from == Role::Client {
            self.opened.get_or_insert(at);
        }
        if !said.is_empty() {
            self.step(at, from, Act::Say(said));
        }
        if ends {
            self.step(at, from, Act::Shut);
        }
        if resets {
            self.step(at, from, Act::Reset);
            self.over = true;
        }
        self.too_long |= self.memory() > self.limit;
        self.over |= self.too_long;
    }

    fn step(&mut self, at: Time, by: Role, act: Act) {
        let heard = self.heard(by);
        if let (Some(last), Act::Say(said)) = (self.steps.last_mut(), &act)
            && let (true, Act::Say(before)) = ((last.by, last.heard) == (by, heard), &mut last.act)
            && at.since(last.at) <= TOGETHER
        {
            before.end = said.end;
            return;
        }
        self.steps.push(Step { at, by, act, heard });
    }

    /// What `by` has acknowledged of the other side.
    fn heard(&self, by: Role) -> Heard {
        let other = &self.sides[index(by.other())];
        let (Some(stream), Some(acked)) = (&other.stream, self.sides[index(by)].acked) else { return Heard::default() };
        let place = stream.place(acked).unwrap_or(0);
        Heard { octets: place.min(stream.len()), fin: other.shut && place > stream.len() }
    }

    fn memory(&self) -> usize {
        let streams: usize = self.sides.iter().flat_map(|side| &side.stream).map(Stream::memory).sum();
        streams + self.steps.len() * STEP
    }

    /// The conversation, if all of it was seen.
    ///
    /// # Errors
    /// What is missing.
    pub fn finish(self) -> Result<Conversation, Refusal> {
        if self.too_long {
            return Err(Refusal::TooLong(self.limit));
        }
        let [client, server] = &self.sides;
        let (Some(called), Some(answered)) = (&client.stream, &server.stream) else {
            return Err(match (&client.stream, self.opened) {
                (None, _) => Refusal::Handshake(Role::Client),
                (Some(_), Some(_)) => Refusal::Handshake(Role::Server),
                (Some(_), None) => Refusal::NeverOpened,
            });
        };
        let Some(opened) = self.opened else { return Err(Refusal::NeverOpened) };
        for (by, stream, acked) in [(Role::Client, called, server.acked), (Role::Server, answered, client.acked)] {
            let acked = acked.and_then(|acked| stream.place(acked)).unwrap_or(0);
            if let Some((at, cut)) = stream.hole(acked) {
                return Err(if cut { Refusal::Cut { by, at } } else { Refusal::Missing { by, at } });
            }
        }
        let [client, server] = self
            .sides
            .map(|side| Part { octets: side.stream.map(Stream::into_octets).unwrap_or_default(), offer: side.offer });
        Ok(Conversation { client, server, opened, steps: self.steps })
    }
}

fn offer(segment: &Segment<'_>) -> Offer {
    let options = segment.options.summary();
    let flags = segment.flags;
    Offer {
        mss: options.mss,
        window_scale: options.window_scale,
        sack: options.sack_permitted,
        timestamps: options.timestamps.is_some(),
        // RFC 3168 section 6.1.1: both flags ask, ECE alone agrees.
        ecn: flags.contains(Flags::ECE) && flags.contains(Flags::CWR) != flags.ack(),
    }
}
