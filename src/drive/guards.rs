//! RST guards for the source ports of a run, as they come into use.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use crate::sys::{self, RstGuard};

/// Guards held at once: each is a descriptor.
const MOST: usize = 512;

/// Holds our own kernel back on the last source ports that were used.
#[derive(Debug)]
pub struct Guards {
    interface: String,
    held: VecDeque<(u16, RstGuard)>,
}

impl Guards {
    /// Guards for addresses of this machine on `interface`.
    #[must_use]
    pub fn new(interface: &str) -> Self {
        Self { interface: interface.to_owned(), held: VecDeque::new() }
    }

    /// Guards `port` of `address`, or with port 0 one that is free, and says which.
    ///
    /// # Errors
    /// Those of [`RstGuard::engage`].
    pub fn cover(&mut self, address: IpAddr, port: u16) -> sys::Result<u16> {
        if port != 0 && self.held.iter().any(|(held, _)| *held == port) {
            return Ok(port);
        }
        let guard = RstGuard::engage(SocketAddr::new(address, port), Some(&self.interface))?;
        let port = guard.local().port();
        if self.held.len() == MOST {
            self.held.pop_front();
        }
        self.held.push_back((port, guard));
        Ok(port)
    }
}
