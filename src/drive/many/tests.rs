//! The loop on a wire of bytes: a listener, and clients that are no TCP.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Audience, ManyEnded, run};
use crate::craft::listen::{Cookies, Echo, ListenConfig, Listener, Note, Overflow, ServerClose};
use crate::craft::{Offer, Open, Timing};
use crate::drive::{Error, Seen, Wire, Woken};
use crate::sys::Signal;
use crate::trace::Origin;
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit};

const IRS: u32 = 7000;

fn server() -> SocketAddr {
    "192.0.2.1:80".parse().unwrap()
}

fn from_client(port: u16, seq: u32, ack: u32, flags: Flags) -> Vec<u8> {
    let fields = SegmentFields { seq, ack, flags, window: 1000, ..SegmentFields::default() };
    emit::segment(SocketAddr::from(([192, 0, 2, 2], port)), server(), &IpFields::default(), &fields).unwrap()
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

/// Clients that open and close at once; the capture shows both sides. Time only passes in [`Wire::wait`].
struct Bytes {
    now: Time,
    captured: VecDeque<Vec<u8>>,
    shown: Vec<u8>,
    /// Ctrl-C in the wait of this number.
    stop_at: usize,
    waits: usize,
    /// Refuse to send, as to a network that is not there.
    refuse: bool,
    /// How far somebody has set the clock of the captures forward.
    ahead: Duration,
    /// There is always another SYN, until somebody stops it.
    flood: bool,
}

impl Wire for Bytes {
    fn now(&self) -> Time {
        self.now
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        if self.refuse {
            let source = io::Error::from_raw_os_error(libc::ENETUNREACH);
            return Err(crate::sys::Error::os("send", source).into());
        }
        self.captured.push_back(packet.to_vec());
        let decoded = decode(&raw(packet));
        let (_, segment) = decoded.segment().unwrap();
        let (port, ack) = (segment.destination_port, segment.seq.wrapping_add(1));
        if segment.flags.contains(Flags::SYN | Flags::ACK) {
            self.captured.push_back(from_client(port, IRS + 1, ack, Flags::ACK));
            self.captured.push_back(from_client(port, IRS + 1, ack, Flags::FIN | Flags::ACK));
        } else if segment.flags.fin() {
            self.captured.push_back(from_client(port, IRS + 2, ack, Flags::ACK));
        }
        Ok(true)
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        if self.flood && self.captured.is_empty() {
            self.captured.push_back(from_client(1, IRS, 0, Flags::SYN));
        }
        let Some(bytes) = self.captured.pop_front() else { return Ok(None) };
        self.shown = bytes;
        Ok(Some(Packet { time: self.now + self.ahead, ..raw(&self.shown) }))
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        if !self.captured.is_empty() && !self.flood {
            return Ok(Woken::Look); // as poll() does
        }
        self.waits += 1;
        if self.waits == self.stop_at {
            self.flood = false;
            return Ok(Woken::Stop(Signal::Interrupt));
        }
        self.now = self.now.max(until);
        Ok(Woken::Look)
    }
}

#[derive(Default)]
struct Notes {
    established: usize,
    closed: usize,
    hand_made: usize,
    by_kernel: usize,
    pauses: usize,
    /// The latest time up to which all was told.
    complete: Time,
    fail: bool,
}

impl Audience<Listener> for Notes {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.hand_made += usize::from(seen.origin == Origin::HandMade);
        self.by_kernel += usize::from(seen.origin == Origin::OwnKernel);
        if self.fail { Err(io::Error::from(io::ErrorKind::BrokenPipe)) } else { Ok(()) }
    }

    fn note(&mut self, _: Time, note: Note) -> io::Result<()> {
        match note {
            Note::Established(_) => self.established += 1,
            Note::Ended(_, Some(outcome)) => self.closed += usize::from(outcome.is_success()),
            Note::Ended(_, None) | Note::Syn(..) => {}
        }
        Ok(())
    }

    fn pause(&mut self, complete: Time, _: &Listener) -> io::Result<bool> {
        self.pauses += 1;
        self.complete = self.complete.max(complete);
        Ok(false)
    }

    fn wakes(&self) -> Option<Time> {
        None
    }
}

