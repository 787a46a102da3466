//! What can go wrong while packets come in.

use std::io;

use super::link::to_dlt;
use crate::sys::next_step;
use crate::sys::privilege::ways_out;
use crate::wire::LinkType;

/// What these packets are, by the number in files and in libpcap's words.
fn of_link(link: LinkType) -> String {
    let words = pcap::Linktype(to_dlt(link)).get_description().unwrap_or_else(|_| "unknown".to_owned());
    format!(" on packets of link type {}, {words}", link.0)
}

/// Why a source could not be opened, or could not give its next packet.
///
/// Names of files and filter expressions are the user's own words; they are shown escaped, so that they cannot steer
/// a terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened.
    #[error("cannot open capture file {name:?}: {cause}{}", next_step(cause))]
    Open {
        /// The file.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Reading failed below the file format.
    #[error("cannot read capture file {name:?} at byte {offset}: {cause}{}", next_step(cause))]
    Read {
        /// The file.
        name: String,
        /// Bytes of the file, compressed where it is, that were used before.
        offset: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// A file that is followed has become shorter than what was read of it.
    #[error(
        "capture file {name:?} was cut from {read} bytes to {left} while it was followed: it is read again from its \
             beginning, and what was in it before may be missing"
    )]
    Truncated {
        /// The file.
        name: String,
        /// Bytes that were read of it.
        read: u64,
        /// Bytes that it had when this was noticed.
        left: u64,
    },
    /// Another file took the name of the one that is followed.
    #[error(
        "capture file {name:?} was replaced by another while it was followed: the new one is read from its \
             beginning"
    )]
    Replaced {
        /// The file.
        name: String,
    },
    /// Nothing can be read, since that takes a thread.
    #[error("cannot start a thread that reads packets: {cause}; raise the limit on processes (ulimit -u)")]
    Thread {
        /// What the system said.
        cause: io::Error,
    },
    /// The file has no byte in it.
    #[error("capture file {name:?} is empty: whoever wrote it captured nothing, or has not written yet")]
    Empty {
        /// The file.
        name: String,
    },
    /// The file is compressed, and what that holds is compressed, too.
    #[error(
        "capture file {name:?} is compressed more than once, the second time with {tool}, and only one layer is \
             unpacked here: unpack it, and pass on what is within"
    )]
    CompressedTwice {
        /// The file.
        name: String,
        /// The program that unpacks the inner layer.
        tool: &'static str,
    },
    /// The file is compressed in another way than with gzip or zstd.
    #[error(
        "capture file {name:?} is compressed with {tool}, which is not unpacked here: pass on what \
             \"{tool} -dc FILE\" prints, with - for the file"
    )]
    Compressed {
        /// The file.
        name: String,
        /// The program that unpacks it.
        tool: &'static str,
    },
    /// The compression around the file is damaged. What could be unpacked before was given.
    #[error(
        "capture file {name:?} cannot be unpacked at byte {offset} of the compressed file: {reason}; nothing behind \
             this place can be read ({tool} -t checks the whole file)"
    )]
    Unpack {
        /// The file.
        name: String,
        /// Where the unpacker stopped, in bytes of the compressed file.
        offset: u64,
        /// The program for such files.
        tool: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The file does not begin as a capture file does.
    #[error(
        "{name:?} is not a capture file: it begins with {start:02x?}, neither pcap nor pcapng \
             (capinfos names the format of other captures, editcap converts them)"
    )]
    NotACapture {
        /// The file.
        name: String,
        /// Its first bytes, four at most.
        start: Vec<u8>,
    },
    /// The file is a capture, but something in it is wrong.
    #[error("capture file {name:?} is damaged at byte {offset}, in {}: {damage}; {}",
            place(*offset, *packet),
            if damage.is_final() { "nothing behind this place can be read" } else { "reading goes on behind it" })]
    Damaged {
        /// The file.
        name: String,
        /// Where the damaged record or block begins, in bytes from the start of the (unpacked) file.
        offset: u64,
        /// The number, from 1, that the damaged packet would have had, or that the next one will have.
        packet: u64,
        /// What is wrong.
        damage: Damage,
    },
    /// A filter expression that libpcap does not accept.
    #[error("filter {expression:?} is not usable{}: {message} (pcap-filter(7) describes the language)",
            link.map(of_link).unwrap_or_default())]
    Filter {
        /// The expression as it was given.
        expression: String,
        /// The link type it does not fit; none when it fits no link type at all.
        link: Option<LinkType>,
        /// What libpcap said.
        message: String,
    },
    /// Live capture needs a privilege that this process lacks.
    #[error("cannot capture on interface {interface:?}: operation not permitted; {}", ways_out())]
    NotPermitted {
        /// The interface.
        interface: String,
    },
    /// There is no such interface.
    #[error("no interface {interface:?} to capture on; there are: {}", known.join(", ").escape_debug())]
    NoInterface {
        /// The interface that was asked for.
        interface: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// The interface was taken down. The capture goes on, and hears what comes once it is up again.
    #[error("interface {interface:?} is down: nothing is captured until it is up again (ip link set {interface} up)")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// Live capture failed for another reason.
    #[error("capture on interface {interface:?} failed: {message}")]
    Live {
        /// The interface.
        interface: String,
        /// What libpcap said.
        message: String,
    },
}

