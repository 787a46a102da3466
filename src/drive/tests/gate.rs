//! Segments that somebody looks at before they leave.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};

use super::*;
use crate::craft::Emit;
use crate::drive::{Gate, Passing};

/// Somebody who thinks for a minute over each segment.
struct Person {
    notes: Notes,
    /// Never read: the wire of bytes lets the time pass.
    keyboard: File,
    answers: VecDeque<Passing>,
    asked: Vec<String>,
    thinks: bool,
    is_gone: bool,
}

impl Person {
    fn new(answers: impl IntoIterator<Item = Passing>) -> Self {
        let keyboard = File::open("/dev/null").unwrap();
        let answers = answers.into_iter().collect();
        Self { notes: Notes::default(), keyboard, answers, asked: Vec::new(), thinks: false, is_gone: false }
    }

    fn rows(&self) -> Vec<&str> {
        self.notes.rows.iter().map(|row| row.split_once(' ').unwrap().1).collect()
    }
}

impl Watcher for Person {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.notes.packet(seen)
    }

    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()> {
        self.notes.waiting(now, until, state)
    }

    fn gate(&mut self) -> Option<&mut dyn Gate> {
        Some(self)
    }
}

impl Gate for Person {
    fn is_open(&self) -> bool {
        self.is_gone
    }

    fn open(&mut self) {
        self.is_gone = true;
    }

    fn propose(&mut self, emit: &Emit, before: State) -> io::Result<()> {
        let packet = raw(&emit.packet);
        let flags = decode(&packet).segment().expect("a segment").1.flags;
        self.asked.push(format!("{before} {flags} {}", emit.state));
        self.thinks = true;
        Ok(())
    }

    fn repeat(&mut self) -> io::Result<()> {
        self.asked.push("again".to_owned());
        Ok(())
    }

    fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        Some(self.keyboard.as_fd())
    }

    fn answer(&mut self) -> io::Result<Option<Passing>> {
        let thinks = std::mem::take(&mut self.thinks);
        Ok((!thinks).then(|| self.answers.pop_front().unwrap_or(Passing::AsItIs)))
    }
}

fn step(wire: &mut dyn Wire, person: &mut Person) -> Ended {
    let (local, remote) = sockets();
    let mut config = Config::new(local, remote, Seq(ISS));
    config.payload = b"hello".to_vec();
    let mut endpoint = Endpoint::new(config, wire.now()).unwrap();
    run(&mut endpoint, sockets(), wire, person).unwrap()
}

#[test]
fn no_timer_goes_off_while_somebody_thinks() {
    let (mut wire, mut person) = (bytes(honest), Person::new([]));
    let ended = step(&mut wire, &mut person);
    assert_eq!((person.notes.rows.clone(), ended.outcome), (whole(), Outcome::Closed));
    let asked = [
        "CLOSED SYN SYN-SENT",
        "ESTABLISHED ACK ESTABLISHED",
        "ESTABLISHED PSH ACK ESTABLISHED",
        "ESTABLISHED FIN ACK FIN-WAIT-1",
        "TIME-WAIT ACK TIME-WAIT",
    ];
    assert_eq!(person.asked, asked);
    assert!(wire.now > Time::from_parts(1000 + 5 * 60, 0), "five minutes were thought over");
}

#[test]
fn what_is_lost_at_the_gate_is_asked_about_again() {
    let (mut wire, mut person) = (bytes(honest), Person::new([Passing::Lost, Passing::Lost]));
    let ended = step(&mut wire, &mut person);
    assert_eq!(person.asked[..3], ["CLOSED SYN SYN-SENT", "SYN-SENT SYN SYN-SENT", "SYN-SENT SYN SYN-SENT"]);
    assert_eq!((person.notes.rows, ended.outcome, ended.syns), (whole(), Outcome::Closed, 3));
}

