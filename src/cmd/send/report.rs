//! What passes and what comes back, shown while it goes on.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use super::blind::Answers;
use super::hex::Hex;
use super::words;
use crate::cmd::show::Show;
use crate::craft::packet::Transport;
use crate::craft::probe::{Reply, Series, Shot};
use crate::drive::guards::Guards;
use crate::drive::probe::Observer;
use crate::drive::{Error, Seen, Watcher};
use crate::tcp::State;
use crate::trace::TracerOptions;
use crate::wire::Time;

/// How to trace what `ours` sends: no TCP stands behind it.
pub(super) fn by_hand(ours: SocketAddr) -> TracerOptions {
    TracerOptions { ours: Some(ours), probes: true, ..TracerOptions::default() }
}

/// What passes: for the sinks, and octet by octet.
pub(super) struct Screen<'a> {
    show: Show<'a>,
    hex: Option<Hex>,
}

impl<'a> Screen<'a> {
    pub(super) const fn new(show: Show<'a>, hex: Option<Hex>) -> Self {
        Self { show, hex }
    }

    /// The end: verdicts, and what was held back; gives what is to be shown under it.
    pub(super) fn finish(self) -> anyhow::Result<String> {
        self.show.finish()?;
        Ok(self.hex.map_or_else(String::new, Hex::finish))
    }
}

impl Watcher for Screen<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        if let Some(hex) = &mut self.hex {
            hex.packet(seen)?;
        }
        self.show.packet(seen)
    }

    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()> {
        self.show.waiting(now, until, state)
    }
}

/// Passes everything on to the screen, and keeps the first answers.
pub(super) struct Report<'a> {
    screen: Screen<'a>,
    source: IpAddr,
    guards: Option<Guards>,
    list: Option<List<'a>>,
    answers: Answers,
}

/// One line for each reply; where each packet waits for the one before, for each silence as well.
pub(super) struct List<'a> {
    out: &'a mut dyn Write,
    series: Series,
    in_turn: bool,
    /// The packet that was sent last and is not answered.
    waiting: Option<u64>,
}

impl<'a> List<'a> {
    pub(super) fn new(out: &'a mut dyn Write, series: Series, in_turn: bool) -> Self {
        Self { out, series, in_turn, waiting: None }
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    fn sending(&mut self, index: u64) -> io::Result<()> {
        self.silence()?;
        self.waiting = Some(index).filter(|_| self.in_turn);
        Ok(())
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.waiting = self.waiting.filter(|index| *index != reply.index);
        let line = words::reply(&self.series, reply);
        self.line(&line)
    }

    /// Nothing came to what is waited for.
    fn silence(&mut self) -> io::Result<()> {
        let line = self.waiting.take().map(|index| words::silence(&self.series, index));
        line.map_or(Ok(()), |line| self.line(&line))
    }
}

impl<'a> Report<'a> {
    pub(super) fn new(screen: Screen<'a>, source: IpAddr, guards: Option<Guards>, list: Option<List<'a>>) -> Self {
        Self { screen, source, guards, list, answers: Answers::default() }
    }

    /// The end: gives the first answers, and what is to be shown under the rest.
    pub(super) fn finish(mut self) -> anyhow::Result<(Answers, String)> {
        if let Some(list) = &mut self.list {
            list.silence()?;
        }
        Ok((self.answers, self.screen.finish()?))
    }
}

impl Observer for Report<'_> {
    fn sending(&mut self, shot: &Shot) -> Result<(), Error> {
        if let (Some(guards), Transport::Tcp(tcp)) = (&mut self.guards, &shot.spec.transport) {
            guards.cover(self.source, tcp.source_port)?;
        }
        Ok(self.list.as_mut().map_or(Ok(()), |list| list.sending(shot.index))?)
    }

    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.screen.packet(seen)
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        if reply.first {
            self.answers.take(reply.index, reply.answer);
        }
        self.list.as_mut().map_or(Ok(()), |list| list.reply(reply))
    }

    fn waiting(&mut self, _: Time, _: Time) -> io::Result<()> {
        Ok(())
    }
}
