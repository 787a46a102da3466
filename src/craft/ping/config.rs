//! What to send, how often, and how long to wait.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::Probe;

/// Octets at the start of the data that hold the time of sending, where there is room for them.
pub const TIMESTAMP_LEN: usize = 16;

/// Octets of an ICMP echo header.
pub(super) const HEADER_LEN: usize = 8;

/// The most data octets that an echo request to `destination` can carry: an IPv4 packet with its header, and the payload
/// of an IPv6 packet, have at most 65,535 octets.
#[must_use]
pub const fn max_size(destination: IpAddr) -> usize {
    match destination {
        IpAddr::V4(_) => 65_535 - 20 - HEADER_LEN,
        IpAddr::V6(_) => 65_535 - HEADER_LEN,
    }
}

/// How to ping one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the requests go.
    pub destination: IpAddr,
    /// What is sent there.
    pub probe: Probe,
    /// The identifier that echo requests carry; `None` where the kernel writes it and delivers only what matches it.
    pub identifier: Option<u16>,
    /// Stop after this many replies and errors. Without a deadline no more requests than this are sent.
    pub count: Option<u64>,
    /// From one request to the next; zero sends the next one as soon as a reply arrives.
    pub interval: Duration,
    /// Stop after this time, however many were sent or answered.
    pub deadline: Option<Duration>,
    /// How long to wait for the last replies where none has arrived yet; `None` for ever.
    pub timeout: Option<Duration>,
    /// Data octets of a request, up to [`max_size`].
    pub size: usize,
    /// What fills them.
    pub pattern: Pattern,
    /// Tell which request has no reply yet when the next one is due.
    pub report_outstanding: bool,
    /// Requests that may be on their way before the first reply; 1 or more.
    pub preload: u64,
    /// The interval follows the round trip: about one request is on its way at any time.
    pub adaptive: bool,
    /// The least that an adaptive interval may become.
    pub least_interval: Duration,
    /// Requests are told as dots, which their replies wipe out. It changes the words alone, not the interval.
    pub flood: bool,
    /// Requests ask the routers for their addresses (RFC 791, record route). IPv4 only.
    pub record_route: bool,
}

impl Config {
    /// As ping does without options: 56 octets a second, for ever, and ten seconds for the last reply.
    #[must_use]
    pub fn new(destination: IpAddr) -> Self {
        Self {
            destination,
            probe: Probe::Echo,
            identifier: None,
            count: None,
            interval: Duration::from_secs(1),
            deadline: None,
            timeout: Some(Duration::from_secs(10)),
            size: 56,
            pattern: Pattern::default(),
            report_outstanding: false,
            preload: 1,
            adaptive: false,
            least_interval: Duration::ZERO,
            flood: false,
            record_route: false,
        }
    }

    /// Whether the data has room for the time of sending. Without it iputils prints no round trip, and so do we.
    #[must_use]
    pub const fn has_timestamp(&self) -> bool {
        self.size >= TIMESTAMP_LEN || !matches!(self.probe, Probe::Echo)
    }

    /// Whether the time between requests depends on the replies.
    #[must_use]
    pub const fn is_paced_by_replies(&self) -> bool {
        self.interval.is_zero() || self.flood || self.adaptive
    }

    /// Whether several hosts may reply to one request.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        self.destination.is_multicast()
    }
}

/// What fills the data of a request: octets that count up from zero, or up to 16 given ones, again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<u8>);

impl Pattern {
    const MAX: usize = 16;

    /// `size` octets of it.
    #[must_use]
    pub fn fill(&self, size: usize) -> Vec<u8> {
        if self.is_default() {
            return (0..=u8::MAX).cycle().take(size).collect();
        }
        self.0.iter().copied().cycle().take(size).collect()
    }

    /// Whether nobody asked for particular octets.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

/// Two lower-case hexadecimal digits for each octet.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Why a text is not a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Something else than a hexadecimal digit.
    #[error("a pattern is made of hexadecimal digits, and {0:?} is none")]
    NotHex(char),
    /// Nothing, or too much.
    #[error("a pattern has 1 to {max} octets, that is up to {digits} hexadecimal digits", max = Pattern::MAX, digits = 2 * Pattern::MAX)]
    Length,
}

/// Two digits for each octet; a last single digit is an octet of its own.
impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let digit = |c: char| c.to_digit(16).map(|digit| digit as u8).ok_or(PatternError::NotHex(c));
        let digits = text.chars().map(digit).collect::<Result<Vec<u8>, _>>()?;
        let octets: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect();
        if (1..=Self::MAX).contains(&octets.len()) { Ok(Self(octets)) } else { Err(PatternError::Length) }
    }
}
