//! A line in words, as a shell would take it apart, but for what scripts have no need of.

/// What a backslash between double quotes means.
const ESCAPES: [(char, char); 6] = [('r', '\r'), ('n', '\n'), ('t', '\t'), ('0', '\0'), ('\\', '\\'), ('"', '"')];

/// The words of a line: blanks part them, quotes hold them together, and `#` before a word begins a comment.
///
/// # Errors
/// Says what is wrong with quotes and escapes.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    while !rest.is_empty() && !rest.starts_with('#') {
        let mut word = String::new();
        let mut letters = rest.chars();
        loop {
            match letters.next() {
                None => break,
                Some(blank) if blank.is_whitespace() => break,
                Some(quote @ ('"' | '\'')) => quoted(quote, &mut letters, &mut word)?,
                Some(letter) => word.push(letter),
            }
        }
        words.push(word);
        rest = letters.as_str().trim_start();
    }
    Ok(words)
}

/// Takes what stands between quotes, the closing one included.
fn quoted(quote: char, letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter == quote => return Ok(()),
            '\\' if quote == '"' => word.push(escaped(letters.next())?),
            _ => word.push(letter),
        }
    }
    Err(format!("a {quote} is not closed"))
}

fn escaped(letter: Option<char>) -> Result<char, String> {
    let wrong = || format!("between double quotes {}; single quotes leave it alone", begins());
    meant(letter).ok_or_else(wrong)
}

/// What a backslash before `letter` means.
fn meant(letter: Option<char>) -> Option<char> {
    ESCAPES.into_iter().find(|(name, _)| Some(*name) == letter).map(|(_, meaning)| meaning)
}

fn begins() -> String {
    let known: Vec<_> = ESCAPES.iter().map(|(name, _)| format!("\\{name}")).collect();
    format!("a backslash begins one of {}", known.join(" "))
}

/// A text in which backslashes mean what they mean between double quotes.
///
/// # Errors
/// Says which backslashes mean something.
pub(in crate::cmd::send) fn unescaped(text: &str) -> Result<String, String> {
    let (mut letters, mut plain) = (text.chars(), String::new());
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' { meant(letters.next()).ok_or_else(begins)? } else { letter });
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_quotes_and_comments() {
        let table: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("  # all of it", &[]),
            ("-f S  --seq 1\t", &["-f", "S", "--seq", "1"]),
            ("-f S # why", &["-f", "S"]),
            ("--payload a#b", &["--payload", "a#b"]),
            (r#"--payload "GET /\r\n \"x\"""#, &["--payload", "GET /\r\n \"x\""]),
            (r"--payload 'a \n # b'", &["--payload", r"a \n # b"]),
            (r#"--payload="" x"#, &["--payload=", "x"]),
            (r#""""#, &[""]),
        ];
        for (line, words) in table {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        assert_eq!(split("a 'b").unwrap_err(), "a ' is not closed");
        assert!(split(r#""\x""#).unwrap_err().contains(r"one of \r \n \t \0 \\"));
        assert!(split(r#""\"#).is_err());
        assert_eq!(unescaped(r"QUIT\r\n\\").unwrap(), "QUIT\r\n\\");
        assert!(unescaped("a\\").is_err() && unescaped(r"\x").unwrap_err().starts_with("a backslash begins one of"));
    }

    proptest! {
        #[test]
        fn any_line_is_taken_apart_or_refused(line in "\\PC*") {
            let _ = split(&line);
        }

        #[test]
        fn between_single_quotes_all_is_as_it_stands(text in "[^']*") {
            prop_assert_eq!(split(&format!("'{text}'")).unwrap(), [text]);
        }
    }
}
