//! How another process finds a running lab and comes in.
//!
//! The door is a Unix socket with an abstract name: there is no file, and it is gone with the process. Such names belong to
//! a network namespace, so there is one door in the network from which the lab was started, and one on each host: who is
//! inside finds the lab that they are in. Who knocks is handed the lab's namespaces, if they are the same user; without
//! being that user they could do nothing with them, and with a door of somebody else they would be led astray.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::program::Serving;
use super::{Error, Lab, Place};
use crate::sys::namespace::UserNamespace;
use crate::sys::{self, Namespace, poll, unix};

/// Who may be inside at once, beside the lab itself.
const GUESTS: usize = 256;

/// Octets of what a door tells of its lab, at most.
const LONGEST: usize = 4096;

/// How long a door may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A door for this user in the network of this thread.
fn name() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("rawshake-lab-{}", unix::own_user()))
}

/// A name that nobody else can take any more; nobody is let in yet.
#[derive(Debug)]
pub struct Door(UnixListener);

/// A door that is open. It closes when it is dropped.
#[derive(Debug)]
pub struct OpenDoor {
    /// Dropping it makes the other end readable, which the thread watches.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Takes the name, in the network from which the lab is to be found. To be called before the lab is entered.
    ///
    /// # Errors
    /// [`Error::Taken`] where a lab of this user runs already.
    pub fn reserve() -> Result<Self, Error> {
        bind().map(Self)
    }

    /// Lets others into `lab`, and tells them what serves there. To be called by the thread that entered it.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub fn open(self, lab: &Lab, serving: Option<&Serving>) -> Result<OpenDoor, Error> {
        let told = serde_json::to_vec(&serving).map_err(|error| failed(error.into()))?;
        let user = UserNamespace::current().map_err(Error::Program)?;
        let hosts = [Namespace::current().map_err(Error::Program)?, lab.on_server(Namespace::current)??];
        let doors = vec![self.0, bind()?, lab.on_server(bind)??];
        let (stop, stopped) = UnixStream::pair().map_err(failed)?;
        let body = move || admit(&doors, &stopped, |guest| hand_over(guest, &told, &user, &hosts));
        let thread = Builder::new().name("lab door".to_owned()).spawn(body).map_err(failed)?;
        Ok(OpenDoor { stop: Some(stop), thread: Some(thread) })
    }
}

fn bind() -> Result<UnixListener, Error> {
    let bound = name().and_then(|name| UnixListener::bind_addr(&name));
    let listener =
        bound.map_err(|error| if error.kind() == ErrorKind::AddrInUse { Error::Taken } else { failed(error) })?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn failed(source: io::Error) -> Error {
    Error::Program(sys::Error::os("open the lab's door", source))
}

impl Drop for OpenDoor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Lets guests in until `stop` becomes readable. A guest is one as long as their socket is open.
fn admit(doors: &[UnixListener], stop: &UnixStream, hand_over: impl Fn(&UnixStream) -> io::Result<()>) {
    let mut guests: Vec<UnixStream> = Vec::new();
    loop {
        let mut fds: Vec<_> = doors.iter().map(|door| door.as_fd()).chain([stop.as_fd()]).collect();
        fds.extend(guests.iter().map(|guest| guest.as_fd()));
        let Ok(ready) = poll::wait(&fds, None) else { return };
        if ready.contains(doors.len()) {
            return;
        }
        // Guests say nothing: what can be read is their end.
        let mut number = doors.len();
        guests.retain(|_| {
            number += 1;
            !ready.contains(number)
        });
        for guest in doors.iter().filter_map(|door| door.accept().ok()).map(|(guest, _)| guest) {
            let is_same_user = unix::peer_user(&guest).is_ok_and(|user| user == unix::own_user());
            if is_same_user && guests.len() < GUESTS && hand_over(&guest).is_ok() {
                guests.push(guest);
            }
        }
    }
}

fn hand_over(guest: &UnixStream, told: &[u8], user: &UserNamespace, hosts: &[Namespace; 2]) -> io::Result<()> {
    unix::send(guest, told, &[user.as_fd(), hosts[0].as_fd(), hosts[1].as_fd()])
}

/// A running lab, seen from a process that came in by its door. The lab goes on without it.
#[derive(Debug)]
pub struct Joined {
    /// Becomes readable when the lab ends.
    door: UnixStream,
    user: UserNamespace,
    hosts: [Namespace; 2],
    serving: Option<Serving>,
}

impl Joined {
    /// Finds the lab that this process is in, or else the one that this user runs.
    ///
    /// # Errors
    /// [`Error::NoLab`] where there is none.
    pub fn find() -> Result<Self, Error> {
        let door = name().and_then(|name| UnixStream::connect_addr(&name)).map_err(|_| Error::NoLab)?;
        let joining = |source| Error::Program(sys::Error::os("join the lab", source));
        let user = unix::peer_user(&door).map_err(joining)?;
        if user != unix::own_user() {
            return Err(Error::Stranger { user });
        }
        door.set_read_timeout(Some(PATIENCE)).map_err(joining)?;
        let mut octets = [0; LONGEST];
        let (length, fds) = unix::receive(&door, &mut octets).map_err(joining)?;
        let [user, you, server]: [OwnedFd; 3] = fds.try_into().map_err(|_| Error::Gone)?;
        let serving = serde_json::from_slice(&octets[..length]).map_err(|error| joining(error.into()))?;
        Ok(Self { door, user: user.into(), hosts: [you.into(), server.into()], serving })
    }

    /// What serves there, where it is a model server.
    #[must_use]
    pub fn serving(&self) -> Option<&Serving> {
        self.serving.as_ref()
    }

    /// Moves this thread onto one of its hosts. The process must have no other thread.
    ///
    /// # Errors
    /// The lab belongs to somebody else, or has ended.
    pub fn enter(&self, place: Place) -> Result<(), Error> {
        self.user.enter().map_err(Error::Program)?;
        let host = match place {
            Place::You => &self.hosts[0],
            Place::Server => &self.hosts[1],
        };
        host.enter().map_err(Error::Program)
    }

    /// Becomes readable when the lab ends.
    #[must_use]
    pub fn end(&self) -> std::os::fd::BorrowedFd<'_> {
        self.door.as_fd()
    }
}
