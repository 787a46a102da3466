//! What is known of the terminal, if there is one.

use std::os::fd::{AsFd, OwnedFd};

use rustix::process::Pid;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

/// Whether the stream is a terminal.
#[must_use]
pub fn is_terminal(stream: impl AsFd) -> bool {
    rustix::termios::isatty(stream)
}

/// The size of a terminal, in characters; neither number is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in each.
    pub columns: u16,
}

/// The size of the terminal behind the stream now; `None` where it is no terminal or does not know it.
#[must_use]
pub fn size(stream: impl AsFd) -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some(Size { rows: size.ws_row, columns: size.ws_col })
}

/// Columns of the terminal behind the stream; `None` where it is no terminal or does not know its size.
#[must_use]
pub fn width(stream: impl AsFd) -> Option<u16> {
    size(stream).map(|size| size.columns)
}

/// What undoes what programs do to a terminal beside its modes, and does nothing where it is undone already: the normal screen,
/// no reports of a mouse (three kinds, and their long form), no brackets around what is pasted, a cursor, no colours.
const UNDO: &[u8] = b"\x1b[?47l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[0m";

/// How a terminal was before a program got it that may have no time to leave it as it was.
#[derive(Debug)]
pub struct Before {
    terminal: OwnedFd,
    modes: Termios,
    /// Whose keys the signals of the keyboard are.
    foreground: Option<Pid>,
}

impl Before {
    /// How the terminal behind the stream is now; `None` where it is none.
    #[must_use]
    pub fn of(stream: impl AsFd) -> Option<Self> {
        let modes = tcgetattr(&stream).ok()?;
        let foreground = tcgetpgrp(&stream).ok();
        Some(Self { terminal: stream.as_fd().try_clone_to_owned().ok()?, modes, foreground })
    }

    /// Sets it back; the screen, too, where keys were read one by one, as who draws there does. A terminal that is gone needs nothing.
    pub fn restore(&self) {
        let Ok(now) = tcgetattr(&self.terminal) else { return };
        with_terminal_held(|| {
            if let Some(foreground) = self.foreground {
                // Where that was another session's, it is not ours to set.
                let _ = tcsetpgrp(&self.terminal, foreground);
            }
            // Nothing more can be done where a terminal takes neither.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.modes);
            if now.input_modes != self.modes.input_modes || now.local_modes != self.modes.local_modes {
                let _ = rustix::io::write(&self.terminal, UNDO);
            }
        });
    }
}

/// Does this without being stopped (SIGTTOU) for setting a terminal whose foreground is another group of processes.
fn with_terminal_held(work: impl FnOnce()) {
    let mut held = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are filled before they are read, the second by the first call that changes the mask.
    unsafe {
        libc::sigemptyset(held.as_mut_ptr());
        libc::sigaddset(held.as_mut_ptr(), libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, held.as_ptr(), before.as_mut_ptr());
    }
    work();
    // SAFETY: as above; it is the mask that this thread had.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_no_terminal() {
        let null = std::fs::File::open("/dev/null").unwrap();
        assert!(super::Before::of(&null).is_none());
        assert!(!super::is_terminal(&null));
        assert_eq!(super::width(&null), None);
    }

    #[test]
    fn a_pseudo_terminal_knows_its_size() {
        let terminal = std::fs::File::options().read(true).write(true).open("/dev/ptmx").unwrap();
        assert!(super::is_terminal(&terminal));
        assert_eq!(super::width(&terminal), None, "a new pseudo-terminal has no size yet");
        let size = rustix::termios::Winsize { ws_row: 24, ws_col: 97, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&terminal, size).unwrap();
        assert_eq!(super::size(&terminal), Some(super::Size { rows: 24, columns: 97 }));
        assert_eq!(super::width(&terminal), Some(97));
    }
}
