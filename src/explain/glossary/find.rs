//! From what somebody types to a page.

use super::page::{Kind, Page};
use super::terms;
use super::thing::{Named, Thing, index};
use crate::wire::Flags;

/// What words stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// One thing.
    Page(Box<Page>),
    /// More than one: how to ask for each.
    Several {
        /// What was asked for.
        word: String,
        /// The full name of each, and a few words.
        candidates: Vec<(String, String)>,
    },
    /// Nothing.
    Unknown {
        /// What was asked for.
        word: String,
        /// Words that are near.
        nearest: Vec<String>,
    },
}

/// No name has more words, with a kind before it.
pub(super) const MOST_WORDS: usize = 12;

/// What the words stand for, one after the other: as many words as possible are taken for one thing, so that
/// `listening socket` is one and `SYN TIME-WAIT` are two.
#[must_use]
pub fn find(words: &[String]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let longest =
            (1..=rest.len().min(MOST_WORDS)).rev().find_map(|count| Some((count, one(&rest[..count].join(" "))?)));
        let Some((count, one)) = longest else {
            found.push(unknown(&rest[0], &rest.join(" ")));
            return found;
        };
        found.push(one);
        rest = &rest[count..];
    }
    found
}

/// What a phrase stands for, none if for nothing.
fn one(phrase: &str) -> Option<Found> {
    let (rest, things) = candidates(phrase)?;
    Some(choose(rest, &things))
}

/// What Wireshark writes before the names of phenomena.
const WIRESHARK: &str = "tcp.analysis.";

/// What Rust writes before the number of an error.
const RUST: &str = "os error ";

/// Longer heaps of small letters are words.
const FEW_LETTERS: usize = 3;

/// A word without what spelling is about: case, blanks, underscores, parentheses and brackets.
pub(super) fn key(text: &str) -> String {
    let text = text.trim().trim_end_matches("()").trim_start_matches(WIRESHARK);
    let text = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let blank = |char| if matches!(char, '_' | ' ') { '-' } else { char };
    text.to_lowercase().chars().map(blank).collect()
}

/// Every thing that `phrase` can be, and the phrase without the kind before it, which leaves only things of that kind;
/// none if there is nothing.
fn candidates(phrase: &str) -> Option<(&str, Vec<Candidate>)> {
    let of_kind = |kind: &str, rest| Some((rest, named(rest, Kind::from_name(kind)?.into())));
    let with = |(rest, things): (_, Vec<Candidate>)| (!things.is_empty()).then_some((rest, things));
    let first = || phrase.split_once(' ').and_then(|(first, rest)| of_kind(first, rest));
    // A kind that stands before a word belongs to that one: `errno 4 errno 11`.
    let leads = phrase.split(' ').next().is_some_and(|first| Kind::from_name(first).is_some());
    let last = || phrase.rsplit_once(' ').filter(|_| !leads).and_then(|(rest, last)| of_kind(last, rest));
    let rust = || phrase.strip_prefix(RUST).map(|rest| (rest, named(rest, Some(Kind::Errno))));
    let kinds = first().and_then(with).or_else(|| last().and_then(with)).or_else(|| rust().and_then(with));
    kinds.or_else(|| with((phrase, named(phrase, None)))).or_else(|| with((phrase, loosely(phrase))))
}

/// What is meant by words that are written together or apart, such as `timewait`, or as Wireshark shows them (`TCP Dup ACK`);
/// or by a few small letters, as flags.
fn loosely(phrase: &str) -> Vec<Candidate> {
    let phrase = phrase.strip_prefix("TCP ").unwrap_or(phrase);
    let squeezed = |text: &str| text.replace('-', "");
    let wanted = squeezed(&key(phrase));
    let is_it = |named: &&Named| named.keys.iter().any(|key| squeezed(key) == wanted);
    let small = phrase.to_lowercase();
    let things = index().iter().filter(is_it).map(|named| Candidate { thing: named.thing, rank: rank(named, &small) });
    let things: Vec<_> = things.collect();
    if !things.is_empty() || phrase.len() > FEW_LETTERS {
        return things;
    }
    let flags = flags(&phrase.to_uppercase());
    flags.map(|flags| Candidate { thing: Thing::Flags(flags), rank: 1 }).into_iter().collect()
}

/// A thing that fits, and how well: the best is 0.
struct Candidate {
    thing: Thing,
    rank: u8,
}

