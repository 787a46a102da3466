//! `--where`: a small language to choose connections by the fields of their verdicts.
//!
//! ```text
//! expression  = conjunction { "or" conjunction }
//! conjunction = negation { "and" negation }
//! negation    = "not" negation | "(" expression ")" | comparison
//! comparison  = field [ operator value ]
//! operator    = "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
//! ```
//!
//! A field alone asks whether it is there, and not `false`, zero or empty. `~` asks whether the value holds a text.

mod error;
mod lexer;
mod operand;
mod parser;
#[cfg(test)]
mod tests;

use crate::sink::fields::{Field, Row};

pub(super) use error::Error;
use operand::{Operand, Operator};

/// Octets that an expression may have.
const LONGEST: usize = 4096;

/// A condition on the verdict of a connection.
#[derive(Clone, Debug)]
pub(super) struct Expression(Node);

#[derive(Clone, Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// The field is there, and not false, zero or empty.
    Holds(&'static Field),
    Compare(&'static Field, Operator, Operand),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::new("", 0, format!("it is longer than {LONGEST} bytes")));
        }
        parser::parse(text).map(Self)
    }

    /// Whether a connection meets the condition.
    pub(super) fn holds(&self, row: &Row<'_>) -> bool {
        self.0.holds(row)
    }
}

impl Node {
    fn holds(&self, row: &Row<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(row)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(row)),
            Self::Not(node) => !node.holds(row),
            Self::Holds(field) => operand::is_something((field.value)(row)),
            Self::Compare(field, operator, operand) => operand.compare(*operator, (field.value)(row)),
        }
    }
}
