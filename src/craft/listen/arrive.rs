//! What arrives before the handshake is complete: in LISTEN and in SYN-RECEIVED.

use super::config::{Cookies, Overflow};
use super::half_open::{self, HalfOpen};
use super::stats::{Note, SynFate};
use super::{Listener, stray};
use crate::craft::open::{PeerSyn, is_only_syn};
use crate::craft::{Action, Open, Sockets};
use crate::tcp::Seq;
use crate::wire::{Ip, Segment, Time};

impl Listener {
    /// RFC 9293 section 3.10.7.2.
    pub(super) fn in_listen(&mut self, sockets: &Sockets, room: u16, now: Time, ip: &Ip, segment: &Segment<'_>) {
        if segment.flags.rst() {
            return;
        }
        if segment.flags.ack() {
            return self.acknowledged_in_listen(sockets, room, now, ip, segment);
        }
        if !is_only_syn(segment) || self.closing {
            return;
        }
        if self.stats.lost < u64::from(self.config.lose) {
            self.stats.lost += 1;
            self.notes.push_back(Note::Syn(*sockets, SynFate::Lost));
            return;
        }
        self.stats.syns += 1;
        let cookies = self.config.cookies;
        let passive = !matches!(self.config.open, Open::Split | Open::Simultaneous);
        let is_full = self.half_open() >= self.config.backlog || self.open.len() >= self.config.connections;
        if passive && (cookies == Cookies::Always || is_full && cookies == Cookies::Full) {
            self.send_cookie(sockets, room, now, segment);
        } else if is_full {
            self.notes.push_back(Note::Syn(*sockets, SynFate::NoPlace));
            self.overflow(sockets, segment);
        } else if passive {
            self.take_in(sockets, now, segment);
        } else {
            self.open_oddly(sockets, room, now, ip, segment);
        }
    }

    /// An acknowledgment in LISTEN is good only where it brings back a cookie.
    fn acknowledged_in_listen(&mut self, sockets: &Sockets, room: u16, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let has_cookies = self.config.cookies != Cookies::Never && !segment.flags.syn();
        match self.secret.taste(sockets, segment, now).filter(|_| has_cookies && !self.closing) {
            Some(syn) => {
                let iss = Seq(segment.ack) - 1;
                let half = HalfOpen::new(syn, iss, self.secret.timestamp_base(sockets), now);
                self.stats.cookies_taken += u64::from(self.accept(sockets, room, half, now, ip, segment));
            }
            None => {
                self.stats.strays_reset += 1;
                let reset = stray::reset(&self.config, sockets, segment);
                self.send(reset);
            }
        }
    }

    fn overflow(&mut self, sockets: &Sockets, segment: &Segment<'_>) {
        if self.config.overflow == Overflow::Drop {
            self.stats.overflow_dropped += 1;
            return;
        }
        self.stats.overflow_refused += 1;
        let reset = stray::reset(&self.config, sockets, segment);
        self.send(reset);
    }

    fn send_cookie(&mut self, sockets: &Sockets, room: u16, now: Time, segment: &Segment<'_>) {
        let syn = PeerSyn::of(segment);
        // What the cookie cannot hold is not agreed to.
        let bare = PeerSyn { window_scale: None, sack_permitted: false, timestamp: None, ecn: false, ..syn };
        let mut half = HalfOpen::new(bare, self.secret.cookie(sockets, &syn, now), 0, now);
        self.stats.cookies_sent += 1;
        let emit = stray::syn_ack(&self.config, sockets, room, &mut half);
        self.send(emit);
    }

    /// A connection in SYN-RECEIVED begins.
    fn take_in(&mut self, sockets: &Sockets, now: Time, segment: &Segment<'_>) {
        let (iss, base) = (self.secret.isn(sockets, now), self.secret.timestamp_base(sockets));
        let id = self.half.insert(*sockets, HalfOpen::new(PeerSyn::of(segment), iss, base, now));
        if self.config.syn_ack_delay.is_zero() {
            self.answer(id, now);
        } else {
            self.notes.push_back(Note::Syn(*sockets, SynFate::Held));
            self.half.wake_at(id, now + self.config.syn_ack_delay);
        }
    }

    /// The SYN-ACK, for the first time or again; after the last one silence ends it.
    pub(super) fn answer(&mut self, id: u32, now: Time) {
        let Some(sockets) = self.half.sockets(id) else { return };
        let Some(half) = self.half.get(id) else { return };
        if half.tries > self.config.timing.retries {
            self.half.remove(id);
            self.stats.half_open_expired += 1;
            self.notes.push_back(Note::Ended(sockets, None));
            return;
        }
        self.stats.syn_acks_again += u64::from(half.tries > 0);
        half.tries += 1;
        let again = now + half.timeout(self.config.timing.timeout);
        self.half.wake_at(id, again);
        self.send_syn_ack(id, &sockets);
    }

    fn send_syn_ack(&mut self, id: u32, sockets: &Sockets) {
        let (Some(half), Some(room)) = (self.half.get(id), (self.config.room)(sockets.local().ip())) else { return };
        let emit = stray::syn_ack(&self.config, sockets, room, half);
        self.send(emit);
    }

    /// RFC 9293 section 3.10.7.4, in SYN-RECEIVED.
    pub(super) fn half_open_arrives(&mut self, id: u32, room: u16, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let (Some(sockets), Some(half)) = (self.half.sockets(id), self.half.get(id)) else { return };
        if half.tries == 0 {
            return; // the SYN-ACK is held back: nothing has been said that could be answered
        }
        if is_only_syn(segment) && segment.seq == half.syn.seq.0 {
            self.stats.duplicate_syns += 1;
            return self.send_syn_ack(id, &sockets);
        }
        let mut half = *half;
        let mut endpoint = half.endpoint(&self.config, &sockets, room);
        endpoint.arrive(now, ip, segment);
        if endpoint.state().is_synchronized() {
            if self.accept(&sockets, room, half, now, ip, segment) || self.config.overflow == Overflow::Refuse {
                self.half.remove(id);
            }
            return;
        }
        while let Action::Send(emit) = endpoint.poll(now) {
            self.send(Some(emit));
        }
        half.keep(&endpoint);
        if endpoint.outcome.is_some() {
            self.half.remove(id);
            self.stats.half_open_reset += 1;
            self.notes.push_back(Note::Ended(sockets, None));
        } else if let Some(kept) = self.half.get(id) {
            *kept = half;
        }
    }

    /// The third segment of the handshake is here. False where there is no place for another connection.
    fn accept(
        &mut self,
        sockets: &Sockets,
        room: u16,
        half: HalfOpen,
        now: Time,
        ip: &Ip,
        segment: &Segment<'_>,
    ) -> bool {
        if self.closing || self.open.len() >= self.config.connections {
            self.overflow(sockets, segment);
            return false;
        }
        let endpoint = half.endpoint(&self.config, sockets, room);
        let id = self.insert(sockets, endpoint);
        self.connection_arrives(id, now, ip, segment);
        true
    }

    /// A SYN of ours that acknowledges nothing answers the client's.
    fn open_oddly(&mut self, sockets: &Sockets, room: u16, now: Time, ip: &Ip, segment: &Segment<'_>) {
        let (iss, base) = (self.secret.isn(sockets, now), self.secret.timestamp_base(sockets));
        let open = self.config.open;
        let endpoint = half_open::endpoint(&self.config, sockets, room, iss, base, now, open);
        let id = self.insert(sockets, endpoint);
        self.connection_arrives(id, now, ip, segment);
    }
}
