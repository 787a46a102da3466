//! Which descriptor is which socket, and which socket is of which connection.
//!
//! A system call tells a descriptor and no addresses, a tracepoint a socket and no descriptor. They meet where a thread
//! changes a socket's state, or moves octets through it, within its call; and accept() takes from a queue whose order is
//! that in which connections came to be established.

mod datagrams;
mod files;
mod sockets;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::HashMap;
use std::net::SocketAddr;

use super::existing::Existing;
use super::names::{closes_on_exec, detail, errno};
use super::tasks::{CLONE_FILES, Tasks};
use super::{DatagramCall, Told};
use crate::sys::tracefs::{Ends, Reasons, Record, What};
use crate::tcp::State;
use crate::trace::{CallEvent, KernelKind, Text};
use crate::wire::Time;
use datagrams::Datagrams;
use files::{Descriptor, File, Files};
use sockets::Sockets;
pub use sockets::is_at;

/// Calls of one socket that are kept until it is known which it is.
const HISTORY: usize = 32;

/// A call that has not returned.
#[derive(Debug)]
struct Entered {
    time: Time,
    call: CallEvent,
    arguments: [u64; 6],
    /// It was told already.
    told: bool,
    /// Of a datagram socket: whom it speaks with, as far as that was told.
    ends: Option<Ends>,
}

/// Everything that is known.
#[derive(Debug)]
pub(super) struct Ledger {
    tasks: Tasks,
    entered: HashMap<u32, Entered>,
    files: Files,
    sockets: Sockets,
    datagrams: Datagrams,
}

