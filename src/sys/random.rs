//! Numbers that nobody can guess: source ports, initial sequence numbers, echo identifiers.

use rustix::rand::{GetRandomFlags, getrandom};

use super::{Error, Result};

/// A random 32-bit number from the kernel.
///
/// # Errors
/// Only where the kernel has no getrandom().
pub fn u32() -> Result<u32> {
    bytes().map(u32::from_ne_bytes)
}

/// A random 16-bit number from the kernel.
///
/// # Errors
/// Only where the kernel has no getrandom().
pub fn u16() -> Result<u16> {
    bytes().map(u16::from_ne_bytes)
}

/// getrandom() never gives fewer than asked for up to 256 bytes (getrandom(2)); EINTR is possible before the kernel's
/// generator is ready.
fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    loop {
        match getrandom(&mut bytes[..], GetRandomFlags::empty()) {
            Ok(_) => return Ok(bytes),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::os("read random numbers", errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn numbers_differ() {
        let numbers: HashSet<u32> = (0..8).map(|_| super::u32().unwrap()).collect();
        assert!(numbers.len() > 1);
        let numbers: HashSet<u16> = (0..16).map(|_| super::u16().unwrap()).collect();
        assert!(numbers.len() > 1);
    }
}
