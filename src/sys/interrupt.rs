//! Ctrl-C, Ctrl-\, SIGTERM and SIGHUP as a descriptor that becomes readable, so that one `poll` waits for packets and for the
//! person.

use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use super::{Error, Result};

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// SIGQUIT: Ctrl-\, where that has no other meaning.
    Quit,
}

impl Signal {
    /// What a shell reports of a program that was stopped by it: 128 plus the number of the signal.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::Hangup => 129,
            Self::Quit => 131,
        }
    }

    /// The number of the signal.
    #[must_use]
    pub fn number(self) -> u8 {
        self.exit_code() - 128
    }
}

/// Whether the next signal acts as it does by default. The whole process has one, as it has the signals: a collector that
/// is gone must not end the program for the next.
static IMPATIENT: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
/// Collectors that there are.
static COLLECTORS: AtomicUsize = AtomicUsize::new(0);

/// Collects SIGINT, SIGTERM, SIGQUIT and, unless nohup(1) has it ignored, SIGHUP for as long as it lives. A second signal
/// before the first was taken ends the process at once, as if nobody had collected: a program that hangs can still be stopped
/// from the keyboard.
#[derive(Debug)]
pub struct Interrupts {
    readable: UnixStream,
    last: Arc<AtomicUsize>,
    actions: Vec<SigId>,
}

impl Interrupts {
    /// Begins to collect.
    ///
    /// # Errors
    /// Where no descriptor is left.
    pub fn new() -> Result<Self> {
        Self::of(&[SIGINT, SIGTERM, SIGHUP, SIGQUIT])
    }

    /// Begins to collect all but SIGQUIT, which asks how far it has come ([`super::StatusRequests`]).
    ///
    /// # Errors
    /// Where no descriptor is left.
    pub fn beside_status() -> Result<Self> {
        Self::of(&[SIGINT, SIGTERM, SIGHUP])
    }

    fn of(signals: &[i32]) -> Result<Self> {
        let failed = |source| Error::os("watch for Ctrl-C", source);
        let (readable, writable) = UnixStream::pair().map_err(failed)?;
        readable.set_nonblocking(true).map_err(failed)?;
        let mut this = Self { readable, last: Arc::new(AtomicUsize::new(0)), actions: Vec::new() };
        COLLECTORS.fetch_add(1, Ordering::SeqCst);
        IMPATIENT.store(false, Ordering::SeqCst);
        for signal in signals.iter().filter(|signal| **signal != SIGHUP || !is_ignored(SIGHUP)) {
            let end = writable.try_clone().map_err(failed)?;
            this.collect(*signal, end).map_err(failed)?;
        }
        Ok(this)
    }

    /// Actions run in the order of their registration: first the check for a second signal, then the notes of this one,
    /// and last the byte that wakes the reader.
    fn collect(&mut self, signal: i32, wake: UnixStream) -> std::io::Result<()> {
        default_when_impatient(signal)?;
        self.actions.push(flag::register(signal, Arc::clone(&IMPATIENT))?);
        self.actions.push(flag::register_usize(signal, Arc::clone(&self.last), usize::try_from(signal).unwrap_or(0))?);
        self.actions.push(low_level::pipe::register(signal, wake)?);
        Ok(())
    }

    /// Whether a signal arrived that was not taken yet. It costs next to nothing.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.last.load(Ordering::Relaxed) != 0
    }

    /// The signal that arrived since the last call, if one did. The descriptor is quiet afterwards.
    pub fn take(&self) -> Option<Signal> {
        let mut bytes = [0; 16];
        while matches!((&self.readable).read(&mut bytes), Ok(1..)) {}
        IMPATIENT.store(false, Ordering::SeqCst);
        match i32::try_from(self.last.swap(0, Ordering::SeqCst)) {
            Ok(SIGINT) => Some(Signal::Interrupt),
            Ok(SIGTERM) => Some(Signal::Terminate),
            Ok(SIGHUP) => Some(Signal::Hangup),
            Ok(SIGQUIT) => Some(Signal::Quit),
            _ => None,
        }
    }
}

/// Sees to it that a signal acts as it does by default while [`IMPATIENT`] says so: once for the process, so that the check
/// stands before the actions of every collector.
fn default_when_impatient(signal: i32) -> std::io::Result<()> {
    static CHECKED: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    if !checked.contains(&signal) {
        flag::register_conditional_default(signal, Arc::clone(&IMPATIENT))?;
        checked.push(signal);
    }
    Ok(())
}

/// Whether this process was started with the signal ignored, as nohup(1) does.
fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no new action is given; the old one is written to a place of its size, where all bits zero are valid, too.
    let action = unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

/// Behind the last collector signals act as they do by default again: signal-hook leaves its handler in place, so the
/// conditional default stays registered, and is switched on until there is a collector once more.
impl Drop for Interrupts {
    fn drop(&mut self) {
        for action in self.actions.drain(..) {
            low_level::unregister(action);
        }
        if COLLECTORS.fetch_sub(1, Ordering::SeqCst) == 1 {
            IMPATIENT.store(true, Ordering::SeqCst);
        }
    }
}

/// Whoever raises signals in a test is alone with them: they belong to the whole process.
#[cfg(test)]
pub(super) fn alone_with_signals() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll;
    use std::time::Duration;

    #[test]
    fn a_signal_makes_the_descriptor_readable_once() {
        let _alone = alone_with_signals();
        let interrupts = Interrupts::new().unwrap();
        let is_ready = || !poll::wait(&[interrupts.as_fd()], Some(Duration::ZERO)).unwrap().is_empty();
        assert!(!is_ready());
        assert_eq!(interrupts.take(), None);
        let table = [
            (SIGINT, Signal::Interrupt),
            (SIGTERM, Signal::Terminate),
            (SIGHUP, Signal::Hangup),
            (SIGQUIT, Signal::Quit),
        ];
        for (number, signal) in table.into_iter().filter(|(number, _)| !is_ignored(*number)) {
            assert_eq!(i32::from(signal.number()), number);
            low_level::raise(number).unwrap();
            assert!(poll::wait(&[interrupts.as_fd()], None).unwrap().contains(0));
            assert!(interrupts.is_pending());
            assert_eq!(interrupts.take(), Some(signal));
            assert!(!is_ready() && !interrupts.is_pending());
            assert_eq!(interrupts.take(), None);
        }
        assert_eq!(Signal::Interrupt.exit_code(), 130);
        drop(interrupts);
        // One that is gone leaves nothing behind that ends the program at the first signal to the next.
        let (outer, inner) = (Interrupts::new().unwrap(), Interrupts::new().unwrap());
        drop(inner);
        low_level::raise(SIGINT).unwrap();
        assert_eq!(outer.take(), Some(Signal::Interrupt));
    }
}
