//! Bytes to headers and back, without loss and without judgement.
//!
//! What the bytes say (SYN+FIN, reserved bits, a bad checksum, a packet cut short) is kept; what it means is the
//! business of `tcp` and `trace`.

mod packet;
mod time;

pub use packet::{LinkType, Packet};
pub use time::Time;
