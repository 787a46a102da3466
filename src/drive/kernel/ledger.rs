//! Which descriptor is which socket, and which socket is of which connection.
//!
//! A system call tells a descriptor and no addresses, a tracepoint a socket and no descriptor. They meet where a thread
//! changes a socket's state, or moves octets through it, within its call; and accept() takes from a queue whose order is
//! that in which connections came to be established.

mod sockets;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::HashMap;
use std::net::SocketAddr;

use super::Told;
use super::existing::Existing;
use super::names::{detail, errno};
use super::tasks::{CLONE_FILES, Tasks};
use crate::sys::tracefs::{Ends, Reasons, Record, What};
use crate::tcp::State;
use crate::trace::{CallEvent, KernelKind, Text};
use crate::wire::Time;
use sockets::Sockets;
pub use sockets::is_at;

/// Calls of one socket that are kept until it is known which it is.
const HISTORY: usize = 32;
/// Descriptors that are remembered.
const FILES: usize = 65_536;

/// A call that has not returned.
#[derive(Debug)]
struct Entered {
    time: Time,
    call: CallEvent,
    /// It was told already.
    told: bool,
}

/// What is known of a descriptor.
#[derive(Clone, Debug, Default)]
struct File {
    socket: Option<u64>,
    /// What was called before that was known.
    history: Vec<(Time, KernelKind)>,
}

/// A descriptor of a process.
type Descriptor = (u32, i32);

/// Everything that is known.
#[derive(Debug)]
pub(super) struct Ledger {
    tasks: Tasks,
    entered: HashMap<u32, Entered>,
    files: HashMap<Descriptor, File>,
    sockets: Sockets,
}

