//! What recvmsg(2) tells beside the bytes (cmsg(3)).

/// Room for ancillary data, which begins with a `cmsghdr` and wants its alignment.
#[repr(C, align(8))]
pub(super) struct Aligned<const OCTETS: usize>(pub(super) [u8; OCTETS]);

/// Gives level, kind and data of each part of the ancillary data.
///
/// # Safety
/// `msg_control` must point to what recvmsg() has written there, and `msg_controllen` must be its length.
#[allow(clippy::unnecessary_cast, reason = "the length is an u32 with other C libraries")]
pub(super) unsafe fn walk(message: &libc::msghdr, mut take: impl FnMut(i32, i32, &[u8])) {
    // SAFETY: by the promise of the caller the headers that these macros walk lie inside the data; `CMSG_NXTHDR` ends at
    // the last whole one.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while let Some(item) = header.as_ref() {
            let length = (item.cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
            let data = std::slice::from_raw_parts(libc::CMSG_DATA(header), length);
            take(item.cmsg_level, item.cmsg_type, data);
            header = libc::CMSG_NXTHDR(message, header);
        }
    }
}

/// Structures of C that any bytes make a value of.
pub(super) trait Plain {}
impl Plain for i32 {}
impl Plain for libc::sa_family_t {}
impl Plain for libc::timespec {}
impl Plain for [libc::timespec; 3] {}
impl Plain for libc::sock_extended_err {}
impl Plain for libc::sockaddr_in {}
impl Plain for libc::sockaddr_in6 {}

/// The structure that ancillary data begins with; none where it is too short.
pub(super) fn read<T: Plain>(data: &[u8]) -> Option<T> {
    // SAFETY: there are enough bytes, any bytes are a value of T, and the read asks for no alignment.
    (data.len() >= size_of::<T>()).then(|| unsafe { data.as_ptr().cast::<T>().read_unaligned() })
}
