//! Which packets a lesson looks for: `server SYN ACK after hello`.

use super::scene::{Carried, Scene, Shot};
use crate::wire::Flags;

/// What kind of packet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A segment with exactly these flags; PSH, which only hurries, may be there as well.
    Flags(Flags),
    /// A segment with at least these.
    With(Flags),
    /// A segment with data.
    Data,
    /// Any segment.
    Segment,
    /// A datagram.
    Datagram,
    /// An ICMP message, of this type and code if they are named.
    Icmp(Option<(u8, Option<u8>)>),
    /// What a program said.
    Said(String),
}

/// Which packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    /// Sent by the host `you`, or by the other.
    near: Option<bool>,
    kind: Kind,
    connection: Option<u64>,
    copy: Option<u64>,
    /// The name of what it comes after.
    pub(super) after: Option<String>,
}

/// What a selector looks like.
pub(super) const FORM: &str = "[you|server] FLAGS, with FLAGS, data, segment, udp, icmp [TYPE[/CODE]] or said WORDS; then [connection N] [copy N] [after NAME]";

impl Selector {
    /// Reads one; none if it is not understood.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(words) = text.strip_prefix("said ") {
            let kind = Kind::Said(words.trim().to_owned());
            return Some(Self { near: None, kind, connection: None, copy: None, after: None });
        }
        let mut words = text.split_whitespace().peekable();
        let near = words.next_if(|word| matches!(*word, "you" | "server")).map(|word| word == "you");
        let kind = kind(&mut words)?;
        let mut selector = Self { near, kind, connection: None, copy: None, after: None };
        while let Some(word) = words.next() {
            let value = words.next()?;
            match word {
                "connection" => selector.connection = Some(value.parse().ok()?),
                "copy" => selector.copy = Some(value.parse().ok()?),
                "after" => selector.after = Some(value.to_owned()),
                _ => return None,
            }
        }
        Some(selector)
    }

    /// What a program is to have said, where that is looked for.
    pub(super) fn said(&self) -> Option<&str> {
        match &self.kind {
            Kind::Said(words) => Some(words),
            _ => None,
        }
    }

    /// The packets of `scene` that are meant, behind the packet of number `after`.
    pub(super) fn find<'a>(&self, scene: &'a Scene, after: u64) -> Vec<&'a Shot> {
        scene.shots().iter().filter(|shot| shot.number > after && self.is_meant(scene, shot)).collect()
    }

    fn is_meant(&self, scene: &Scene, shot: &Shot) -> bool {
        let segment = shot.told.as_ref();
        let is = |wanted: Option<u64>, has: Option<u64>| wanted.is_none() || wanted == has;
        self.near.is_none_or(|near| near == scene.is_near(shot))
            && is(self.connection, segment.map(|(connection, _)| u64::from(*connection)))
            && is(self.copy, segment.map(|(_, segment)| u64::from(segment.copy)))
            && match &self.kind {
                Kind::Flags(flags) => segment.is_some_and(|(_, segment)| {
                    let psh = if flags.contains(Flags::PSH) { Flags::NONE } else { Flags::PSH };
                    segment.flags.without(psh) == *flags
                }),
                Kind::With(flags) => segment.is_some_and(|(_, segment)| segment.flags.contains(*flags)),
                Kind::Data => segment.is_some_and(|(_, segment)| segment.len > 0),
                Kind::Segment => segment.is_some(),
                Kind::Datagram => matches!(shot.carried, Carried::Datagram(_)),
                Kind::Icmp(wanted) => match (shot.carried, wanted) {
                    (Carried::Icmp(..), None) => true,
                    (Carried::Icmp(kind, code), Some(wanted)) => {
                        kind == wanted.0 && wanted.1.is_none_or(|wanted| wanted == code)
                    }
                    _ => false,
                },
                Kind::Said(_) => false,
            }
    }
}

/// The words up to the first that is no part of the kind.
fn kind<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Kind> {
    Some(match *words.peek()? {
        "data" => words.next().map(|_| Kind::Data)?,
        "segment" => words.next().map(|_| Kind::Segment)?,
        "udp" => words.next().map(|_| Kind::Datagram)?,
        "icmp" => {
            words.next();
            match words.next_if(|word| word.starts_with(|char: char| char.is_ascii_digit())) {
                Some(word) => Kind::Icmp(Some(icmp(word)?)),
                None => Kind::Icmp(None),
            }
        }
        "with" => {
            words.next();
            Kind::With(flags(words)?)
        }
        _ => Kind::Flags(flags(words)?),
    })
}

/// `3/3` or `11`.
fn icmp(text: &str) -> Option<(u8, Option<u8>)> {
    let number = |text: &str| text.parse().ok();
    match text.split_once('/') {
        Some((kind, code)) => Some((number(kind)?, Some(number(code)?))),
        None => Some((number(text)?, None)),
    }
}

/// The names of flags, in capitals.
fn flags<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<Flags> {
    let is_name = |word: &&str| word.bytes().all(|letter| letter.is_ascii_uppercase());
    let names: Vec<&str> = std::iter::from_fn(|| words.next_if(is_name)).collect();
    Flags::from_words(&names.join(",")).ok().filter(|_| !names.is_empty())
}
