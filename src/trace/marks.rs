//! Every phenomenon that one segment can show, in one table. Its words stand in `explain`.

/// How much a phenomenon matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Part of an ordinary connection, and worth a word.
    Note,
    /// Unusual, and within the rules: the network lost something, an end asks for attention.
    Odd,
    /// Against the rules, or the end of a connection that somebody wanted to go on.
    Fault,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Phenomenon {
    /// Its mark.
    pub mark: Mark,
    /// Its name, in the spelling of JSON and of `--only`.
    pub name: &'static str,
    /// What identifies it on the wire.
    pub sign: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where it is specified; none for what only capturing or an implementation brings about.
    pub rfc: Option<&'static str>,
    /// What Wireshark calls it, after `tcp.analysis.`; none where it has no such name.
    pub wireshark: Option<&'static str>,
}

/// Makes the marks and their table out of the same rows: `/// sign`, then mark, name, severity, RFC, Wireshark's name.
macro_rules! phenomena {
    ($(#[doc = $sign:literal] $mark:ident $name:literal $severity:ident $rfc:expr, $wireshark:expr;)*) => {
        /// Something worth a word about one segment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Mark {
            $(#[doc = $sign] $mark,)*
        }

        /// The table of phenomena; a mark's row stands at its number.
        pub const PHENOMENA: &[Phenomenon] = &[
            $(Phenomenon {
                mark: Mark::$mark,
                name: $name,
                sign: $sign.trim_ascii(),
                severity: Severity::$severity,
                rfc: $rfc,
                wireshark: $wireshark,
            },)*
        ];
    };
}

phenomena! {
    // Opening.
    /// A SYN with the number of one sent before.
    SynRetransmission "syn-retransmission" Odd Some("RFC 9293 3.8.1"), Some("retransmission");
    /// A SYN,ACK with the number of one sent before.
    SynAckRetransmission "syn-ack-retransmission" Odd Some("RFC 9293 3.8.1"), Some("retransmission");
    /// A SYN,ACK again, although the ACK that answers it was seen: the listener does not take the connection.
    BacklogOverflow "backlog-overflow" Odd None, None;
    /// The first repetition of a SYN,ACK whose ACK was seen, later than its timer asks for, and no data came.
    DeferredAccept "deferred-accept" Odd None, None;
    /// The first SYN,ACK of all, where the SYN had been repeated.
    LateAnswer "late-answer" Odd Some("RFC 9293 3.8.1"), None;
    /// Octets of payload on the segment that completes the handshake.
    AckWithData "ack-with-data" Note Some("RFC 9293 3.10.7.4"), None;
    /// Octets of payload on a SYN.
    SynWithData "syn-with-data" Odd Some("RFC 9293 3.5"), None;
    /// A SYN with an empty Fast Open option.
    FastOpenRequest "fast-open-request" Note Some("RFC 7413 4.2.1"), None;
    /// A SYN,ACK with a Fast Open cookie.
    FastOpenCookie "fast-open-cookie" Note Some("RFC 7413 4.2.1"), None;
    /// A SYN with a Fast Open cookie.
    FastOpen "fast-open" Note Some("RFC 7413 4.2.2"), None;
    /// A SYN,ACK that does not acknowledge the octets which came with a Fast Open cookie.
    FastOpenRefused "fast-open-refused" Odd Some("RFC 7413 4.2.2"), None;
    /// ECE and CWR on a SYN, or ECE alone on the SYN,ACK that agrees.
    EcnSetup "ecn-setup" Note Some("RFC 3168 6.1.1"), None;
    /// AE, CWR and ECE on a SYN, or a SYN,ACK in which they say that its sender counts marks too.
    AccEcnSetup "acc-ecn-setup" Note Some("RFC 9768 3.1"), None;
    /// The Multipath TCP option on a SYN or SYN,ACK, to begin a connection of several paths.
    Mptcp "mptcp" Note Some("RFC 8684 3.1"), None;
    /// The Multipath TCP option on a SYN or SYN,ACK, to add a path to a connection.
    MptcpJoin "mptcp-join" Note Some("RFC 8684 3.2"), None;
    /// The MD5 signature option.
    Md5Signature "md5-signature" Note Some("RFC 2385"), None;
    /// The authentication option.
    AuthenticationOption "authentication-option" Note Some("RFC 5925"), None;
    /// A SYN,ACK with a maximum segment size and no other option, of all that a SYN without timestamps offered.
    PossibleSynCookie "possible-syn-cookie" Odd Some("RFC 4987 3.6"), None;
    /// A SYN,ACK again, at a listener where many clients at once have not acknowledged one that was sent again.
    SynFlood "syn-flood" Odd Some("RFC 4987 2"), None;
    /// A SYN,ACK with another number than the one before it, for the same SYN.
    SecondSynAck "second-syn-ack" Fault Some("RFC 5961 4.2"), None;
    /// A SYN without ACK that crosses the peer's.
    SimultaneousOpen "simultaneous-open" Odd Some("RFC 9293 3.5"), None;
    /// A SYN without ACK in answer to a SYN.
    SplitHandshake "split-handshake" Odd Some("RFC 9293 3.10.7.3"), None;
    /// A SYN whose source and destination are the same socket.
    SelfConnect "self-connect" Odd Some("RFC 9293 3.5"), None;
    /// A reset that acknowledges the SYN.
    Refused "refused" Fault Some("RFC 9293 3.10.7.1"), None;
    /// A reset by the client in answer to the SYN,ACK.
    HandshakeReset "handshake-reset" Fault Some("RFC 9293 3.10.7.4"), None;
    /// A SYN with a new number, right after the client refused with a reset what answered the SYN before it.
    OldDuplicateSyn "old-duplicate-syn" Odd Some("RFC 9293 3.5"), None;
    /// A reset without ACK, by the end that listened, for the ACK that completed the handshake.
    LateRefusal "late-refusal" Fault Some("RFC 9293 3.10.7.1"), None;
    /// An ACK that answers a SYN and is not for it, or a reset without ACK that knows only what it answers.
    HalfOpen "half-open" Odd Some("RFC 9293 3.5.1"), None;
    /// A SYN with a new number between sockets that had a connection before.
    PortReuse "port-reuse" Note Some("RFC 9293 3.6.1"), Some("reused_ports");
    /// Such a SYN, where one of the ends was in TIME-WAIT.
    TimeWaitReuse "time-wait-reuse" Note Some("RFC 6191 2"), None;

    // Data.
    /// Octets that were sent before, wholly or in part.
    Retransmission "retransmission" Odd Some("RFC 6298 5"), Some("retransmission");
    /// The octets at the peer's acknowledgment sent again, right after it was repeated.
    FastRetransmission "fast-retransmission" Odd Some("RFC 5681 3.2"), Some("fast_retransmission");
    /// Octets sent again that were all acknowledged.
    SpuriousRetransmission "spurious-retransmission" Odd Some("RFC 9293 3.10.7.4"), Some("spurious_retransmission");
    /// The last octets sent again, while earlier ones wait for their acknowledgment too.
    TailLossProbe "tail-loss-probe" Odd Some("RFC 8985 7"), None;
    /// Octets with a higher number came first, and these within a round trip.
    OutOfOrder "out-of-order" Odd Some("RFC 9293 3.10.7.4"), Some("out_of_order");
    /// The acknowledgment before again, with the same window and no payload, while something waits for one.
    DuplicateAck "duplicate-ack" Odd Some("RFC 5681 2"), Some("duplicate_ack");
    /// An ACK without data, later than 30 ms and a round trip behind the octets that it acknowledges.
    DelayedAck "delayed-ack" Note Some("RFC 9293 3.8.6.3"), None;
    /// The SACK option with blocks above the acknowledgment.
    Sack "sack" Note Some("RFC 2018 4"), None;
    /// The SACK option whose first block lies below the acknowledgment, or within the second.
    DuplicateSack "d-sack" Odd Some("RFC 2883 4"), None;
    /// A number above the one that comes next: something before it was lost, or not captured.
    Gap "gap" Odd None, Some("lost_segment");
    /// Octets that fill a gap later than the network's reordering explains: the first copy was lost before the capture.
    LostSegment "lost-segment" Odd Some("RFC 9293 3.8.1"), None;
    /// An acknowledgment of numbers that a gap lacks: they arrived, and the capture missed them.
    GapInCapture "gap-in-capture" Note None, Some("ack_lost_segment");
    /// An acknowledgment of numbers above all that were seen.
    AckUnseen "ack-of-unseen-segment" Note None, Some("ack_lost_segment");
    /// The packet before once more, to the last bit, IP identification included.
    DuplicatePacket "duplicate-packet" Note None, None;
    /// One number below the next, with no payload or one octet, and no octets waiting for an acknowledgment.
    KeepAlive "keep-alive" Note Some("RFC 9293 3.8.4"), Some("keep_alive");
    /// The acknowledgment before again, in answer to a keep-alive.
    KeepAliveAck "keep-alive-ack" Note Some("RFC 9293 3.8.4"), Some("keep_alive_ack");
    /// A window of 0.
    ZeroWindow "zero-window" Odd Some("RFC 9293 3.8.6"), Some("zero_window");
    /// One octet or one old number, while the peer's window is 0.
    ZeroWindowProbe "zero-window-probe" Odd Some("RFC 9293 3.8.6.1"), Some("zero_window_probe");
    /// The acknowledgment before again, in answer to a probe of the window.
    ZeroWindowProbeAck "zero-window-probe-ack" Odd Some("RFC 9293 3.8.6.1"), Some("zero_window_probe_ack");
    /// The acknowledgment before with another window.
    WindowUpdate "window-update" Note Some("RFC 9293 3.8.6"), Some("window_update");
    /// Octets up to the very end of the peer's window.
    WindowFull "window-full" Odd Some("RFC 9293 3.8.6"), Some("window_full");
    /// A timestamp older than the last one that its receiver took.
    OldTimestamp "old-timestamp" Odd Some("RFC 7323 5.3"), None;
    /// No timestamp, on a connection that has agreed on them.
    TimestampMissing "timestamp-missing" Odd Some("RFC 7323 3.2"), None;
    /// The URG flag, and a pointer.
    Urgent "urgent" Note Some("RFC 9293 3.8.5"), None;
    /// ECE behind the handshake of a connection that has agreed on ECN.
    EcnEcho "ecn-echo" Note Some("RFC 3168 6.1.3"), None;
    /// CWR behind the handshake of a connection that has agreed on ECN.
    EcnReduced "ecn-reduced" Note Some("RFC 3168 6.1.2"), None;
    /// An ICMP message that a segment is too big for its path.
    PathMtu "path-mtu" Odd Some("RFC 9293 3.7.2"), None;
    /// Any other ICMP error about a segment of the connection.
    IcmpError "icmp-error" Odd Some("RFC 9293 3.9.2.2"), None;
    /// An ICMP error that quotes a number which is not in flight.
    IcmpForged "icmp-implausible" Odd Some("RFC 5927 4"), None;

    // Closing.
    /// A FIN with the number of one sent before.
    FinRetransmission "fin-retransmission" Odd Some("RFC 9293 3.8.1"), Some("retransmission");
    /// Octets of payload on the FIN.
    FinWithData "fin-with-data" Note Some("RFC 9293 3.10.4"), None;
    /// A FIN that crosses the peer's.
    SimultaneousClose "simultaneous-close" Odd Some("RFC 9293 3.6"), None;
    /// Octets from the end that has acknowledged the peer's FIN.
    HalfClose "half-close" Note Some("RFC 9293 3.6.1"), None;
    /// Octets for an end that is closed, or its reset in answer to them.
    DataAfterClose "data-after-close" Fault Some("RFC 9293 3.6.1"), None;
    /// A reset in the midst of a connection, which nothing before it explains.
    Abort "abort" Fault Some("RFC 9293 3.10.5"), None;
    /// Such a reset, by an end that has sent nothing since octets came to it.
    AbortUnread "abort-unread" Fault Some("RFC 9293 3.6.1"), None;
    /// Such a reset, by an end whose keep-alive or probe was not answered.
    GaveUp "gave-up" Fault Some("RFC 9293 3.8.4"), None;
    /// Such a reset, by the end that listened, before any octets.
    ListenerClosed "listener-closed" Fault Some("RFC 9293 3.10.4"), None;
    /// A reset that an end in TIME-WAIT takes.
    TimeWaitAssassination "time-wait-assassination" Odd Some("RFC 1337"), None;

    // Odd segments.
    /// An ACK in answer to a segment that may be forged: a SYN, a reset with an inexact number, an unsent ACK.
    ChallengeAck "challenge-ack" Odd Some("RFC 5961 3.2"), None;
    /// Numbers beyond the receiver's window, or a SYN in the middle of a connection.
    OutsideWindow "outside-window" Fault Some("RFC 9293 3.10.7.4"), None;
    /// A reset with a number outside the receiver's window.
    ResetOutsideWindow "reset-outside-window" Fault Some("RFC 5961 3.2"), None;
    /// A reset with a number in the window that is not the next one.
    ResetInexact "reset-inexact" Fault Some("RFC 5961 3.2"), None;
    /// A reset with payload.
    ResetWithData "reset-with-data" Odd Some("RFC 9293 3.5.3"), None;
    /// A reset whose time to live is not that of its sender's other segments.
    ResetByThirdParty "reset-by-third-party" Fault Some("RFC 5961 1"), None;
    /// An acknowledgment of numbers that were never sent.
    UnacceptableAck "unacceptable-ack" Fault Some("RFC 9293 3.10.7.4"), None;
    /// No flag at all.
    NoFlags "no-flags" Fault Some("RFC 9293 3.10.7.4"), None;
    /// FIN without ACK.
    BareFin "bare-fin" Fault Some("RFC 9293 3.10.7.4"), None;
    /// FIN, PSH and URG together.
    Xmas "xmas" Fault Some("RFC 9293 3.10.7.4"), None;
    /// SYN and FIN together.
    SynFin "syn-fin" Fault Some("RFC 9293 3.10.7.2"), None;
    /// SYN and RST together.
    SynReset "syn-reset" Fault Some("RFC 9293 3.10.7.2"), None;
    /// FIN and RST together, or PSH and URG with nothing else.
    OddFlags "odd-flags" Fault Some("RFC 9293 3.10.7.4"), None;
    /// Payload without the ACK flag behind the SYN.
    WithoutAck "without-ack" Fault Some("RFC 9293 3.10.7.4"), None;
    /// A wrong checksum.
    BadChecksum "bad-checksum" Fault Some("RFC 9293 3.1"), None;
    /// A checksum that its sender leaves to the network interface.
    OffloadedChecksum "offloaded-checksum" Note Some("RFC 9293 3.1"), None;
    /// A header that contradicts itself.
    Malformed "malformed" Fault Some("RFC 9293 3.1"), None;
    /// An option whose length cannot be.
    MalformedOptions "malformed-options" Fault Some("RFC 9293 3.2"), None;
    /// An option of a kind that this program does not know.
    UnknownOption "unknown-option" Note Some("RFC 9293 3.1"), None;
    /// A maximum segment size that leaves room for nothing on the smallest link: below 28 octets.
    TinyMss "tiny-mss" Odd Some("RFC 9293 3.7.1"), None;
    /// 0 for a port.
    PortZero "port-zero" Fault Some("RFC 6335 6"), None;
    /// From or to an address of many hosts: multicast, or limited broadcast.
    NotUnicast "not-unicast" Fault Some("RFC 9293 3.9.2.3"), None;
    /// Bits in the header that have no meaning yet.
    ReservedBits "reserved-bits" Odd Some("RFC 9293 3.1"), None;
    /// More payload than the peer's maximum segment size: cut, or put together, by the network interface.
    SuperSegment "super-segment" Note Some("RFC 9293 3.7.1"), None;
    /// The segment came in fragments of IP.
    Fragmented "fragmented" Odd Some("RFC 791 3.2"), None;
    /// A reset that the kernel of this machine sent in the name of a connection made by hand.
    OwnKernelReset "own-kernel-reset" Fault Some("RFC 9293 3.10.7.1"), None;
}

impl Mark {
    /// Its row of the table.
    #[must_use]
    pub const fn row(self) -> &'static Phenomenon {
        &PHENOMENA[self as usize]
    }

    /// The name, in the spelling of JSON and of `--only`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Every mark.
    pub fn all() -> impl Iterator<Item = Self> {
        PHENOMENA.iter().map(|row| row.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_stands_at_its_own_place_and_has_its_own_name() {
        let mut names = HashSet::new();
        for (index, row) in PHENOMENA.iter().enumerate() {
            assert_eq!(row.mark as usize, index);
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(row.sign.ends_with('.') && !row.sign.starts_with(' '), "{}", row.name);
        }
    }
}
