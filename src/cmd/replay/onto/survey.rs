//! A capture looked through before anything is sent: what would leave, from whom, to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::chosen::Chosen;
use crate::cmd::replay::args::Args;
use crate::cmd::replay::faults::Faults;
use crate::craft::pace::Pace;
use crate::craft::rewrite::{Unfit, is_for_many};
use crate::drive::onto::Plan;
use crate::source::Source as _;
use crate::sys::transmit::{LONGEST, longest_frame};
use crate::sys::{Interface, Interrupts, route};
use crate::wire::{self, LinkType, Packet};

/// Pairs of addresses that are remembered, and addresses that are not ours.
const REMEMBERED: usize = 10_000;

/// Who sends or is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Station {
    Ip(IpAddr),
    /// Of a frame without IP.
    Ethernet([u8; 6]),
    /// Of a packet without either.
    Unknown,
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Ethernet([a, b, c, d, e, g]) => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

/// What would be sent in one round.
#[derive(Default)]
pub(super) struct Survey {
    /// Packets that were asked for.
    pub(super) read: u64,
    pub(super) packets: u64,
    pub(super) octets: u64,
    /// When the last packet would depart.
    pub(super) took: Duration,
    /// Packets from one to another.
    pub(super) pairs: BTreeMap<(Station, Station), u64>,
    /// Packets of more pairs.
    pub(super) of_more: u64,
    /// Source addresses that this machine does not own.
    pub(super) foreign: BTreeSet<IpAddr>,
    /// Packets to broadcast and multicast addresses that are left out.
    pub(super) left_out: u64,
    pub(super) too_long: u64,
    pub(super) unfit: Option<(u64, Unfit)>,
    /// It ended with the limit or the duration, not with the capture.
    pub(super) is_bounded: bool,
    pub(super) faults: Faults,
    /// Packets that the limit counts: also those that are too long.
    placed: u64,
    own: BTreeSet<IpAddr>,
}

impl Survey {
    /// Looks through the capture once, or as far as one round goes.
    ///
    /// # Errors
    /// The filter is not one.
    pub(super) fn of(args: &Args, plan: &Plan, interface: &Interface) -> anyhow::Result<Self> {
        let mut survey = Self { own: own_addresses(), ..Self::default() };
        let (mut pace, mut room) = (Pace::new(plan.rate), vec![0; LONGEST]);
        let mut source = Chosen::open(args, None::<&Interrupts>)?;
        loop {
            let packet = match source.next() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(survey),
                Err(error) => {
                    survey.faults.add(error);
                    continue;
                }
            };
            survey.read += 1;
            match plan.rewriter.write(&packet, &mut room) {
                Ok(length) => survey.packet(Packet { bytes: &room[..length], ..packet }, plan, interface, &mut pace),
                Err(unfit) => survey.unfit = Some((survey.read, unfit)),
            }
            if survey.unfit.is_some() || survey.is_bounded {
                return Ok(survey);
            }
        }
    }

    /// Counts a packet as it would be sent.
    fn packet(&mut self, packet: Packet<'_>, plan: &Plan, interface: &Interface, pace: &mut Pace) {
        if !plan.allow_broadcast && is_for_many(plan.rewriter.link, packet.bytes) {
            self.left_out += 1;
            return;
        }
        let due = pace.due(packet.time, packet.bytes.len());
        if plan.duration.is_some_and(|most| due > most) {
            self.is_bounded = true;
            return;
        }
        self.placed += 1;
        self.is_bounded = plan.limit == Some(self.placed);
        if packet.bytes.len() > longest_frame(interface, packet.bytes) {
            self.too_long += 1;
            return;
        }
        self.took = due;
        self.packets += 1;
        self.octets += packet.bytes.len() as u64;
        let original_len = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        self.note(stations(&Packet { link: plan.rewriter.link, original_len, ..packet }));
    }

    fn note(&mut self, pair: (Station, Station)) {
        if let (Station::Ip(from), _) = pair
            && !self.own.contains(&from)
            && self.foreign.len() < REMEMBERED
        {
            self.foreign.insert(from);
        }
        let has_room = self.pairs.len() < REMEMBERED;
        match self.pairs.get_mut(&pair) {
            Some(count) => *count += 1,
            None if has_room => _ = self.pairs.insert(pair, 1),
            None => self.of_more += 1,
        }
    }
}

fn own_addresses() -> BTreeSet<IpAddr> {
    route::interfaces().into_iter().flat_map(|interface| interface.ips).map(|network| network.ip()).collect()
}

/// From whom and to whom: by the outermost IP header, or by the Ethernet header.
fn stations(packet: &Packet<'_>) -> (Station, Station) {
    match (wire::outer_ip(packet), packet.bytes.split_first_chunk::<6>()) {
        (Ok((_, ip)), _) => (Station::Ip(ip.source), Station::Ip(ip.destination)),
        (Err(_), Some((to, rest))) if packet.link == LinkType::ETHERNET => {
            let from = rest.first_chunk().map_or(Station::Unknown, |from| Station::Ethernet(*from));
            (from, Station::Ethernet(*to))
        }
        (Err(_), _) => (Station::Unknown, Station::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Time;

    #[test]
    fn stations_are_known_by_ip_or_else_by_ethernet() {
        let named = |bytes: &[u8]| {
            let original_len = bytes.len() as u32;
            let (from, to) = stations(&Packet { time: Time::default(), link: LinkType::ETHERNET, original_len, bytes });
            format!("{from} {to}")
        };
        let macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        let ip = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        assert_eq!(named(&[&macs[..], &[8, 0], &ip].concat()), "192.0.2.1 192.0.2.2");
        assert_eq!(named(&[&macs[..], &[8, 6], &ip].concat()), "02:00:00:00:00:01 02:00:00:00:00:02");
        assert_eq!(named(&macs[..7]), "? 02:00:00:00:00:02");
        assert_eq!(named(&[]), "? ?");
    }
}
