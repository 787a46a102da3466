//! The glossary: a page for every flag, option, state, call, error, verdict, phenomenon, ICMP error and word.
//!
//! Texts stand in tables, one for each kind; what a receiver does, which states lead where and what a mark is known by
//! is read off the tables of `tcp` and `trace`, never typed again. A page lists the terms that it uses with a gloss, each
//! behind those that its gloss needs, so that none comes before it is explained.

mod calls;
mod ecn;
mod entry;
mod errnos;
mod exits;
mod find;
mod flags;
mod icmp;
mod notations;
mod options;
mod outcomes;
mod page;
mod phenomena;
mod picture;
mod states;
mod terms;
mod thing;
mod transitions;
mod verdicts;
mod words;

#[cfg(test)]
mod tests;

pub use find::{Found, find, flags};
pub use page::{Gloss, Kind, Outcome, Page};
pub use picture::{Row as PictureRow, Way as PictureWay};
pub(crate) use transitions::span as span_of_states;
pub use transitions::{Transition, event_words, transitions};

use serde::Serialize;

use thing::Thing;

/// One line of a list of the glossary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// What kind of thing it is.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// What it is in few words.
    pub gloss: String,
}

/// Everything in the glossary of that kind, or of all, kind by kind.
#[must_use]
pub fn list(kind: Option<Kind>) -> Vec<Listed> {
    let mut listed: Vec<_> = Thing::all()
        .filter(|thing| kind.is_none_or(|kind| kind == thing.kind()))
        .map(|thing| Listed { kind: thing.kind(), name: thing.name(), gloss: thing.gloss() })
        .collect();
    listed.sort_by_key(|one| one.kind);
    listed
}

/// `a SYN`, `an ACK`.
fn article(name: &str) -> String {
    format!("{} {name}", if name.starts_with(['A', 'E']) { "an" } else { "a" })
}
