//! Words, operators and parentheses.

use super::Error;
use super::operand::Operator;

/// The smallest piece of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Operator(Operator),
    /// A field, a name or a number, or one of `and`, `or`, `not`.
    Word(String),
    /// In quotes: never a keyword.
    Quoted(String),
    End,
}

/// A token, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) token: Token,
}

/// Operators, the longer before the shorter that they begin with.
const OPERATORS: [(&str, Operator); 9] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("!~", Operator::Lacks),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Below),
    (">", Operator::Above),
    ("~", Operator::Contains),
];

/// What no word may hold.
fn ends_word(char: char) -> bool {
    char.is_whitespace() || "()=!<>~\"'".contains(char)
}

/// Takes the expression apart; the last token is [`Token::End`].
///
/// # Errors
/// A quote without its end, or a character that begins nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Place>, Error> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let (token, len) = token(text, at)?;
        let is_end = token == Token::End;
        tokens.push(Place { at, token });
        if is_end {
            return Ok(tokens);
        }
        at += len;
    }
}

/// The token at `at`, and how many octets it takes.
fn token(text: &str, at: usize) -> Result<(Token, usize), Error> {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
    if let Some((word, operator)) = OPERATORS.iter().find(|(word, _)| rest.starts_with(word)) {
        return Ok((Token::Operator(*operator), word.len()));
    }
    match first {
        '(' => Ok((Token::Open, 1)),
        ')' => Ok((Token::Close, 1)),
        '"' | '\'' => match rest[1..].find(first) {
            Some(end) => Ok((Token::Quoted(rest[1..=end].to_owned()), end + 2)),
            None => Err(Error::new(text, at, "this quote has no end")),
        },
        '!' => Err(Error::new(text, at, "\"!\" alone is no operator; write not, != or !~")),
        _ => {
            let end = rest.find(ends_word).unwrap_or(rest.len());
            Ok((Token::Word(rest[..end].to_owned()), end))
        }
    }
}
