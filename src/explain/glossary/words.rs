//! Words of a course on TCP and sockets.

mod congestion;
mod network;
mod numbers;
mod sockets;

use super::entry::Entry;
use super::page::Kind;

const BLANK: Entry = Entry::blank(Kind::Word);

/// Words that need no gloss on the pages that use them: everyday words, and what every reader has met.
pub(super) const COMMON: [&str; 8] = ["client", "server", "connection", "kernel", "port", "socket", "TCP", "IP"];

/// Every word of the course.
pub(super) const WORDS: [&[Entry]; 4] = [network::NETWORK, sockets::SOCKETS, numbers::NUMBERS, congestion::CONGESTION];
