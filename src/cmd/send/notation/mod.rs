//! How fields are written on the command line.

mod flags;
mod icmp;
mod option;
mod range;
mod rate;

pub(super) use flags::Bits;
pub(super) use icmp::Message;
pub(super) use option::option;
pub(super) use range::{Ports, Sweep, Ttls};
pub(super) use rate::{interval, rate};
