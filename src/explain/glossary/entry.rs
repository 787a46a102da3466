//! One row of a table of the glossary.

use super::page::{Kind, Page};
use super::picture::Row;
use crate::explain::Statement;

/// One explanation as it stands in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) also: &'static [&'static str],
    /// What it is in few words, without a full stop.
    pub(super) gloss: &'static str,
    /// What it is, in sentences.
    pub(super) is: &'static str,
    /// When it is sent, or comes about.
    pub(super) when: &'static str,
    /// What is often told otherwise; empty where nothing is.
    pub(super) beware: &'static str,
    pub(super) picture: &'static [Row],
    pub(super) rfc: &'static str,
    pub(super) command: &'static str,
}

impl Entry {
    /// A row with nothing in it but its kind.
    pub(super) const fn blank(kind: Kind) -> Self {
        Self { kind, name: "", also: &[], gloss: "", is: "", when: "", beware: "", picture: &[], rfc: "", command: "" }
    }

    /// The page, with nothing worked out.
    pub(super) fn page(&self) -> Page {
        let paragraphs = [("Is", self.is), ("When", self.when), ("Beware", self.beware)];
        Page {
            kind: self.kind,
            name: self.name.to_owned(),
            also: self.also.iter().map(ToString::to_string).collect(),
            gloss: self.gloss.to_owned(),
            terms: Vec::new(),
            paragraphs: paragraphs.into_iter().filter_map(|(subject, text)| statement(subject, text)).collect(),
            picture: self.picture.to_vec(),
            outcomes: Vec::new(),
            rfc: self.rfc.to_owned(),
            command: self.command.to_owned(),
            homonyms: Vec::new(),
        }
    }
}

/// A paragraph, unless it is empty.
pub(super) fn statement(subject: &'static str, text: impl Into<String>) -> Option<Statement> {
    let text = text.into();
    (!text.is_empty()).then_some(Statement { subject, text })
}
