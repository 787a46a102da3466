//! TCP options (RFC 9293 section 3.2), walked octet by octet so that unknown and malformed ones are kept.

use serde::Serialize;

/// Option kinds (IANA, "TCP Option Kind Numbers").
pub mod kind {
    #![allow(missing_docs)]
    pub const END: u8 = 0;
    pub const NOP: u8 = 1;
    pub const MSS: u8 = 2;
    pub const WINDOW_SCALE: u8 = 3;
    pub const SACK_PERMITTED: u8 = 4;
    pub const SACK: u8 = 5;
    pub const TIMESTAMPS: u8 = 8;
    pub const MD5: u8 = 19;
    pub const USER_TIMEOUT: u8 = 28;
    pub const AO: u8 = 29;
    pub const MPTCP: u8 = 30;
    pub const FAST_OPEN: u8 = 34;
    pub const ACC_ECN_0: u8 = 172;
    pub const ACC_ECN_1: u8 = 174;
    pub const EXPERIMENT_1: u8 = 253;
    pub const EXPERIMENT_2: u8 = 254;
}

/// One option as the bytes give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// End of the option list; padding follows.
    End,
    /// No operation: one octet of alignment.
    Nop,
    /// Maximum segment size, in octets of payload.
    Mss(u16),
    /// Window scale: the number of bits to shift (RFC 7323 section 2).
    WindowScale(u8),
    /// Selective acknowledgment permitted (RFC 2018).
    SackPermitted,
    /// Selective acknowledgment blocks (RFC 2018).
    Sack(SackBlocks<'a>),
    /// Timestamps (RFC 7323 section 3).
    Timestamps {
        /// TSval, in ticks of the sender's clock.
        value: u32,
        /// TSecr, the value last heard from the peer.
        echo: u32,
    },
    /// MD5 signature (RFC 2385).
    Md5(&'a [u8]),
    /// Authentication option (RFC 5925).
    Ao(&'a [u8]),
    /// User timeout (RFC 5482).
    UserTimeout(u16),
    /// Multipath TCP; the upper half of the first octet is the subtype (RFC 8684).
    Mptcp(&'a [u8]),
    /// Fast Open cookie, empty in a request (RFC 7413).
    FastOpen(&'a [u8]),
    /// Any other kind, or a known kind with a length that it does not have.
    Other {
        /// The kind octet.
        kind: u8,
        /// What follows kind and length.
        data: &'a [u8],
    },
}

impl TcpOption<'_> {
    /// The kind octet of this option.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::End => kind::END,
            Self::Nop => kind::NOP,
            Self::Mss(_) => kind::MSS,
            Self::WindowScale(_) => kind::WINDOW_SCALE,
            Self::SackPermitted => kind::SACK_PERMITTED,
            Self::Sack(_) => kind::SACK,
            Self::Timestamps { .. } => kind::TIMESTAMPS,
            Self::Md5(_) => kind::MD5,
            Self::Ao(_) => kind::AO,
            Self::UserTimeout(_) => kind::USER_TIMEOUT,
            Self::Mptcp(_) => kind::MPTCP,
            Self::FastOpen(_) => kind::FAST_OPEN,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// Appends kind, length and data to `out`.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let mut put = |data: &[&[u8]]| {
            let length = 2 + data.iter().map(|part| part.len()).sum::<usize>();
            out.push(self.kind());
            out.push(u8::try_from(length).unwrap_or(u8::MAX));
            data.iter().for_each(|part| out.extend_from_slice(part));
        };
        match *self {
            Self::End | Self::Nop => out.push(self.kind()),
            Self::Mss(size) => put(&[&size.to_be_bytes()]),
            Self::WindowScale(shift) => put(&[&[shift]]),
            Self::SackPermitted => put(&[]),
            Self::Sack(SackBlocks(data)) => put(&[data]),
            Self::Timestamps { value, echo } => put(&[&value.to_be_bytes(), &echo.to_be_bytes()]),
            Self::UserTimeout(value) => put(&[&value.to_be_bytes()]),
            Self::Md5(data) | Self::Ao(data) | Self::Mptcp(data) | Self::FastOpen(data) | Self::Other { data, .. } => {
                put(&[data]);
            }
        }
    }
}

/// The blocks of a SACK option: pairs of left and right edge, the right one exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a>(pub &'a [u8]);

impl SackBlocks<'_> {
    /// Each block as `(left, right)`; what is left over after the last whole block is passed by.
    pub fn iter(self) -> impl Iterator<Item = (u32, u32)> {
        self.0.chunks_exact(8).map(|block| (be32(&block[..4]), be32(&block[4..])))
    }
}

fn be32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets))
}

