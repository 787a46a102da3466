//! Handing descriptors from one process to another over a Unix socket (unix(7)).

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// Descriptors that one message may carry.
const MOST: usize = 8;

/// The user who made the socket at the other end, as this user namespace calls them.
///
/// # Errors
/// It is no connected Unix socket.
pub fn peer_user(stream: &UnixStream) -> io::Result<u32> {
    // rustix has no place for a process of an outer PID namespace, whose number is 0.
    let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = libc::socklen_t::try_from(size_of::<libc::ucred>()).unwrap_or(0);
    let place = (&raw mut credentials).cast();
    // SAFETY: pointer and length describe `credentials`, plain data that the kernel fills in.
    let done =
        unsafe { libc::getsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, place, &raw mut length) };
    if done == 0 { Ok(credentials.uid) } else { Err(io::Error::last_os_error()) }
}

/// The user that runs this process.
#[must_use]
pub fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Sends `octets`, which must not be none, together with up to eight descriptors.
///
/// # Errors
/// The other end is gone, or has not read for long.
pub fn send(stream: &UnixStream, octets: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let sent = sendmsg(stream, &[IoSlice::new(octets)], &mut ancillary, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?;
    if sent == octets.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives what [`send`] has sent, if it is no longer than `octets`: how many octets, and the descriptors.
///
/// # Errors
/// The other end is gone.
pub fn receive(stream: &UnixStream, octets: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(stream, &mut [IoSliceMut::new(octets)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            fds.extend(more);
        }
    }
    Ok((received.bytes, fds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;

    #[test]
    fn a_descriptor_is_the_same_at_the_other_end() {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut kept, handed) = UnixStream::pair().unwrap();
        send(&near, b"one", &[handed.as_fd()]).unwrap();
        drop(handed);
        let mut octets = [0; 16];
        let (length, mut fds) = receive(&far, &mut octets).unwrap();
        assert_eq!((&octets[..length], fds.len()), (&b"one"[..], 1));
        UnixStream::from(fds.remove(0)).write_all(b"here").unwrap();
        let mut read = String::new();
        kept.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), peer_user(&near).unwrap()), ("here", own_user()));
        drop(near);
        assert_eq!(receive(&far, &mut octets).unwrap().0, 0);
    }
}
