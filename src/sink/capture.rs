//! Capture files out: classic pcap with nanoseconds, or pcapng.
//!
//! Each packet goes to the file in one write, so that what is there after a run was killed is a capture file still.

use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::path::Path;

use crate::wire::{LinkType, Packet};

/// Octets of a packet that the file says it keeps at most; the reader's buffer follows from it.
const SNAPLEN: u32 = 262_144;
const PCAP_NANOSECONDS: u32 = 0xa1b2_3c4d;
const PCAP_VERSION: (u16, u16) = (2, 4);
/// Octets of the header of a pcap file, and of that of each packet in it.
const PCAP_HEADER: usize = 24;
const PCAP_RECORD: usize = 16;
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;
/// Type, length, and the length again.
const BLOCK_FRAME: usize = 12;

/// The format of a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One link type for all packets; read by everything.
    Pcap,
    /// Any number of link types.
    PcapNg,
}

impl Format {
    /// pcapng for a name that ends in `.pcapng`, pcap for any other.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("pcapng") => Self::PcapNg,
            _ => Self::Pcap,
        }
    }
}

/// Writes packets as a capture file.
///
/// The header of a pcap file takes the link type of the first packet and is written with it; a file that stays without
/// packets gets its header from [`Self::finish`].
pub struct CaptureWriter<W> {
    output: W,
    format: Format,
    /// The link types that the file has declared, in order: in pcapng their places are the interfaces' numbers.
    links: Vec<LinkType>,
    /// What goes out with the next write.
    pending: Vec<u8>,
    /// Octets that may wait for it.
    room: usize,
    /// Octets of the file so far, without those that wait; after a failure, of what is whole.
    length: u64,
    /// Packets in the file so far, and those that wait.
    packets: u64,
    waiting: u64,
    /// Octets of half a packet that the output took before it refused the rest; none while it has refused nothing.
    torn: Option<u64>,
}

impl CaptureWriter<File> {
    /// Creates the file, which must not be there. Its name decides the format: see [`Format::of`].
    ///
    /// # Errors
    /// A file that is there, or cannot be created or written.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::new(File::create_new(path)?, Format::of(path))
    }

    /// After a failure: cuts the file behind the last packet that is in it whole. Answers whether it is a capture still, and
    /// not empty.
    ///
    /// # Errors
    /// It is no regular file, or cannot be cut.
    pub fn cut(&self) -> io::Result<bool> {
        if !self.output.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // What was open before may begin elsewhere than the capture; it ends where the writing did.
        let end = (&self.output).stream_position()?;
        self.output.set_len(end.saturating_sub(self.torn.unwrap_or(0)))?;
        Ok(self.length > 0)
    }
}

