//! The embedded test host: two network namespaces, a veth pair and real kernel servers, without sudo.
//!
//! [`Lab::enter`] moves the calling thread into a network of its own and puts a server at the other end of a cable.
//! Everything is inside this process: no named namespace, no file. So nothing is left behind, however the process ends. A program enters it before it starts threads and before it opens sockets:
//!
//! ```text
//!   you (this thread) ─── cable ─── server (threads of the lab)
//!   192.0.2.1                       192.0.2.2
//!   2001:db8::1                     2001:db8::2
//! ```
//!
//! Where [`Options::wire`] is given, every frame passes through this process instead, which delays, loses, doubles,
//! damages or reorders it.

mod behaviour;
mod caretaker;
mod client;
mod connection;
mod door;
mod error;
mod host;
pub mod http;
mod keeper;
mod network;
mod process;
pub mod program;
mod puppet;
mod script;
mod serve;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

pub use behaviour::{Behaviour, DEFAULT_THINK, Server};
pub use caretaker::take_care;
pub use client::Client;
pub use door::{Door, Joined, OpenDoor};
pub use error::Error;
pub use host::{HOSTS, Host, INTERFACE, SERVER, SILENT, YOU, resolve};
pub use process::{Place, Process, enclose};
pub use puppet::Order;
pub use script::{Cue, Deed, Script};
pub use wire::{Choice, Impairments, WireError};

use crate::sys::namespace::Entered;
use crate::sys::sockdiag::{self, KernelState};
use crate::sys::{self, Version, namespace};
use caretaker::Caretaker;
use keeper::Keeper;
use puppet::Held;
use serve::{Plan, Service};
use wire::Wire;

/// What the lab is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How the server behaves.
    pub server: Server,
    /// Its port; `None` for the usual one of that server ([`Server::port`]).
    pub port: Option<u16>,
    /// How long the server's program waits before each close(), counted from the event that makes it close. With zero
    /// its FIN leaves together with the acknowledgement of the peer's: a close in three segments, always where the
    /// server has received data before, mostly where it has not (the kernel then acknowledges at its next timer tick).
    /// From about 45 ms on the kernel's lone acknowledgement leaves first: four.
    pub think: Duration,
    /// What the wire between the hosts does to the frames on it; without, it is a plain cable of the kernel.
    pub wire: Option<Impairments>,
}

impl Default for Options {
    fn default() -> Self {
        Self { server: Server::Echo, port: None, think: DEFAULT_THINK, wire: None }
    }
}

/// The far host and its servers. They stop when it is dropped, last started first; the thread stays in its namespace.
#[derive(Debug)]
pub struct Lab {
    // Dropped in this order: the servers, the wire, what ends their connections, then the thread that keeps the server's
    // namespace.
    services: Vec<Service>,
    held: Held,
    _wire: Option<Wire>,
    caretakers: Vec<Caretaker>,
    keeper: Keeper,
    options: Options,
    entered: Entered,
}

impl Lab {
    /// Moves the calling thread into a new network with a server at the other end.
    ///
    /// # Errors
    /// [`Error::Sys`] names the setting of this machine that forbids it.
    pub fn enter(options: &Options) -> Result<Self, Error> {
        let entered = namespace::enter_new()?;
        let keeper = Keeper::start()?;
        let wire = match options.wire.clone() {
            Some(impairments) => Some(Wire::start(network::connect_through_wire(&keeper)?, impairments)?),
            None => network::connect(&keeper).map(|()| None)?,
        };
        let (services, held) = (Vec::new(), Held::default());
        let mut this =
            Self { services, held, _wire: wire, caretakers: Vec::new(), keeper, options: options.clone(), entered };
        this.start(options.server, this.address(Version::V4).port())?;
        Ok(this)
    }

