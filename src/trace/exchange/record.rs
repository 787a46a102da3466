//! One exchange: what was sent, and what answers it.

use std::time::Duration;

use super::{
    Began, Endpoint, ExchangeError, ExchangeSummary, Message, MessageKind, Oddities, Oddity, Outcome, Protocol,
    Responses,
};
use crate::trace::{Millis, Pair, Preview, Side};
use crate::wire::{Checksum, Time};

/// How many messages are remembered for what may answer them.
const CAPACITY: usize = 16;

/// A message that was seen.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    time: Time,
    /// Of its payload, as far as that was captured.
    hash: u32,
    /// The sequence number, or octets of payload: what an answer or an error repeats.
    tag: u16,
    copy: u16,
    from: Side,
    /// All its payload was captured.
    whole: bool,
    /// Something answers it.
    answered: bool,
}

/// What is to be noted of a message.
pub(super) struct Sighting<'a> {
    pub(super) number: u64,
    pub(super) time: Time,
    pub(super) from: Side,
    pub(super) kind: MessageKind,
    pub(super) seq: Option<u16>,
    /// Octets of payload on the wire.
    pub(super) len: u32,
    pub(super) payload: &'a [u8],
    pub(super) ttl: u8,
    pub(super) checksum: Checksum,
    pub(super) malformed: bool,
}

impl Sighting<'_> {
    fn tag(&self) -> u16 {
        self.seq.unwrap_or(self.len as u16)
    }

    fn is_whole(&self) -> bool {
        self.payload.len() == self.len as usize
    }
}

/// The times that answers took.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    count: u64,
    first: Duration,
    min: Duration,
    sum: Duration,
    max: Duration,
}

impl Times {
    fn add(&mut self, time: Duration) {
        if self.count == 0 {
            (self.first, self.min) = (time, time);
        }
        self.count += 1;
        self.min = self.min.min(time);
        self.sum = self.sum.saturating_add(time);
        self.max = self.max.max(time);
    }

    fn summary(&self) -> Option<Responses> {
        let mean = self.sum.as_nanos().checked_div(u128::from(self.count))?;
        Some(Responses {
            count: self.count,
            first: Millis(self.first),
            min: Millis(self.min),
            mean: Millis(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))),
            max: Millis(self.max),
        })
    }
}

/// What is known of one exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) number: u32,
    pub(super) protocol: Protocol,
    pub(super) began: Began,
    first: Time,
    pub(super) last: Time,
    sent: [Option<Sent>; CAPACITY],
    /// A request was forgotten before its reply came: nothing can be said of replies without one.
    forgot: bool,
    messages: Pair<u64>,
    octets: Pair<u64>,
    /// ICMP: requests, repetitions not counted, and those of them that were replied to.
    requests: u64,
    replied: u64,
    times: Times,
    errors: u64,
    error: Option<ExchangeError>,
    /// What errors say of it all.
    failure: Option<Outcome>,
    oddities: Oddities,
}

/// What a message answers, and which sending of the same it is.
struct Place {
    answers: Option<(u64, Time)>,
    copy: u16,
}

impl Exchange {
    pub(super) fn new(number: u32, protocol: Protocol, began: Began, time: Time) -> Self {
        Self {
            number,
            protocol,
            began,
            first: time,
            last: time,
            sent: [None; CAPACITY],
            forgot: false,
            messages: Pair::default(),
            octets: Pair::default(),
            requests: 0,
            replied: 0,
            times: Times::default(),
            errors: 0,
            error: None,
            failure: None,
            oddities: Oddities::default(),
        }
    }

    /// The end with this address and port.
    pub(super) fn side_of(&self, endpoint: Endpoint) -> Side {
        if self.began.client == endpoint { Side::Client } else { Side::Server }
    }

    /// Follows a message of this exchange.
    pub(super) fn message(&mut self, sighting: &Sighting<'_>) -> Message {
        let hash = hash(sighting.payload);
        let mut oddities = faults(sighting);
        let place = match sighting.kind {
            MessageKind::Datagram => self.datagram(sighting, hash),
            MessageKind::Request => self.request(sighting, hash),
            MessageKind::Reply => self.reply(sighting, hash, &mut oddities),
        };
        if place.copy > 1 {
            oddities.set(Oddity::Again);
        }
        let response = place.answers.map(|(_, asked)| sighting.time.since(asked));
        if let Some(time) = response.filter(|_| sighting.from == Side::Server) {
            self.times.add(time);
        }
        self.last = sighting.time;
        self.messages[sighting.from] += 1;
        self.octets[sighting.from] += u64::from(sighting.len);
        self.oddities |= oddities;
        Message {
            number: sighting.number,
            from: sighting.from,
            kind: sighting.kind,
            seq: sighting.seq,
            len: sighting.len,
            ttl: sighting.ttl,
            checksum: sighting.checksum,
            copy: place.copy,
            answers: place.answers.map(|(number, _)| number),
            response: response.map(Millis),
            oddities,
            preview: Preview::of(sighting.payload),
        }
    }

    /// A datagram answers all that the other side has sent; its time counts from the first of it.
    fn datagram(&mut self, sighting: &Sighting<'_>, hash: u32) -> Place {
        let mut answers = None::<(u64, Time)>;
        for sent in self.sent.iter_mut().flatten().filter(|sent| sent.from != sighting.from && !sent.answered) {
            sent.answered = true;
            answers = answers.filter(|(number, _)| *number < sent.number).or(Some((sent.number, sent.time)));
        }
        let copy = self.remember(sighting, hash);
        Place { answers, copy }
    }

