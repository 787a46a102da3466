//! The listener, by segments: each client is a port of one address, and says what the test says.

mod bench;
mod flood;
mod opening;
mod serving;
