//! What is known of the terminal, if there is one.

use std::os::fd::AsFd;

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

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_no_terminal() {
        let null = std::fs::File::open("/dev/null").unwrap();
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
