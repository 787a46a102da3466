//! Phenomena of the time between opening and closing.

use super::super::picture::{from, lost, lost_from, still, to};
use super::{Words, words};
use crate::trace::Mark;

/// The words about the marks of this part.
#[rustfmt::skip]
pub(super) const WORDS: &[(Mark, Words)] = &[
    (Mark::Retransmission, words(
        "No ACK came for these data, so they are sent again: after the RTO, which doubles each time. On Linux an \
         end gives up after about 15 min, without a word to the other.",
        &[lost("PSH ACK seq 1, 5 bytes"), to("PSH ACK seq 1, 5 bytes (again)"), from("ACK ack 6")],
        "trace --lab --lab-wire drop=4 --send hello")),
    (Mark::FastRetransmission, words(
        "Three ACKs with the same number say that something is missing while later data arrive: the sender repeats it \
         at once and does not wait for its timer.",
        &[lost("seq 1, 100 bytes"), to("seq 101 and more"), from("ACK ack 1 (four times)"), to("seq 1, 100 bytes (again)")],
        "replay captures/fast-retransmission.pcap")),
    (Mark::SpuriousRetransmission, words(
        "Everything in it was acknowledged before: the ACK was lost, or the timer was too short. The receiver ignores \
         it and sends its ACK again.",
        &[to("seq 1, 5 bytes"), lost_from("ACK ack 6"), to("seq 1, 5 bytes (again)"), from("ACK ack 6")],
        "send --lab --from established -f PA --payload hello --seq rcv.nxt-5")),
    (Mark::TailLossProbe, words(
        "The last data were not acknowledged. Instead of waiting for the RTO the sender repeats just the end of them, \
         so that an ACK tells what is missing.",
        &[lost("seq 101, 100 bytes (the last)"), to("seq 101 (again, early)"), from("ACK")],
        "replay captures/tail-loss-probe.pcap")),
    (Mark::OutOfOrder, words(
        "Segments overtook each other on their way: nothing is lost, the receiver waits for the earlier one and puts \
         them in order.",
        &[to("seq 101"), to("seq 1 (sent before)"), from("ACK ack 201")],
        "replay captures/out-of-order.pcap")),
    (Mark::DuplicateAck, words(
        "The same ACK once more: later data arrived, and what comes next is still missing. Three of them bring a \
         fast retransmission.",
        &[lost("seq 1, 100 bytes"), to("seq 101, 100 bytes"), from("ACK ack 1 (again)")],
        "send --lab --from established -f PA --payload hello --seq rcv.nxt+100")),
    (Mark::DelayedAck, words(
        "The receiver waited with its ACK, in the hope of data to send with it: up to 40 ms on Linux, at most 500 ms.",
        &[to("PSH ACK seq 1, 5 bytes"), still("40 ms pass"), from("ACK ack 6")],
        "replay captures/delayed-ack.pcap")),
    (Mark::DuplicateSack, words(
        "The receiver tells that numbers arrived twice: so the sender learns that it repeated without need, or that the \
         network doubled a packet.",
        &[to("seq 1, 5 bytes"), to("seq 1, 5 bytes (twice)"), from("ACK ack 6 sack 1-6")],
        "trace --lab --lab-wire dup=4 --send hello")),
    (Mark::Gap, words(
        "The number is higher than the next one: something before it was lost, is late, or was not captured. What \
         follows tells which.",
        &[still("seq 1 was not seen"), to("seq 101, 100 bytes")],
        "send --lab --from established -f PA --payload hello --seq rcv.nxt+100")),
    (Mark::LostSegment, words(
        "It fills a gap, too late for a detour: the first copy was lost before it came to where the capture was made.",
        &[lost("seq 1, 100 bytes"), to("seq 101"), from("ACK ack 1 sack 101-201"), to("seq 1 (again)")],
        "replay captures/lost-segment.pcap")),
    (Mark::GapInCapture, words(
        "The receiver acknowledges what the capture never saw: it arrived. The capture lost it, not the network.",
        &[still("seq 1 was not captured"), to("seq 101"), from("ACK ack 201")],
        "replay captures/gap-in-capture.pcap")),
    (Mark::AckUnseen, words(
        "An ACK beyond all that was seen: the capture missed data, or somebody acknowledges what was never sent.",
        &[still("nothing was seen"), from("ACK ack 1001")],
        "replay captures/ack-of-unseen-segment.pcap")),
    (Mark::DuplicatePacket, words(
        "The very same packet, with the same IP identification: the network doubled it, or it was captured twice, as on \
         an interface and its bridge.",
        &[to("seq 1, 5 bytes"), to("the same packet")],
        "replay captures/duplicate-packets.pcap")),
    (Mark::KeepAlive, words(
        "Nothing has been said for long, and an end wants to know whether the other is there: it sends a number that \
         is one too low, so that the other must answer. Programs ask for it with SO_KEEPALIVE.",
        &[to("ACK seq 5 (the next is 6)"), from("ACK ack 6")],
        "send --lab --from established -f A --seq rcv.nxt-1")),
    (Mark::KeepAliveAck, words(
        "The answer to a keep-alive: this end is still there.",
        &[to("ACK seq 5 (the next is 6)"), from("ACK ack 6")],
        "send --lab --from established -f A --seq rcv.nxt-1")),
    (Mark::ZeroWindow, words(
        "The receiver's buffer is full, since its program does not read: the sender must stop.",
        &[to("PSH ACK, 100 bytes").at("", "nobody reads"), from("ACK win 0")],
        "replay captures/zero-window.pcap")),
    (Mark::ZeroWindowProbe, words(
        "The window is closed, and the ACK that opens it may be lost. So the sender asks from time to time, with one \
         octet or an old number.",
        &[from("ACK win 0"), to("ACK seq 100 (a probe)"), from("ACK win 0")],
        "replay captures/zero-window.pcap")),
    (Mark::ZeroWindowProbeAck, words(
        "The answer to a probe of the window: it is still closed, or open again.",
        &[to("ACK seq 100 (a probe)"), from("ACK win 0")],
        "replay captures/zero-window.pcap")),
    (Mark::WindowUpdate, words(
        "The program has read, and there is room again: nothing but the window has changed.",
        &[still("").at("", "recv()"), from("ACK win 4096")],
        "replay captures/zero-window.pcap")),
    (Mark::WindowFull, words(
        "These data fill the window that the receiver offered, to its very end: no more may be sent until it moves.",
        &[from("ACK win 100"), to("PSH ACK, 100 bytes")],
        "replay captures/zero-window.pcap")),
    (Mark::OldTimestamp, words(
        "Its timestamp is older than one that was taken already: it is a late segment of the past, and is dropped, even \
         if its number fits (PAWS).",
        &[to("seq 1 ts 2000"), to("seq 6 ts 1000 (old)"), from("ACK ack 6")],
        "replay captures/old-timestamp.pcap")),
    (Mark::TimestampMissing, words(
        "Both ends agreed on timestamps, and this segment has none. RFC 7323 lets it be dropped; Linux takes it.",
        &[to("SYN ts"), from("SYN ACK ts"), to("PSH ACK, 5 bytes (no ts)")],
        "replay captures/timestamp-missing.pcap")),
    (Mark::Urgent, words(
        "Urgent data: the pointer says up to where. Linux takes one octet of it out of the stream.",
        &[to("PSH ACK URG seq 1, urgent 3")],
        "send --lab --from established -f PAU --urgent 3 --payload hello")),
    (Mark::EcnEcho, words(
        "The receiver reports that a router has marked a packet: the network is near its limit. It goes on reporting \
         until the sender answers.",
        &[to("PSH ACK (marked on its way)"), from("ACK ECE")],
        "replay captures/congestion.pcap")),
    (Mark::EcnReduced, words(
        "The sender has heard of the marked packet, and sends slower now.",
        &[from("ACK ECE"), to("PSH ACK CWR")],
        "replay captures/congestion.pcap")),
    (Mark::PathMtu, words(
        "A packet was too big for a link on its way and must not be cut: a router says so, and the data come again in \
         smaller pieces.",
        &[to("1400 bytes").at("", "(router)"), from("ICMP fragmentation needed"), to("500 bytes (again)")],
        "replay captures/path-mtu.pcap")),
    (Mark::IcmpError, words(
        "Somebody on the way could not deliver a segment, and says why. In answer to a SYN it ends the attempt; an open \
         connection goes on.",
        &[to("SYN").at("", "(router)"), from("ICMP host unreachable")],
        "replay captures/icmp-soft-error.pcap")),
    (Mark::IcmpForged, words(
        "The ICMP message quotes a number that was not on its way: it is forged or very old, and is not believed.",
        &[from("ICMP port unreachable"), still("quotes seq 123456789")],
        "replay captures/icmp-implausible.pcap")),
];
