//! What the kernel tells, in its place among the events of the tracer.

mod asking;
mod held;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::asked::Asked;
use super::datagrams::Datagrams;
use super::listening::Early;
use crate::drive::kernel::{Account, Told, is_at};
use crate::sink::Sink;
use crate::sys::poll;
use crate::tcp::State;
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{Event, EventKind, KernelEvent, KernelKind, Opened, Pair, Paths, Side, Summary, Teller};
use crate::wire::{Decoded, Packet, Time};
use held::Held;

/// Events of all connections that are held to be put in order, at most 480 octets each; beyond it they go on as they come. So
/// many SYNs of a flood are half as many connections.
const HELD_IN_ALL: usize = 150_000;
/// What was told so long before the first segment of a connection is of an earlier one between the same ends.
const LATE: Duration = Duration::from_secs(1);
/// Segments whose connections are remembered.
const SEGMENTS: usize = 4096;
/// What the last segment brings about is told within microseconds, and what the program does then not much later; a busy
/// machine may take longer.
const PATIENCE: [Duration; 40] = [Duration::from_millis(5); 40];
/// So often nothing has to be told before it is believed that nothing will be.
const QUIET: u8 = 2;

/// A connection that has not ended.
struct Connection {
    opened: Opened,
    paths: Paths,
    held: Held,
    /// Something was told since this was set to false.
    told: bool,
    /// The program of each end has closed its socket, or was never seen to have one.
    released: Pair<bool>,
    /// Segments that each end's kernel was last told to have sent again.
    counted: Pair<Option<u32>>,
    /// The client's SYN, and the server's SYN,ACK, were seen.
    syn_seen: Pair<bool>,
}

impl Connection {
    fn note(&mut self, event: &Event) {
        self.paths.event(event);
        if let EventKind::Kernel(kernel) = &event.kind {
            self.told = true;
            match &kernel.kind {
                KernelKind::Called(_) => self.released[kernel.side] = false,
                KernelKind::Returned { call, .. } => self.released[kernel.side] = call.call == "close",
                _ => {}
            }
        }
    }

    /// Whether the kernel of this end is in the state that it should be in, and its program has noticed.
    fn is_settled(&self, side: Side, expected: Option<State>) -> bool {
        let none = |state: &State| !matches!(state, State::Closed | State::Listen);
        let (last, expected) = (self.paths.last(side).filter(none), expected.filter(none));
        last == expected && (last.is_some() || self.released[side])
    }
}

