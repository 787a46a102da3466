//! Phenomena of odd and hand-made segments.

use super::super::picture::{from, lost, still, to};
use super::{Words, words};
use crate::trace::Mark;

/// The words about the marks of this part.
#[rustfmt::skip]
pub(super) const WORDS: &[(Mark, Words)] = &[
    (Mark::ChallengeAck, words(
        "\"Say it again if you mean it\": an ACK with the current numbers, for something that may be forged. Who really \
         is at the other end answers with an exact RST, a stranger cannot. Linux sends one in 500 ms.",
        &[to("SYN (in the middle)").at("", "ESTABLISHED"), from("ACK seq 1 ack 1"), to("RST seq 1 (if it was meant)")],
        "send --lab --from established -f A --ack snd.nxt+1000")),
    (Mark::OutsideWindow, words(
        "Its numbers do not fit into the receiver's window: it is old, too early, or forged. The receiver ignores it, \
         and answers with an ACK that says what it expects.",
        &[to("PSH ACK seq 1000001"), from("ACK ack 1")],
        "send --lab --from established -f PA --payload hello --seq rcv.nxt+rcv.wnd+9")),
    (Mark::ResetOutsideWindow, words(
        "A RST whose number is far off: it is ignored without a word, since anybody could have sent it.",
        &[to("RST seq 1000001").at("", "ESTABLISHED"), still("no answer").at("", "ESTABLISHED")],
        "send --lab --from established -f R --seq rcv.nxt+rcv.wnd+9")),
    (Mark::ResetInexact, words(
        "A RST whose number is in the window, but not the next one: half a guess. It is not believed, and a challenge \
         ACK asks its sender.",
        &[to("RST seq 101 (not 1)"), from("ACK ack 1")],
        "send --lab --from established -f R --seq rcv.nxt+100")),
    (Mark::ResetWithData, words(
        "A RST may carry a few words on its reason, for people who read captures.",
        &[to("RST ACK seq 1, \"bye\"").at("CLOSED", "CLOSED")],
        "send --lab --from established -f RA --payload bye")),
    (Mark::ResetByThirdParty, words(
        "Its time to live is not that of its sender's other segments, so it came another way: somebody on the path, such \
         as a firewall, may have sent it in the other's name. A RST is believed for its numbers, not its sender.",
        &[from("PSH ACK (TTL 64)"), from("RST (TTL 44)").at("ECONNRESET", "")],
        "send --lab --from established -f R --ttl 20")),
    (Mark::UnacceptableAck, words(
        "It acknowledges numbers that were never sent, or that are far too old: it is of another connection, or forged.",
        &[to("ACK ack 5001").at("", "sent up to 1"), from("ACK seq 1")],
        "send --lab --from established -f S")),
    (Mark::NoFlags, words(
        "A segment without any flag, as port scanners send it: a closed port answers with RST ACK, an open one is silent.",
        &[to("(no flag)").at("", "LISTEN"), still("no answer")],
        "send --lab -f none")),
    (Mark::BareFin, words(
        "A FIN without ACK: every real FIN has one. A closed port answers with RST ACK, an open one is silent, and a \
         connection passes it over.",
        &[to("FIN").at("", "LISTEN"), still("no answer")],
        "send --lab -f F")),
    (Mark::Xmas, words(
        "FIN, PSH and URG together, lit up like a tree: a port scanner. Without ACK a connection passes it over.",
        &[to("FIN PSH URG").at("", "LISTEN"), still("no answer")],
        "send --lab -f FPU")),
    (Mark::SynFin, words(
        "To open and to close at once: RFC 9293 would open. Linux drops it in LISTEN, since only scanners send it.",
        &[lost("SYN FIN").at("", "LISTEN"), still("no answer (Linux)")],
        "send --lab -f SF")),
    (Mark::SynReset, words(
        "SYN and RST contradict each other: RST is looked at first, so it is a reset.",
        &[to("SYN RST").at("", "LISTEN"), still("no answer").at("", "LISTEN")],
        "send --lab -f SR")),
    (Mark::OddFlags, words(
        "Flags that no TCP sends together: FIN and RST, or PSH and URG without ACK.",
        &[to("FIN RST").at("", "LISTEN"), still("no answer")],
        "send --lab -f FR")),
    (Mark::WithoutAck, words(
        "Data without the ACK flag: a connection drops them in silence, since only a first SYN may lack it.",
        &[to("PSH seq 1, 5 bytes").at("", "ESTABLISHED"), still("no answer")],
        "send --lab --from established -f P --payload hello")),
    (Mark::BadChecksum, words(
        "The segment was damaged on its way, or made so: the receiver drops it without a word, and its sender sends \
         it again.",
        &[to("SYN (wrong checksum)").at("", "LISTEN"), still("no answer")],
        "send --lab --bad-checksum")),
    (Mark::OffloadedChecksum, words(
        "Nothing is wrong: the kernel leaves the checksum to the network interface, and the capture was made before \
         that.",
        &[to("SYN (checksum not filled in)").at("captured here", "")],
        "replay captures/self-connect.pcap")),
    (Mark::Malformed, words(
        "The header contradicts itself: shorter than 20 octets, or longer than the segment. Receivers drop it.",
        &[to("header of 16 octets"), still("no answer")],
        "replay captures/malformed.pcap")),
    (Mark::MalformedOptions, words(
        "An option says that it is longer or shorter than it can be, so what follows it cannot be read. Receivers \
         mostly ignore the options, not the segment.",
        &[to("SYN mss with length 1"), from("SYN ACK")],
        "send --lab --opt mss/1=5")),
    (Mark::UnknownOption, words(
        "An option that this program does not know. Whoever does not know one skips it: so new ones can be tried.",
        &[to("SYN with kind 77"), from("SYN ACK")],
        "send --lab --opt 77=01")),
    (Mark::TinyMss, words(
        "An MSS that no link asks for: each segment would carry next to nothing. It is an attack on the sender, or a \
         test; Linux cuts no smaller than 48 octets.",
        &[to("SYN mss 20"), from("SYN ACK")],
        "send --lab --opt mss=20")),
    (Mark::PortZero, words(
        "Port 0 is reserved: a program that asks for it gets another one. Only hand-made segments name it.",
        &[to("SYN to port 0"), from("RST ACK")],
        "send --lab -p 0")),
    (Mark::NotUnicast, words(
        "From or to an address of many hosts. TCP is between two: it drops such segments in silence.",
        &[to("SYN to 255.255.255.255"), still("no answer")],
        "replay captures/broadcast.pcap")),
    (Mark::ReservedBits, words(
        "Bits that have no meaning yet are set. Receivers ignore them, so that a later standard can use them.",
        &[to("SYN, reserved 5"), from("SYN ACK")],
        "send --lab --reserved 5")),
    (Mark::SuperSegment, words(
        "More data than the MSS allows: the kernel hands large pieces to the network interface, which cuts them, or \
         puts arriving ones together. On the wire they are smaller.",
        &[to("PSH ACK, 4940 bytes").at("captured here", "")],
        "replay captures/super-segment.pcap")),
    (Mark::Fragmented, words(
        "IP has cut the packet: its parts travel alone and are put together at the end. One lost part loses all.",
        &[to("fragment 1 of 2"), to("fragment 2 of 2"), from("SYN ACK")],
        "replay captures/fragments.pcap")),
    (Mark::OwnKernelReset, words(
        "The SYN was made by hand, so this machine's kernel knows nothing of it: it answers the SYN ACK with RST, \
         and the connection is dead. The RST guard keeps it from that.",
        &[to("SYN (made by hand)"), from("SYN ACK"), to("RST (by your own kernel)").at("", "LISTEN")],
        "trace --lab --rst-guard off")),
];
