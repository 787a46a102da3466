//! The same picture for what is no connection: lifelines and arrows, without states and calls.

mod builder;
mod fate;
mod item;
mod pen;

#[cfg(test)]
mod tests;

pub use builder::ExchangeBuilder;
