//! What a verdict calls the oddities of a connection.

use crate::trace::Mark;

/// The name of a mark among the oddities of a verdict; none for what is part of an ordinary connection, or is said
/// elsewhere.
#[must_use]
pub const fn oddity(mark: Mark) -> Option<&'static str> {
    Some(match mark {
        // Counted, and said with the number.
        Mark::SynRetransmission | Mark::SynAckRetransmission | Mark::FinRetransmission | Mark::Retransmission => {
            return None;
        }
        // How it opened and closed says it.
        Mark::SimultaneousOpen
        | Mark::SplitHandshake
        | Mark::Refused
        | Mark::HandshakeReset
        | Mark::FastOpen
        | Mark::SimultaneousClose
        | Mark::HalfClose
        | Mark::LateRefusal
        | Mark::Abort
        | Mark::AbortUnread
        | Mark::GaveUp
        | Mark::ListenerClosed => return None,
        // What both ends agreed on, and ordinary.
        Mark::EcnSetup
        | Mark::AccEcnSetup
        | Mark::Mptcp
        | Mark::MptcpJoin
        | Mark::Md5Signature
        | Mark::AuthenticationOption
        | Mark::FastOpenRequest
        | Mark::FastOpenCookie
        | Mark::Sack
        | Mark::OffloadedChecksum
        | Mark::WindowUpdate
        | Mark::KeepAliveAck
        | Mark::ZeroWindowProbeAck
        | Mark::FinWithData
        | Mark::AckWithData
        | Mark::DelayedAck
        | Mark::SuperSegment => return None,
        Mark::BacklogOverflow => "SYN ACK repeated although acknowledged",
        Mark::DeferredAccept => "SYN ACK repeated to ask for data",
        Mark::LateAnswer => "SYN answered only when repeated",
        Mark::SynWithData => "data on the SYN",
        Mark::FastOpenRefused => "Fast Open refused",
        Mark::PossibleSynCookie => "maybe a SYN cookie",
        Mark::SecondSynAck => "a second SYN ACK with another number",
        Mark::SynFlood => "one of many clients that never acknowledge",
        Mark::SelfConnect => "connected to itself",
        Mark::OldDuplicateSyn => "an old duplicate SYN before",
        Mark::HalfOpen => "half-open connection discovered",
        Mark::PortReuse => "port used again",
        Mark::TimeWaitReuse => "new SYN into TIME-WAIT",
        Mark::FastRetransmission => "fast retransmission",
        Mark::SpuriousRetransmission => "sent again needlessly",
        Mark::TailLossProbe => "tail loss probe",
        Mark::OutOfOrder => "segments out of order",
        Mark::DuplicateAck => "duplicate ACKs",
        Mark::DuplicateSack => "numbers that arrived twice",
        Mark::Gap => "gaps in the numbers",
        Mark::LostSegment => "segments lost before the capture",
        Mark::GapInCapture => "data missing in the capture",
        Mark::AckUnseen => "ACK of data not in the capture",
        Mark::DuplicatePacket => "packets seen twice",
        Mark::KeepAlive => "keep-alive probes",
        Mark::ZeroWindow => "window closed to 0",
        Mark::ZeroWindowProbe => "probes of a closed window",
        Mark::WindowFull => "window filled",
        Mark::OldTimestamp => "old timestamp",
        Mark::TimestampMissing => "timestamp missing",
        Mark::Urgent => "urgent data",
        Mark::EcnEcho => "congestion marked by a router",
        Mark::EcnReduced => "slowed down for a mark",
        Mark::PathMtu => "packet too big for the path",
        Mark::IcmpError => "ICMP error",
        Mark::IcmpForged => "ICMP error that cannot be true",
        Mark::DataAfterClose => "data sent to a closed end",
        Mark::TimeWaitAssassination => "TIME-WAIT ended by a reset",
        Mark::ChallengeAck => "challenge ACK",
        Mark::OutsideWindow => "segments outside the window",
        Mark::ResetOutsideWindow => "reset outside the window",
        Mark::ResetInexact => "reset with an inexact number",
        Mark::ResetWithData => "reset with data",
        Mark::ResetByThirdParty => "reset with another TTL",
        Mark::UnacceptableAck => "ACK of what was never sent",
        Mark::NoFlags => "segment without flags",
        Mark::BareFin => "FIN without ACK",
        Mark::Xmas => "FIN, PSH and URG together",
        Mark::SynFin => "SYN and FIN together",
        Mark::SynReset => "SYN and RST together",
        Mark::OddFlags => "flags that contradict each other",
        Mark::WithoutAck => "data without ACK",
        Mark::BadChecksum => "wrong checksum",
        Mark::Malformed => "malformed header",
        Mark::MalformedOptions => "malformed options",
        Mark::UnknownOption => "unknown option",
        Mark::TinyMss => "tiny maximum segment size",
        Mark::PortZero => "port 0",
        Mark::NotUnicast => "address of many hosts",
        Mark::ReservedBits => "reserved bits set",
        Mark::Fragmented => "IP fragments",
        Mark::OwnKernelReset => "reset by your own kernel",
    })
}
