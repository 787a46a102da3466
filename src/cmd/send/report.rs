//! What passes and what comes back, shown while it goes on.

use std::io::{self, Write};
use std::net::IpAddr;

use super::hex::Hex;
use crate::cmd::show::Show;
use crate::craft::packet::Transport;
use crate::craft::probe::{Reply, Shot};
use crate::drive::guards::Guards;
use crate::drive::probe::Observer;
use crate::drive::{Error, Seen, Watcher as _};
use crate::wire::Time;

/// Passes everything on to the sinks.
pub(super) struct Report<'a> {
    show: Show<'a>,
    source: IpAddr,
    guards: Option<Guards>,
    list: Option<List<'a>>,
    hex: Option<Hex>,
}

/// One line for each reply.
pub(super) struct List<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) line: Box<dyn Fn(&Reply) -> String + 'a>,
}

impl<'a> Report<'a> {
    pub(super) fn new(show: Show<'a>, source: IpAddr, guards: Option<Guards>, list: Option<List<'a>>) -> Self {
        Self { show, source, guards, list, hex: None }
    }

    /// Explains every octet, too.
    pub(super) fn with_hex(self, hex: Option<Hex>) -> Self {
        Self { hex, ..self }
    }

    /// The end: verdicts, and what was held back; gives what is to be shown under it.
    pub(super) fn finish(self) -> anyhow::Result<String> {
        self.show.finish()?;
        Ok(self.hex.map_or_else(String::new, Hex::finish))
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
        if let Some(hex) = &mut self.hex {
            hex.packet(seen)?;
        }
        self.show.packet(seen)
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
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
