//! A connection in SYN-RECEIVED: the SYN that opened it, and how often it was answered.

use std::time::Duration;

use super::ListenConfig;
use crate::craft::open::PeerSyn;
use crate::craft::{Close, Config, Endpoint, Offer, Open, Sockets};
use crate::tcp::{Seq, State};
use crate::wire::Time;

/// RFC 6298 section 2.5.
const CEILING: Duration = Duration::from_secs(60);

/// What is kept of it; an endpoint is made from it whenever one is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfOpen {
    pub(super) syn: PeerSyn,
    pub(super) iss: Seq,
    pub(super) timestamp_base: u32,
    /// When the SYN came.
    pub(super) since: Time,
    /// SYN-ACKs sent unasked.
    pub(super) tries: u8,
    /// No answer before this time to what anybody could have forged.
    pub(super) quiet_until: Option<Time>,
    pub(super) identification: u16,
}

impl HalfOpen {
    pub(super) const fn new(syn: PeerSyn, iss: Seq, timestamp_base: u32, now: Time) -> Self {
        // The identification need not be unique, since we forbid fragmentation (RFC 6864 section 4); it must not be 0.
        let identification = (iss.0 >> 16) as u16 | 1;
        Self { syn, iss, timestamp_base, since: now, tries: 0, quiet_until: None, identification }
    }

    /// An endpoint in SYN-RECEIVED, whose SYN-ACK is on its way.
    pub(super) fn endpoint(&self, config: &ListenConfig, sockets: &Sockets, room: u16) -> Endpoint {
        let mut endpoint = endpoint(config, sockets, room, self.iss, self.timestamp_base, self.since, Open::Passive);
        endpoint.identification = self.identification;
        endpoint.quiet_until = self.quiet_until;
        endpoint.synchronize(self.since, &self.syn);
        endpoint.send.syn_was_sent(self.since, self.tries.saturating_sub(1));
        endpoint.state = State::SynReceived;
        endpoint
    }

    /// Takes back what an endpoint that is still half-open has changed.
    pub(super) const fn keep(&mut self, endpoint: &Endpoint) {
        self.quiet_until = endpoint.quiet_until;
        self.identification = endpoint.identification;
    }

    /// How long to wait for the answer to the last SYN-ACK.
    pub(super) fn timeout(&self, first: Duration) -> Duration {
        first.saturating_mul(1 << self.tries.saturating_sub(1).min(16)).min(CEILING.max(first))
    }
}

/// An endpoint of the listener that closes when it is told.
pub(super) fn endpoint(
    config: &ListenConfig,
    sockets: &Sockets,
    room: u16,
    iss: Seq,
    timestamp_base: u32,
    now: Time,
    open: Open,
) -> Endpoint {
    let config = Config {
        local: sockets.local(),
        remote: sockets.remote(),
        ip: config.ip,
        isn: iss,
        offer: Offer { mss: config.offer.mss.map(|mss| mss.min(room)), ..config.offer },
        window: config.window,
        room,
        timestamp_base,
        open,
        close: Close::Told,
        payload: Vec::new(),
        timing: config.timing,
    };
    Endpoint::new(config, now)
        .expect("the two addresses of one packet are of one version, and nothing is to be said yet")
}
