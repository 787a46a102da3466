//! What whoever wrote a capture remarked in it: the comments of pcapng, found by the number of the packet.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a comment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A packet.
    Packet,
    /// A section: all that follows it in its file, up to the next.
    Section,
    /// The interface of this number in its section, from 0 as in the file.
    Interface(u32),
}

/// One comment. Untrusted text: escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What it is about.
    pub about: About,
    /// Its text, or the beginning of it.
    pub text: String,
    /// Octets of the text that were left out.
    pub cut: usize,
}

impl Comment {
    /// Octets of one text that are kept.
    pub const LONGEST: usize = 1024;
    /// Comments of one block of a file that are kept.
    pub const MOST: usize = 4;

    /// What UTF-8 is none of is replaced; what is too long is cut.
    #[must_use]
    pub fn new(about: About, octets: &[u8]) -> Self {
        // A replacement takes up to three octets for one.
        let mut text = String::from_utf8_lossy(&octets[..octets.len().min(Self::LONGEST + 3)]).into_owned();
        let kept = (0..=Self::LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let is_long = text.len() > Self::LONGEST;
        text.truncate(if is_long { kept } else { text.len() });
        Self { about, cut: if is_long { octets.len().saturating_sub(kept).max(1) } else { 0 }, text }
    }

    /// What it takes of memory, about.
    const fn size(&self) -> usize {
        self.text.len() + 2 * size_of::<Self>()
    }
}

/// Comments by the number of their packet, shared between who reads and who shows. Those of sections and interfaces stand
/// with the first packet behind them, and can be taken once.
///
/// Memory is bounded: beyond it the oldest are let go, and counted.
#[derive(Clone, Debug, Default)]
pub struct Comments(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Nobody has to look further before there was any.
    any: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    of_packets: BTreeMap<u64, Vec<Comment>>,
    of_files: BTreeMap<u64, Vec<Comment>>,
    size: usize,
    let_go: u64,
}

impl Comments {
    /// Octets that all of them together take at most.
    const ROOM: usize = 16 << 20;

    /// Keeps what was said at packet `number`, in place of what was kept for it.
    pub fn put(&self, number: u64, comments: Vec<Comment>) {
        if comments.is_empty() {
            return;
        }
        let mut kept = self.kept();
        let (of_packet, of_file): (Vec<_>, Vec<_>) =
            comments.into_iter().partition(|comment| comment.about == About::Packet);
        kept.size += of_packet.iter().chain(&of_file).map(Comment::size).sum::<usize>();
        for (list, comments) in [(true, of_packet), (false, of_file)] {
            let list = if list { &mut kept.of_packets } else { &mut kept.of_files };
            let old = if comments.is_empty() { list.remove(&number) } else { list.insert(number, comments) };
            kept.size -= size_of_all(&old.unwrap_or_default());
        }
        while kept.size > Self::ROOM && kept.let_go_of_oldest() {}
        self.0.any.store(true, Ordering::Release);
    }

    /// What was said of packet `number`.
    #[must_use]
    #[inline]
    pub fn of(&self, number: u64) -> Vec<Comment> {
        if self.is_empty() { Vec::new() } else { self.kept().of_packets.get(&number).cloned().unwrap_or_default() }
    }

    /// What was said of packet `number`, which nobody else asks for.
    #[must_use]
    #[inline]
    pub fn take(&self, number: u64) -> Vec<Comment> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut kept = self.kept();
        let taken = kept.of_packets.remove(&number).unwrap_or_default();
        kept.size -= size_of_all(&taken);
        taken
    }

    /// What was said of sections and interfaces before packet `number` or at it, and was not taken yet.
    #[must_use]
    #[inline]
    pub fn take_of_files(&self, number: u64) -> Vec<Comment> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut kept = self.kept();
        let later = number.checked_add(1).map_or_else(BTreeMap::new, |next| kept.of_files.split_off(&next));
        let taken: Vec<_> = std::mem::replace(&mut kept.of_files, later).into_values().flatten().collect();
        kept.size -= size_of_all(&taken);
        taken
    }

    /// Packets whose comments were let go for want of room.
    #[must_use]
    pub fn let_go(&self) -> u64 {
        self.kept().let_go
    }

    /// Whether there was never one.
    fn is_empty(&self) -> bool {
        !self.0.any.load(Ordering::Acquire)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// False when there is nothing left.
    fn let_go_of_oldest(&mut self) -> bool {
        let oldest = self.of_packets.pop_first().or_else(|| self.of_files.pop_first());
        let Some((_, comments)) = oldest else { return false };
        self.size -= size_of_all(&comments);
        self.let_go += 1;
        true
    }
}

fn size_of_all(comments: &[Comment]) -> usize {
    comments.iter().map(Comment::size).sum()
}

/// The same store, not the same comments.
impl PartialEq for Comments {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Comments {}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(about: About, text: &str) -> Comment {
        Comment::new(about, text.as_bytes())
    }

    #[test]
    fn a_comment_is_found_by_its_packet_and_those_of_files_once() {
        let comments = Comments::default();
        assert!(comments.of(1).is_empty() && comments.take_of_files(u64::MAX).is_empty());
        let (section, packet) = (comment(About::Section, "s"), comment(About::Packet, "p"));
        comments.put(7, vec![section.clone(), packet.clone()]);
        comments.put(9, vec![comment(About::Interface(1), "i")]);
        assert_eq!((comments.of(7), comments.of(8)), (vec![packet.clone()], Vec::new()));
        assert_eq!(comments.take_of_files(6), []);
        assert_eq!((comments.take_of_files(8), comments.take_of_files(8)), (vec![section], Vec::new()));
        assert_eq!(comments.take_of_files(u64::MAX).len(), 1);
        assert_eq!((comments.take(7), comments.take(7)), (vec![packet], Vec::new()));
        assert_eq!(comments.kept().size, 0);
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters_and_what_is_no_text_replaced() {
        let long = "ä".repeat(600);
        let Comment { text, cut, .. } = comment(About::Packet, &long);
        assert_eq!((text.len(), cut), (1024, 176));
        let odd = format!("a{}", "ä".repeat(600));
        let Comment { text, cut, .. } = comment(About::Packet, &odd);
        assert_eq!((text.len(), cut), (1023, 178));
        assert_eq!(Comment::new(About::Packet, b"a\xff").text, "a\u{fffd}");
        let Comment { text, cut, .. } = Comment::new(About::Packet, &[0xff; 65_535]);
        assert!(text.len() <= Comment::LONGEST && cut > 60_000);
    }

    #[test]
    fn room_is_bounded_and_what_is_let_go_is_counted() {
        let comments = Comments::default();
        let long = "x".repeat(Comment::LONGEST);
        for number in 1..=40_000 {
            comments.put(number, vec![comment(About::Packet, &long)]);
        }
        let (let_go, kept) = (comments.let_go(), comments.kept().of_packets.len() as u64);
        assert!(comments.kept().size <= Comments::ROOM && let_go > 20_000, "{let_go}");
        assert_eq!(let_go + kept, 40_000);
        assert!(comments.of(1).is_empty() && comments.of(40_000).len() == 1);
    }
}
