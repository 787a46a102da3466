//! What arrives: which request it is about, and what it counts as.

use std::time::Duration;

use super::{Now, Ping};
use crate::craft::ping::event::{Answer, Departure, ErrorReply, Event, LocalError, Reply};
use crate::craft::ping::message::{self, Arrival, Meaning};
use crate::craft::ping::pending::{Fate, Sent};
use crate::craft::ping::route;
use crate::wire::Time;

impl Ping {
    /// Takes what arrived; `now` is the time of reading it. Gives something to tell where it is about our requests.
    pub fn arrived(&mut self, now: Now, arrival: &Arrival<'_>) -> Option<Event> {
        match *arrival {
            Arrival::Message { time, from, ttl, options, bytes } => match message::read(&self.config, from, bytes)? {
                Meaning::Reply { seq, data, bad_checksum } => {
                    let reply = self.judge(seq, data, bad_checksum)?;
                    let route = route::recorded(options);
                    Some(Event::Reply(self.reply(now, Reply { time, from, ttl, route, ..reply })))
                }
                Meaning::Error { seq, kind, code, info, lost, quoted } => {
                    let v6 = self.config.destination.is_ipv6();
                    let quoted = Some(quoted);
                    self.error(ErrorReply { time, seq, from, v6, kind, code, info, lost, quoted })
                }
            },
            Arrival::Error { time, from, kind, code, info, request } => {
                let seq = message::quoted_seq(&self.config, request)?;
                let v6 = self.config.destination.is_ipv6();
                self.error(ErrorReply { time, seq, from, v6, kind, code, info, lost: true, quoted: None })
            }
            Arrival::Answer { time, from, ttl, seq, answer, bytes, bad_checksum } => {
                self.pending.find(seq)?;
                let reply = Reply { time, from, ttl, answer, bytes, bad_checksum, ..self.blank(seq) };
                Some(Event::Reply(self.reply(now, reply)))
            }
            Arrival::Failure { time, from, kind, code, info, lost, seq, quoted } => {
                let v6 = self.config.destination.is_ipv6();
                self.error(ErrorReply { time, seq, from, v6, kind, code, info, lost, quoted: Some(quoted) })
            }
            Arrival::Local { time, reason, request } => {
                let seq = message::quoted_seq(&self.config, request)?;
                self.fail(seq)?;
                Some(Event::Local(LocalError { time, seq, reason: reason.to_owned() }))
            }
        }
    }

    /// What the data of a reply shows; none where no such request was sent.
    fn judge(&self, seq: u16, data: &[u8], bad_checksum: bool) -> Option<Reply> {
        self.pending.find(seq)?;
        Some(Reply {
            bytes: message::message_len(data.len()),
            truncated: data.len() < self.config.size,
            bad_checksum,
            wrong_data: message::wrong_data(&self.config, data),
            ..self.blank(seq)
        })
    }

    /// A reply of which nothing is known but what it answers.
    fn blank(&self, seq: u16) -> Reply {
        Reply {
            time: Time::default(),
            seq,
            from: self.config.destination,
            answer: Answer::EchoReply,
            bytes: 0,
            ttl: None,
            rtt: Duration::ZERO,
            departure: Departure::Program,
            route: Vec::new(),
            duplicate: false,
            truncated: false,
            bad_checksum: false,
            wrong_data: None,
        }
    }

    /// Counts a reply and measures its round trip.
    fn reply(&mut self, now: Now, mut reply: Reply) -> Reply {
        let Some(number) = self.pending.find(reply.seq) else { return reply };
        let Some(sent) = self.pending.get(number) else { return reply };
        (reply.rtt, reply.departure) = round_trip(sent, now, reply.time);
        reply.duplicate = sent.fate == Fate::Answered && !reply.bad_checksum;
        if !reply.bad_checksum {
            sent.fate = Fate::Answered;
            self.statistics.rtt.add(reply.rtt);
            self.statistics.stamped += u64::from(reply.departure == Departure::Kernel);
            self.adapt();
        }
        let counter = match (reply.bad_checksum, reply.duplicate) {
            (true, _) => &mut self.statistics.corrupted,
            (false, true) => &mut self.statistics.duplicates,
            (false, false) => &mut self.statistics.received,
        };
        *counter += 1;
        self.acknowledge(number);
        reply
    }

    fn error(&mut self, error: ErrorReply) -> Option<Event> {
        if error.lost {
            self.fail(error.seq)?;
        } else {
            self.pending.find(error.seq)?;
        }
        Some(Event::Error(error))
    }

    /// Counts an error about the request with this sequence number, if there is one.
    pub(super) fn fail(&mut self, seq: u16) -> Option<()> {
        let number = self.pending.find(seq)?;
        self.set_fate(number, Fate::Failed);
        self.statistics.errors += 1;
        self.acknowledge(number);
        Some(())
    }
}

/// From sending to the kernel's receipt. Where somebody set the clock meanwhile, that difference is nonsense: it is
/// negative, or longer than it took until we read the message. Then the clock that nobody sets is the better witness.
fn round_trip(sent: &Sent, read: Now, received: Time) -> (Duration, Departure) {
    let bound = read.elapsed.saturating_sub(sent.at.elapsed);
    let since = |start: Time| {
        let nanos = received.as_nanos().checked_sub(start.as_nanos()).and_then(|nanos| u64::try_from(nanos).ok());
        nanos.map(Duration::from_nanos).filter(|measured| *measured <= bound)
    };
    match sent.departure.and_then(since) {
        Some(measured) => (measured, Departure::Kernel),
        None => (since(sent.at.time).unwrap_or(bound), Departure::Program),
    }
}
