//! What ping saw, as lines or as JSON.

mod json;
mod text;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::names::Names;
use crate::craft::ping::text::Introduction;
use crate::craft::ping::{Config, Event};
use crate::drive::ping::{Host, Observer};

pub(super) use json::JsonReport;
pub(super) use text::TextReport;

/// Tells of one run, from its first line to its last.
pub(super) trait Report: Observer {
    /// Before the first request.
    fn begin(&mut self) -> io::Result<()>;

    /// After the last reply.
    fn end(&mut self, hosts: &[Host]) -> io::Result<()>;
}

/// By what means replies are heard and stamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Means {
    /// `raw`, `datagram` or `capture`.
    pub(super) socket: &'static str,
    /// What stamps departures; none where only we do.
    pub(super) departure: Option<&'static str>,
    /// What stamps receipts.
    pub(super) receipt: &'static str,
}

/// A host, and what is remembered of it between two events.
#[derive(Debug)]
pub(super) struct View {
    pub(super) introduction: Introduction,
    pub(super) config: Config,
    pub(super) means: Means,
    pub(super) names: Names,
    /// The route that the last reply recorded.
    pub(super) route: Vec<Ipv4Addr>,
    /// The round trips of the first requests, by number, where each is to be told in the end.
    pub(super) trips: Vec<Option<Duration>>,
}

impl View {
    /// Remembers the round trip of a reply, the first to its request.
    fn note(&mut self, event: &Event) {
        let Event::Reply(reply) = event else { return };
        let place = usize::from(reply.seq).checked_sub(1).and_then(|index| self.trips.get_mut(index));
        if let Some(place) = place.filter(|_| !reply.bad_checksum && !reply.duplicate) {
            *place = Some(reply.rtt);
        }
    }
}

/// Who sent what an event tells of.
fn sender(event: &Event) -> Option<IpAddr> {
    match event {
        Event::Reply(reply) => Some(reply.from),
        Event::Error(error) => Some(error.from),
        Event::Unsent(_) | Event::Local(_) | Event::Outstanding(_) | Event::Timeout(_) => None,
    }
}
