//! Every thread gives up what it has: credentials and capabilities belong to threads, and the kernel lets nobody change those
//! of another. So each is asked by a signal, as the C library does for setuid(2).

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::time::{Duration, Instant};

use super::privileges::{Giving, Step};
use super::status;
use crate::sys::error::unconfined;
use crate::sys::{Error, Result};

/// What the handler is to do, while it is installed.
static ORDER: AtomicPtr<Giving> = AtomicPtr::new(std::ptr::null_mut());
/// The first step that failed, and its error number; no step is below 0.
static FAILED: [AtomicI32; 2] = [AtomicI32::new(-1), AtomicI32::new(0)];

/// The threads that have done it, and zeros behind them.
static DONE: [AtomicI32; MOST] = [const { AtomicI32::new(0) }; MOST];

/// Threads that can be asked. Before it opens anything, the program has a handful, those of the lab.
const MOST: usize = 4096;

/// How long a thread may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// From one look to the next.
const PAUSE: Duration = Duration::from_micros(50);

/// Has every thread give it up; those that they start later are born without.
///
/// # Errors
/// A step failed in some thread, or a thread does not answer.
pub(super) fn give_up(giving: &Giving) -> Result<()> {
    let others = others();
    if !others.is_empty() {
        ask(others, giving)?;
    }
    giving.give_up().map_err(failure)
}

fn ask(mut others: Vec<i32>, giving: &Giving) -> Result<()> {
    let mut order = *giving;
    ORDER.store(&raw mut order, Ordering::SeqCst);
    let handler = Handler::install()?;
    let deadline = Instant::now() + PATIENCE;
    while !others.is_empty() {
        if Instant::now() > deadline {
            return Err(unconfined("reach every thread", io::ErrorKind::TimedOut.into()));
        }
        others.iter().for_each(|thread| handler.send(*thread));
        std::thread::sleep(PAUSE);
        if let Some(step) = Step::of(FAILED[0].load(Ordering::SeqCst)) {
            return Err(failure((step, FAILED[1].load(Ordering::SeqCst))));
        }
        // Those that were started meanwhile by a thread that had not heard of it are found here.
        others = self::others();
    }
    Ok(())
}

/// The other threads of this process that have not given it up.
fn others() -> Vec<i32> {
    let own = rustix::thread::gettid().as_raw_nonzero().get();
    let done: Vec<i32> =
        DONE.iter().map(|place| place.load(Ordering::SeqCst)).take_while(|thread| *thread != 0).collect();
    let has_done = |thread: i32| done.contains(&thread);
    status::threads().into_iter().filter(|thread| *thread != own && !has_done(*thread)).collect()
}

fn failure((step, number): (Step, i32)) -> Error {
    unconfined(step.words(), io::Error::from_raw_os_error(number))
}

/// The handler of the signal, until it is dropped.
struct Handler {
    signal: i32,
    before: libc::sigaction,
}

impl Handler {
    fn install() -> Result<Self> {
        // The last one: whoever uses such signals begins with the first.
        let signal = libc::SIGRTMAX();
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        let mut before = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: all bits zero are a valid action, to which a handler of the right form and an empty mask are given; it
        // makes system calls only.
        let status = unsafe {
            let handler: extern "C" fn(i32) = obey;
            (*action.as_mut_ptr()).sa_sigaction = handler as usize;
            (*action.as_mut_ptr()).sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, action.as_ptr(), before.as_mut_ptr())
        };
        if status != 0 {
            return Err(unconfined("ask the other threads (sigaction)", io::Error::last_os_error()));
        }
        // SAFETY: filled in by the kernel.
        Ok(Self { signal, before: unsafe { before.assume_init() } })
    }

    /// A thread that is gone needs no signal.
    fn send(&self, thread: i32) {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        // SAFETY: numbers.
        unsafe { libc::syscall(libc::SYS_tgkill, own, thread, self.signal) };
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // A signal that is still on its way finds no order.
        ORDER.store(std::ptr::null_mut(), Ordering::SeqCst);
        // The old action stays away where it would end the process, as that of a signal that nobody uses does.
        if self.before.sa_sigaction != libc::SIG_DFL {
            // SAFETY: as it was given.
            unsafe { libc::sigaction(self.signal, &raw const self.before, std::ptr::null_mut()) };
        }
    }
}

extern "C" fn obey(_signal: i32) {
    // SAFETY: it is always valid, and each thread has its own; what is interrupted must not see another number there.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *place };
    // SAFETY: whoever stores an order keeps it until it is taken back.
    if let Some(order) = unsafe { ORDER.load(Ordering::SeqCst).as_ref() }
        && !has_done()
    {
        match order.give_up() {
            Ok(()) => note(),
            Err((step, number)) => {
                FAILED[1].store(number, Ordering::SeqCst);
                FAILED[0].store(step as i32, Ordering::SeqCst);
            }
        }
    }
    // SAFETY: as above.
    unsafe { *place = before };
}

/// Whether this thread has done it: it may be asked again before that is noticed.
fn has_done() -> bool {
    let own = rustix::thread::gettid().as_raw_nonzero().get();
    DONE.iter().map(|place| place.load(Ordering::SeqCst)).take_while(|thread| *thread != 0).any(|thread| thread == own)
}

/// This thread has done it. One that finds no place is asked again, until the time is over.
fn note() {
    let own = rustix::thread::gettid().as_raw_nonzero().get();
    let is_taken = |place: &AtomicI32| {
        let before = place.compare_exchange(0, own, Ordering::SeqCst, Ordering::SeqCst);
        before.is_ok() || before == Err(own)
    };
    let _ = DONE.iter().any(is_taken);
}
