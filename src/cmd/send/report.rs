//! What passes and what comes back, shown while it goes on.

use std::io::{self, Write};
use std::net::IpAddr;

use super::blind::Answers;
use super::hex::Hex;
use crate::cmd::show::Show;
use crate::craft::packet::Transport;
use crate::craft::probe::{Reply, Shot};
use crate::drive::guards::Guards;
use crate::drive::probe::Observer;
use crate::drive::{Error, Seen, Watcher};
use crate::tcp::State;
use crate::wire::Time;

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

/// One line for each reply.
pub(super) struct List<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) line: Box<dyn Fn(&Reply) -> String + 'a>,
}

impl<'a> Report<'a> {
    pub(super) fn new(screen: Screen<'a>, source: IpAddr, guards: Option<Guards>, list: Option<List<'a>>) -> Self {
        Self { screen, source, guards, list, answers: Answers::default() }
    }

    /// The end: gives the first answers, and what is to be shown under the rest.
    pub(super) fn finish(self) -> anyhow::Result<(Answers, String)> {
        Ok((self.answers, self.screen.finish()?))
    }
}

impl Observer for Report<'_> {
    fn sending(&mut self, shot: &Shot) -> Result<(), Error> {
        if let (Some(guards), Transport::Tcp(tcp)) = (&mut self.guards, &shot.spec.transport) {
            guards.cover(self.source, tcp.source_port)?;
        }
        Ok(())
    }

    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.screen.packet(seen)
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        if reply.first {
            self.answers.take(reply.index, reply.answer);
        }
        match &mut self.list {
            Some(list) => {
                let line = (list.line)(reply);
                writeln!(list.out, "{line}")?;
                list.out.flush()
            }
            None => Ok(()),
        }
    }

    fn waiting(&mut self, _: Time, _: Time) -> io::Result<()> {
        Ok(())
    }
}
