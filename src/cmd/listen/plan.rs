//! The arguments resolved: what the listener is told, and what holds our own kernel back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::ensure;

use super::addresses::Addresses;
use super::args::{Args, CookieMode};
use crate::cmd::way::LINGER;
use crate::craft::listen::{Cookies, Echo, ListenConfig, Next, Overflow, Service, Text};
use crate::craft::{Offer, Open, Timing};
use crate::drive::many::{ManyOptions, Places};
use crate::lab::{self, Client, http};
use crate::sys::{RstGuard, Version, random, route};

/// The port in the lab, if none is named.
const LAB_PORT: u16 = 8080;
/// Connections in SYN-RECEIVED that there is place for.
const BACKLOG: u32 = 1024;
/// Packets that the capture has room for: a flood comes faster than anybody looks.
const PLACES: Places = Places { short: 96 << 10, long: 256 };
/// The page of `--reply http`.
const PAGE: &str = "Hello from a TCP made by hand.\n";
/// Our window fits into its field; the option only lets the client scale its own.
const SHIFT: u8 = 0;

/// Answers each HTTP request with the page.
struct Http(http::Requests);

impl Service for Http {
    fn read(&mut self, octets: &[u8], answer: &mut Vec<u8>) -> Next {
        self.0.push(octets);
        while let Some(response) = self.0.next_response() {
            answer.extend(response.bytes);
            if response.close {
                return Next::Close;
            }
        }
        Next::Read
    }
}

/// What talks to each client, by the word of `--reply`.
fn service(reply: &str) -> Box<dyn Fn() -> Box<dyn Service>> {
    match reply {
        "echo" => Box::new(|| Box::new(Echo)),
        "http" => Box::new(|| Box::new(Http(http::Requests::new(PAGE)))),
        text => {
            let text = text.as_bytes().to_vec();
            Box::new(move || Box::new(Text::new(text.clone())))
        }
    }
}

/// The port.
pub(super) fn port(args: &Args) -> u16 {
    args.port.unwrap_or(LAB_PORT)
}

/// What calls from the other host of the lab.
pub(super) fn client(args: &Args) -> Client {
    let fitting = if args.talk.reply == "http" { Client::Http } else { Client::Hello };
    args.lab.lab_client.unwrap_or(fitting)
}

/// The IP versions that are served.
pub(super) fn versions(args: &Args) -> anyhow::Result<Vec<Version>> {
    let wanted = |version: &Version| args.way.versions.allow(*version) && version.is_supported();
    let versions: Vec<Version> = [Version::V4, Version::V6].into_iter().filter(wanted).collect();
    ensure!(!versions.is_empty(), "this kernel does not speak IPv6; leave out -6");
    Ok(versions)
}

/// Sees to it that our own kernel neither answers nor owns the port: one guard for all addresses of each version.
pub(super) fn guards(args: &Args, versions: &[Version]) -> anyhow::Result<Vec<RstGuard>> {
    let any = |version: &Version| match version {
        Version::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Version::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let guards = versions.iter().map(|version| RstGuard::engage(SocketAddr::new(any(version), port(args)), None));
    let guards: Vec<RstGuard> = guards.collect::<Result<_, _>>()?;
    // Without a guard the port is only known to have been free.
    Ok(if args.way.end.guard.rst_guard { guards } else { Vec::new() })
}

/// What to send and capture on.
pub(super) fn wire(args: &Args, versions: &[Version]) -> ManyOptions {
    let lab = args.lab.lab.then(|| lab::INTERFACE.to_owned());
    many_options(args.way.interface.clone().or(lab), port(args), versions, args.open.window.into())
}

/// What to send and capture on for whoever listens on `port`: on all interfaces, if none is `named`.
pub(in crate::cmd) fn many_options(named: Option<String>, port: u16, versions: &[Version], window: u32) -> ManyOptions {
    let found = route::interfaces().into_iter().find(|found| Some(&found.name) == named.as_ref());
    let is_loopback = found.as_ref().is_some_and(|found| found.is_loopback());
    ManyOptions {
        tied: named.is_some() && !is_loopback,
        interface: named.unwrap_or_else(|| "any".to_owned()),
        scope_id: found.map_or(0, |found| found.index),
        filter: format!("tcp port {port} or icmp or icmp6"),
        versions: versions.to_vec(),
        window,
        places: PLACES,
    }
}

/// What the listener is told.
pub(super) fn config(args: &Args, versions: &[Version]) -> anyhow::Result<ListenConfig> {
    let lab = args.lab.lab.then_some(lab::INTERFACE);
    let mut addresses = Addresses::new(args.way.interface.as_deref().or(lab), versions);
    Ok(ListenConfig {
        port: port(args),
        room: Box::new(move |address| addresses.room(address)),
        service: service(&args.talk.reply),
        ip: args.way.end.ip()?,
        offer: offer(args),
        window: args.open.window.into(),
        timing: Timing {
            timeout: args.open.timeout.0,
            retries: args.open.retries,
            wait: args.talk.wait.0,
            deadline: args.talk.idle.0,
            linger: LINGER,
        },
        open: match (args.open.split_handshake, args.open.simultaneous) {
            (true, _) => Open::Split,
            (_, true) => Open::Simultaneous,
            _ => Open::Passive,
        },
        close: args.talk.close.into(),
        backlog: args.bounds.backlog.unwrap_or(BACKLOG) as usize,
        connections: args.bounds.max_connections as usize,
        overflow: if args.bounds.abort_on_overflow { Overflow::Refuse } else { Overflow::Drop },
        cookies: cookies(args),
        syn_ack_delay: args.open.delay_syn_ack.0,
        lose: args.open.drop,
        count: args.bounds.count,
        secret: secret()?,
    })
}

/// Where somebody chose the backlog, or how to refuse, the overflow is what they want to see.
fn cookies(args: &Args) -> Cookies {
    let shows_overflow = args.bounds.backlog.is_some() || args.bounds.abort_on_overflow;
    args.open.syn_cookies.map_or(if shows_overflow { Cookies::Never } else { Cookies::Full }, CookieMode::into)
}

fn offer(args: &Args) -> Offer {
    let options = !args.open.no_options;
    Offer {
        mss: options.then(|| args.open.mss.unwrap_or(u16::MAX)),
        window_scale: options.then_some(SHIFT),
        sack: options,
        timestamps: options,
        ecn: false,
    }
}

/// What sequence numbers are derived from; nobody else may know it.
pub(in crate::cmd) fn secret() -> anyhow::Result<u128> {
    (0..4).try_fold(0, |secret: u128, _| Ok(secret << 32 | u128::from(random::u32()?)))
}