#[test]
fn another_packet_leaves_in_its_place_and_counts_as_what_it_is() {
    let (local, remote) = sockets();
    let reset = SegmentFields { seq: ISS + 1, flags: Flags::RST, ..SegmentFields::default() };
    let reset = emit::segment(local, remote, &IpFields::default(), &reset).unwrap();
    let mut person = Person::new([Passing::AsItIs, Passing::Changed(reset)]);
    let ended = step(&mut bytes(honest), &mut person);
    assert_eq!(person.rows(), ["we: SYN", "peer: SYN ACK", "we: RST"]);
    assert_eq!((ended.outcome, person.asked.len()), (Outcome::Aborted, 2));
}

#[test]
fn who_stops_before_the_first_segment_sends_none() {
    let mut person = Person::new([Passing::Stop]);
    let ended = step(&mut bytes(honest), &mut person);
    assert_eq!((person.notes.rows.len(), ended.outcome, ended.packets), (0, Outcome::Interrupted, 0));
}

#[test]
fn who_stops_later_closes_and_is_asked_no_more() {
    let mut person = Person::new([Passing::AsItIs, Passing::AsItIs, Passing::Stop]);
    let ended = step(&mut bytes(honest), &mut person);
    assert_eq!((person.notes.rows.clone(), person.asked.len()), (whole(), 3));
    assert_eq!((ended.outcome, ended.signal), (Outcome::Interrupted, None));
}

#[test]
fn a_signal_while_somebody_thinks_stops_it() {
    let (mut wire, mut person) = (bytes(honest), Person::new([]));
    wire.stop_at = Some(1);
    let ended = step(&mut wire, &mut person);
    assert_eq!((ended.packets, ended.signal), (0, Some(Signal::Interrupt)));
}

/// A wire on which the SYN ACK comes once more while somebody thinks.
struct Repeating(Bytes<Answer>, Option<Vec<u8>>);

/// What the far end of a wire makes of a segment.
type Answer = fn(&[u8]) -> Vec<Vec<u8>>;

impl Wire for Repeating {
    fn now(&self) -> Time {
        self.0.now
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        self.0.send(packet)
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        self.0.next()
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        self.0.wait(until)
    }

    fn wait_beside(&mut self, _: BorrowedFd<'_>, until: Time) -> Result<Woken, Error> {
        self.0.captured.extend(self.1.take());
        self.wait(until)
    }
}

#[test]
fn what_comes_meanwhile_is_shown_and_answered_next() {
    let syn_ack = SegmentFields { seq: IRS, ack: ISS + 1, flags: Flags::SYN | Flags::ACK, ..SegmentFields::default() };
    let mut wire = Repeating(bytes(honest as Answer), None);
    let mut person = Person::new([Passing::AsItIs]);
    wire.1 = Some(tcp(&syn_ack));
    let ended = step(&mut wire, &mut person);
    // The first comes while our SYN waits: it answers nothing that has left, but our end knows of the SYN.
    assert_eq!(person.asked[..3], ["CLOSED SYN SYN-SENT", "again", "ESTABLISHED ACK ESTABLISHED"]);
    assert_eq!(person.rows()[..3], ["peer: SYN ACK", "we: SYN", "peer: SYN ACK"]);
    assert_eq!(ended.outcome, Outcome::Closed);
}

#[test]
fn who_cannot_be_shown_anything_leaves_no_connection() {
    let (mut wire, mut person) = (bytes(honest), Person::new([]));
    person.notes.fail = true;
    let (local, remote) = sockets();
    let mut endpoint = Endpoint::new(Config::new(local, remote, Seq(ISS)), wire.now).unwrap();
    let failed = run(&mut endpoint, sockets(), &mut wire, &mut person);
    assert!(matches!(failed, Err(Error::Output(_))));
    assert_eq!(endpoint.state(), State::Closed);
    assert_eq!(person.asked, ["CLOSED SYN SYN-SENT"]);
}
