//! The loop on a wire of bytes: nothing is sent, nobody waits, and no privilege is needed.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Ended, Error, Seen, Watcher, Wire, Woken, run};
use crate::craft::{Close, Config, Endpoint, Outcome};
use crate::sys::Signal;
use crate::tcp::{Call, Seq, State};
use crate::trace::Origin;
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, checksum, decode, emit, icmp, ip};

mod gate;
mod stepped;

const ISS: u32 = 100;
const IRS: u32 = 7000;

fn sockets() -> (SocketAddr, SocketAddr) {
    ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:80".parse().unwrap())
}

/// A wire whose far end is a small server: it answers each segment of ours with what `answer` says, and the capture
/// shows both. Time only passes in [`Wire::wait`].
struct Bytes<F> {
    now: Time,
    captured: VecDeque<Vec<u8>>,
    shown: Vec<u8>,
    answer: F,
    /// Interrupt the wait of this number.
    stop_at: Option<usize>,
    waits: usize,
    /// Lose what is sent, as a full queue does.
    lose: bool,
}

/// A server that opens, acknowledges everything, and closes when it is closed.
fn honest(sent: &[u8]) -> Vec<Vec<u8>> {
    let packet = raw(sent);
    let decoded = decode(&packet);
    let (_, segment) = decoded.segment().expect("a segment");
    let (seq, flags) = (segment.seq, segment.flags);
    let next = seq.wrapping_add(segment.sequence_len());
    let answer = |flags, seq| tcp(&SegmentFields { seq, ack: next, flags, window: 1000, ..SegmentFields::default() });
    match () {
        () if flags.syn() => vec![answer(Flags::SYN | Flags::ACK, IRS)],
        () if flags.fin() => vec![answer(Flags::FIN | Flags::ACK, IRS + 1)],
        () if segment.payload_len > 0 => vec![answer(Flags::ACK, IRS + 1)],
        () => Vec::new(),
    }
}

fn silent(_: &[u8]) -> Vec<Vec<u8>> {
    Vec::new()
}

fn tcp(fields: &SegmentFields) -> Vec<u8> {
    let (local, remote) = sockets();
    emit::segment(remote, local, &IpFields::default(), fields).unwrap()
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

fn bytes<F: FnMut(&[u8]) -> Vec<Vec<u8>>>(answer: F) -> Bytes<F> {
    let now = Time::from_parts(1000, 0);
    Bytes { now, captured: VecDeque::new(), shown: Vec::new(), answer, stop_at: None, waits: 0, lose: false }
}

impl<F: FnMut(&[u8]) -> Vec<Vec<u8>>> Wire for Bytes<F> {
    fn now(&self) -> Time {
        self.now
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        if self.lose {
            return Ok(false);
        }
        self.captured.push_back(packet.to_vec());
        self.captured.extend((self.answer)(packet));
        Ok(true)
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        let Some(bytes) = self.captured.pop_front() else { return Ok(None) };
        self.shown = bytes;
        Ok(Some(raw(&self.shown)))
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        assert!(until > self.now, "it waits for what has passed");
        self.waits += 1;
        if self.stop_at == Some(self.waits) {
            return Ok(Woken::Stop(Signal::Interrupt));
        }
        self.now = until;
        Ok(Woken::Look)
    }
}

/// Remembers what it saw.
#[derive(Default)]
struct Notes {
    rows: Vec<String>,
    calls: Vec<Call>,
    waits: Vec<State>,
    fail: bool,
}

impl Watcher for Notes {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        if self.fail {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        }
        let what = seen.decoded.segment().map_or("ICMP".to_owned(), |(_, segment)| segment.flags.to_string());
        let whose = match seen.origin {
            Origin::HandMade => "we",
            Origin::OwnKernel => "kernel",
            Origin::Wire => "peer",
        };
        self.rows.push(format!("{} {whose}: {what}", seen.number));
        self.calls.extend(seen.calls.into_iter().flatten());
        Ok(())
    }

    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()> {
        assert!(until > now);
        self.waits.push(state);
        Ok(())
    }
}

