//! The loop of a run of single packets: each goes out in its time, and what comes back is told.

use std::collections::VecDeque;
use std::io;

use super::connection::Seen;
use super::steady::Steady;
use super::wire::{Error, SETTLE, Wire, Woken};
use crate::craft::probe::{Course, Reply, Shot, Step};
use crate::sys::Signal;
use crate::trace::Origin;
use crate::wire::{Decoded, LinkType, Packet, Reassembler, Time, decode};

/// Packets to take in before the run is asked what to do.
const BATCH: usize = 64;
/// Packets that were sent and not captured yet are remembered up to this number.
const MOST_SENT: usize = 4096;

/// Is told what happens, while it happens.
pub trait Observer {
    /// A packet is about to be sent: last preparations, such as a guard for its source port.
    ///
    /// # Errors
    /// It cannot be sent.
    fn sending(&mut self, shot: &Shot) -> Result<(), Error>;

    /// A packet of the run passed: ours, or one that came in. Fragments come one by one. The packet that they make comes
    /// beside them, not as captured: ours with the first of them, another with the last.
    ///
    /// # Errors
    /// It could not be told.
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()>;

    /// One of them was a reply.
    ///
    /// # Errors
    /// It could not be told.
    fn reply(&mut self, reply: &Reply) -> io::Result<()>;

    /// Nothing is to be done before something arrives, or `until`.
    ///
    /// # Errors
    /// It could not be told.
    fn waiting(&mut self, now: Time, until: Time) -> io::Result<()>;
}

/// How a run ended; what came of it the run itself knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The signal that asked for it, if one did.
    pub signal: Option<Signal>,
    /// Packets that were seen.
    pub packets: u64,
    /// Packets that were sent and never seen to leave: no neighbour answered for the next hop.
    pub unseen: usize,
}

/// Runs `course` to its end, or until somebody stops it.
///
/// # Errors
/// [`Error`]; what the network does is told to the observer.
pub fn run(course: &mut dyn Course, wire: &mut dyn Wire, observer: &mut dyn Observer) -> Result<Ended, Error> {
    let reassembler = Reassembler::default();
    let steady = Steady::since(wire.now());
    let mut run = Run {
        course,
        wire,
        observer,
        reassembler,
        sent: VecDeque::new(),
        wholes: VecDeque::new(),
        packets: 0,
        steady,
        last: None,
    };
    let signal = run.shoot()?;
    run.settle()?;
    let unseen = run.show_unseen()?;
    Ok(Ended { signal, packets: run.packets, unseen })
}

struct Run<'a> {
    course: &'a mut dyn Course,
    wire: &'a mut dyn Wire,
    observer: &'a mut dyn Observer,
    reassembler: Reassembler,
    /// What was sent and not captured yet, with its number and its time.
    sent: VecDeque<(u64, Time, Vec<u8>)>,
    /// What was sent in fragments and not captured yet, before it was cut, with its number.
    wholes: VecDeque<(u64, Vec<u8>)>,
    packets: u64,
    steady: Steady,
    /// The time of the last captured packet.
    last: Option<Time>,
}

