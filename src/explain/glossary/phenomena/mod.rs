//! Phenomena: the pages on the marks of `trace`. What identifies each, how much it matters and where it is specified
//! stand in the table there; here are the words.

mod closing;
mod data;
mod odd;
mod opening;

use super::entry::{Entry, statement};
use super::page::{Kind, Page};
use super::picture::Row;
use crate::trace::{Mark, Severity};

/// The words about one mark.
pub(super) struct Words {
    /// What it is or means, in sentences.
    is: &'static str,
    picture: &'static [Row],
    command: &'static str,
}

const fn words(is: &'static str, picture: &'static [Row], command: &'static str) -> Words {
    Words { is, picture, command }
}

/// The words about `mark`; each file has a part of them. None for one that shares the page of something else.
fn of(mark: Mark) -> Option<&'static Words> {
    let parts = [opening::WORDS, data::WORDS, closing::WORDS, odd::WORDS];
    parts.into_iter().flatten().find(|row| row.0 == mark).map(|row| &row.1)
}

/// What its severity means to a reader.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "Ordinary.",
        Severity::Odd => "Unusual, and within the rules.",
        Severity::Fault => "Against the rules, or the end of a connection that was to go on.",
    }
}

/// The row of a mark that has a page of its own.
pub(super) fn entry(mark: Mark) -> Option<Entry> {
    let Words { is, picture, command } = *of(mark)?;
    let row = mark.row();
    Some(Entry {
        name: row.name,
        gloss: row.sign.trim_end_matches('.'),
        is,
        picture,
        command,
        rfc: row.rfc.unwrap_or_default(),
        ..Entry::blank(Kind::Phenomenon)
    })
}

/// What Wireshark writes on the screen of some, where that is another word.
const ON_SCREEN: [(Mark, &str); 5] = [
    (Mark::DuplicateAck, "dup ack"),
    (Mark::Gap, "previous segment not captured"),
    (Mark::AckUnseen, "acked unseen segment"),
    (Mark::PortReuse, "port numbers reused"),
    (Mark::HalfClose, "half-closed"),
];

/// Its page.
pub(super) fn page(mark: Mark) -> Option<Page> {
    let mut page = entry(mark)?.page();
    let row = mark.row();
    page.paragraphs.extend(statement("Weight", severity(row.severity)));
    page.also.extend(row.wireshark.map(|name| format!("tcp.analysis.{name}")));
    page.also.extend(ON_SCREEN.iter().filter(|row| row.0 == mark).map(|row| row.1.to_owned()));
    Some(page)
}