/// Why the walk over the options stopped before their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// An option whose length octet is 0 or 1, so that the next one cannot be found.
    #[error("option {kind} at octet {offset} says it is {length} long")]
    Length {
        /// The kind octet.
        kind: u8,
        /// Where it stands in the options.
        offset: usize,
        /// What its length octet says.
        length: u8,
    },
    /// An option that reaches beyond the header, or beyond what was captured.
    #[error("option {kind} at octet {offset} is cut off")]
    Cut {
        /// The kind octet.
        kind: u8,
        /// Where it stands in the options.
        offset: usize,
    },
}

/// The option octets of a segment, as far as they were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a>(pub &'a [u8]);

impl<'a> Options<'a> {
    /// Walks the options. An error ends the walk: what follows it cannot be told apart.
    #[must_use]
    pub const fn iter(self) -> OptionIter<'a> {
        OptionIter { bytes: self.0, offset: 0 }
    }

    /// What most segments carry: nothing, or timestamps alone in the layout of RFC 7323 appendix A. None where there is
    /// anything else, or the same in another layout.
    #[must_use]
    #[inline]
    pub const fn only_timestamps(self) -> Option<Option<(u32, u32)>> {
        match *self.0 {
            [] => Some(None),
            [kind::NOP, kind::NOP, kind::TIMESTAMPS, 10, a, b, c, d, e, f, g, h] => {
                Some(Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))))
            }
            _ => None,
        }
    }

    /// The options that matter to a connection, in one fixed-size record.
    #[must_use]
    pub fn summary(self) -> OptionSummary {
        if let Some(timestamps) = self.only_timestamps() {
            return OptionSummary { timestamps, ..OptionSummary::default() };
        }
        let mut summary = OptionSummary::default();
        for option in self.iter() {
            match option {
                Ok(option) => summary.note(option),
                Err(_) => summary.malformed = true,
            }
        }
        summary
    }
}

/// Iterator over options; see [`Options::iter`].
#[derive(Clone, Debug)]
pub struct OptionIter<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> OptionIter<'a> {
    fn finish<T>(&mut self, last: T) -> T {
        self.offset = self.bytes.len();
        last
    }
}

impl<'a> Iterator for OptionIter<'a> {
    type Item = Result<TcpOption<'a>, OptionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        let rest = self.bytes.get(offset..)?;
        let kind = *rest.first()?;
        match kind {
            kind::END => return Some(self.finish(Ok(TcpOption::End))),
            kind::NOP => {
                self.offset += 1;
                return Some(Ok(TcpOption::Nop));
            }
            _ => {}
        }
        let Some(&length) = rest.get(1) else {
            return Some(self.finish(Err(OptionError::Cut { kind, offset })));
        };
        if length < 2 {
            return Some(self.finish(Err(OptionError::Length { kind, offset, length })));
        }
        let Some(data) = rest.get(2..usize::from(length)) else {
            return Some(self.finish(Err(OptionError::Cut { kind, offset })));
        };
        self.offset += usize::from(length);
        Some(Ok(interpret(kind, data)))
    }
}

fn interpret(kind: u8, data: &[u8]) -> TcpOption<'_> {
    match (kind, data) {
        (kind::MSS, &[a, b]) => TcpOption::Mss(u16::from_be_bytes([a, b])),
        (kind::WINDOW_SCALE, &[shift]) => TcpOption::WindowScale(shift),
        (kind::SACK_PERMITTED, []) => TcpOption::SackPermitted,
        (kind::SACK, data) if !data.is_empty() && data.len() % 8 == 0 => TcpOption::Sack(SackBlocks(data)),
        (kind::TIMESTAMPS, data) if data.len() == 8 => {
            TcpOption::Timestamps { value: be32(&data[..4]), echo: be32(&data[4..]) }
        }
        (kind::MD5, data) if data.len() == 16 => TcpOption::Md5(data),
        (kind::AO, data) if data.len() >= 2 => TcpOption::Ao(data),
        (kind::USER_TIMEOUT, &[a, b]) => TcpOption::UserTimeout(u16::from_be_bytes([a, b])),
        (kind::MPTCP, data) if !data.is_empty() => TcpOption::Mptcp(data),
        (kind::FAST_OPEN, data) => TcpOption::FastOpen(data),
        _ => TcpOption::Other { kind, data },
    }
}

