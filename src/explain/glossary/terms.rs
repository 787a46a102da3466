//! Which terms a text uses, and what must be said before it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::page::{Gloss, Kind, Page};
use super::thing::Thing;
use super::transitions::span;
use super::words::COMMON;

/// A term as it stands in texts, and its gloss.
struct Term {
    spelled: String,
    means: String,
}

/// The one phenomenon that is an answer, too.
const CHALLENGE_ACK: (&str, &str) = ("challenge ACK", "asks to say it again");

/// Every term, the longest first, so that `SYN-SENT` is found before `SYN`.
fn all() -> &'static [Term] {
    static TERMS: OnceLock<Vec<Term>> = OnceLock::new();
    TERMS.get_or_init(|| {
        let kinds = [Kind::Flags, Kind::State, Kind::Call, Kind::Errno, Kind::Word, Kind::Option];
        let is_call = |name: &str| name.ends_with("()");
        let things = Thing::all()
            .filter(|thing| kinds.contains(&thing.kind()))
            .filter(|thing| thing.kind() != Kind::Call || is_call(&thing.name()))
            // Of options only what RFCs write in capitals is a term: `experiment` is a word of every day.
            .filter(|thing| thing.kind() != Kind::Option || spelled(thing) != thing.name())
            // SYN ACK is SYN and ACK.
            .filter(|thing| thing.kind() != Kind::Flags || !thing.name().contains(' '));
        let mut terms: Vec<Term> =
            things.map(|thing| Term { spelled: spelled(&thing), means: thing.gloss() }).collect();
        terms.push(Term { spelled: CHALLENGE_ACK.0.to_owned(), means: CHALLENGE_ACK.1.to_owned() });
        terms.sort_by_key(|term| std::cmp::Reverse(term.spelled.len()));
        terms
    })
}

/// How a thing is written in a sentence: options in capitals, as RFCs have them.
fn spelled(thing: &Thing) -> String {
    let name = thing.name();
    let short = name.len() <= 4 && name.bytes().all(|letter| letter.is_ascii_lowercase());
    if thing.kind() == Kind::Option && short { name.to_uppercase() } else { name }
}

/// The terms that stand in `text`, in their order, each once.
fn used(text: &str) -> Vec<&'static Term> {
    let mut taken = vec![false; text.len()];
    let mut found: Vec<(usize, &'static Term)> = Vec::new();
    for term in all() {
        for at in places(text, &term.spelled) {
            let range = at..at + term.spelled.len();
            if taken[range.clone()].iter().any(|taken| *taken) {
                continue;
            }
            taken[range].fill(true);
            found.push((at, term));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let mut seen = Vec::new();
    found.retain(|(_, term)| {
        let new = !seen.contains(&&term.spelled);
        seen.push(&term.spelled);
        new
    });
    found.into_iter().map(|(_, term)| term).collect()
}

/// Where `term` stands in `text` as a word of its own; it may be one of many (`segments`), or begin a sentence.
fn places(text: &str, term: &str) -> Vec<usize> {
    let joins = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_');
    let free = |at: usize| {
        let (before, rest) = (&text[..at], &text[at + term.len()..]);
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        !before.ends_with(joins) && !rest.starts_with(joins)
    };
    // Only the first letter may be another: a sentence begins with it.
    let rest = &term[1..];
    let same = |at: &usize| {
        text[..*at]
            .chars()
            .next_back()
            .is_some_and(|char| term.starts_with(char) || term.starts_with(char.to_ascii_lowercase()))
    };
    text.match_indices(rest).filter(|(at, _)| same(at)).map(|(at, _)| at - 1).filter(|at| free(*at)).collect()
}

/// Every text of a page, in the order in which it is read.
pub(super) fn texts(page: &Page) -> Vec<String> {
    let mut texts = vec![page.gloss.clone()];
    texts.extend(page.paragraphs.iter().map(|one| one.text.clone()));
    texts.extend(page.picture.iter().flat_map(|row| [row.left, row.label, row.right]).map(ToOwned::to_owned));
    for outcome in &page.outcomes {
        texts.extend([outcome.segment.clone(), span(&outcome.states), outcome.reply.to_owned()]);
        texts.extend(outcome.next.map(|state| state.name().to_owned()));
        texts.extend(outcome.linux.clone());
    }
    texts
}

/// The terms that `page` uses and does not explain itself, each behind those that its gloss needs.
pub(super) fn of(page: &Page) -> Vec<Gloss> {
    let mut walk = Walk { own: own(page), done: HashMap::new(), list: Vec::new() };
    for text in texts(page) {
        walk.text(&text);
    }
    walk.list
}

/// What the page explains: its own name, as sentences have it.
fn own(page: &Page) -> String {
    if page.kind == Kind::Option { page.name.to_uppercase() } else { page.name.clone() }
}

struct Walk {
    own: String,
    done: HashMap<&'static str, ()>,
    list: Vec<Gloss>,
}

impl Walk {
    fn text(&mut self, text: &str) {
        for term in used(text) {
            let spelled = term.spelled.as_str();
            let known = spelled == self.own || COMMON.contains(&spelled);
            if known || self.done.insert(spelled, ()).is_some() {
                continue;
            }
            self.text(&term.means);
            self.list.push(Gloss { term: spelled.to_owned(), means: term.means.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        used(text).into_iter().map(|term| term.spelled.as_str()).collect()
    }

    #[test]
    fn the_longest_term_counts() {
        assert_eq!(names("a SYN ACK in SYN-SENT, then SYNs"), ["SYN", "ACK", "SYN-SENT"]);
        assert_eq!(names("Segments; windows; no UNSYN or SYN-X"), ["segment", "window"]);
        assert_eq!(names("listening socket and socket"), ["listening socket", "socket"]);
    }
}