impl Ledger {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self {
            tasks,
            entered: HashMap::new(),
            files: Files::default(),
            sockets: Sockets::default(),
            datagrams: Datagrams::default(),
        }
    }

    pub(super) fn watch(&mut self, one: SocketAddr, other: SocketAddr) {
        self.sockets.watch(one, other);
    }

    pub(super) fn leave_alone(&mut self, one: SocketAddr, other: SocketAddr) {
        self.sockets.leave_alone(one, other);
    }

    pub(super) fn knows_callers(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Sockets that were there before anything was recorded, in the only network that counts.
    pub(super) fn adopt(&mut self, found: &[Existing]) {
        self.sockets.count_every();
        let mut numbers = HashMap::new();
        for &Existing { process, descriptor, ends, listens } in found {
            let socket = *numbers.entry(ends).or_insert_with(|| self.sockets.adopt(ends, listens));
            self.files.insert((process, descriptor), File::of(socket, false));
        }
    }

    /// A thread waited in this call already.
    pub(super) fn waits(&mut self, now: Time, task: u32, call: &'static str, arguments: &[u64; 6]) {
        self.enter(now, task, call, arguments);
    }

    /// What was told since the last time, in the order of time.
    pub(super) fn take(&mut self) -> Vec<Told> {
        // Who waits in accept() since long is told to wait.
        let waiting: Vec<_> = self.entered.values_mut().filter(|it| !it.told && is_accept(it.call.call)).collect();
        for entered in waiting {
            if let Some(socket) = self.files.socket(descriptor(&entered.call)) {
                entered.told = true;
                self.sockets.tell(socket, entered.time, KernelKind::Called(entered.call));
            }
        }
        let within = |entered: &Entered| self.files.socket(descriptor(&entered.call));
        self.sockets.take(|| self.entered.values().filter_map(within).collect())
    }

    /// From now on calls on datagram sockets are told, too.
    pub(super) const fn want_datagrams(&mut self) {
        self.datagrams.want();
    }

    /// The calls on datagram sockets since the last time; in the `end` those that have not returned as well.
    pub(super) fn take_datagrams(&mut self, end: bool) -> Vec<DatagramCall> {
        let socket = |entered: &Entered| self.files.get(descriptor(&entered.call)).and_then(|file| file.datagrams);
        for entered in self.entered.values().filter(|_| end) {
            if let Some(socket) = socket(entered) {
                self.datagrams.called(socket, entered, None);
            }
        }
        self.datagrams.take()
    }

    /// Takes one record.
    pub(super) fn record(&mut self, record: &Record, reasons: &Reasons) {
        let (time, task) = (record.time, record.task);
        match record.what {
            What::Entered { call, arguments } => self.enter(time, task, call, &arguments),
            What::Returned { call, result } => self.leave(time, task, call, result),
            What::State { socket, ends, old, new } => {
                if let (Some(old), Some(new)) = (State::from_kernel(old.0), State::from_kernel(new.0)) {
                    self.state(time, task, (socket, ends), (old, new));
                }
            }
            What::Used { socket } => self.used(task, socket),
            What::Routed { ends } => self.routed(task, ends),
            What::Destroyed { socket, .. } => self.sockets.forget(socket),
            What::Born { task: child, name, flags } => self.born(task, child, &name, flags),
            What::Executed => self.executed(task),
            What::Exited => self.exited(task),
            What::Renamed { name } => self.tasks.rename(task, &name),
            What::Named { packet, ends } => self.sockets.packet(packet, ends),
            What::ResetSent { packet, ends, reason, .. } => {
                self.sockets.packet(packet, ends);
                let reason = text(reasons.of_reset(reason), reason);
                self.sockets.tell_of(ends, time, KernelKind::ResetSent { reason });
            }
            What::ResetReceived { ends, .. } => self.sockets.tell_of(ends, time, KernelKind::ResetReceived),
            What::Again { ends, request, .. } => {
                self.sockets.tell_of(ends, time, KernelKind::Again { syn_ack: request });
            }
            What::Dropped { packet, socket, reason } => {
                let kind = KernelKind::Dropped { reason: text(reasons.of_drop(reason), reason) };
                self.sockets.tell_of_packet(packet, socket, time, kind);
            }
        }
    }

    fn enter(&mut self, time: Time, task: u32, name: &'static str, arguments: &[u64; 6]) {
        let stream = arguments[1] & 0xf == libc::SOCK_STREAM as u64;
        let datagrams = is_datagrams(arguments) && self.datagrams.are_wanted();
        let internet = [libc::AF_INET, libc::AF_INET6].contains(&(arguments[0] as i32));
        if name == "socket" && !((stream || datagrams) && internet) {
            return;
        }
        if name == "ioctl" {
            self.told_by_ioctl(task, arguments);
            return;
        }
        let number = (name != "socket").then_some(arguments[0] as i32);
        let call = CallEvent {
            call: name,
            descriptor: number,
            detail: detail(name, arguments),
            process: self.tasks.get(task),
        };
        // Whose connection accept() is of is known when it returns.
        let told = self.files.socket(descriptor(&call)).filter(|_| !is_accept(name) && !is_marking(&call));
        if let Some(socket) = told {
            self.sockets.tell(socket, time, KernelKind::Called(call));
        }
        self.entered.insert(task, Entered { time, call, arguments: *arguments, told: told.is_some(), ends: None });
    }

    fn leave(&mut self, time: Time, task: u32, name: &'static str, result: i64) {
        let Some(entered) = self.entered.remove(&task).filter(|entered| entered.call.call == name) else { return };
        let own = descriptor(&entered.call);
        let new = i32::try_from(result).ok().filter(|number| *number >= 0).map(|number| (own.0, number));
        let returned = (time, KernelKind::Returned { call: entered.call, result, errno: errno(result) });
        if let Some(socket) = self.files.get(own).and_then(|file| file.datagrams)
            && !is_marking(&entered.call)
        {
            self.datagrams.called(socket, &entered, Some((time, result)));
        }
        match (name, new) {
            ("socket", Some(new)) if is_datagrams(&entered.arguments) => {
                let socket = self.datagrams.add();
                self.datagrams.called(socket, &entered, Some((time, result)));
                self.files.insert(new, File { datagrams: Some(socket), stays: entered.stays(), ..File::default() });
            }
            ("close_range", Some(_)) => self.closed_range(&entered, returned),
            ("fcntl", _) if is_marking(&entered.call) => {
                let [_, command, flags, ..] = entered.arguments;
                if result == 0 && command == libc::F_SETFD as u64 {
                    self.mark(own, flags & libc::FD_CLOEXEC as u64 != 0);
                }
            }
            ("close_range", None) if is_marking(&entered.call) => {}
            ("socket", Some(new)) => {
                let history = vec![(entered.time, KernelKind::Called(entered.call)), returned];
                self.files.insert(new, File { history, stays: entered.stays(), ..File::default() });
            }
            ("accept" | "accept4", Some(new)) => self.accepted(&entered, own, new, returned),
            ("dup" | "dup2" | "dup3" | "fcntl", Some(new)) => self.doubled(&entered, own, new, returned),
            _ => self.tell(&entered, own, returned),
        }
        if name == "close" {
            self.drop_file(own);
        }
    }

    /// A descriptor is gone. Calls that failed before its socket was of any connection are told as that.
    fn drop_file(&mut self, descriptor: Descriptor) {
        let Some(file) = self.files.remove(descriptor).filter(|file| file.socket.is_none()) else { return };
        if file.history.iter().any(|(_, kind)| has_failed(kind)) {
            file.history.into_iter().for_each(|(time, kind)| self.sockets.tell_of_none(time, kind));
        }
    }

    /// A listening socket gave away the connection that waited longest.
    fn accepted(&mut self, entered: &Entered, own: Descriptor, new: Descriptor, returned: (Time, KernelKind)) {
        let socket = self.files.socket(own).and_then(|listener| self.sockets.accept(listener));
        let called = (!entered.told).then_some((entered.time, KernelKind::Called(entered.call)));
        let history: Vec<_> = called.into_iter().chain([returned]).collect();
        let stays = entered.stays();
        match socket {
            Some(socket) => {
                history.into_iter().for_each(|(time, kind)| self.sockets.tell(socket, time, kind));
                self.files.insert(new, File::of(socket, stays));
            }
            None => self.files.insert(new, File { history, stays, ..File::default() }),
        }
    }

    /// `new` is what `own` is; what was behind it before is closed.
    fn doubled(&mut self, entered: &Entered, own: Descriptor, new: Descriptor, returned: (Time, KernelKind)) {
        self.tell(entered, own, returned);
        if own == new {
            return;
        }
        let (socket, closed) = (self.files.socket(own), self.files.socket(new));
        if let Some(closed) = closed.filter(|closed| Some(*closed) != socket) {
            self.sockets.tell(closed, entered.time, KernelKind::Called(entered.call));
            self.sockets.tell(closed, returned.0, returned.1);
        }
        self.drop_file(new);
        if let Some(datagrams) = self.files.get(own).map(|file| file.datagrams) {
            let stays = entered.stays();
            self.files.insert(new, File { socket, datagrams, stays, ..File::default() });
        }
    }

    /// close_range(2): it closes all descriptors of a range, or marks them as to be closed when another program is run.
    fn closed_range(&mut self, entered: &Entered, returned: (Time, KernelKind)) {
        let [first, last, flags, ..] = entered.arguments.map(|number| number as u32);
        let bound = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let (process, range) = (entered.call.process.process, bound(first)..=bound(last));
        if flags & libc::CLOSE_RANGE_CLOEXEC != 0 {
            self.files.of(process, &range).into_iter().for_each(|own| self.mark(own, true));
            return;
        }
        for own in self.files.of(process, &range) {
            // It was told to who has the first of them.
            let told = entered.told && own == descriptor(&entered.call);
            self.tell(&Entered { told, ..*entered }, own, returned);
            self.drop_file(own);
        }
    }

    /// ioctl(2) can do what fcntl(2) does with F_SETFD, and of an open descriptor it does it always: so its end is not recorded.
    fn told_by_ioctl(&mut self, task: u32, [number, request, ..]: &[u64; 6]) {
        let closes = *request as u32 == libc::FIOCLEX as u32;
        if closes || *request as u32 == libc::FIONCLEX as u32 {
            self.mark((self.tasks.get(task).process, *number as i32), closes);
        }
    }

    /// This descriptor is closed when another program is run, or not.
    fn mark(&mut self, own: Descriptor, closes: bool) {
        if let Some(file) = self.files.get_mut(own) {
            file.stays = !closes;
        }
    }

    /// What a call on `own` came to: to whom it concerns, or for later.
    fn tell(&mut self, entered: &Entered, own: Descriptor, returned: (Time, KernelKind)) {
        let Some(file) = self.files.get_mut(own) else { return };
        let called = (!entered.told).then_some((entered.time, KernelKind::Called(entered.call)));
        let both = called.into_iter().chain([returned]);
        match file.socket {
            Some(socket) => both.for_each(|(time, kind)| self.sockets.tell(socket, time, kind)),
            None if file.datagrams.is_none() && file.history.len() + 2 <= HISTORY => file.history.extend(both),
            None => {}
        }
    }

    fn state(&mut self, time: Time, task: u32, place: (u64, Ends), (old, new): (State, State)) {
        let knows = self.tasks.knows(task);
        let Some(socket) = self.sockets.state(time, place, (old, new), knows) else { return };
        // What arrives while a thread is in a call changes other sockets in its name; these changes only a call makes.
        let name = self.entered.get(&task).map_or("", |entered| entered.call.call);
        let by_call = match (old, new) {
            (State::Closed, State::SynSent) => name == "connect" || name.starts_with("send"),
            (State::Closed, State::Listen) => name == "listen",
            (State::Established, State::FinWait1) | (State::CloseWait, State::LastAck) => {
                matches!(name, "close" | "shutdown")
            }
            _ => false,
        };
        if by_call {
            self.bind(task, socket, false);
        }
    }

    /// The way of what this thread's call sends.
    fn routed(&mut self, task: u32, ends: Ends) {
        let Some(entered) = self.entered.get_mut(&task) else { return };
        if let Some(socket) = self.files.get(descriptor(&entered.call)).and_then(|file| file.datagrams) {
            self.datagrams.routed(socket, entered, ends);
        }
    }

    /// Octets are moved by the very thread that calls, through the socket that it means.
    fn used(&mut self, task: u32, place: u64) {
        if let Some(socket) = self.sockets.at(place) {
            self.bind(task, socket, true);
        }
    }

    /// The descriptor of the call that this thread is in is that socket.
    fn bind(&mut self, task: u32, socket: u64, sure: bool) {
        let Some(entered) = self.entered.get_mut(&task) else { return };
        let own = descriptor(&entered.call);
        let known = self.files.socket(own);
        if let Some(puzzle) = known.filter(|known| self.sockets.is_puzzle(*known)) {
            self.sockets.solve(puzzle, socket);
            return;
        }
        let known = known.map(|known| self.sockets.resolved(known));
        if known == Some(socket) || known.is_some() && !sure {
            return;
        }
        let file = self.files.remove(own).unwrap_or_default();
        file.history.iter().for_each(|(time, kind)| self.sockets.tell(socket, *time, *kind));
        if !entered.told {
            entered.told = true;
            self.sockets.tell(socket, entered.time, KernelKind::Called(entered.call));
        }
        self.files.insert(own, File::of(socket, file.stays));
    }

    /// Another program is run: of descriptors that were never seen to be made it is not known whether they are open in it.
    fn executed(&mut self, task: u32) {
        self.files.executed(self.tasks.get(task).process);
    }

    /// A thread ends, and its process with it if that is the first one.
    fn exited(&mut self, task: u32) {
        self.entered.remove(&task);
        if self.tasks.get(task).process == task {
            self.files.of(task, &(0..=i32::MAX)).into_iter().for_each(|descriptor| self.drop_file(descriptor));
        }
        self.tasks.forget(task);
    }

    /// A new process has the descriptors of its parent.
    fn born(&mut self, parent: u32, child: u32, name: &[u8], flags: u64) {
        let parent_process = self.tasks.get(parent).process;
        if self.tasks.born(parent, child, name, flags) && flags & CLONE_FILES == 0 {
            self.files.inherit(parent_process, child);
        }
    }
}