fn drive(wire: &mut dyn Wire, notes: &mut Notes) -> Result<Ended, Error> {
    let (local, remote) = sockets();
    let mut config = Config::new(local, remote, Seq(ISS));
    config.payload = b"hello".to_vec();
    config.offer.timestamps = false;
    let mut endpoint = Endpoint::new(config, wire.now()).unwrap();
    run(&mut endpoint, sockets(), wire, notes)
}

const WHOLE: [&str; 9] = [
    "1 we: SYN",
    "2 peer: SYN ACK",
    "3 we: ACK",
    "4 we: PSH ACK",
    "5 peer: ACK",
    "6 we: FIN ACK",
    "7 peer: FIN ACK",
    "8 we: ACK",
    "",
];

fn whole() -> Vec<String> {
    WHOLE.iter().filter(|row| !row.is_empty()).map(|row| (*row).to_owned()).collect()
}

#[test]
fn a_whole_connection_as_the_capture_shows_it() {
    let (mut wire, mut notes) = (bytes(honest), Notes::default());
    let ended = drive(&mut wire, &mut notes).unwrap();
    assert_eq!(notes.rows, whole());
    assert_eq!(notes.calls, [Call::Connect, Call::Send(5), Call::Close]);
    assert_eq!(notes.waits, [State::Established, State::TimeWait]);
    assert_eq!(ended, Ended { outcome: Outcome::Closed, signal: None, packets: 8, unseen: 0, syns: 1 });
}

/// A reset that ends the connection if it is believed, and what may be wrong with it.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let (local, remote) = sockets();
    let fields = SegmentFields {
        seq: IRS + 1,
        ack: ISS + 1,
        flags: Flags::RST | Flags::ACK,
        window: 1000,
        ..SegmentFields::default()
    };
    let reset = tcp(&fields);
    let changed = |at: usize, by: u8| {
        let mut bytes = reset.clone();
        bytes[at] ^= by;
        bytes
    };
    let between = |source, destination| emit::segment(source, destination, &IpFields::default(), &fields).unwrap();
    let other = |socket: SocketAddr| SocketAddr::new(socket.ip(), socket.port() + 1);
    let mut bad_option =
        SegmentFields { flags: Flags::ACK, options: vec![8, 0, 0, 0], payload: Vec::new(), ..fields.clone() };
    bad_option.seq = IRS.wrapping_sub(9000);
    vec![
        ("wrong checksum", changed(36, 0x40)),
        ("wrong IP checksum", changed(11, 0x40)),
        ("foreign source port", between(other(remote), local)),
        ("foreign destination port", between(remote, other(local))),
        ("foreign address", between("192.0.2.77:80".parse().unwrap(), local)),
        ("TCP header cut", reset[..33].to_vec()),
        ("IP header cut", reset[..9].to_vec()),
        ("empty", Vec::new()),
        ("data offset too small", changed(32, 0x70)),
        ("data offset too large", changed(32, 0xa0)),
        ("bad option", tcp(&bad_option)),
        ("not IP", vec![0xff; 60]),
        ("ICMP that quotes nothing", icmp_error(&[])),
        ("ICMP about another connection", icmp_error(&between(other(local), remote))),
        ("UDP", udp()),
    ]
}

fn icmp_error(quoted: &[u8]) -> Vec<u8> {
    let mut body = vec![icmp::kind::DESTINATION_UNREACHABLE, 3, 0, 0, 0, 0, 0, 0];
    body.extend_from_slice(&quoted[..quoted.len().min(28)]);
    let sum = checksum::Sum::default().with(&body).finish();
    body[2..4].copy_from_slice(&sum.to_be_bytes());
    whole_ip(ip::protocol::ICMP, &body)
}

fn udp() -> Vec<u8> {
    whole_ip(ip::protocol::UDP, &[0, 80, 0x9c, 0x40, 0, 9, 0, 0, 1])
}

