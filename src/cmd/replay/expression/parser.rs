//! Tokens to a condition, by recursive descent.

use super::lexer::{Place, Token, tokens};
use super::operand::Operand;
use super::{Error, Node};
use crate::sink::fields::{FIELDS, Field};

/// Parentheses and negations within each other.
const DEEPEST: usize = 50;

pub(super) fn parse(text: &str) -> Result<Node, Error> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0 };
    let node = parser.any()?;
    match parser.peek() {
        Token::End => Ok(node),
        _ => Err(parser.error("\"and\", \"or\" or the end should stand here")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Place>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Never passes the end.
    fn place(&self) -> &Place {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn peek(&self) -> &Token {
        &self.place().token
    }

    fn take(&mut self) -> Place {
        let place = self.place().clone();
        self.next += 1;
        place
    }

    /// Takes the word if it is next.
    fn takes(&mut self, keyword: &str) -> bool {
        let is_next = is_keyword(self.peek(), keyword);
        self.next += usize::from(is_next);
        is_next
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(self.text, self.place().at, message)
    }

    fn any(&mut self) -> Result<Node, Error> {
        let mut nodes = vec![self.all()?];
        while self.takes("or") {
            nodes.push(self.all()?);
        }
        Ok(Node::Any(nodes))
    }

    fn all(&mut self) -> Result<Node, Error> {
        let mut nodes = vec![self.negation()?];
        while self.takes("and") {
            nodes.push(self.negation()?);
        }
        Ok(Node::All(nodes))
    }

    fn negation(&mut self) -> Result<Node, Error> {
        if self.depth == DEEPEST {
            return Err(self.error(format!("more than {DEEPEST} parentheses and negations within each other")));
        }
        self.depth += 1;
        let node = if self.takes("not") {
            Node::Not(Box::new(self.negation()?))
        } else if *self.peek() == Token::Open {
            self.group()?
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn group(&mut self) -> Result<Node, Error> {
        let open = self.take();
        let node = self.any()?;
        if *self.peek() != Token::Close {
            return Err(Error::new(self.text, open.at, "this parenthesis is never closed"));
        }
        self.take();
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, Error> {
        let field = self.field()?;
        let Token::Operator(operator) = *self.peek() else { return Ok(Node::Holds(field)) };
        self.take();
        let word = match self.peek() {
            Token::Word(word) | Token::Quoted(word) => word.clone(),
            _ => return Err(self.error(format!("a value for {} should stand here", field.name))),
        };
        let operand = Operand::parse(field, operator, &word).map_err(|message| self.error(message))?;
        self.take();
        Ok(Node::Compare(field, operator, operand))
    }

    fn field(&mut self) -> Result<&'static Field, Error> {
        let field = match self.peek() {
            token if ["and", "or"].iter().any(|keyword| is_keyword(token, keyword)) => None,
            Token::Word(name) => match Field::named(name) {
                Some(field) => Some(field),
                None => return Err(self.error(unknown(name))),
            },
            _ => None,
        };
        let field = field.ok_or_else(|| self.error("a field should stand here, such as handshake or segments"))?;
        self.take();
        Ok(field)
    }
}

fn is_keyword(token: &Token, keyword: &str) -> bool {
    matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    format!("no field is called {name:?}; there are: {}", names.join(", "))
}