fn named(phrase: &str, kind: Option<Kind>) -> Vec<Candidate> {
    let wanted = key(phrase);
    let number: Option<u8> = phrase.parse().ok();
    let is_it = |named: &&Named| {
        number.is_some_and(|number| named.thing.has_number(number, kind)) || named.keys.contains(&wanted)
    };
    let of_kind = index().iter().filter(|named| kind.is_none_or(|kind| kind == named.thing.kind()));
    let mut things: Vec<_> =
        of_kind.filter(is_it).map(|named| Candidate { thing: named.thing, rank: rank(named, phrase) }).collect();
    let has_flags = things.iter().any(|candidate| matches!(candidate.thing, Thing::Flags(_)));
    // A word of its own goes before a heap of letters.
    let may_be_flags = things.is_empty() || phrase.starts_with(|char: char| char.is_ascii_digit());
    if kind.is_none_or(|kind| kind == Kind::Flags) && !has_flags && may_be_flags {
        things.extend(flags(phrase).map(|flags| Candidate { thing: Thing::Flags(flags), rank: 1 }));
    }
    things
}

/// Flags in any spelling: `SA`, `[S.]`, `SYN,ACK`, `syn-ack`, `fin+ack`, `0x12`; none if it is no such thing.
#[must_use]
pub fn flags(phrase: &str) -> Option<Flags> {
    let phrase = phrase.trim();
    let phrase = phrase.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(phrase);
    if let Some(digits) = phrase.strip_prefix("0x").or_else(|| phrase.strip_prefix("0X")) {
        return u16::from_str_radix(digits, 16).ok().filter(|bits| *bits < 512).map(Flags::from_bits);
    }
    if phrase.starts_with(|char: char| char.is_ascii_digit()) {
        return phrase.parse().ok().filter(|bits: &u16| *bits < 512).map(Flags::from_bits);
    }
    let spelled: String = phrase.chars().map(|char| if matches!(char, '-' | '_' | '/') { ',' } else { char }).collect();
    if !spelled.contains(char::is_alphanumeric) && spelled != "." {
        return None;
    }
    Flags::from_words(&spelled).ok()
}

/// How well a thing fits what was typed: its name to the letter goes before another spelling. A bare number has no name.
fn rank(named: &Named, phrase: &str) -> u8 {
    let exact = |name: &str| name.trim_end_matches("()") == phrase.trim_end_matches("()");
    match named.thing {
        Thing::Icmp(message) if message.v6 && !exact(&named.name) => 2,
        _ if named.thing.kind() == Kind::Exit => 1,
        _ if named.names().any(exact) => 0,
        _ => 1,
    }
}

/// The one that fits best, or all.
fn choose(phrase: &str, things: &[Candidate]) -> Found {
    let best = things.iter().map(|candidate| candidate.rank).min().unwrap_or_default();
    let (first, others): (Vec<_>, Vec<_>) = things.iter().partition(|candidate| candidate.rank == best);
    match first.as_slice() {
        [one] => {
            let mut page = page(&one.thing);
            page.homonyms = others.iter().map(|other| other.thing.full_name()).collect();
            Found::Page(Box::new(page))
        }
        _ => {
            let all = first.iter().chain(&others).map(|candidate| &candidate.thing);
            let candidates = all.map(|thing| (thing.full_name(), thing.gloss())).collect();
            Found::Several { word: phrase.to_owned(), candidates }
        }
    }
}

/// The whole page of a thing.
pub(super) fn page(thing: &Thing) -> Page {
    let mut page = thing.bare_page();
    page.terms = terms::of(&page);
    page
}

/// At most so many words are offered in place of an unknown one.
const OFFERED: usize = 3;

fn unknown(word: &str, phrase: &str) -> Found {
    let spellings = [key(word), key(phrase)];
    let distance = |name: &str| {
        let key = key(name);
        spellings.iter().map(|wanted| strsim::damerau_levenshtein(wanted, &key)).min().unwrap_or(usize::MAX)
    };
    let most = |name: &str| (name.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = index()
        .iter()
        .flat_map(Named::names)
        .filter(|name| !name.starts_with(WIRESHARK))
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance <= most(name))
        .collect();
    near.sort();
    near.dedup_by(|one, other| one.1 == other.1);
    let nearest = near.into_iter().take(OFFERED).map(|(_, name)| name.to_owned()).collect();
    Found::Unknown { word: word.to_owned(), nearest }
}
