//! How wide text is written.

use std::io;

use crate::sys::terminal;

/// Columns of text where nobody says otherwise.
const USUAL: u16 = 80;

/// How wide text is written.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Columns {
    /// Columns to write in; the terminal's width if left out, 80 where there is none
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
}

impl Columns {
    /// As asked for, or else those of standard output.
    pub(super) fn of_output(self) -> usize {
        self.or(terminal::width(io::stdout()))
    }

    /// As asked for, or else those of this screen.
    pub(super) fn or(self, screen: Option<u16>) -> usize {
        self.width.or(screen).unwrap_or(USUAL).into()
    }
}
