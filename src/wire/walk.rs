//! A place in a packet that moves from header to header, from the link layer inwards, until IP stands there.

use super::{Layer, Path, Stop, StopReason};

/// Reads one header, moves past it, and says what follows.
pub(super) type Reader = fn(&mut Walk<'_>) -> Result<Next, Stop>;

/// What stands at the place of a walk.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// An IP header of either version; the first four bits tell which.
    Ip,
    /// Another header.
    Header(Reader),
}

/// A walk over the headers of a packet. Each header is entered in the path, which is bounded; so is the walk.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// The packet from its start, up to the end of what the header around this place carries.
    bytes: &'a [u8],
    /// Where that end is on the wire; beyond `bytes` when the capture was cut.
    end_on_wire: usize,
    /// Octets before this place.
    at: usize,
    path: Path,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(bytes: &'a [u8], on_wire: usize) -> Self {
        Self { bytes, end_on_wire: on_wire, at: 0, path: Path::EMPTY }
    }

    /// Walks from what stands here to the next IP header.
    ///
    /// # Errors
    /// Says why there is none: another protocol, or a header that is cut or malformed.
    pub(super) fn reach_ip(&mut self, mut next: Next) -> Result<(), Stop> {
        while let Next::Header(read) = next {
            next = read(self)?;
        }
        Ok(())
    }

    /// Goes inside what an IP packet carries, `on_wire` octets from here; what is behind them is padding.
    pub(super) fn narrow(&mut self, on_wire: usize) {
        self.end_on_wire = self.at.saturating_add(on_wire);
        self.bytes = &self.bytes[..self.bytes.len().min(self.end_on_wire)];
    }

    /// Enters a header in the path.
    ///
    /// # Errors
    /// More headers than a path holds: nobody nests them so, but to make a decoder work.
    pub(super) fn enter(&mut self, layer: Layer) -> Result<(), Stop> {
        if self.path.push(layer) { Ok(()) } else { Err(self.malformed(layer, "more than 15 headers before IP")) }
    }

    /// What is here and behind, as far as it was captured.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Octets from here to the end on the wire.
    pub(super) const fn on_wire(&self) -> usize {
        self.end_on_wire.saturating_sub(self.at)
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Octets before this place that were captured.
    pub(super) fn captured(&self) -> usize {
        self.at.min(self.bytes.len())
    }

    pub(super) const fn path(&self) -> Path {
        self.path
    }

    /// The next octets, if they are there.
    pub(super) fn peek<const N: usize>(&self) -> Option<[u8; N]> {
        self.rest().first_chunk().copied()
    }

    /// Passes over `count` octets, which need not have been captured.
    pub(super) const fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    /// Takes the next octets, which belong to `layer`.
    ///
    /// # Errors
    /// They are not there.
    pub(super) fn take<const N: usize>(&mut self, layer: Layer) -> Result<[u8; N], Stop> {
        let octets = self.peek().ok_or_else(|| self.short(layer))?;
        self.at += N;
        Ok(octets)
    }

    /// Takes a number of two octets, in network byte order.
    ///
    /// # Errors
    /// They are not there.
    pub(super) fn take_be16(&mut self, layer: Layer) -> Result<u16, Stop> {
        self.take(layer).map(u16::from_be_bytes)
    }

    /// A stop for octets that should be here.
    fn short(&self, layer: Layer) -> Stop {
        let cut_by_capture = self.bytes.len() < self.end_on_wire;
        let reason = if cut_by_capture { StopReason::Cut } else { StopReason::Malformed("shorter than its header") };
        self.stop(layer, reason)
    }

    /// A stop at this place.
    pub(super) const fn stop(&self, layer: Layer, reason: StopReason) -> Stop {
        Stop { layer, offset: self.at, reason }
    }

    /// A stop at this place for a protocol that is not read.
    pub(super) fn unknown(&self, layer: Layer, protocol: impl Into<u32>) -> Stop {
        self.stop(layer, StopReason::Unknown(protocol.into()))
    }

    pub(super) const fn malformed(&self, layer: Layer, why: &'static str) -> Stop {
        self.stop(layer, StopReason::Malformed(why))
    }
}
