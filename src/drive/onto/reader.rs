//! The thread that reads ahead: packets out of the capture into blocks, each with its time of departure.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender};

use super::{Open, Plan};
use crate::craft::pace::Pace;
use crate::craft::rewrite::{Unfit, is_for_many};
use crate::source::{self, Source, Supply};
use crate::sys::transmit::{Block, LONGEST};
use crate::wire::Packet;

/// Octets that a packet may grow by.
const GROWTH: usize = 64;

/// So often the source is asked how far it has come.
const LOOK: u64 = 64;

/// Packets to be sent, and where in the capture they are.
pub(super) struct Filled {
    pub(super) block: Block,
    /// The part of all rounds that was read with them; none where nobody knows.
    pub(super) read: Option<f64>,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Packets in the last round.
    pub(super) read: u64,
    /// Packets to many stations, which were not asked for.
    pub(super) left_out: u64,
    /// The packet that cannot be sent; reading ended there.
    pub(super) unfit: Option<(u64, Unfit)>,
}

/// Reads ahead.
pub(super) struct Reader<'a> {
    plan: &'a Plan,
    to_fill: Receiver<Block>,
    filled: Sender<Filled>,
    pace: Pace,
    /// The block that is being filled.
    block: Option<Block>,
    /// Packets that were put into blocks.
    placed: u64,
    /// The part of all rounds that was read.
    read: Option<f64>,
    reading: Reading,
}

/// Whoever takes the blocks has gone, or all that was asked for is read.
struct Over;

impl<'a> Reader<'a> {
    pub(super) fn new(plan: &'a Plan, (to_fill, filled): (Receiver<Block>, Sender<Filled>)) -> Self {
        let (pace, reading) = (Pace::new(plan.rate), Reading::default());
        Self { plan, to_fill, filled, pace, block: None, placed: 0, read: None, reading }
    }

    /// Reads all rounds, until `ended` is readable at the latest.
    pub(super) fn run(mut self, open: &Open<'_>, ended: &UnixStream, faults: &mut dyn FnMut(source::Error)) -> Reading {
        let rounds = 0..self.plan.rounds.unwrap_or(u64::MAX);
        for round in rounds {
            let before = self.placed;
            let mut read = Ok(());
            let opened = open(ended, &mut |source| read = self.round(round, source, faults));
            let failed = opened.map_err(&mut *faults).is_err();
            // Nothing will come of more rounds than one without a packet.
            if failed || read.is_err() || self.placed == before {
                break;
            }
            self.pace.begin_again();
        }
        let _ = self.hand_over();
        self.reading
    }

    fn round(
        &mut self,
        round: u64,
        source: &mut dyn Source,
        faults: &mut dyn FnMut(source::Error),
    ) -> Result<(), Over> {
        self.reading.read = 0;
        loop {
            if source.supply() == Supply::Pending {
                self.hand_over()?;
            }
            match source.next() {
                Ok(Some(packet)) => {
                    self.reading.read += 1;
                    self.packet(&packet)?;
                    if self.reading.read.is_multiple_of(LOOK) {
                        self.look(round, source.progress().fraction());
                    }
                }
                Ok(None) => {
                    self.look(round, source.progress().fraction());
                    return Ok(());
                }
                Err(error) => faults(error),
            }
        }
    }

    /// Puts one packet into a block.
    fn packet(&mut self, packet: &Packet<'_>) -> Result<(), Over> {
        let most = packet.bytes.len().max(packet.original_len as usize).saturating_add(GROWTH).min(LONGEST);
        if self.block.as_mut().is_some_and(|block| block.room(most).is_none()) {
            self.hand_over()?;
        }
        if self.block.is_none() {
            self.block = Some(self.to_fill.recv().map_err(|_| Over)?);
        }
        let Some(block) = &mut self.block else { return Err(Over) };
        let room = block.room(most).unwrap_or_default();
        let length = self.plan.rewriter.write(packet, room).map_err(|unfit| {
            self.reading.unfit = Some((self.reading.read, unfit));
            Over
        })?;
        if !self.plan.allow_broadcast && is_for_many(self.plan.rewriter.link, &room[..length]) {
            self.reading.left_out += 1;
            return Ok(());
        }
        block.push(length, packet.time, self.pace.due(packet.time, length));
        self.placed += 1;
        if self.plan.limit == Some(self.placed) { Err(Over) } else { Ok(()) }
    }

    /// Gives the packets that there are to who sends them.
    fn hand_over(&mut self) -> Result<(), Over> {
        match self.block.take() {
            Some(block) => self.filled.send(Filled { block, read: self.read }).map_err(|_| Over),
            None => Ok(()),
        }
    }

    /// Notes how far all rounds have come when this one has come so far.
    fn look(&mut self, round: u64, fraction: Option<f64>) {
        let known = fraction.zip(self.plan.rounds);
        self.read = known.map(|(fraction, rounds)| (round as f64 + fraction) / rounds as f64);
    }
}
