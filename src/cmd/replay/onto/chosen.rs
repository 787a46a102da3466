//! The packets of the capture that are asked for.

use std::os::fd::AsFd;

use crate::cmd::replay::args::Args;
use crate::cmd::replay::input;
use crate::source::{Error, Expression, Progress, Source, Supply};
use crate::wire::Packet;

/// A source from which only the packets that were asked for come.
pub(super) struct Chosen<'a> {
    source: Box<dyn Source + 'a>,
    filter: Option<Expression>,
    /// Whether the packet that `source` stands at was asked for.
    is_wanted: bool,
}

impl<'a> Chosen<'a> {
    /// Opens the capture; what has to be waited for ends when `stop` can be read, if there is one.
    ///
    /// # Errors
    /// The filter is not one.
    pub(super) fn open(args: &'a Args, stop: Option<&'a impl AsFd>) -> Result<Self, Error> {
        let filter = args.choice.filter.as_ref().map(Expression::new).transpose()?;
        Ok(Self { source: input::packets(args, stop), filter, is_wanted: false })
    }
}

impl Source for Chosen<'_> {
    fn advance(&mut self) -> Result<bool, Error> {
        self.is_wanted = false;
        while self.source.advance()? {
            let Some(packet) = self.source.packet() else { continue };
            if self.filter.as_mut().map_or(Ok(true), |filter| filter.accepts(&packet))? {
                self.is_wanted = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn packet(&self) -> Option<Packet<'_>> {
        self.source.packet().filter(|_| self.is_wanted)
    }

    /// The packet that is in memory may not be wanted, and the one behind it may be missing.
    fn supply(&self) -> Supply {
        match self.source.supply() {
            Supply::Waiting if self.filter.is_some() => Supply::Pending,
            supply => supply,
        }
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }
}
