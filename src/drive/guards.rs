//! RST guards for the source ports of a run, as they come into use.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use crate::sys::{self, RstGuard, Version};

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

    /// Sees to it that ports of `address` can be covered when privileges are gone: these, and so many more, of which
    /// [`MOST`] are held at once.
    ///
    /// # Errors
    /// Those of [`RstGuard::engage`] and [`RstGuard::lay_in`].
    pub fn prepare(&mut self, address: IpAddr, ports: impl Iterator<Item = u16>, more: u64) -> sys::Result<()> {
        for port in ports {
            if self.held.len() == MOST {
                break;
            }
            self.cover(address, port)?;
        }
        let places = MOST - self.held.len();
        RstGuard::lay_in(Version::of(address), usize::try_from(more).unwrap_or(places).min(places))
    }

    /// Guards `port` of `address`, or with port 0 one that is free, and says which.
    ///
    /// # Errors
    /// Those of [`RstGuard::engage`].
    pub fn cover(&mut self, address: IpAddr, port: u16) -> sys::Result<u16> {
        if port != 0 && self.held.iter().any(|(held, _)| *held == port) {
            return Ok(port);
        }
        // First, so that its socket can be taken again.
        if self.held.len() == MOST {
            self.held.pop_front();
        }
        let guard = RstGuard::engage(SocketAddr::new(address, port), Some(&self.interface))?;
        let port = guard.local().port();
        self.held.push_back((port, guard));
        Ok(port)
    }
}
