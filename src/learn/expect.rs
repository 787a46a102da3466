//! What must be so in a run, or the text behind it would not be true: `answer.ack = hello.seq + 1`.

use std::time::Duration;

use super::text::Path;
use super::{Findings, Missing, Problem, Value};

/// What must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// As it is written.
    written: String,
    left: Sum,
    relation: &'static str,
    right: Sum,
}

/// How an expectation was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What was expected, as the lesson writes it.
    pub expected: String,
    /// What came.
    pub came: String,
}

/// Values that are added up, or one word.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sum {
    first: Operand,
    /// What is added to it, or taken from it.
    rest: Vec<(bool, Operand)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Captured(Path),
    Given(Value),
}

/// The relations, longer ones first.
const RELATIONS: [&str; 6] = [" != ", " <= ", " >= ", " = ", " < ", " > "];

/// What an expectation looks like.
pub(super) const FORM: &str = "expect VALUE = VALUE, or with != < > <= >=; values may be added with + and -";

impl Expectation {
    /// Reads one.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let not_understood = || Problem::Line { line: text.to_owned(), wanted: FORM };
        let (relation, at) = RELATIONS
            .iter()
            .filter_map(|relation| text.find(relation).map(|at| (*relation, at)))
            .min_by_key(|(_, at)| *at)
            .ok_or_else(not_understood)?;
        let (left, right) = (Sum::read(&text[..at])?, Sum::read(&text[at + relation.len()..])?);
        Ok(Self { written: text.to_owned(), left, relation: relation.trim(), right })
    }

    /// The captured things that it names.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.left.operands().chain(self.right.operands()).filter_map(|operand| match operand {
            Operand::Captured(path) => Some(path),
            Operand::Given(_) => None,
        })
    }

    /// How it is not met; none if it is.
    pub(super) fn failure(&self, findings: &Findings) -> Option<Failed> {
        let came = match (self.left.value(findings), self.right.value(findings)) {
            (Ok(left), Ok(right)) if self.holds(&left, &right) => return None,
            (Ok(left), Ok(right)) => format!("{left} and {right}"),
            (Err(missing), _) | (_, Err(missing)) => missing.to_string(),
        };
        Some(Failed { expected: self.written.clone(), came })
    }

    fn holds(&self, left: &Value, right: &Value) -> bool {
        let (Some(one), Some(other)) = (left.quantity(), right.quantity()) else {
            let same = left.to_string() == right.to_string();
            return if self.relation == "!=" { !same } else { self.relation == "=" && same };
        };
        match self.relation {
            "=" => one == other,
            "!=" => one != other,
            "<" => one < other,
            ">" => one > other,
            "<=" => one <= other,
            _ => one >= other,
        }
    }
}

impl Sum {
    fn read(text: &str) -> Result<Self, Problem> {
        let mut rest = Vec::new();
        let mut left = text.trim();
        while let Some(at) = left.rfind([' ']).filter(|_| left.contains(" + ") || left.contains(" - ")) {
            let (before, operand) = (left[..at].trim_end(), &left[at + 1..]);
            let minus = before.ends_with(" -");
            rest.push((minus, Operand::read(operand)?));
            left = before.trim_end_matches(['+', '-']).trim_end();
        }
        rest.reverse();
        Ok(Self { first: Operand::read(left)?, rest })
    }

    fn operands(&self) -> impl Iterator<Item = &Operand> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, operand)| operand))
    }

    fn value(&self, findings: &Findings) -> Result<Value, Missing> {
        let first = self.first.value(findings)?;
        let Some(mut sum) = first.quantity().filter(|_| !self.rest.is_empty()) else { return Ok(first) };
        for (minus, operand) in &self.rest {
            let quantity = operand.value(findings)?.quantity().unwrap_or_default();
            sum += if *minus { -quantity } else { quantity };
        }
        // Only a mistake in a lesson could be below zero.
        Ok(Value::Number(u64::try_from(sum).unwrap_or_default()))
    }
}

impl Operand {
    fn read(text: &str) -> Result<Self, Problem> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Given(Value::Number(number)));
        }
        if let Some(millis) = text.strip_suffix("ms").and_then(|number| number.parse().ok()) {
            return Ok(Self::Given(Value::Time(Duration::from_millis(millis))));
        }
        if text.contains('.') {
            return Path::read(text).map(Self::Captured);
        }
        Ok(Self::Given(Value::Word(text.to_owned())))
    }

    fn value(&self, findings: &Findings) -> Result<Value, Missing> {
        match self {
            Self::Captured(path) => findings.value(path),
            Self::Given(value) => Ok(value.clone()),
        }
    }
}
