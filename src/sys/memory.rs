//! Memory that is refused ends the program with a sentence and the exit code of an error.
//!
//! The standard library would end it by SIGABRT, with the number of octets alone. Connections by hand that are open then are
//! reset by the kernel, at the next segment of their peer: nobody holds their port any more.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator.
#[derive(Debug)]
pub struct Memory;

/// The exit code of an error.
const ERROR: i32 = 2;

const TOLD: &[u8] =
    b"rawshake: no memory is left; raise the limit (ulimit -v), or ask for less: --max-connections bounds what \
                      is kept of connections\n";

/// Says so, without any memory.
fn or_end(place: *mut u8) -> *mut u8 {
    if place.is_null() {
        // SAFETY: the text is as long as is told, and the second call does not return. Standard error may be closed.
        unsafe {
            libc::write(libc::STDERR_FILENO, TOLD.as_ptr().cast(), TOLD.len());
            libc::_exit(ERROR);
        }
    }
    place
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        or_end(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        or_end(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promised.
        or_end(unsafe { System.realloc(place, layout, size) })
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}
