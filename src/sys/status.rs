//! Ctrl-\ (SIGQUIT) as a descriptor that becomes readable: a person asks how far it has come.

use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::SIGQUIT;
use signal_hook::{SigId, low_level};

use super::{Error, Result};

/// Collects SIGQUIT for as long as it lives, instead of ending with a core dump.
#[derive(Debug)]
pub struct StatusRequests {
    readable: UnixStream,
    action: SigId,
}

impl StatusRequests {
    /// Begins to collect.
    ///
    /// # Errors
    /// Where no descriptor is left.
    pub fn new() -> Result<Self> {
        let failed = |source| Error::os("watch for Ctrl-\\", source);
        let (readable, writable) = UnixStream::pair().map_err(failed)?;
        readable.set_nonblocking(true).map_err(failed)?;
        let action = low_level::pipe::register(SIGQUIT, writable).map_err(failed)?;
        Ok(Self { readable, action })
    }

    /// Whether somebody asked since the last call. The descriptor is quiet afterwards.
    pub fn take(&self) -> bool {
        let mut bytes = [0; 16];
        let mut asked = false;
        while matches!((&self.readable).read(&mut bytes), Ok(1..)) {
            asked = true;
        }
        asked
    }
}

impl AsFd for StatusRequests {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

impl Drop for StatusRequests {
    fn drop(&mut self) {
        low_level::unregister(self.action);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::interrupt::alone_with_signals;
    use crate::sys::{Interrupts, poll};

    #[test]
    fn a_request_is_taken_once() {
        let _alone = alone_with_signals();
        // As in every command that asks. Behind the last collector of another test, SIGQUIT would end the process.
        let _collector = Interrupts::beside_status().unwrap();
        let requests = StatusRequests::new().unwrap();
        assert!(!requests.take());
        low_level::raise(SIGQUIT).unwrap();
        assert!(poll::wait(&[requests.as_fd()], None).unwrap().contains(0));
        assert!(requests.take());
        assert!(!requests.take());
    }
}
