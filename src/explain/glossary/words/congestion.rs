//! Words for how fast a sender goes. None of it is a field of the header: all that a capture shows is what is in flight.

use super::super::entry::Entry;
use super::super::picture::{from, lost, still, to};
use super::BLANK;

/// A sender that begins: its flights can be counted where the wire is long.
const BEGINS: &str = "trace --lab --lab-wire delay=25ms --send-file /bin/sh";

/// Their pages.
pub(super) const CONGESTION: &[Entry] = &[
    Entry {
        name: "congestion window",
        also: &["cwnd", "snd_cwnd", "congestion", "congestion control", "initial window"],
        gloss: "how much a sender dares to have on its way",
        is: "A number that each sender keeps for itself: how much may be in flight before the network has too much of it. \
             It sends up to the smaller of this and the other end's window. On Linux it begins with 10 segments. ACKs of \
             new data let it grow, in slow start and then in congestion avoidance; what is lost, or a router's mark \
             (ECE), makes it shrink.",
        beware: "No segment carries it, so no capture shows it. What is seen is what is in flight. That is bounded by this, \
                 and is less where the program has nothing to send, or the other end no room. On Linux `ss -ti` tells \
                 what the kernel keeps.",
        picture: &[to("10 segments, then silence"), from("ACKs: they have arrived"), to("20 segments, then silence")],
        rfc: "RFC 5681 3.1; RFC 6928",
        command: BEGINS,
        ..BLANK
    },
    Entry {
        name: "in flight",
        also: &["bytes in flight", "flight size", "flight"],
        gloss: "sent, and not acknowledged yet",
        is: "What was sent and is not acknowledged: the highest number sent, less the highest acknowledgment. A sender \
             waits when it reaches the window or the congestion window, whichever is smaller.",
        beware: "Count it where the capture was made near the sender. Near the receiver it is almost nothing, because \
                 ACKs leave there as soon as data come.",
        picture: &[to("seq 1, 100 octets"), to("seq 101, 100 octets"), from("ACK ack 101"), still("100 are in flight")],
        rfc: "RFC 5681 2",
        command: BEGINS,
        ..BLANK
    },
    Entry {
        name: "slow start",
        gloss: "the congestion window doubles with each round trip",
        is: "Below ssthresh the congestion window grows by what each ACK newly acknowledges, one segment at most for each: \
             so with every RTT it doubles. Every connection begins so, and goes on so after an RTO, then with one segment.",
        beware: "It is slow only beside its forerunner, which sent the whole window at once: seven round trips take it \
                 from 10 segments to a thousand. A receiver that acknowledges every second segment makes it slower, by RFC \
                 5681; Linux counts octets, and is not slowed.",
        picture: &[to("10 segments"), from("10 ACKs"), to("20 segments"), from("20 ACKs"), to("40 segments")],
        rfc: "RFC 5681 3.1",
        command: BEGINS,
        ..BLANK
    },
    Entry {
        name: "ssthresh",
        also: &["slow start threshold", "snd_ssthresh"],
        gloss: "the congestion window at which slow start ends",
        is: "Slow start threshold: below it the congestion window doubles, above it the sender feels its way. It begins \
             as high as can be. At a loss it becomes half of what was in flight then, and at least two segments.",
        beware: "Half is what RFC 5681 asks for. CUBIC, which Linux uses unless it is told otherwise, takes 0.7 of its \
                 congestion window. It is on no wire, either: `ss -ti` shows it once there was a loss.",
        picture: &[to("20 segments"), lost("one of them"), from("ACK ack 1 (four times)"), to("that one, then fewer")],
        rfc: "RFC 5681 3.1; RFC 9438 4.6",
        command: "replay captures/fast-retransmission.pcap",
        ..BLANK
    },
    Entry {
        name: "congestion avoidance",
        also: &["AIMD", "CUBIC", "Reno", "BBR"],
        gloss: "the congestion window grows by a segment in a round trip",
        is: "From ssthresh on the congestion window grows by about one segment in each RTT, until something is lost; then \
             it falls to ssthresh and grows again. Drawn over time that is a sawtooth.",
        beware: "So it is with Reno, that of RFC 5681. CUBIC grows along a curve over the time since the last loss, and \
                 BBR follows the rate and the RTT that it measures. A capture may hint at which one it is, and proves none.",
        picture: &[to("20 segments"), from("ACKs"), to("21 segments"), from("ACKs"), to("22 segments")],
        rfc: "RFC 5681 3.1; RFC 9438",
        command: "replay captures/congestion.pcap",
        ..BLANK
    },
];