impl Error {
    /// Whether nothing more comes of the file, interface or filter that it is about; if not, the next call goes on with
    /// the packets behind it. A source over several files goes on with the next file in either case: ask it until it
    /// says that it has ended.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Truncated { .. } | Self::Replaced { .. } | Self::InterfaceDown { .. } => false,
            Self::Damaged { damage, .. } => damage.is_final(),
            Self::Filter { link, .. } => link.is_none(),
            _ => true,
        }
    }
}

/// The file begins with a header, before any packet.
fn place(offset: u64, packet: u64) -> String {
    if offset == 0 { "its header".to_owned() } else { format!("packet {packet}") }
}

/// What is wrong in a damaged capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file ends inside a header, a packet or a block.
    #[error("the file was cut short: {expected} bytes should follow, {found} do")]
    Cut {
        /// Bytes that the record or block has, by what was read of it.
        expected: u64,
        /// Bytes that the file still holds.
        found: u64,
    },
    /// A version of the format that is not known.
    #[error("version {major}.{minor} of the format is unknown")]
    Version {
        /// Major number.
        major: u16,
        /// Minor number.
        minor: u16,
    },
    /// A pcap header whose link-type field has bits that no version of the format defines.
    #[error("the link type field is {0:#010x}, with reserved bits set")]
    LinkType(u32),
    /// A packet longer than [`file::MAX_PACKET`](super::file::MAX_PACKET).
    #[error("a packet of {captured} bytes is longer than any capturer keeps ({limit})", limit = super::file::MAX_PACKET)]
    PacketTooLong {
        /// Captured length by the header.
        captured: u32,
    },
    /// The same, and behind it what looks like the next packet.
    #[error(
        "a packet of {captured} bytes is longer than any capturer keeps; {skipped} bytes were passed over, up to what looks \
             like the next packet"
    )]
    PassedOver {
        /// Captured length by the header.
        captured: u32,
        /// Bytes up to the next packet.
        skipped: u64,
    },
    /// A block whose lengths cannot be, or contradict each other, and behind it what looks like the next block.
    #[error("a block has a wrong length; {skipped} bytes were passed over, up to what looks like the next block")]
    BlockPassedOver {
        /// Bytes up to the next block.
        skipped: u64,
    },
    /// A packet that claims more bytes than the block that holds it.
    #[error("the packet claims {captured} bytes, its block has room for {room}")]
    PacketBeyondBlock {
        /// Captured length by the header.
        captured: u32,
        /// Bytes that the block has for it.
        room: u32,
    },
    /// A section that begins without the byte-order magic of pcapng.
    #[error("the byte-order mark of the section is {0:#010x}")]
    ByteOrder(u32),
    /// A block length that is too small for its kind, or not a multiple of four.
    #[error("a block cannot be {0} bytes long")]
    BlockLength(u32),
    /// A block longer than [`file::MAX_BLOCK`](super::file::MAX_BLOCK).
    #[error("a block of {0} bytes is longer than {limit}", limit = super::file::MAX_BLOCK)]
    BlockTooLong(u32),
    /// The two lengths of a block contradict each other.
    #[error("a block is {first} bytes long by its first length and {last} by its last")]
    BlockEnd {
        /// Length at the block's beginning.
        first: u32,
        /// Length at its end.
        last: u32,
    },
    /// An option that is cut off, or whose value has the wrong length.
    #[error("option {code} of the block has a length of {length}")]
    BlockOption {
        /// Option code.
        code: u16,
        /// Its length.
        length: u16,
    },
    /// A packet of an interface that the section did not describe.
    #[error("the packet names interface {id}, the section has described {known}")]
    Interface {
        /// The interface's index.
        id: u32,
        /// Interfaces described so far.
        known: usize,
    },
    /// More interfaces in a section than [`file::MAX_INTERFACES`](super::file::MAX_INTERFACES).
    #[error("the section describes more than {limit} interfaces", limit = super::file::MAX_INTERFACES)]
    Interfaces,
}

impl Damage {
    /// Whether the place of the next record is lost with it, so that nothing more can be read.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Cut { .. }
            | Self::Version { .. }
            | Self::LinkType(_)
            | Self::PacketTooLong { .. }
            | Self::ByteOrder(_)
            | Self::BlockLength(_)
            | Self::BlockEnd { .. } => true,
            Self::PassedOver { .. }
            | Self::BlockPassedOver { .. }
            | Self::PacketBeyondBlock { .. }
            | Self::BlockTooLong(_)
            | Self::BlockOption { .. }
            | Self::Interface { .. }
            | Self::Interfaces => false,
        }
    }

    /// The same where so many bytes were passed over up to what looks like sound again; none where that is not possible.
    pub(super) const fn passed_over(self, skipped: u64) -> Option<Self> {
        match self {
            Self::PacketTooLong { captured } => Some(Self::PassedOver { captured, skipped }),
            Self::BlockLength(_) | Self::BlockEnd { .. } => Some(Self::BlockPassedOver { skipped }),
            _ => None,
        }
    }
}