impl<W: Write> CaptureWriter<W> {
    /// Writes to `output`, which should not buffer. A pcapng file begins at once.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn new(output: W, format: Format) -> io::Result<Self> {
        let (links, pending) = (Vec::new(), Vec::new());
        let mut writer =
            Self { output, format, links, pending, room: 0, length: 0, packets: 0, waiting: 0, torn: None };
        if format == Format::PcapNg {
            section_header(&mut writer.pending);
            writer.flush()?;
        }
        Ok(writer)
    }

    /// Lets whole packets of so many octets wait, so that many go to the system at once. The file ends with a whole packet all
    /// the same, whatever ends the program.
    #[must_use]
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// Octets of the file so far.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length + self.pending.len() as u64
    }

    /// Packets that are with the system, whole.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Writes one packet; when it returns, the packet is with the system, but for [`Self::with_room`].
    ///
    /// # Errors
    /// Those of the output; and `InvalidInput`, with nothing written, for a packet that the format cannot hold: of a
    /// second link type or a time outside 1970–2106 in pcap, of a time before 1970 in pcapng. After an error of the output
    /// the file may end within a packet, and nothing more is written to it.
    pub fn write(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        // Readers refuse longer packets; what is cut off shows in the original length.
        let bytes = &packet.bytes[..packet.bytes.len().min(SNAPLEN as usize)];
        match self.format {
            Format::Pcap => self.encode_pcap(packet, bytes)?,
            Format::PcapNg => self.encode_pcapng(packet, bytes)?,
        }
        self.waiting += 1;
        if self.pending.len() > self.room { self.flush() } else { Ok(()) }
    }

    /// Ends the file. Every packet was written before; this gives a pcap file without packets its header.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.format == Format::Pcap && self.links.is_empty() {
            self.pcap_header(LinkType::RAW);
        }
        self.flush()
    }

    /// Gives what waits to the system.
    ///
    /// # Errors
    /// Those of the output.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.torn.is_some() {
            return Err(io::Error::other("an earlier write to the capture file failed"));
        }
        let (gone, written) = push(&mut self.output, &self.pending);
        let (octets, packets) = match written {
            Ok(()) => (gone, self.waiting),
            Err(_) => whole(self.format, self.length == 0, &self.pending[..gone]),
        };
        self.length += octets as u64;
        self.packets += packets;
        self.waiting = 0;
        self.pending.clear();
        self.torn = written.is_err().then_some((gone - octets) as u64);
        written
    }

    fn encode_pcap(&mut self, packet: &Packet<'_>, bytes: &[u8]) -> io::Result<()> {
        let (seconds, nanos) = pcap_time(packet)?;
        match self.links.first() {
            None => self.pcap_header(packet.link),
            Some(link) if *link == packet.link => {}
            Some(link) => {
                return Err(refusal(&format!(
                    "a pcap file holds one link type, this one {}, and a packet has {}: write to a name that ends in .pcapng",
                    link.0, packet.link.0
                )));
            }
        }
        for field in [seconds, nanos, bytes.len() as u32, packet.original_len] {
            put_u32(&mut self.pending, field);
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn pcap_header(&mut self, link: LinkType) {
        let header = &mut self.pending;
        put_u32(header, PCAP_NANOSECONDS);
        put_u16(header, PCAP_VERSION.0);
        put_u16(header, PCAP_VERSION.1);
        // Two fields that are no longer used: time zone and accuracy.
        for field in [0, 0, SNAPLEN, u32::from(link.0)] {
            put_u32(header, field);
        }
        self.links.push(link);
    }

    fn encode_pcapng(&mut self, packet: &Packet<'_>, bytes: &[u8]) -> io::Result<()> {
        let time = u64::try_from(packet.time.as_nanos()).map_err(|_| refusal("a packet is from before 1970"))?;
        let interface = self.links.iter().position(|link| *link == packet.link).unwrap_or_else(|| {
            interface_description(&mut self.pending, packet.link);
            self.links.push(packet.link);
            self.links.len() - 1
        });
        block(&mut self.pending, ENHANCED_PACKET, |body| {
            let interface = u32::try_from(interface).expect("there are 65,536 link types at most");
            for field in [interface, (time >> 32) as u32, time as u32, bytes.len() as u32, packet.original_len] {
                put_u32(body, field);
            }
            body.extend_from_slice(bytes);
        });
        Ok(())
    }
}

/// Writes all of it, or says how much of it has gone.
fn push(output: &mut impl Write, octets: &[u8]) -> (usize, io::Result<()>) {
    let mut gone = 0;
    while gone < octets.len() {
        match output.write(&octets[gone..]) {
            Ok(0) => return (gone, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => gone += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (gone, Err(error)),
        }
    }
    (gone, output.flush())
}

/// Octets up to the end of the last record that is whole, and how many of the records are packets. `begins` says whether the
/// file begins with them.
fn whole(format: Format, begins: bool, octets: &[u8]) -> (usize, u64) {
    let field = |at: usize| Some(u32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?));
    let (mut end, mut packets) = (0, 0);
    loop {
        let record = match format {
            Format::Pcap if begins && end == 0 => Some((PCAP_HEADER, false)),
            Format::Pcap => field(end + 8).map(|kept| (PCAP_RECORD + kept as usize, true)),
            Format::PcapNg => field(end + 4).map(|length| (length as usize, field(end) == Some(ENHANCED_PACKET))),
        };
        match record {
            Some((length, is_packet)) if end + length <= octets.len() => {
                end += length;
                packets += u64::from(is_packet);
            }
            _ => return (end, packets),
        }
    }
}

fn refusal(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Seconds and nanoseconds as a pcap record has them.
fn pcap_time(packet: &Packet<'_>) -> io::Result<(u32, u32)> {
    let nanos = packet.time.as_nanos();
    let seconds = u32::try_from(nanos.div_euclid(1_000_000_000))
        .map_err(|_| refusal("a pcap file holds times from 1970 to 2106: write to a name that ends in .pcapng"))?;
    Ok((seconds, nanos.rem_euclid(1_000_000_000) as u32))
}

fn section_header(out: &mut Vec<u8>) {
    block(out, SECTION_HEADER, |body| {
        put_u32(body, BYTE_ORDER_MAGIC);
        put_u16(body, 1);
        put_u16(body, 0);
        // The section's length, which is not known.
        body.extend_from_slice(&(-1_i64).to_le_bytes());
        option(body, SHB_USERAPPL, concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).as_bytes());
        end_of_options(body);
    });
}

fn interface_description(out: &mut Vec<u8>, link: LinkType) {
    block(out, INTERFACE_DESCRIPTION, |body| {
        put_u16(body, link.0);
        put_u16(body, 0);
        put_u32(body, SNAPLEN);
        // Ten to the power of minus nine.
        option(body, IF_TSRESOL, &[9]);
        end_of_options(body);
    });
}

/// A block around the body that `write` appends, padded to a multiple of four.
fn block(out: &mut Vec<u8>, kind: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put_u32(out, kind);
    put_u32(out, 0);
    write(out);
    pad(out, start);
    let length = (out.len() - start - 8 + BLOCK_FRAME) as u32;
    put_u32(out, length);
    out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let start = out.len();
    put_u16(out, code);
    put_u16(out, value.len() as u16);
    out.extend_from_slice(value);
    pad(out, start);
}

fn end_of_options(out: &mut Vec<u8>) {
    put_u32(out, 0);
}

fn pad(out: &mut Vec<u8>, start: usize) {
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
}

fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests;
