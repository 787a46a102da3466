//! Somebody sets the machine's clock in the middle of a run: the stamps of what is captured from then on are an hour off. What
//! is sent, waited for, concluded and measured stays the same.

use super::*;
use crate::craft::packet::{IpSpec, PacketSpec, TcpSpec, Transport};
use crate::craft::probe::{Pace, Reply, Series, Session, Shot, Tally};
use crate::drive::probe;

const HOUR: i64 = 3_600_000_000_000;
const MS: Duration = Duration::from_millis(1);

/// A wire on which the clock is set by so many nanoseconds after so many packets.
struct Stepped<'a> {
    inner: &'a mut dyn Wire,
    by: i64,
    after: usize,
    captured: usize,
    shown: Vec<u8>,
}

impl Wire for Stepped<'_> {
    fn now(&self) -> Time {
        self.inner.now()
    }

    fn send(&mut self, packet: &[u8]) -> Result<bool, Error> {
        self.inner.send(packet)
    }

    fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        let Some(packet) = self.inner.next()? else { return Ok(None) };
        self.shown = packet.bytes.to_vec();
        self.captured += 1;
        let step = if self.captured > self.after { self.by } else { 0 };
        let time = Time::from_nanos(self.inner.now().as_nanos() + step);
        Ok(Some(Packet { time, ..raw(&self.shown) }))
    }

    fn wait(&mut self, until: Time) -> Result<Woken, Error> {
        self.inner.wait(until)
    }
}

/// Holds that this is the same whether nobody sets the clock, or somebody sets it forward or back before any packet.
fn is_the_same<T: PartialEq + std::fmt::Debug>(run: impl Fn(i64, usize) -> T) {
    let calm = run(0, 0);
    for after in 0..9 {
        assert_eq!(run(HOUR, after), calm, "forward after {after} packets");
        assert_eq!(run(-HOUR, after), calm, "back after {after} packets");
    }
}

fn stepped(inner: &mut dyn Wire, by: i64, after: usize) -> Stepped<'_> {
    Stepped { inner, by, after, captured: 0, shown: Vec::new() }
}

#[test]
fn a_connection_goes_the_same_way() {
    for answer in [honest, silent] {
        is_the_same(|by, after| {
            let (mut wire, mut notes) = (bytes(answer), Notes::default());
            let ended = drive(&mut stepped(&mut wire, by, after), &mut notes).unwrap();
            (ended, notes.rows, notes.calls, notes.waits, wire.now)
        });
    }
}

/// What is told of a series: times of replies and how long it waited.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    replies: Vec<(u64, Duration)>,
    packets: usize,
}

impl probe::Observer for Told {
    fn sending(&mut self, _: &Shot) -> Result<(), Error> {
        Ok(())
    }

    fn packet(&mut self, _: &Seen<'_>) -> io::Result<()> {
        self.packets += 1;
        Ok(())
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.replies.push((reply.index, reply.rtt));
        Ok(())
    }

    fn waiting(&mut self, now: Time, until: Time) -> io::Result<()> {
        assert!(until > now);
        Ok(())
    }
}

/// Three SYNs, of which the second is not answered.
#[test]
fn a_series_waits_and_measures_the_same() {
    let (local, remote) = sockets();
    let tcp =
        TcpSpec { source_port: local.port(), destination_port: remote.port(), flags: Flags::SYN, ..TcpSpec::default() };
    let template = PacketSpec {
        source: local.ip(),
        destination: remote.ip(),
        ip: IpSpec::default(),
        transport: Transport::Tcp(tcp),
        payload: Vec::new(),
    };
    is_the_same(|by, after| {
        let mut sent = 0;
        let mut wire = bytes(|packet: &[u8]| {
            sent += 1;
            let decoded = raw(packet);
            let decoded = decode(&decoded);
            let (_, segment) = decoded.segment().expect("a segment");
            let to = SocketAddr::new(local.ip(), segment.source_port);
            let fields = SegmentFields {
                flags: Flags::RST | Flags::ACK,
                ack: segment.seq.wrapping_add(1),
                ..SegmentFields::default()
            };
            if sent == 2 { Vec::new() } else { vec![emit::segment(remote, to, &IpFields::default(), &fields).unwrap()] }
        });
        let series = Series { rounds: Some(3), ..Series::once(template.clone()) };
        let mut session = Session::new(series, Pace { interval: 10 * MS, timeout: 100 * MS, in_turn: false }).unwrap();
        let mut told = Told::default();
        probe::run(&mut session, &mut stepped(&mut wire, by, after), &mut told).unwrap();
        assert_eq!(*session.tally(), Tally { sent: 3, answered: 2, extra: 0, errors: 0 });
        assert!(told.replies.iter().all(|(_, rtt)| *rtt < 100 * MS), "{told:?}");
        (told, wire.now)
    });
}
