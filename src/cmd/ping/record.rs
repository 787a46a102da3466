//! `--pcap`: the requests and their answers, as they passed the interface.

use std::io;

use super::target::Target;
use crate::cmd::capture::CaptureFile;
use crate::craft::ping::{Config, Event, Probe, Statistics};
use crate::drive::ping::Observer;
use crate::source::{self, Live, LiveOptions};
use crate::sys::route;
use crate::wire::{Content, Icmp, Packet, decode};

/// Writes what belongs to one run to a capture file.
pub(super) struct Record {
    live: Live,
    file: CaptureFile,
    config: Config,
}

/// The same, while what happens is passed on.
pub(super) struct Recording<'a> {
    record: Record,
    told: &'a mut dyn Observer,
}

impl Record {
    /// Begins to listen on the interface that leads to `target`, for what `config` has sent there.
    ///
    /// # Errors
    /// There is no way to the target, or capturing is not permitted.
    pub(super) fn begin(file: CaptureFile, target: &Target, config: Config) -> anyhow::Result<Self> {
        let interface = route::to(target.address, None, target.scope.as_deref())?.interface;
        let probes = config.probe.port().map(|port| {
            let word = config.probe.word();
            format!(" or ({word} and host {} and port {port})", target.address)
        });
        let filter = format!("icmp or icmp6{}", probes.unwrap_or_default());
        let live = Live::open(&interface, Some(&filter), LiveOptions::default())?;
        Ok(Self { live, file, config })
    }

    /// Passes on what is told of the run.
    pub(super) fn beside(self, told: &mut dyn Observer) -> Recording<'_> {
        Recording { record: self, told }
    }

    /// Takes in what has passed so far.
    fn drain(&mut self) -> anyhow::Result<()> {
        while let Some(packet) = self.live.next()? {
            if belongs(&packet, &self.config) {
                self.file.write(&packet)?;
            }
        }
        Ok(())
    }
}

impl Recording<'_> {
    /// Takes in the rest, and ends the file.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.record.drain()?;
        self.record.file.finish()
    }
}

impl Observer for Recording<'_> {
    fn sent(&mut self, host: usize, in_flight: u64) -> io::Result<()> {
        self.told.sent(host, in_flight)
    }

    fn event(&mut self, host: usize, event: &Event) -> io::Result<()> {
        self.record.drain().map_err(carried)?;
        self.told.event(host, event)
    }

    fn status(&mut self, host: usize, statistics: &Statistics) -> io::Result<()> {
        self.told.status(host, statistics)
    }
}

/// An error through a place that has room for those of files alone: that of the capture stays what it is.
fn carried(error: anyhow::Error) -> io::Error {
    match error.downcast::<source::Error>() {
        Ok(error) => io::Error::other(error),
        Err(error) => io::Error::other(format!("{error:#}")),
    }
}

/// Whether a packet is a request to `target`, an answer to one, or an error about one.
fn belongs(packet: &Packet<'_>, config: &Config) -> bool {
    let target = config.destination;
    let ours = |icmp: &Icmp<'_>| match (icmp.echo(), config.identifier) {
        (Some((echoed, _)), Some(identifier)) => echoed == identifier,
        (echo, _) => echo.is_some() && config.probe == Probe::Echo,
    };
    let decoded = decode(packet);
    match (&decoded.ip, &decoded.content) {
        (Some(ip), Content::Icmp(icmp)) if ours(icmp) => ip.source == target || ip.destination == target,
        (Some(_), Content::Icmp(icmp)) => icmp.quote().is_some_and(|quote| quote.ip.destination == target),
        // The filter lets no other port pass.
        (Some(_), Content::Segment(_) | Content::Datagram(_)) => true,
        // A fragment but the first has no ports, and is not captured.
        _ => false,
    }
}