/// The options of one segment that matter to a connection. Fixed size, so that an event needs no allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OptionSummary {
    /// Maximum segment size offered, in octets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mss: Option<u16>,
    /// Window shift offered, in bits; RFC 7323 caps its use at 14.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_scale: Option<u8>,
    /// SACK-permitted was present.
    #[serde(skip_serializing_if = "is_false")]
    pub sack_permitted: bool,
    /// TSval and TSecr.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamps: Option<(u32, u32)>,
    /// Selective acknowledgment blocks, left and right edge; at most four fit in a header.
    #[serde(skip_serializing_if = "Sack::is_empty")]
    pub sack: Sack,
    /// Fast Open: length of the cookie, 0 for a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fast_open: Option<u8>,
    /// Multipath TCP subtype (0 MP_CAPABLE, 1 MP_JOIN, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mptcp: Option<u8>,
    /// An MD5 signature was present.
    #[serde(skip_serializing_if = "is_false")]
    pub md5: bool,
    /// An authentication option was present.
    #[serde(skip_serializing_if = "is_false")]
    pub ao: bool,
    /// An accurate ECN option was present.
    #[serde(skip_serializing_if = "is_false")]
    pub acc_ecn: bool,
    /// User timeout as it stands in the option: the top bit set means minutes, clear means seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_timeout: Option<u16>,
    /// Kind of the first option that this program has no name for, or whose length is not its kind's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<u8>,
    /// The options could not be walked to their end.
    #[serde(skip_serializing_if = "is_false")]
    pub malformed: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
fn is_false(value: &bool) -> bool {
    !*value
}

impl OptionSummary {
    fn note(&mut self, option: TcpOption<'_>) {
        match option {
            TcpOption::End | TcpOption::Nop => {}
            TcpOption::Mss(size) => self.mss = Some(size),
            TcpOption::WindowScale(shift) => self.window_scale = Some(shift),
            TcpOption::SackPermitted => self.sack_permitted = true,
            TcpOption::Sack(blocks) => blocks.iter().for_each(|block| self.sack.push(block)),
            TcpOption::Timestamps { value, echo } => self.timestamps = Some((value, echo)),
            TcpOption::Md5(_) => self.md5 = true,
            TcpOption::Ao(_) => self.ao = true,
            TcpOption::UserTimeout(value) => self.user_timeout = Some(value),
            TcpOption::Mptcp(data) => self.mptcp = data.first().map(|octet| octet >> 4),
            TcpOption::FastOpen(cookie) => self.fast_open = u8::try_from(cookie.len()).ok(),
            TcpOption::Other { kind: kind::ACC_ECN_0 | kind::ACC_ECN_1, .. } => self.acc_ecn = true,
            TcpOption::Other { kind, .. } => self.unknown = self.unknown.or(Some(kind)),
        }
    }

    /// Whether no option but padding was present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Up to four SACK blocks, in the order of the segment: the first tells what arrived last (RFC 2018 section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sack {
    blocks: [(u32, u32); 4],
    count: u8,
}

impl Sack {
    /// The blocks, as absolute sequence numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[(u32, u32)] {
        &self.blocks[..usize::from(self.count)]
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, block: (u32, u32)) {
        if let Some(free) = self.blocks.get_mut(usize::from(self.count)) {
            *free = block;
            self.count += 1;
        }
    }
}

impl Serialize for Sack {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options of a SYN from Linux.
    const LINUX_SYN: [u8; 20] = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7];

    fn walk(bytes: &[u8]) -> Vec<Result<TcpOption<'_>, OptionError>> {
        Options(bytes).iter().collect()
    }

    #[test]
    fn the_options_of_a_real_syn() {
        let expected = [
            TcpOption::Mss(1460),
            TcpOption::SackPermitted,
            TcpOption::Timestamps { value: 256, echo: 0 },
            TcpOption::Nop,
            TcpOption::WindowScale(7),
        ];
        assert_eq!(walk(&LINUX_SYN), expected.map(Ok));
        let mut again = Vec::new();
        expected.iter().for_each(|option| option.emit(&mut again));
        assert_eq!(again, LINUX_SYN);
    }

    #[test]
    fn unknown_kinds_are_kept_and_walked_over() {
        assert_eq!(
            walk(&[77, 3, 9, 34, 2, 2, 3, 1]),
            [
                Ok(TcpOption::Other { kind: 77, data: &[9] }),
                Ok(TcpOption::FastOpen(&[])),
                Ok(TcpOption::Other { kind: 2, data: &[1] })
            ]
        );
    }

    #[test]
    fn a_length_that_leads_nowhere_ends_the_walk() {
        assert_eq!(
            walk(&[1, 8, 0, 9]),
            [Ok(TcpOption::Nop), Err(OptionError::Length { kind: 8, offset: 1, length: 0 })]
        );
        assert_eq!(walk(&[3]), [Err(OptionError::Cut { kind: 3, offset: 0 })]);
        assert_eq!(walk(&[8, 10, 0]), [Err(OptionError::Cut { kind: 8, offset: 0 })]);
        assert!(Options(&[8, 10, 0]).summary().malformed);
    }

    #[test]
    fn nothing_follows_the_end() {
        assert_eq!(walk(&[0, 2, 4, 5, 180]), [Ok(TcpOption::End)]);
    }

    #[test]
    fn sack_blocks_are_pairs_of_edges() {
        let summary = Options(&[1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9]).summary();
        assert_eq!(summary.sack.as_slice(), [(5, 9)]);
    }
}
