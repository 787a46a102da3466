//! A stream without styles.

use std::io::{self, Write};

use anstream::adapter::StripBytes;

/// Takes styles out of what is written. Most lines have none, and are passed on without a look at each character.
pub(super) struct Unstyled<W> {
    out: W,
    strip: StripBytes,
    /// Whether a style may have begun that has not ended.
    styled: bool,
}

impl<W: Write> Unstyled<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, strip: StripBytes::new(), styled: false }
    }
}

/// Whether there is nothing to strip: no control character but ends of lines. Looks at all, many at a time.
fn is_plain(bytes: &[u8]) -> bool {
    let is_control = |byte: u8| (byte < b' ') & (byte != b'\n') | (byte == 0x7f);
    !bytes.iter().fold(false, |found, byte| found | is_control(*byte))
}

impl<W: Write> Write for Unstyled<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.styled && is_plain(bytes) {
            return self.out.write(bytes);
        }
        for part in self.strip.strip_next(bytes) {
            self.out.write_all(part)?;
        }
        // No style goes on behind the end of a line.
        self.styled = !bytes.ends_with(b"\n");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_go_wherever_they_are_split() {
        let text = "plain\n\x1b[1mbold\x1b[0m µ\nplain – again\n\x1b]0;title\x07end\r\n\u{7f}!\n";
        let stripped = anstream::adapter::strip_str(text).to_string();
        for split in (0..=text.len()).filter(|split| text.is_char_boundary(*split)) {
            let mut out = Unstyled::new(Vec::new());
            let (before, behind) = text.split_at(split);
            out.write_all(before.as_bytes()).unwrap();
            out.write_all(behind.as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&out.out), stripped, "split at {split}");
        }
    }
}
