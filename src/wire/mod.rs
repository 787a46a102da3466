//! Bytes to headers and back, without loss and without judgement.
//!
//! What the bytes say (SYN+FIN, reserved bits, a bad checksum, a packet cut short) is kept; what it means is the
//! business of `tcp` and `trace`.

pub mod checksum;
mod comments;
mod datagram;
mod decode;
pub mod emit;
mod extension;
mod flags;
pub mod icmp;
pub mod ip;
mod link;
mod options;
mod packet;
mod path;
mod reassemble;
mod segment;
mod stop;
mod straight;
mod text;
mod time;
mod tunnel;
mod walk;

#[cfg(test)]
mod tests;

pub use checksum::Checksum;
pub use comments::{About, Comment, Comments};
pub use datagram::Datagram;
pub use decode::{Content, Decoded, decode, outer_ip};
pub use emit::{EmitError, IpFields, SegmentFields};
pub use flags::{FLAG_NAMES, Flags, UnknownFlag};
pub use icmp::{Icmp, Quote};
pub use ip::{Fragment, Ip};
pub use options::{OptionError, OptionIter, OptionSummary, Options, Sack, SackBlocks, TcpOption, kind as option_kind};
pub use packet::{LinkType, Packet};
pub use path::Path;
pub use reassemble::{Reassembler, ReassemblyLimits};
pub use segment::Segment;
pub use stop::{Layer, Stop, StopReason};
pub use straight::Straight;
pub use text::is_right_to_left;
pub use time::Time;
