//! Why the kernel does not take a packet.

use std::fmt;
use std::io;

use crate::sys::error::plain;

/// What a kernel says of a packet that it does not take.
#[derive(Debug)]
pub enum Refusal {
    /// It is longer than the interface allows (EMSGSIZE); others may go.
    TooLong,
    /// A queue or a buffer is full (ENOBUFS, EAGAIN): a moment later it may go.
    Full,
    /// The interface is down (ENETDOWN).
    Down,
    /// The interface is gone (ENXIO, ENODEV).
    Gone,
    /// Nobody is at the other end of the cable: what is taken goes nowhere.
    NoCarrier,
    /// Anything else.
    Other(io::Error),
}

impl Refusal {
    pub(super) fn last() -> Self {
        io::Error::last_os_error().into()
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EMSGSIZE) => Self::TooLong,
            Some(libc::ENOBUFS | libc::EAGAIN) => Self::Full,
            Some(libc::ENETDOWN) => Self::Down,
            Some(libc::ENXIO | libc::ENODEV) => Self::Gone,
            _ => Self::Other(error),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("too long for the interface"),
            Self::Full => f.write_str("the interface's queue is full"),
            Self::Down => f.write_str("the interface is down"),
            Self::Gone => f.write_str("the interface is gone"),
            Self::NoCarrier => f.write_str("it has no carrier any more: its cable, or the other end, is down"),
            Self::Other(error) => f.write_str(&plain(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_is_told_apart() {
        let kinds =
            [libc::EMSGSIZE, libc::ENOBUFS, libc::EAGAIN, libc::ENETDOWN, libc::ENXIO, libc::ENODEV, libc::EPERM];
        let words = kinds.map(|errno| Refusal::from(io::Error::from_raw_os_error(errno)).to_string());
        assert_eq!(
            words,
            [
                "too long for the interface",
                "the interface's queue is full",
                "the interface's queue is full",
                "the interface is down",
                "the interface is gone",
                "the interface is gone",
                "operation not permitted"
            ]
        );
    }
}
