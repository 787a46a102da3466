//! The options for output that `trace` and `replay` share.

use clap::ArgAction;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::ladder::{Settings, Verbosity};
pub use crate::sink::Format;

/// Reads the name of a format.
fn format() -> impl TypedValueParser<Value = Format> {
    let values = Format::all().map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values)
        .try_map(|name| Format::from_name(&name).ok_or_else(|| format!("no format is called {name}")))
}

/// Options for output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// How to show what happened
    #[arg(long, value_parser = format(), default_value = "ladder", value_name = "FORMAT")]
    pub format: Format,
    /// Only the ladder: no reasons, no verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More: a reason for every segment, nothing folded, what the tool itself does
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Sequence numbers as they are on the wire, not counted from the first
    #[arg(long)]
    pub absolute: bool,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Columns to draw in. If left out, those of the terminal; where there is none, and for pictures, 80, and as many as it
    /// takes for a table
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub width: Option<u16>,
}

impl OutputArgs {
    /// The settings of the ladder for these options, on a screen `terminal` columns wide.
    #[must_use]
    pub fn settings(&self, terminal: Option<u16>) -> Settings {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        // A picture is not for the terminal that it was made on.
        let terminal = terminal.filter(|_| !self.format.is_picture());
        Settings {
            width: usize::from(self.width.or(terminal).unwrap_or(80)),
            ascii: self.ascii,
            absolute: self.absolute,
            verbosity,
            ..Settings::default()
        }
    }
}