impl Entered {
    /// Whether the descriptor that it makes is open in the program that the process runs next.
    fn stays(&self) -> bool {
        !closes_on_exec(self.call.call, &self.arguments)
    }
}

/// The descriptor that a call is about.
fn descriptor(call: &CallEvent) -> Descriptor {
    (call.process.process, call.descriptor.unwrap_or(-1))
}

/// Whether these are the arguments of a socket() that makes one for datagrams.
const fn is_datagrams(arguments: &[u64; 6]) -> bool {
    arguments[1] & 0xf == libc::SOCK_DGRAM as u64
}

/// Whether nothing comes of it but for the program that is run next: such a call is not told.
fn is_marking(call: &CallEvent) -> bool {
    matches!(call.call, "fcntl" | "close_range") && call.detail.is_none()
}

/// Whether a socket could not have its place in the network. What only has to wait has not failed.
fn has_failed(kind: &KernelKind) -> bool {
    let KernelKind::Returned { call, errno: Some(errno), .. } = kind else { return false };
    matches!(call.call, "bind" | "listen" | "connect") && *errno != "EINPROGRESS"
}

fn is_accept(call: &str) -> bool {
    matches!(call, "accept" | "accept4")
}

/// The kernel's word for a reason, or else its number.
fn text(name: Option<&str>, number: u64) -> Text<40> {
    name.map_or_else(|| Text::of(number.to_string().as_bytes()), |name| Text::of(name.as_bytes()))
}
