//! The link layer: from the first octet of a packet to its IP header.
//!
//! A link type begins with one header, and each header names the one that follows; so VLAN tags, PPPoE, MPLS or LLC are
//! read wherever they stand, also inside a tunnel.

mod capture;
mod ethernet;
mod lan;
mod llc;
mod mpls;
mod point;
mod wlan;

pub(super) use ethernet::{ethernet, from_ethertype};
pub(super) use mpls::mpls;
pub(super) use point::ppp;
pub(super) use wlan::frame as wlan;

use super::walk::{Next, Walk};
use super::{Layer, LinkType, Stop, StopReason};

/// Link types that are a fixed number of octets and then a header: number (LINKTYPE_…), octets, header.
const AFTER_FIXED: &[(u16, usize, Next)] = &[
    (LinkType::ETHERNET.0, 0, Next::Header(ethernet)),
    (LinkType::RAW.0, 0, Next::Ip),
    (LinkType::IPV4.0, 0, Next::Ip),
    (LinkType::IPV6.0, 0, Next::Ip),
    (LinkType::NULL.0, 0, Next::Header(lan::family)),
    (LinkType::LOOP.0, 0, Next::Header(lan::family)),
    (LinkType::LINUX_SLL.0, 14, Next::Header(lan::cooked)),
    (LinkType::LINUX_SLL2.0, 0, Next::Header(lan::cooked2)),
    (LinkType::TOKEN_RING.0, 0, Next::Header(lan::token_ring)),
    (LinkType::SLIP.0, 16, Next::Ip), // direction, type, room for a compressed header
    (LinkType::PPP.0, 0, Next::Header(point::ppp)),
    (LinkType::FDDI.0, 13, Next::Header(llc::llc)), // frame control and two addresses
    (LinkType::PPP_HDLC.0, 0, Next::Header(point::ppp)),
    (LinkType::PPPOE.0, 0, Next::Header(point::pppoe)),
    (LinkType::ATM_RFC1483.0, 0, Next::Header(llc::llc)),
    (LinkType::C_HDLC.0, 0, Next::Header(point::cisco_hdlc)),
    (LinkType::IEEE802_11.0, 0, Next::Header(wlan::frame)),
    (LinkType::FRELAY.0, 0, Next::Header(point::frame_relay)),
    (LinkType::ENC.0, 12, Next::Ip), // address family, SPI and flags
    (LinkType::PFLOG.0, 0, Next::Header(capture::pflog)),
    (LinkType::PRISM.0, 0, Next::Header(wlan::prism)),
    (LinkType::IP_OVER_FC.0, 16, Next::Header(llc::llc)), // two addresses
    (LinkType::SUNATM.0, 4, Next::Header(llc::llc)),      // flags, VPI and VCI
    (LinkType::RADIOTAP.0, 0, Next::Header(wlan::radiotap)),
    (LinkType::ARCNET_LINUX.0, 0, Next::Header(lan::arcnet)),
    (LinkType::APPLE_IP_OVER_IEEE1394.0, 16, Next::Header(lan::ethertype)), // two addresses
    (LinkType::DOCSIS.0, 0, Next::Header(lan::docsis)),
    (LinkType::AVS.0, 0, Next::Header(wlan::avs)),
    (LinkType::PPP_PPPD.0, 0, Next::Header(point::ppp_with_direction)),
    (LinkType::JUNIPER_ETHER.0, 0, Next::Header(capture::juniper_ethernet)),
    (LinkType::PPI.0, 0, Next::Header(capture::ppi)),
    (LinkType::PPP_WITH_DIR.0, 1, Next::Header(point::ppp)),
    (LinkType::IPNET.0, 24, Next::Ip),
    (LinkType::NFLOG.0, 0, Next::Header(capture::nflog)),
    (LinkType::PKTAP.0, 0, Next::Header(capture::pktap)),
    (LinkType::ETHERNET_MPACKET.0, 8, Next::Header(ethernet)), // preamble
];

/// Walks from the start of a packet of type `link` to its IP header.
///
/// # Errors
/// Says why there is none: the link type or a protocol in it is not IP, or the capture is cut.
pub(super) fn walk(walk: &mut Walk<'_>, link: LinkType) -> Result<(), Stop> {
    let next = begin(walk, link)?;
    walk.reach_ip(next)
}

/// Passes over the fixed part of `link`, and says what follows.
fn begin(walk: &mut Walk<'_>, link: LinkType) -> Result<Next, Stop> {
    match AFTER_FIXED.iter().find(|(number, ..)| *number == link.0) {
        Some(&(_, octets, next)) => {
            walk.skip(octets);
            Ok(next)
        }
        None => Err(walk.stop(Layer::Link, StopReason::LinkType(u32::from(link.0)))),
    }
}
