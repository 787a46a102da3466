//! What is known of the terminal, if there is one.

use std::os::fd::AsFd;

/// Whether the stream is a terminal.
#[must_use]
pub fn is_terminal(stream: impl AsFd) -> bool {
    rustix::termios::isatty(stream)
}

/// Columns of the terminal behind the stream; `None` where it is no terminal or does not know its size.
#[must_use]
pub fn width(stream: impl AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
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
    fn a_pseudo_terminal_knows_its_width() {
        let terminal = std::fs::File::options().read(true).write(true).open("/dev/ptmx").unwrap();
        assert!(super::is_terminal(&terminal));
        assert_eq!(super::width(&terminal), None, "a new pseudo-terminal has no size yet");
        let size = rustix::termios::Winsize { ws_row: 24, ws_col: 97, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&terminal, size).unwrap();
        assert_eq!(super::width(&terminal), Some(97));
    }
}
