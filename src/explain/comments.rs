//! What the writer of a capture remarked in it.

use super::words::{count, quoted};
use crate::wire::{About, Comment};

/// `comment: "text"`, on one line and escaped; ASCII alone if `ascii`.
#[must_use]
pub fn comment(comment: &Comment, ascii: bool) -> String {
    let Comment { about, text, cut } = comment;
    let what = match about {
        About::Packet => "comment".to_owned(),
        About::Section => "comment on this section of the capture".to_owned(),
        About::Interface(number) => format!("comment on interface {number} of the capture"),
    };
    let more = if *cut > 0 { format!(" and {} more", count(*cut as u64, "byte")) } else { String::new() };
    format!("{what}: {}{more}", quoted(text.as_bytes(), ascii))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_comment_controls_a_terminal() {
        let evil = "\x1b[2J\u{9b}31m a  b\nc\u{202e}d\u{5d0}\"ü";
        let said = |about, text: &str, ascii| comment(&Comment::new(about, text.as_bytes()), ascii);
        assert_eq!(said(About::Packet, evil, false), r#"comment: "\x1b[2J\u{9b}31m a \x20b\nc\u{202e}d\u{5d0}\"ü""#);
        assert!(said(About::Packet, evil, true).is_ascii());
        assert_eq!(said(About::Interface(2), "x", false), r#"comment on interface 2 of the capture: "x""#);
        let long = said(About::Section, &"y".repeat(2000), false);
        assert!(long.starts_with("comment on this section") && long.ends_with("y\" and 976 bytes more"), "{long}");
    }
}
