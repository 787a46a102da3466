//! Numbers about many times, in little memory, for every room that counts.

mod histogram;

pub use histogram::Histogram;
