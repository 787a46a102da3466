//! Exchanges in the outputs: what each sink adds for them.

mod drawing;
mod lines;
mod list;

#[cfg(test)]
mod tests;

pub(super) use drawing::{Drawing, Ends, Key};
pub(super) use lines::ExchangeLines;
pub(super) use list::with_exchanges;
