//! Everything that has a page.

use std::sync::OnceLock;

use super::entry::Entry;
use super::find::key;
use super::icmp::Message;
use super::page::{Kind, Page};
use super::{calls, errnos, exits, flags, notations, options, phenomena, states, verdicts, words};
use crate::tcp::State;
use crate::trace::Mark;
use crate::wire::Flags;

/// Something that has a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Thing {
    Flags(Flags),
    State(State),
    Phenomenon(Mark),
    Icmp(Message),
    /// A row of one of the other tables; an option with its kinds, an error with its number.
    Row(Entry, &'static [u8]),
}

/// A thing and all that it is called.
pub(super) struct Named {
    pub(super) thing: Thing,
    pub(super) name: String,
    pub(super) also: Vec<String>,
    /// All of these as they are compared.
    pub(super) keys: Vec<String>,
}

impl Named {
    /// Its name, then what else it is called, names of other programs included.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.also).map(String::as_str)
    }
}

/// Everything that is listed, with its names, worked out once.
pub(super) fn index() -> &'static [Named] {
    static INDEX: OnceLock<Vec<Named>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let named = |thing: Thing| {
            let (name, also) = (thing.name(), thing.bare_page().also);
            let keys = std::iter::once(&name).chain(&also).map(|name| key(name)).collect();
            Named { thing, name, also, keys }
        };
        Thing::every().map(named).collect()
    })
}

impl Thing {
    /// Everything that is listed: of the combinations of flags, those with words of their own.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        index().iter().map(|named| named.thing)
    }

    fn every() -> impl Iterator<Item = Self> {
        let row = |entry: Entry| Self::Row(entry, &[]);
        let words = words::WORDS.into_iter().flatten().copied().map(row);
        let tables = [notations::NOTATIONS, exits::EXITS];
        let flags = flags::NAMED.iter().map(|(flags, _)| Self::Flags(*flags));
        flags
            .chain(State::ALL.into_iter().map(Self::State))
            .chain(options::OPTIONS.iter().map(|(kinds, entry)| Self::Row(*entry, kinds)))
            .chain(errnos::ERRNOS.iter().map(|entry| Self::Row(*entry, errnos::numbers(entry.name))))
            .chain(calls::CALLS.iter().copied().map(row))
            .chain(words)
            .chain(tables.into_iter().flatten().copied().map(row))
            .chain(verdicts::entries().map(row))
            .chain(Mark::all().filter(|mark| phenomena::entry(*mark).is_some()).map(Self::Phenomenon))
            .chain(Message::all().map(Self::Icmp))
    }

    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Flags(_) => Kind::Flags,
            Self::State(_) => Kind::State,
            Self::Phenomenon(_) => Kind::Phenomenon,
            Self::Icmp(_) => Kind::Icmp,
            Self::Row(entry, _) => entry.kind,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Flags(flags) => flags.to_string(),
            Self::State(state) => state.name().to_owned(),
            Self::Phenomenon(mark) => mark.name().to_owned(),
            Self::Icmp(message) => message.name(),
            Self::Row(entry, _) => entry.name.to_owned(),
        }
    }

    pub(super) fn gloss(&self) -> String {
        match self {
            Self::Flags(flags) => flags::gloss(*flags),
            Self::State(state) => states::entry(*state).gloss.to_owned(),
            Self::Phenomenon(mark) => mark.row().sign.trim_end_matches('.').to_owned(),
            Self::Icmp(message) => message.gloss(),
            Self::Row(entry, _) => entry.gloss.to_owned(),
        }
    }

    /// Whether `number` names it, among things of `kind`: an option is never known by its number alone, nor is a type of ICMP.
    pub(super) fn has_number(&self, number: u8, kind: Option<Kind>) -> bool {
        match self {
            Self::Row(entry, numbers) => {
                numbers.contains(&number) && (kind == Some(entry.kind) || kind.is_none() && entry.kind == Kind::Errno)
            }
            Self::Icmp(message) => kind == Some(Kind::Icmp) && !message.v6 && message.kind == number,
            _ => false,
        }
    }

    /// How it is asked for without a doubt: `option sack`.
    pub(super) fn full_name(&self) -> String {
        match self {
            Self::Icmp(message) => message.name(),
            _ => format!("{} {}", self.kind().name(), self.name()),
        }
    }

    /// The page without terms and homonyms; what a phenomenon shares with it is named.
    pub(super) fn bare_page(&self) -> Page {
        let mut page = self.own_page();
        let shared = verdicts::SHARED.iter().filter(|(_, name)| *name == page.name && self.kind() != Kind::Phenomenon);
        page.also.extend(shared.map(|(mark, _)| format!("the mark {}", mark.name())));
        page
    }

    fn own_page(&self) -> Page {
        match self {
            Self::Flags(flags) => flags::page(*flags),
            Self::State(state) => states::page(*state),
            Self::Phenomenon(mark) => phenomena::page(*mark).unwrap_or_else(|| Entry::blank(Kind::Phenomenon).page()),
            Self::Icmp(message) => message.page(),
            Self::Row(entry, kinds) => {
                let mut page = entry.page();
                let word = if entry.kind == Kind::Errno { "errno" } else { "kind" };
                page.also.extend(kinds.iter().map(|kind| format!("{word} {kind}")));
                page
            }
        }
    }
}