    /// Starts one more server on another port of the same host.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(&mut self, server: Server, port: u16) -> Result<(), Error> {
        let plan = Plan { server, port, think: self.options.think };
        let held = self.held.clone();
        let started = self.keeper.run(move || Service::start(plan, &held))??;
        self.services.push(started);
        Ok(())
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self, version: Version) -> SocketAddr {
        SocketAddr::new(SERVER.ip(version), self.options.port.unwrap_or(self.options.server.port()))
    }

    /// Frames that have arrived at the server's host.
    ///
    /// # Errors
    /// [`Error::Gone`] where the host's thread has ended.
    pub fn heard(&self) -> Result<u64, Error> {
        Ok(self.on_server(|| sys::Interface::named(SERVER.name))??.received)
    }

    /// What it was made from.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether it needed privileges that were there, or none.
    #[must_use]
    pub fn entered(&self) -> Entered {
        self.entered
    }

    /// Runs something on the server's host and waits for it.
    ///
    /// # Errors
    /// [`Error::Gone`] where the host's thread has ended.
    pub fn on_server<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        self.keeper.run(work)
    }

    /// The state in which the server's kernel has the connection from `client`; `None` where it has none.
    ///
    /// # Errors
    /// The kernel has no sock_diag.
    pub fn server_state(&self, server: SocketAddr, client: SocketAddr) -> Result<Option<KernelState>, Error> {
        Ok(self.on_server(move || sockdiag::tcp_state(server, client))??)
    }

    /// Lets a program of the far host call `server`, on the near one, and talk to it.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn call(&mut self, client: Client, server: SocketAddr) -> Result<(), Error> {
        let started = self.keeper.run(move || Service::spawn(move |stop| client.call(server, stop)))??;
        self.services.push(started);
        Ok(())
    }

    /// Lets a program of the far host listen on `port`, and serve everybody by `script`.
    ///
    /// # Errors
    /// The port is taken.
    pub fn serve(&mut self, script: Script, port: u16) -> Result<(), Error> {
        let started = self.keeper.run(move || Service::perform(script, port))??;
        self.services.push(started);
        Ok(())
    }

    /// Lets a program of the far host call `server`, on the near one, and talk by `script`.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn call_by(&mut self, script: Script, server: SocketAddr) -> Result<(), Error> {
        let started = self.keeper.run(move || {
            Service::spawn(move |stop| {
                if let Ok(stream) = client::connect(server, stop) {
                    script.perform(stream, stop);
                }
            })
        })??;
        self.services.push(started);
        Ok(())
    }

    /// Whether nobody on the far host serves or calls any more.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.services.iter().all(Service::is_over)
    }

    /// Makes the server's host call connect() from its port `server_port` to `client`, for a simultaneous open. It
    /// returns when the SYN has left; the connection then behaves like an echo server's.
    ///
    /// # Errors
    /// The port is taken, or the kernel refuses at once.
    pub fn connect_from_server(&mut self, client: SocketAddr, server_port: u16) -> Result<(), Error> {
        let plan = Plan { server: Server::Connects, port: server_port, think: self.options.think };
        let started = self.keeper.run(move || Service::connect(plan, client))??;
        self.services.push(started);
        Ok(())
    }
}

impl Lab {
    /// Gives an order to the program on the server's host, for the connection between `server` and `client`. False where
    /// it has no such connection (yet): it was not accepted by [`Server::Obeys`], nor made by [`Order::Connect`].
    ///
    /// # Errors
    /// The port is taken, or the kernel refuses.
    pub fn order(&self, order: Order, server: SocketAddr, client: SocketAddr) -> Result<bool, Error> {
        let held = self.held.clone();
        self.keeper.run(move || match order {
            Order::Connect => {
                held.keep((server, client), serve::connect(server, client)?);
                Ok(true)
            }
            Order::ShutdownWrite | Order::Close => held.obey(order, (server, client)).map_err(|source| {
                sys::Error::os(format!("close the connection of {server} to {client}"), source).into()
            }),
        })?
    }
}

/// Last in, first out: a `Vec` would drop its first element first.
impl Drop for Lab {
    fn drop(&mut self) {
        while self.services.pop().is_some() {}
    }
}
