//! A ring that is shared with the kernel (Documentation/networking/af_xdp.rst): one side writes entries and moves the producer,
//! the other reads them and moves the consumer. Both only ever grow, modulo 2^32.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

/// A ring of entries of type `T`, mapped from the kernel.
pub(super) struct Ring<T> {
    start: NonNull<u8>,
    length: usize,
    places: libc::xdp_ring_offset,
    size: u32,
    entries: std::marker::PhantomData<T>,
}

impl<T: Copy> Ring<T> {
    /// Maps a ring of `size` entries, a power of two, from `socket`. `T` must be what this ring holds: a descriptor in a TX
    /// ring, an address in a completion ring; any bits must be a value of it.
    pub(super) fn map(socket: impl AsFd, at: i64, places: libc::xdp_ring_offset, size: u32) -> io::Result<Self> {
        let length = places.desc as usize + size as usize * size_of::<T>();
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_POPULATE);
        // SAFETY: a new mapping at a place that the kernel chooses touches no memory of ours.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, access, kind, socket.as_fd().as_raw_fd(), at) };
        match NonNull::new(start.cast::<u8>()) {
            Some(found) if start != libc::MAP_FAILED => {
                Ok(Self { start: found, length, places, size, entries: std::marker::PhantomData })
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn counter(&self, place: u64) -> &AtomicU32 {
        // SAFETY: the kernel says that an aligned number of 32 bits is at this place of the mapping, which lives as long as
        // the ring; both sides use it as an atomic.
        unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(place as usize).cast()) }
    }

    pub(super) fn producer(&self) -> u32 {
        self.counter(self.places.producer).load(Ordering::Acquire)
    }

    pub(super) fn consumer(&self) -> u32 {
        self.counter(self.places.consumer).load(Ordering::Acquire)
    }

    pub(super) fn set_producer(&self, to: u32) {
        self.counter(self.places.producer).store(to, Ordering::Release);
    }

    pub(super) fn set_consumer(&self, to: u32) {
        self.counter(self.places.consumer).store(to, Ordering::Release);
    }

    /// Entries that may be written.
    pub(super) fn free(&self) -> usize {
        self.size.saturating_sub(self.producer().wrapping_sub(self.consumer())) as usize
    }

    /// Writes an entry where the consumer does not read yet: behind the producer, and no more than [`Self::free`].
    pub(super) fn write(&mut self, index: u32, entry: T) {
        let place = self.places.desc as usize + (index & (self.size - 1)) as usize * size_of::<T>();
        // SAFETY: the index is masked, so the entry is in the mapping, aligned as the kernel laid it out; the kernel reads it
        // only when the producer has moved past it.
        unsafe { self.start.as_ptr().add(place).cast::<T>().write(entry) };
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing borrowed from it outlives the ring.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}