/// A sink that gives another one what the kernel tells beside what it is given.
pub(super) struct Merge<'a> {
    sink: Box<dyn Sink + 'a>,
    account: Option<Account>,
    /// What is asked. What a kernel does with the ports of a hand-made end is not of the connection: so that is not among
    /// them.
    asked: Vec<Asked>,
    sorted: bool,
    /// Whether the end of a connection waits for what its kernel has still to say. Where others go on meanwhile, it does not.
    patient: bool,
    /// So many more events may be held.
    room: usize,
    connections: HashMap<u32, Connection>,
    by_ends: HashMap<(SocketAddr, SocketAddr), (u32, Side)>,
    early: Early,
    /// What was told of connections whose packets were not seen yet: with a busy machine these come later.
    unseen: Early,
    pending: VecDeque<Told>,
    /// The connections of the last segments, and when they came.
    segments: VecDeque<(Time, u32)>,
    /// What there is of exchanges, until it is known who called what; none where nobody waits for that.
    datagrams: Option<Datagrams>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(sink: Box<dyn Sink + 'a>, account: Option<Account>, asked: Vec<Asked>, sorted: bool) -> Self {
        Self {
            sink,
            account,
            asked,
            sorted,
            patient: true,
            room: HELD_IN_ALL,
            connections: HashMap::new(),
            by_ends: HashMap::new(),
            early: Early::default(),
            unseen: Early::default(),
            pending: VecDeque::new(),
            segments: VecDeque::new(),
            datagrams: None,
        }
    }

    /// The same; it holds what there is of datagrams until the calls on their sockets are known.
    pub(super) fn with_datagrams(self) -> Self {
        let account = self.account.map(Account::with_datagrams);
        Self { datagrams: account.is_some().then(Datagrams::default), account, ..self }
    }

    /// The same; it does not wait for anything.
    pub(super) fn impatient(self) -> Self {
        Self { patient: false, ..self }
    }

    /// Takes in what the kernel told up to now.
    fn listen(&mut self) -> io::Result<()> {
        if let Some(account) = &mut self.account {
            let asked = &self.asked;
            let told = account.read().map_err(io::Error::other)?;
            let is_asked = |told: &Told| asked.iter().any(|asked| asked.may_be(told.local));
            self.pending.extend(told.into_iter().filter(is_asked));
        }
        Ok(())
    }

    /// Passes on what was told up to this time.
    fn release(&mut self, until: Option<Time>) -> io::Result<()> {
        while let Some(told) = self.pending.pop_front_if(|told| until.is_none_or(|until| told.time <= until)) {
            if told.local.port() == 0 && told.remote.is_none() {
                self.sink.apart(told.time, &told.kind)?;
                continue;
            }
            match self.place(&told) {
                Some((connection, side)) => self.told(connection, side, &told)?,
                None if told.ours || told.remote.is_none() => self.early.push(told),
                None if !self.patient => self.unseen.push_over(told),
                None => {}
            }
        }
        Ok(())
    }

    /// Of which connection it is. What is told of a listening socket is of the connection whose segment came last before,
    /// and of the first one what was told before any.
    fn place(&self, told: &Told) -> Option<(u32, Side)> {
        if let Some(remote) = told.remote {
            return self.by_ends.get(&(told.local, remote)).copied();
        }
        let is_there = |number: &u32| {
            let server = self.connections.get(number).map(|connection| connection.opened.server);
            server.is_some_and(|server| is_at(server, told.local) && self.is_far(server))
        };
        let mut before = self.segments.iter().filter(|(time, _)| *time <= told.time).map(|(_, number)| *number);
        let first = || self.connections.keys().copied().filter(is_there).min();
        Some((before.find(is_there).or_else(first)?, Side::Server))
    }

    /// Passes on what was held of exchanges, with the calls of who took part.
    fn release_datagrams(&mut self, end: bool) -> io::Result<()> {
        let calls = self.account.as_mut().map_or_else(Vec::new, |account| account.datagrams(end));
        let events = self.datagrams.as_mut().map_or_else(Vec::new, |held| held.release(&calls));
        events.iter().try_for_each(|event| self.sink.exchange(event))
    }

    fn told(&mut self, connection: u32, side: Side, told: &Told) -> io::Result<()> {
        // In TIME_WAIT, and of orphans in FIN_WAIT2, the kernel keeps a smaller record in place of the socket that it
        // closes. What becomes of that is told only when asked.
        let is_replaced =
            matches!(told.kind, KernelKind::State { old: Some(State::FinWait2 | State::Closing), new: State::Closed });
        if is_replaced && self.ask(connection, side)?.is_some() {
            return Ok(());
        }
        let event = KernelEvent { side, teller: Teller::Tracepoint, kind: told.kind };
        self.kernel(told.time, connection, event)
    }

    fn kernel(&mut self, time: Time, connection: u32, event: KernelEvent) -> io::Result<()> {
        self.pass(&Event { time, connection, kind: EventKind::Kernel(event) })
    }

    /// Passes an event on, or holds it.
    fn pass(&mut self, event: &Event) -> io::Result<()> {
        if let Some(connection) = self.connections.get_mut(&event.connection) {
            connection.note(event);
            if self.sorted {
                let ready = connection.held.push(event, &mut self.room);
                return ready.iter().try_for_each(|event| self.sink.event(event));
            }
        }
        self.sink.event(event)
    }

    fn open(&mut self, event: &Event, opened: &Opened) -> io::Result<()> {
        let connection = event.connection;
        for side in Side::BOTH {
            self.by_ends.insert(ends(opened, side), (connection, side));
        }
        let new = Connection {
            opened: *opened,
            paths: Paths::default(),
            held: Held::default(),
            told: false,
            released: Pair::both(true),
            counted: Pair::default(),
            syn_seen: Pair::default(),
        };
        self.connections.insert(connection, new);
        self.pass(event)?;
        let unseen = self.unseen.take(opened).into_iter().filter(|(_, told)| event.time.since(told.time) < LATE);
        let mut told: Vec<_> = self.early.take(opened).into_iter().chain(unseen).collect();
        told.sort_by_key(|(_, told)| told.time);
        for (side, told) in told {
            if self.is_far(ends(opened, side).0) {
                self.told(connection, side, &told)?;
            }
        }
        Ok(())
    }

    fn is_far(&self, end: SocketAddr) -> bool {
        self.asked.iter().any(|asked| asked.is(end))
    }

    /// The ends of which the kernel can be asked.
    fn sides(&self, connection: u32) -> Vec<Side> {
        let Some(Connection { opened, .. }) = self.connections.get(&connection) else { return Vec::new() };
        Side::BOTH.into_iter().filter(|side| self.is_far(ends(opened, *side).0)).collect()
    }

    /// Waits until the kernels have told what follows from the last segment.
    fn settle(&mut self, connection: u32, sides: &[Side], summary: &Summary) -> io::Result<()> {
        let mut quiet = 0;
        for pause in PATIENCE {
            self.listen()?;
            self.release(None)?;
            self.look(connection)?;
            let Some(known) = self.connections.get_mut(&connection) else { break };
            let told = std::mem::take(&mut known.told);
            let settled = sides.iter().all(|side| known.is_settled(*side, summary.states[*side].state));
            quiet = if settled && !told { quiet + 1 } else { 0 };
            if quiet == QUIET || !self.patient {
                break;
            }
            poll::wait(&[], Some(pause)).map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// The end of a connection: what is still told, whether both ways agree, and all that was held.
    fn end(&mut self, event: &Event, summary: &Summary) -> io::Result<()> {
        let sides = self.sides(event.connection);
        self.settle(event.connection, &sides, summary)?;
        let lost = self.account.as_ref().map_or(Ok(0), Account::lost).map_err(io::Error::other)?;
        let Some(mut connection) = self.connections.remove(&event.connection) else { return self.sink.event(event) };
        for side in Side::BOTH {
            let ends = ends(&connection.opened, side);
            if self.by_ends.get(&ends).is_some_and(|(number, _)| *number == event.connection) {
                self.by_ends.remove(&ends);
            }
        }
        if let Some(account) = &mut self.account {
            account.leave(connection.opened.client, connection.opened.server);
        }
        connection.paths.event(event);
        let held = connection.held.release(&mut self.room);
        let conclusions = conclusions(&connection.paths, &sides, self.account.is_some(), lost);
        let conclusions = conclusions.into_iter().map(|kernel| Event { kind: EventKind::Kernel(kernel), ..*event });
        let mut all = held.into_iter().chain(conclusions).chain([*event]);
        all.try_for_each(|event| self.sink.event(&event))
    }
}

fn ends(opened: &Opened, side: Side) -> (SocketAddr, SocketAddr) {
    match side {
        Side::Client => (opened.client, opened.server),
        Side::Server => (opened.server, opened.client),
    }
}

/// What is told in the end: records that are missing, each contradiction, and the counts.
fn conclusions(paths: &Paths, sides: &[Side], traced: bool, lost: u64) -> Vec<KernelEvent> {
    let mut events = Vec::new();
    for (index, side) in sides.iter().enumerate() {
        let event = |kind| KernelEvent { side: *side, teller: Teller::Tracepoint, kind };
        if lost > 0 && index == 0 {
            events.push(event(KernelKind::Lost { records: lost }));
        }
        let compared = paths.compare(*side, traced && lost == 0, |inferred, observed| {
            events.push(event(KernelKind::Contradiction { inferred, observed }));
        });
        events.push(event(KernelKind::Compared(compared)));
    }
    events
}

impl Sink for Merge<'_> {
    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        self.sink.packet(number, packet, decoded);
    }

    fn wants_packets(&self) -> bool {
        self.sink.wants_packets()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let (Some(account), EventKind::Opened(opened)) = (&mut self.account, &event.kind) {
            account.watch(opened.client, opened.server);
        }
        // What is put in order in the end need not be read before: reading takes time, which the connection would feel.
        if !self.sorted {
            self.listen()?;
        }
        let mut syn_again = false;
        match &event.kind {
            EventKind::Opened(opened) => return self.open(event, opened),
            EventKind::Ended(summary) => return self.end(event, summary),
            EventKind::Segment(segment) => {
                self.segments.truncate(SEGMENTS - 1);
                self.segments.push_front((event.time, event.connection));
                syn_again = self.is_syn_again(event.connection, segment);
            }
            EventKind::Icmp(_) | EventKind::Kernel(_) => {}
        }
        self.release(Some(event.time))?;
        self.pass(event)?;
        if syn_again {
            self.ask_for_queue(event.connection)?;
        }
        if self.account.is_none() {
            self.look(event.connection)?;
        }
        Ok(())
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        let Some(datagrams) = &mut self.datagrams else { return self.sink.exchange(event) };
        datagrams.hold(event);
        if datagrams.is_full() {
            self.listen()?;
            self.release_datagrams(false)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.patient {
            // Nothing may come for long, and the kernel goes on telling.
            self.listen()?;
            self.release(None)?;
        }
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.listen()?;
        self.release(None)?;
        self.release_datagrams(true)?;
        self.sink.finish()
    }
}