fn whole_ip(protocol: u8, body: &[u8]) -> Vec<u8> {
    let (local, remote) = sockets();
    let mut packet = emit::header(remote.ip(), local.ip(), &IpFields::default(), protocol, body.len()).unwrap();
    packet.extend_from_slice(body);
    packet
}

#[test]
fn a_hostile_arrival_never_disturbs_the_run() {
    for (name, arrival) in hostile() {
        // It comes right behind each segment of ours, before the honest answer.
        let mut wire = bytes(|sent: &[u8]| [vec![arrival.clone()], honest(sent)].concat());
        let mut notes = Notes::default();
        let ended = drive(&mut wire, &mut notes).unwrap();
        assert_eq!(ended.outcome, Outcome::Closed, "{name}");
        let expected = ["SYN", "ACK", "PSH ACK", "FIN ACK", "ACK"];
        let ours: Vec<_> = notes.rows.iter().filter_map(|row| row.split(" we: ").nth(1)).collect();
        if name == "bad option" {
            // It is outside the window, so it may be answered, but it moves nothing.
            assert!(ours.len() <= expected.len() + 1, "{ours:?}");
        } else {
            assert_eq!(ours, expected, "{name}");
        }
    }
    // The same reset undamaged is believed: what protects the run above is the damage.
    let reset = SegmentFields { seq: IRS + 1, flags: Flags::RST, ..SegmentFields::default() };
    let mut wire = bytes(|sent: &[u8]| {
        let mut answers = honest(sent);
        answers.push(tcp(&reset));
        answers
    });
    let ended = drive(&mut wire, &mut Notes::default()).unwrap();
    assert_eq!(ended.outcome, Outcome::ResetByPeer { state: State::Established });
}

#[test]
fn segments_of_other_connections_are_not_shown() {
    let foreign: Vec<_> = hostile().into_iter().filter(|(name, _)| name.starts_with("foreign")).collect();
    let mut wire =
        bytes(|sent: &[u8]| [foreign.iter().map(|(_, bytes)| bytes.clone()).collect(), honest(sent)].concat());
    let mut notes = Notes::default();
    drive(&mut wire, &mut notes).unwrap();
    assert_eq!(notes.rows, whole());
}

#[test]
fn a_segment_in_our_name_that_we_did_not_make_is_the_kernels() {
    let (local, remote) = sockets();
    let reset = SegmentFields { seq: ISS + 1, flags: Flags::RST, ..SegmentFields::default() };
    let reset = emit::segment(local, remote, &IpFields::default(), &reset).unwrap();
    let mut wire = bytes(|sent: &[u8]| {
        let answers = honest(sent);
        let syn = decode(&raw(sent)).segment().is_some_and(|(_, segment)| segment.flags.syn());
        if syn { [answers, vec![reset.clone()]].concat() } else { Vec::new() }
    });
    let mut notes = Notes::default();
    drive(&mut wire, &mut notes).unwrap();
    assert_eq!(notes.rows[..3], ["1 we: SYN", "2 peer: SYN ACK", "3 kernel: RST"]);
}

#[test]
fn an_icmp_error_about_our_syn_ends_it_and_is_shown() {
    let mut wire = bytes(|sent: &[u8]| vec![icmp_error(sent)]);
    let mut notes = Notes::default();
    let ended = drive(&mut wire, &mut notes).unwrap();
    assert!(matches!(ended.outcome, Outcome::Unreachable(_)));
    assert_eq!(notes.rows, ["1 we: SYN", "2 peer: ICMP"]);
}

#[test]
fn silence_is_counted() {
    let (mut wire, mut notes) = (bytes(silent), Notes::default());
    let ended = drive(&mut wire, &mut notes).unwrap();
    assert_eq!((ended.outcome, ended.syns, ended.unseen), (Outcome::Unanswered { syns: 4 }, 4, 0));
}