fn listener(count: Option<u64>) -> Listener {
    Listener::new(ListenConfig {
        port: 80,
        room: Box::new(|address| (address == server().ip()).then_some(1460)),
        service: Box::new(|| Box::new(Echo)),
        ip: IpFields::default(),
        offer: Offer { timestamps: false, ..Offer::default() },
        window: 1000,
        timing: Timing { timeout: Duration::from_secs(1), ..Timing::default() },
        open: Open::Passive,
        close: ServerClose::After,
        backlog: 100,
        connections: 100,
        overflow: Overflow::Drop,
        cookies: Cookies::Never,
        syn_ack_delay: Duration::ZERO,
        lose: 0,
        count,
        secret: 1,
    })
}

fn drive(
    clients: u16,
    count: Option<u64>,
    notes: &mut Notes,
    change: impl FnOnce(&mut Bytes),
) -> Result<ManyEnded, Error> {
    let captured = (1..=clients).map(|port| from_client(port, IRS, 0, Flags::SYN)).collect();
    let now = Time::from_parts(1000, 0);
    let mut wire = Bytes {
        now,
        captured,
        shown: Vec::new(),
        stop_at: 0,
        waits: 0,
        refuse: false,
        ahead: Duration::ZERO,
        flood: false,
    };
    change(&mut wire);
    run(&mut listener(count), &mut wire, notes)
}

#[test]
fn every_client_is_served_and_every_packet_told() {
    let mut notes = Notes::default();
    let ended = drive(80, Some(80), &mut notes, |_| {}).unwrap();
    assert_eq!((notes.established, notes.closed, notes.hand_made), (80, 80, 80 * 3));
    assert_eq!(ended, ManyEnded { signal: None, packets: 80 * 7, unsent: 0, refusal: None, unseen: 0 });
}

/// Otherwise what is over for an hour to come would be told before its last packets.
#[test]
fn a_clock_that_is_set_forward_completes_nothing() {
    let mut notes = Notes::default();
    let ended = drive(80, Some(80), &mut notes, |wire| wire.ahead = Duration::from_secs(3600)).unwrap();
    assert_eq!((ended.packets, notes.closed), (80 * 7, 80));
    assert!(notes.pauses > 0 && notes.complete < Time::from_parts(1000 + 600, 0), "{:?}", notes.complete);
}

#[test]
fn an_interrupt_ends_it() {
    let mut notes = Notes::default();
    let ended = drive(3, None, &mut notes, |wire| wire.stop_at = 1).unwrap();
    assert_eq!((ended.signal, notes.closed), (Some(Signal::Interrupt), 3));
}

#[test]
fn an_interrupt_is_heard_however_much_comes_in() {
    let mut notes = Notes::default();
    let ended = drive(0, None, &mut notes, |wire| (wire.flood, wire.refuse, wire.stop_at) = (true, true, 3)).unwrap();
    assert_eq!((ended.signal, notes.pauses), (Some(Signal::Interrupt), 4));
}

#[test]
fn a_client_without_a_way_back_is_no_failure() {
    let mut notes = Notes::default();
    let ended = drive(3, None, &mut notes, |wire| (wire.refuse, wire.stop_at) = (true, 1)).unwrap();
    assert_eq!((ended.unsent, ended.unseen, notes.hand_made), (3, 0, 0));
}

#[test]
fn what_our_kernel_says_in_our_name_is_told_apart() {
    let mut notes = Notes::default();
    drive(0, None, &mut notes, |wire| {
        let fields = SegmentFields { flags: Flags::RST, ..SegmentFields::default() };
        let client = "192.0.2.2:9".parse().unwrap();
        wire.captured.push_back(emit::segment(server(), client, &IpFields::default(), &fields).unwrap());
        wire.stop_at = 1;
    })
    .unwrap();
    assert_eq!((notes.by_kernel, notes.hand_made), (1, 0));
}

#[test]
fn where_nobody_can_be_told_it_stops() {
    let mut notes = Notes { fail: true, ..Notes::default() };
    let error = drive(3, None, &mut notes, |_| {}).unwrap_err();
    assert!(matches!(error, Error::Output(_)), "{error}");
    assert_eq!(notes.established, 0);
}
