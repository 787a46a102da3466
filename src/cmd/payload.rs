//! What is sent, where it comes from a file or is written in hexadecimal digits.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// The most that is read from a file: it is kept in memory until it is acknowledged.
const MOST: u64 = 64 << 20;

/// The contents of a file; `-` is standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        return limited(io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot open {name} to send it"))?;
    limited(file, &name)
}

fn limited(input: impl Read, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut octets = Vec::new();
    input.take(MOST + 1).read_to_end(&mut octets).with_context(|| format!("cannot read {name}"))?;
    ensure!(octets.len() as u64 <= MOST, "{name} is longer than {} MiB, which is the most that is sent", MOST >> 20);
    Ok(octets)
}

/// The octets that hexadecimal digits mean; blanks and colons between them are passed over. `option` is where they were
/// written.
pub(super) fn bytes(option: &str, text: &str) -> anyhow::Result<Vec<u8>> {
    let mut digits = Vec::new();
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != ':') {
        match letter.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None => bail!("{option}: {letter:?} is not a hexadecimal digit"),
        }
    }
    ensure!(digits.len() % 2 == 0, "{option}: {} digits are not whole bytes", digits.len());
    Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_make_bytes() {
        assert_eq!(bytes("--send-hex", "48 65:6C\n6c 6f").unwrap(), b"Hello");
        assert_eq!(bytes("--send-hex", "").unwrap(), b"");
        assert_eq!(bytes("--send-hex", "4").unwrap_err().to_string(), "--send-hex: 1 digits are not whole bytes");
        assert_eq!(
            bytes("--send-hex", "4\u{7}").unwrap_err().to_string(),
            r"--send-hex: '\u{7}' is not a hexadecimal digit"
        );
    }

    #[test]
    fn a_file_is_read_up_to_a_bound() {
        assert_eq!(limited(&b"abc"[..], "x").unwrap(), b"abc");
        let error = limited(io::repeat(0), "x").unwrap_err().to_string();
        assert_eq!(error, "x is longer than 64 MiB, which is the most that is sent");
        let error = format!("{:#}", read(Path::new("/no/such/file")).unwrap_err());
        assert!(error.starts_with("cannot open /no/such/file to send it: "), "{error}");
    }
}
