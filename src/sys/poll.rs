//! Waiting until a descriptor is readable or a deadline passes.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::{Error, Result};

/// Which of the descriptors given to [`wait`] have something to read, an error, or an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready(Vec<bool>);

impl Ready {
    /// Whether the descriptor at this place in the list is ready.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }

    /// Whether none is ready: the time ran out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }
}

/// Waits until one of `fds` can be read, or until `timeout` has passed (`None`: for ever). A signal does not end it:
/// put the descriptor of [`super::Interrupts`] in the list.
///
/// # Errors
/// Only for lack of memory or too many descriptors.
pub fn wait(fds: &[BorrowedFd<'_>], timeout: Option<Duration>) -> Result<Ready> {
    // A timeout too long for the clock is no timeout.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut polled: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    loop {
        let left = deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
        match rustix::event::poll(&mut polled, left.as_ref()) {
            Ok(_) => return Ok(Ready(polled.iter().map(|fd| !fd.revents().is_empty()).collect())),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::os("wait for packets", errno)),
        }
    }
}

/// Waits until `fd` can be written, as when its connection is there or refused, or until `stop` can be read.
///
/// # Errors
/// Only for lack of memory or too many descriptors.
pub fn wait_writable(fd: BorrowedFd<'_>, stop: BorrowedFd<'_>) -> Result<()> {
    let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::OUT), PollFd::from_borrowed_fd(stop, PollFlags::IN)];
    loop {
        match rustix::event::poll(&mut polled, None) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::os("wait for a connection", errno)),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn tells_which_one_is_ready() {
        let (quiet, _keep) = UnixStream::pair().unwrap();
        let (loud, mut far) = UnixStream::pair().unwrap();
        let fds = [quiet.as_fd(), loud.as_fd()];
        assert!(wait(&fds, Some(Duration::from_nanos(1))).unwrap().is_empty());
        far.write_all(b"x").unwrap();
        let ready = wait(&fds, None).unwrap();
        assert!(!ready.contains(0) && ready.contains(1) && !ready.contains(2));
    }

    #[test]
    fn a_closed_peer_is_ready_and_an_endless_timeout_is_none() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        assert!(wait(&[near.as_fd()], Some(Duration::MAX)).unwrap().contains(0));
    }

    #[test]
    fn waits_for_nothing_but_time() {
        assert!(wait(&[], Some(Duration::ZERO)).unwrap().is_empty());
    }
}