#[test]
fn what_a_full_queue_loses_is_sent_again_and_not_missed() {
    let mut wire = bytes(silent);
    wire.lose = true;
    let ended = drive(&mut wire, &mut Notes::default()).unwrap();
    assert_eq!((ended.outcome, ended.packets, ended.unseen), (Outcome::Unanswered { syns: 4 }, 0, 0));
}

#[test]
fn what_never_leaves_is_counted() {
    struct Deaf(Time);
    impl Wire for Deaf {
        fn now(&self) -> Time {
            self.0
        }
        fn send(&mut self, _: &[u8]) -> Result<bool, Error> {
            Ok(true)
        }
        fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
            Ok(None)
        }
        fn wait(&mut self, until: Time) -> Result<Woken, Error> {
            self.0 = until;
            Ok(Woken::Look)
        }
    }
    let mut notes = Notes::default();
    let ended = drive(&mut Deaf(Time::from_parts(5, 0)), &mut notes).unwrap();
    assert_eq!((ended.packets, ended.unseen), (0, 4));
    assert_eq!(notes.rows, ["1 we: SYN", "2 we: SYN", "3 we: SYN", "4 we: SYN"]);
    assert_eq!(notes.calls, [Call::Connect]);
}

#[test]
fn an_interruption_closes_and_tells_the_signal() {
    let (mut wire, mut notes) = (bytes(honest), Notes::default());
    wire.stop_at = Some(1);
    let ended = drive(&mut wire, &mut notes).unwrap();
    assert_eq!((ended.outcome, ended.signal), (Outcome::Interrupted, Some(Signal::Interrupt)));
    assert_eq!(notes.rows, whole(), "the FIN came early, and the rest as ever");
}

#[test]
fn a_watcher_that_cannot_write_ends_the_run_and_resets_the_peer() {
    let mut notes = Notes { fail: true, ..Notes::default() };
    let mut last = Flags::NONE;
    let mut wire = bytes(|sent: &[u8]| {
        last = decode(&raw(sent)).segment().map_or(last, |(_, segment)| segment.flags);
        honest(sent)
    });
    let error = drive(&mut wire, &mut notes).unwrap_err();
    assert!(last.rst(), "the peer is not left waiting, it had {last}");
    assert!(matches!(error, Error::Output(ref inner) if inner.kind() == io::ErrorKind::BrokenPipe), "{error}");
}

/// A peer that never stops: whenever the capture is asked, there is one more segment, and a millisecond has passed.
struct Flood {
    now: Time,
    shown: Vec<u8>,
    next: u32,
}

impl Wire for Flood {
    fn now(&self) -> Time {
        self.now
    }

    fn send(&mut self, _: &[u8]) -> Result<bool, Error> {
        Ok(true)
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        self.now = self.now + Duration::from_millis(1);
        let flags = if self.next == 0 { Flags::SYN | Flags::ACK } else { Flags::ACK };
        let payload = vec![b'x'; self.next.min(1) as usize];
        let seq = IRS.wrapping_add(self.next);
        self.shown =
            tcp(&SegmentFields { seq, ack: ISS + 1, flags, window: 1000, payload, ..SegmentFields::default() });
        // The first ones come before our SYN has left, and are passed over.
        self.next += u32::from(self.now.as_nanos() % 1_000_000_000 > 200_000_000);
        Ok(Some(raw(&self.shown)))
    }

    fn wait(&mut self, _: Time) -> Result<Woken, Error> {
        Ok(Woken::Look)
    }
}

#[test]
fn a_flood_does_not_keep_the_endpoint_from_its_turn() {
    let (local, remote) = sockets();
    let mut config = Config::new(local, remote, Seq(ISS));
    config.close = Close::Reset;
    config.timing.deadline = Duration::from_secs(2);
    let mut wire = Flood { now: Time::from_parts(1000, 0), shown: Vec::new(), next: 0 };
    let mut endpoint = Endpoint::new(config, wire.now()).unwrap();
    let ended = run(&mut endpoint, sockets(), &mut wire, &mut Notes::default()).unwrap();
    assert_eq!(ended.outcome, Outcome::Aborted);
    assert!(ended.packets > 1000);
}