impl Run<'_> {
    fn shoot(&mut self) -> Result<Option<Signal>, Error> {
        let mut signal = None;
        loop {
            self.listen()?;
            let now = self.wire.now();
            match self.course.step(now)? {
                Step::Send(shot) => self.send(now, &shot)?,
                Step::WaitUntil(until) => {
                    self.observer.waiting(now, until)?;
                    if let Woken::Stop(stop) = self.wire.wait(until)? {
                        signal = Some(stop);
                        self.course.stop();
                    }
                }
                Step::Done => return Ok(signal),
            }
        }
    }

    fn send(&mut self, now: Time, shot: &Shot) -> Result<(), Error> {
        self.observer.sending(shot)?;
        if let Some(whole) = &shot.whole {
            if self.wholes.len() == MOST_SENT {
                self.wholes.pop_front();
            }
            self.wholes.push_back((shot.index, whole.clone()));
        }
        for packet in &shot.packets {
            if self.sent.len() == MOST_SENT {
                self.sent.pop_front();
            }
            // What a full queue of this machine loses is lost as anywhere on the way.
            if self.wire.send(packet)? {
                self.sent.push_back((shot.index, now, packet.clone()));
            }
        }
        Ok(())
    }

    /// Takes in what was captured, up to a batch; says whether there may be more.
    fn listen(&mut self) -> Result<bool, Error> {
        for _ in 0..BATCH {
            let now = self.wire.now();
            let Some(packet) = self.wire.next()? else {
                self.steady.is_quiet(now);
                return Ok(false);
            };
            let time = self.steady.time(packet.time, now);
            let decoded = decode(&packet);
            let bytes = &packet.bytes[decoded.link_len..];
            // An interface may pad a short frame at its end.
            let place = self.sent.iter().position(|(.., sent)| bytes.starts_with(sent));
            let ours = place.and_then(|place| self.sent.remove(place)).map(|(index, ..)| index);
            let mut sorter = Sorter { course: self.course, observer: self.observer, time, number: self.packets };
            let is_shown = match ours {
                Some(index) => sorter.ours(&packet, &decoded, index, &mut self.wholes).map(|()| true)?,
                None => sorter.other(&packet, &decoded, &mut self.reassembler)?,
            };
            if is_shown {
                self.packets += 1;
                self.last = self.last.max(Some(time));
            }
        }
        Ok(true)
    }

    /// Waits for the capture to show what we sent last.
    fn settle(&mut self) -> Result<(), Error> {
        let until = self.wire.now() + SETTLE;
        while self.listen()? || !self.sent.is_empty() && self.wire.now() < until {
            if let Woken::Stop(_) = self.wire.wait(until)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Shows what we sent and nothing showed since: it waits for a neighbour that does not answer.
    fn show_unseen(&mut self) -> Result<usize, Error> {
        let last = self.last;
        let unseen: Vec<_> = self.sent.drain(..).filter(|(_, sent, _)| last.is_none_or(|last| *sent > last)).collect();
        for (_, time, bytes) in &unseen {
            let packet = Packet { time: *time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
            self.packets += 1;
            self.observer.packet(&Seen {
                number: self.packets,
                packet: &packet,
                decoded: &decode(&packet),
                origin: Origin::HandMade,
                captured: false,
                calls: [None, None],
            })?;
        }
        Ok(unseen.len())
    }
}

/// Tells whose a captured packet is.
struct Sorter<'a> {
    course: &'a mut dyn Course,
    observer: &'a mut dyn Observer,
    /// When the packet passed, by the clock of the run.
    time: Time,
    /// Packets seen before this one.
    number: u64,
}

impl Sorter<'_> {
    /// Shows packet `index` of ours, or a fragment of it.
    fn ours(
        &mut self,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        index: u64,
        wholes: &mut VecDeque<(u64, Vec<u8>)>,
    ) -> Result<(), Error> {
        self.course.left(index, self.time);
        self.show(packet, decoded, Origin::HandMade, true)?;
        let place = wholes.iter().position(|(whole, _)| *whole == index);
        let Some((_, bytes)) = place.and_then(|place| wholes.remove(place)) else { return Ok(()) };
        let original_len = bytes.len() as u32;
        let whole = Packet { time: packet.time, link: LinkType::RAW, original_len, bytes: &bytes };
        self.show(&whole, &decode(&whole), Origin::HandMade, false)
    }

    /// Shows a packet that is not ours if it belongs to the run; says whether it does.
    fn other(
        &mut self,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        reassembler: &mut Reassembler,
    ) -> Result<bool, Error> {
        if decoded.ip.as_ref().is_none_or(|ip| ip.fragment.is_none()) {
            return self.whole(packet, decoded, true);
        }
        self.show(packet, decoded, Origin::Wire, true)?;
        if let Some(whole) = reassembler.add(packet, decoded) {
            self.whole(&whole, &decode(&whole), false)?;
        }
        Ok(true)
    }

    fn whole(&mut self, packet: &Packet<'_>, decoded: &Decoded<'_>, captured: bool) -> Result<bool, Error> {
        let reply = self.course.arrive(self.time, decoded);
        let from_kernel = reply.is_none() && self.course.is_in_our_name(decoded);
        if reply.is_none() && !from_kernel {
            return Ok(false);
        }
        let origin = if from_kernel { Origin::OwnKernel } else { Origin::Wire };
        self.show(packet, decoded, origin, captured)?;
        if let Some(reply) = reply {
            self.observer.reply(&reply)?;
        }
        Ok(true)
    }

    fn show(
        &mut self,
        packet: &Packet<'_>,
        decoded: &Decoded<'_>,
        origin: Origin,
        captured: bool,
    ) -> Result<(), Error> {
        let number = self.number + 1;
        let seen = Seen { number, packet, decoded, origin, captured, calls: [None, None] };
        Ok(self.observer.packet(&seen)?)
    }
}
