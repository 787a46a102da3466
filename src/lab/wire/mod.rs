//! A wire in user space for the lab: every frame between the two hosts passes through this process, which may delay,
//! lose, double, damage and reorder it. It needs no traffic shaper in the kernel.
//!
//! The wire has a network namespace of its own with the far plugs of two cables, one to each host, and a packet socket
//! on each plug. What to do with a frame is decided in [`schedule`], which knows neither clock nor socket.

mod impairments;
mod random;
mod schedule;

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

pub use impairments::{Choice, Impairments, WireError};

use super::Error;
use crate::sys::frames::FrameSocket;
use crate::sys::{self, poll};
use schedule::{Schedule, Way};

/// The two sockets on which the wire hears its hosts.
#[derive(Debug)]
pub(super) struct Plugs {
    pub(super) near: FrameSocket,
    pub(super) far: FrameSocket,
}

/// A running wire. It stops when it is dropped, and what is on it is lost.
#[derive(Debug)]
pub(super) struct Wire {
    /// Dropping it makes the other end readable, which the thread watches.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    pub(super) fn start(plugs: Plugs, impairments: Impairments) -> Result<Self, Error> {
        let failed = |source| sys::Error::os("start the lab's wire", source);
        let (stop, stopped) = UnixStream::pair().map_err(failed)?;
        let body = move || carry(&plugs, Schedule::new(impairments), &stopped);
        let thread = Builder::new().name("lab wire".to_owned()).spawn(body).map_err(failed)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Carries frames until `stop` becomes readable, or one of the hosts is gone.
fn carry(plugs: &Plugs, mut schedule: Schedule, stop: &UnixStream) {
    let began = Instant::now();
    let fds = [plugs.near.as_fd(), plugs.far.as_fd(), stop.as_fd()];
    loop {
        while let Some((way, frame)) = schedule.leave(began.elapsed()) {
            // A host that cannot take a frame loses it, as it would on any wire.
            let _ = plugs.towards(way).send(&frame);
        }
        let left = schedule.next().map(|due| due.saturating_sub(began.elapsed()));
        match poll::wait(&fds, left) {
            Ok(ready) if !ready.contains(2) => {
                let both = [(0, Way::There, &plugs.near), (1, Way::Back, &plugs.far)];
                for (_, way, plug) in both.into_iter().filter(|(index, ..)| ready.contains(*index)) {
                    if hear(plug, way, &mut schedule, began).is_err() {
                        return;
                    }
                }
            }
            _ => return,
        }
    }
}

impl Plugs {
    const fn towards(&self, way: Way) -> &FrameSocket {
        match way {
            Way::There => &self.far,
            Way::Back => &self.near,
        }
    }
}

/// One way must not keep the other waiting.
const AT_ONCE: usize = 16;

/// Takes in what has come to one plug.
fn hear(plug: &FrameSocket, way: Way, schedule: &mut Schedule, began: Instant) -> sys::Result<()> {
    for _ in 0..AT_ONCE {
        let Some(frame) = plug.receive()? else { break };
        if is_to_group(&frame) {
            schedule.pass(began.elapsed(), way, frame);
        } else {
            schedule.enter(began.elapsed(), way, frame);
        }
    }
    Ok(())
}

/// Whether a frame goes to many: a host says so who it is, when it likes. That must not change which frame is the third.
fn is_to_group(frame: &[u8]) -> bool {
    frame.first().is_some_and(|octet| octet & 1 == 1)
}
