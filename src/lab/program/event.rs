//! A server that waits for all its sockets at once (epoll(7)), and blocks in no other call.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::mem::MaybeUninit;
use std::net::TcpListener;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use super::Serving;
use super::models::accept_unblocked;
use super::session::{Next, Session};

/// The number of the listening socket among what epoll tells; connections have others.
const LISTENER: u64 = 0;

/// Connections by their numbers.
type Sessions = HashMap<u64, Session>;

/// Serves whoever calls. Other processes may do the same with the same listening socket.
pub(super) fn serve(serving: &Serving, listener: &TcpListener) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    // Of several processes only one is woken for a connection.
    epoll::add(&epoll, listener, EventData::new_u64(LISTENER), EventFlags::IN | EventFlags::EXCLUSIVE)?;
    let (mut sessions, mut last) = (Sessions::new(), LISTENER);
    loop {
        let mut events = [MaybeUninit::uninit(); 64];
        let (ready, _) = match epoll::wait(&epoll, &mut events, None) {
            Err(rustix::io::Errno::INTR) => continue,
            ready => ready?,
        };
        for event in ready {
            let number = event.data.u64();
            if number == LISTENER {
                if let Some(session) = accept_unblocked(serving, listener) {
                    last += 1;
                    epoll::add(&epoll, session.stream(), EventData::new_u64(last), EventFlags::IN)?;
                    sessions.insert(last, session);
                }
            } else if let Some(session) = sessions.get_mut(&number) {
                match session.step() {
                    // Closing a socket takes it out of what epoll waits for.
                    Ok(Next::Over) | Err(_) => drop(sessions.remove(&number)),
                    Ok(next) => {
                        epoll::modify(&epoll, session.stream(), EventData::new_u64(number), interest(next))?;
                    }
                }
            }
        }
    }
}

const fn interest(next: Next) -> EventFlags {
    match next {
        Next::Write => EventFlags::OUT,
        Next::Read | Next::Over => EventFlags::IN,
    }
}