    fn request(&mut self, sighting: &Sighting<'_>, hash: u32) -> Place {
        let copy = self.remember(sighting, hash);
        self.requests += u64::from(copy == 1);
        Place { answers: None, copy }
    }

    fn reply(&mut self, sighting: &Sighting<'_>, hash: u32, oddities: &mut Oddities) -> Place {
        let own = |sent: &&mut Sent| sent.from == Side::Client && Some(sent.tag) == sighting.seq;
        let newest = self.sent.iter_mut().flatten().filter(own).max_by_key(|sent| sent.number).copied();
        self.remember(sighting, hash);
        let Some(newest) = newest else {
            if self.forgot {
                self.replied += 1;
            } else {
                oddities.set(Oddity::RequestUnseen);
            }
            return Place { answers: None, copy: 1 };
        };
        if newest.answered {
            oddities.set(Oddity::SecondReply);
            return Place { answers: None, copy: 1 };
        }
        self.replied += 1;
        self.sent.iter_mut().flatten().filter(own).for_each(|sent| sent.answered = true);
        let comparable = self.protocol == Protocol::Echo && newest.whole && sighting.is_whole();
        if comparable && newest.hash != hash {
            oddities.set(Oddity::DataDiffers);
        }
        Place { answers: Some((newest.number, newest.time)), copy: 1 }
    }

    /// Remembers a message, in the place of one that was answered, or else of the oldest; says which sending of the
    /// same it is.
    fn remember(&mut self, sighting: &Sighting<'_>, hash: u32) -> u16 {
        let (from, tag) = (sighting.from, sighting.tag());
        let same = |sent: &&Sent| sent.from == from && sent.tag == tag && sent.hash == hash && !sent.answered;
        let before = self.sent.iter().flatten().filter(same).map(|sent| sent.copy).max().unwrap_or(0);
        let copy = before.saturating_add(1);
        // Nobody answers a reply: it is kept only for an error that may quote it, and takes no other's place.
        let answered = sighting.kind == MessageKind::Reply;
        let place = self.sent.iter_mut().min_by_key(|place| place.map(|sent| (!sent.answered, sent.number)));
        let is_free = |sent: Option<Sent>| sent.is_none_or(|sent| sent.answered);
        if let Some(place) = place.filter(|place| !answered || is_free(**place)) {
            self.forgot |= sighting.kind == MessageKind::Request && !is_free(*place);
            let (number, time, whole) = (sighting.number, sighting.time, sighting.is_whole());
            *place = Some(Sent { number, time, hash, tag, copy, from, whole, answered });
        }
        copy
    }

    /// Completes and notes an ICMP error that quotes a message with this `tag`.
    pub(super) fn error(&mut self, time: Time, tag: Option<u16>, told: ExchangeError) -> ExchangeError {
        let quoted = |sent: &&Sent| sent.from == told.about && Some(sent.tag) == tag;
        let quoted = self.sent.iter().flatten().filter(quoted).max_by_key(|sent| sent.number);
        let error = ExchangeError {
            answers: quoted.map(|sent| sent.number),
            response: quoted.map(|sent| Millis(time.since(sent.time))),
            ..told
        };
        self.last = time;
        self.errors += 1;
        if error.plausible {
            let failure = failure(&error);
            // A hint that comes later does not take the place of what went wrong.
            if failure.is_some() || self.failure.is_none() {
                self.error = Some(error);
            }
            self.failure = failure.or(self.failure);
        }
        error
    }

    pub(super) fn summary(&self) -> ExchangeSummary {
        let outcome = match (self.messages.client > 0, self.messages.server > 0) {
            (true, true) => Outcome::Answered,
            (false, true) => Outcome::Unasked,
            (_, false) => {
                let silence = if self.began.group { Outcome::OneWay } else { Outcome::Unanswered };
                self.failure.unwrap_or(silence)
            }
        };
        ExchangeSummary {
            client: self.began.client,
            server: self.began.server,
            id: self.began.id,
            first: self.first,
            last: self.last,
            outcome,
            messages: self.messages,
            octets: self.octets,
            responses: self.times.summary(),
            unanswered: self.protocol.is_icmp().then(|| self.requests.saturating_sub(self.replied)),
            errors: self.errors,
            error: self.error,
            oddities: self.oddities,
        }
    }
}

/// What the error means for its exchange; nothing, where it is a hint only.
const fn failure(error: &ExchangeError) -> Option<Outcome> {
    match (error.v6, error.kind, error.code) {
        (false, 3, 3) | (true, 1, 4) => Some(Outcome::Refused),
        (v6, kind, code) if crate::trace::icmp::is_final(v6, kind, code) => Some(Outcome::Unreachable),
        _ => None,
    }
}

fn faults(sighting: &Sighting<'_>) -> Oddities {
    let mut oddities = Oddities::default();
    match sighting.checksum {
        Checksum::Bad => oddities.set(Oddity::BadChecksum),
        Checksum::Partial => oddities.set(Oddity::OffloadedChecksum),
        _ => {}
    }
    if sighting.malformed {
        oddities.set(Oddity::Malformed);
    }
    oddities
}

/// FNV-1a: enough to tell whether the same was sent again.
fn hash(octets: &[u8]) -> u32 {
    octets.iter().fold(0x811c_9dc5, |hash, octet| (hash ^ u32::from(*octet)).wrapping_mul(0x0100_0193))
}
