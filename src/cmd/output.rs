//! The options for output that `trace` and `replay` share.

use anyhow::ensure;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches};

use crate::ladder::{Handout, Settings, Verbosity};
pub use crate::sink::Format;

/// Reads the name of a format.
fn format() -> impl TypedValueParser<Value = Format> {
    let values = Format::all().map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values)
        .try_map(|name| Format::from_name(&name).ok_or_else(|| format!("no format is called {name}")))
}

/// Reads what kind of sheet is wanted.
fn handout() -> impl TypedValueParser<Value = Handout> {
    PossibleValuesParser::new(["blank", "filled"])
        .map(|kind| if kind == "blank" { Handout::Blank } else { Handout::Filled })
}

/// Refuses, for any subcommand, sheets of what is no ladder, and a kernel's account where rows have no place for it.
///
/// # Errors
/// Says which options do not go together.
pub(super) fn check(matches: &ArgMatches) -> Result<(), clap::Error> {
    let mut matches = matches;
    while let Some((_, inner)) = matches.subcommand() {
        matches = inner;
    }
    let is_sheet = matches.try_get_one::<Handout>("handout").is_ok_and(|kind| kind.is_some());
    let format = matches.try_get_one::<Format>("format").ok().flatten();
    let asks_kernel = matches.try_get_one::<bool>("kernel").is_ok_and(|kernel| kernel == Some(&true));
    let words = match format {
        Some(format) if is_sheet && *format != Format::Ladder && !format.is_picture() => {
            format!("--handout makes sheets of ladders: take another --format than {}, such as svg", format.name())
        }
        Some(Format::Csv) if asks_kernel => {
            "--kernel is told in ladders, lines and JSON, and --format csv has a row for each \
                                             connection: leave one of them out"
                .to_owned()
        }
        _ => return Ok(()),
    };
    Err(clap::Error::raw(ErrorKind::ArgumentConflict, words))
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
    /// More: a reason for every segment, nothing folded among the first and the last 15,000 events of a connection, what the
    /// tool itself does
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Sequence numbers as they are on the wire, not counted from the first
    #[arg(long)]
    pub absolute: bool,
    /// A sheet for a class: blank, with flags, numbers and states to be filled in, or filled, which is its key
    #[arg(long, value_parser = handout(), value_name = "KIND")]
    pub handout: Option<Handout>,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Columns to draw in. If left out, those of the terminal; where there is none, and for pictures, 80, and as many as it
    /// takes for a table
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub width: Option<u16>,
}

impl OutputArgs {
    /// Refuses drawings and sheets where something else than ladders is shown: `other`, as in `--list is none`.
    ///
    /// # Errors
    /// Says what does not go together.
    pub fn refuse_pictures(&self, other: &str) -> anyhow::Result<()> {
        ensure!(self.handout.is_none(), "--handout makes sheets of ladders, and {other}: leave one of them out");
        ensure!(
            !self.format.is_picture(),
            "--format {} draws ladders, and {other}: leave one of them out",
            self.format.name()
        );
        Ok(())
    }

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
            handout: self.handout,
            ..Settings::default()
        }
    }
}