impl Ledger {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, entered: HashMap::new(), files: HashMap::new(), sockets: Sockets::default() }
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
            self.insert((process, descriptor), File { socket: Some(socket), history: Vec::new() });
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
            let file = self.files.get(&(entered.call.process.process, entered.call.descriptor.unwrap_or(-1)));
            if let Some(socket) = file.and_then(|file| file.socket) {
                entered.told = true;
                self.sockets.tell(socket, entered.time, KernelKind::Called(entered.call));
            }
        }
        self.sockets.take()
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
        let internet = [libc::AF_INET, libc::AF_INET6].contains(&(arguments[0] as i32));
        if name == "socket" && !(stream && internet) {
            return;
        }
        let descriptor = (name != "socket").then_some(arguments[0] as i32);
        let process = self.tasks.get(task);
        let call = CallEvent { call: name, descriptor, detail: detail(name, arguments), process };
        let known = descriptor.and_then(|number| self.files.get(&(process.process, number))).and_then(|it| it.socket);
        // Whose connection accept() is of is known when it returns.
        let told = known.filter(|_| !is_accept(name));
        if let Some(socket) = told {
            self.sockets.tell(socket, time, KernelKind::Called(call));
        }
        self.entered.insert(task, Entered { time, call, told: told.is_some() });
    }

    fn leave(&mut self, time: Time, task: u32, name: &'static str, result: i64) {
        let Some(entered) = self.entered.remove(&task).filter(|entered| entered.call.call == name) else { return };
        let call = entered.call;
        let own = (call.process.process, call.descriptor.unwrap_or(-1));
        let new = i32::try_from(result).ok().filter(|number| *number >= 0).map(|number| (own.0, number));
        let returned = (time, KernelKind::Returned { call, result, errno: errno(result) });
        match (name, new) {
            ("socket", Some(new)) => {
                let history = vec![(entered.time, KernelKind::Called(call)), returned];
                self.insert(new, File { socket: None, history });
            }
            ("accept" | "accept4", Some(new)) => self.accepted(&entered, own, new, returned),
            ("dup" | "dup2" | "dup3", Some(new)) => {
                if let Some(file) = self.files.get(&own).cloned() {
                    self.insert(new, file);
                }
            }
            _ => self.tell(&entered, own, returned),
        }
        if name == "close" {
            self.drop_file(own);
        }
    }

    /// A descriptor is gone. Calls that failed before its socket was of any connection are told as that.
    fn drop_file(&mut self, descriptor: Descriptor) {
        let Some(file) = self.files.remove(&descriptor).filter(|file| file.socket.is_none()) else { return };
        if file.history.iter().any(|(_, kind)| has_failed(kind)) {
            file.history.into_iter().for_each(|(time, kind)| self.sockets.tell_of_none(time, kind));
        }
    }

    fn insert(&mut self, descriptor: Descriptor, file: File) {
        if self.files.len() < FILES || self.files.contains_key(&descriptor) {
            self.files.insert(descriptor, file);
        }
    }

    /// A listening socket gave away the connection that waited longest.
    fn accepted(&mut self, entered: &Entered, own: Descriptor, new: Descriptor, returned: (Time, KernelKind)) {
        let listener = self.files.get(&own).and_then(|file| file.socket);
        let socket = listener.and_then(|listener| self.sockets.accept(listener));
        let called = (!entered.told).then_some((entered.time, KernelKind::Called(entered.call)));
        let history: Vec<_> = called.into_iter().chain([returned]).collect();
        match socket {
            Some(socket) => {
                history.into_iter().for_each(|(time, kind)| self.sockets.tell(socket, time, kind));
                self.insert(new, File { socket: Some(socket), history: Vec::new() });
            }
            None => self.insert(new, File { socket: None, history }),
        }
    }

    /// What a call on `own` came to: to whom it concerns, or for later.
    fn tell(&mut self, entered: &Entered, own: Descriptor, returned: (Time, KernelKind)) {
        let Some(file) = self.files.get_mut(&own) else { return };
        let called = (!entered.told).then_some((entered.time, KernelKind::Called(entered.call)));
        let both = called.into_iter().chain([returned]);
        match file.socket {
            Some(socket) => both.for_each(|(time, kind)| self.sockets.tell(socket, time, kind)),
            None if file.history.len() + 2 <= HISTORY => file.history.extend(both),
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

    /// Octets are moved by the very thread that calls, through the socket that it means.
    fn used(&mut self, task: u32, place: u64) {
        if let Some(socket) = self.sockets.at(place) {
            self.bind(task, socket, true);
        }
    }

    /// The descriptor of the call that this thread is in is that socket.
    fn bind(&mut self, task: u32, socket: u64, sure: bool) {
        let Some(entered) = self.entered.get_mut(&task) else { return };
        let own = (entered.call.process.process, entered.call.descriptor.unwrap_or(-1));
        let known = self.files.get(&own).and_then(|file| file.socket);
        if let Some(puzzle) = known.filter(|known| self.sockets.is_puzzle(*known)) {
            self.sockets.solve(puzzle, socket);
            return;
        }
        let known = known.map(|known| self.sockets.resolved(known));
        if known == Some(socket) || known.is_some() && !sure {
            return;
        }
        let file = self.files.remove(&own).unwrap_or_default();
        file.history.into_iter().for_each(|(time, kind)| self.sockets.tell(socket, time, kind));
        if !entered.told {
            entered.told = true;
            self.sockets.tell(socket, entered.time, KernelKind::Called(entered.call));
        }
        self.insert(own, File { socket: Some(socket), history: Vec::new() });
    }

    /// Most descriptors are closed with that, and which are left cannot be seen.
    fn executed(&mut self, task: u32) {
        let process = self.tasks.get(task).process;
        self.files.retain(|(owner, _), _| *owner != process);
    }

    /// A thread ends, and its process with it if that is the first one.
    fn exited(&mut self, task: u32) {
        self.entered.remove(&task);
        if self.tasks.get(task).process == task {
            let own = self.files.keys().copied().filter(|(process, _)| *process == task);
            own.collect::<Vec<_>>().into_iter().for_each(|descriptor| self.drop_file(descriptor));
        }
        self.tasks.forget(task);
    }

    /// A new process has the descriptors of its parent.
    fn born(&mut self, parent: u32, child: u32, name: &[u8], flags: u64) {
        let parent_process = self.tasks.get(parent).process;
        if self.tasks.born(parent, child, name, flags) && flags & CLONE_FILES == 0 {
            let copied = self.files.iter().filter(|((process, _), _)| *process == parent_process);
            let copied: Vec<_> = copied.map(|((_, number), file)| ((child, *number), file.socket)).collect();
            for (descriptor, socket) in copied {
                self.insert(descriptor, File { socket, history: Vec::new() });
            }
        }
    }
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
