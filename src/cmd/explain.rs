//! `rawshake explain`: what a word of TCP means.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::{bail, ensure};

use super::columns::Columns;
use super::{Exit, Streams, payload};
use crate::craft::ping::text::printable;
use crate::explain::glossary::{self, Found, Kind};
use crate::ladder::Settings;
use crate::sink;

const AFTER_HELP: &str = "\
Examples:
  rawshake explain SYN                      flags; also SA, [S.], 0x12, fin+ack
  rawshake explain TIME-WAIT                a state; also TIME_WAIT
  rawshake explain mss                      an option; also option 2
  rawshake explain connect                  a socket call
  rawshake explain ECONNREFUSED             an error of a socket call
  rawshake explain three-way                a verdict
  rawshake explain syn-retransmission       a phenomenon
  rawshake explain icmp 3/1                 an ICMP error
  rawshake explain listening socket         a word of the course
  rawshake explain flag RST option sack     two things; a kind says which
  rawshake explain phenomena                all words of a kind
  rawshake explain states                   the state diagram of RFC 9293
  rawshake explain header                   the header of a segment
  rawshake explain header --hex '9c40 0050 0000 0007 …'
                                            these octets, field by field
  rawshake explain --list                   all words

Every page begins with the terms that it needs. What a receiver answers is read
off the rules of RFC 9293 and RFC 5961 that this program itself follows.
Commands below Try can be copied; captures/ stands beside the source.
Exit codes: 0 explained, 1 a word that stands for several things (they are
listed), 2 an unknown word.";

/// Explain a word: flags, a state, an option, a call, an error, a verdict, a phenomenon…
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// What to explain; the list of all words if left out
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// List every word that has a page, by kind
    #[arg(short, long)]
    list: bool,
    /// With `header`: explain these octets, a segment or a whole IP packet, in hexadecimal digits
    #[arg(long, value_name = "BYTES", conflicts_with = "list")]
    hex: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    columns: Columns,
}

/// How to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A page
    Text,
    /// One JSON object a line
    Json,
}

impl Args {
    /// How to draw; none for JSON.
    fn settings(&self) -> Option<Settings> {
        let width = self.columns.of_output();
        (self.format == Format::Text).then(|| Settings { width, ascii: self.ascii, ..Settings::default() })
    }
}

/// Runs the command.
///
/// # Errors
/// An unknown word, or standard output cannot be written to.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let settings = args.settings();
    let out = &mut *streams.out;
    if let Some(exit) = picture(args, settings.as_ref(), out)? {
        return Ok(exit);
    }
    if args.words.is_empty() {
        sink::glossary::list(&glossary::list(None), settings.as_ref(), out)?;
        return Ok(Exit::Success);
    }
    if let Some(kind) = kind(args) {
        sink::glossary::list(&glossary::list(Some(kind)), settings.as_ref(), out)?;
        return Ok(Exit::Success);
    }
    let mut exit = Exit::Success;
    for (index, found) in glossary::find(&args.words).iter().enumerate() {
        if index > 0 && settings.is_some() {
            writeln!(out)?;
        }
        match found {
            Found::Page(page) => sink::glossary::page(page, settings.as_ref(), out)?,
            Found::Several { word, candidates } => {
                exit = Exit::NoReply;
                out.flush()?;
                streams.err.write_all(several(word, candidates).as_bytes())?;
            }
            Found::Unknown { word, nearest } => {
                out.flush()?;
                bail!("{}", unknown(word, nearest));
            }
        }
    }
    Ok(exit)
}

/// Shows what has no page but a picture of its own: the state diagram and the header; none if it is neither.
fn picture(args: &Args, settings: Option<&Settings>, out: &mut dyn Write) -> anyhow::Result<Option<Exit>> {
    let asked = match args.words.as_slice() {
        [] if args.hex.is_some() => "header",
        [word] if !args.list => word.as_str(),
        _ => "",
    };
    let is_header = asked.eq_ignore_ascii_case("header");
    match &args.hex {
        Some(digits) if is_header => {
            let octets = payload::bytes("--hex", digits)?;
            ensure!(!octets.is_empty(), "--hex: there are no octets to explain; 20 make a header");
            sink::glossary::octets(&octets, settings, out)?;
        }
        Some(_) => bail!("--hex explains a header: rawshake explain header --hex BYTES"),
        None if is_header => sink::glossary::header(settings, out)?,
        None if asked.eq_ignore_ascii_case("states") => sink::glossary::states(settings, out)?,
        None => return Ok(None),
    }
    Ok(Some(Exit::Success))
}

/// The kind that is to be listed, where its name alone was typed.
fn kind(args: &Args) -> Option<Kind> {
    match args.words.as_slice() {
        [word] if args.list => Kind::from_name(word),
        [word] => Kind::all().find(|kind| kind.plural().eq_ignore_ascii_case(word)),
        _ => None,
    }
}

/// What a word with several meanings can mean, and how to ask for each.
fn several(word: &str, candidates: &[(String, String)]) -> String {
    let mut text = format!("{} can be:\n", printable(word));
    for (name, gloss) in candidates {
        let _ = writeln!(text, "  rawshake explain {name:<26} {gloss}");
    }
    text
}

/// What to say of an unknown word.
fn unknown(word: &str, nearest: &[String]) -> String {
    let word = printable(word);
    if nearest.is_empty() {
        return format!("no page explains {word}: rawshake explain --list names all words");
    }
    format!("no page explains {word}; near to it: {} (--list names all words)", nearest.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::command;

    /// The command of the page that these words lead to.
    fn offered(words: &[String]) -> String {
        match glossary::find(words).remove(0) {
            Found::Page(page) => page.command,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn every_command_that_a_page_offers_is_one() {
        let listed = glossary::list(None).into_iter().map(|one| match one.kind {
            Kind::Icmp => vec![one.name],
            kind => vec![kind.name().to_owned(), one.name],
        });
        let flags = (0..512).map(|bits| vec![format!("{bits:#05x}")]);
        let mut commands: Vec<String> = listed.chain(flags).map(|words| offered(&words)).collect();
        commands.sort();
        commands.dedup();
        for offered in commands {
            let words = std::iter::once("rawshake").chain(offered.split(' '));
            if let Err(error) = command().try_get_matches_from(words) {
                panic!("{offered}: {error}");
            }
        }
    }

    #[test]
    fn what_was_typed_cannot_steer_a_terminal() {
        let word = "\u{1b}[31mred";
        assert!(!unknown(word, &[]).contains('\u{1b}') && !several(word, &[]).contains('\u{1b}'));
    }
}
