//! Phenomena of opening.

use super::super::picture::{from, lost, lost_from, still, to};
use super::{Words, words};
use crate::trace::Mark;

/// The words about the marks of this part.
#[rustfmt::skip]
pub(super) const WORDS: &[(Mark, Words)] = &[
    (Mark::SynRetransmission, words(
        "Nothing answered the SYN in time, so connect() sends it again, with the same number, and waits longer each \
         time. On Linux 11 SYNs in about 67 s, then ETIMEDOUT after about 130 s.",
        &[lost("SYN seq 0"), to("SYN seq 0 (again)"), from("SYN ACK seq 0 ack 1")],
        "trace --lab --lab-wire drop=1")),
    (Mark::SynAckRetransmission, words(
        "The ACK of the handshake did not arrive, so the server sends its SYN ACK again: on Linux five times, after 1, \
         2, 4, 8 and 16 s. It is also the answer to a SYN that comes again.",
        &[to("SYN seq 0"), lost_from("SYN ACK seq 0 ack 1"), from("SYN ACK (again)")],
        "listen --lab --lab-wire drop=2")),
    (Mark::BacklogOverflow, words(
        "The client believes that it is ESTABLISHED: its ACK was sent. But the server's backlog was full, so its kernel \
         threw that ACK away, and asks again. Or the ACK was lost behind the capture.",
        &[to("SYN"), from("SYN ACK"), to("ACK").at("ESTABLISHED", "queue full"), from("SYN ACK (again)")],
        "replay captures/backlog-overflow.pcap")),
    (Mark::DeferredAccept, words(
        "The server has asked its kernel (TCP_DEFER_ACCEPT) to wake it for data only: the ACK alone does not count, \
         and after some seconds the SYN ACK comes again.",
        &[to("SYN"), from("SYN ACK"), to("ACK").at("ESTABLISHED", "SYN-RECEIVED"), from("SYN ACK (again)")],
        "replay captures/deferred-accept.pcap")),
    (Mark::LateAnswer, words(
        "The server answers a SYN only when it comes again: the first one was lost, or its backlog was full until then.",
        &[lost("SYN seq 0"), to("SYN seq 0 (again)"), from("SYN ACK seq 0 ack 1")],
        "listen --lab --drop 1")),
    (Mark::SynFlood, words(
        "Many clients at once got a SYN ACK and acknowledge none, not even when it comes again: their addresses are forged, \
         it seems, to fill the SYN queue. SYN cookies let honest clients in all the same.",
        &[to("SYN (one of many)").at("", "SYN-RECEIVED"), from("SYN ACK"), from("SYN ACK (again)"), still("no ACK")],
        "replay captures/syn-flood.pcap")),
    (Mark::SecondSynAck, words(
        "One SYN, and two SYN ACKs with different numbers: two hosts have the same address, a load balancer or a SYN proxy \
         has lost track, or somebody forges an answer. The first that comes counts; a client that has taken it answers the \
         other with a challenge ACK.",
        &[to("SYN seq 0"), from("SYN ACK seq 0"), from("SYN ACK seq 500000"), to("ACK ack 1 (of the first)")],
        "replay captures/second-syn-ack.pcap")),
    (Mark::AckWithData, words(
        "The segment that completes the handshake carries data already: a client that has something to say need not \
         send an ACK alone before it.",
        &[to("SYN"), from("SYN ACK"), to("PSH ACK seq 1, 5 bytes")],
        "replay captures/ack-with-data.pcap")),
    (Mark::SynWithData, words(
        "Data on a SYN are allowed, but may not reach the program before the handshake is done. Without a cookie of \
         Fast Open, Linux throws them away, and they come again.",
        &[to("SYN seq 0, 5 bytes"), from("SYN ACK ack 1 (not 6)")],
        "send --lab --payload hello")),
    (Mark::FastOpenRequest, words(
        "The client asks for a cookie of TCP Fast Open: next time its data may ride on the SYN.",
        &[to("SYN tfo (empty)"), from("SYN ACK tfo cookie")],
        "send --lab --opt tfo")),
    (Mark::FastOpenCookie, words(
        "The server gives the client a cookie, which proves next time that the client's address is its own.",
        &[to("SYN tfo (empty)"), from("SYN ACK tfo cookie")],
        "replay captures/fast-open.pcap")),
    (Mark::FastOpenRefused, words(
        "The server did not take the cookie: it acknowledges the SYN alone, and the data have to come again.",
        &[to("SYN tfo cookie, 5 bytes"), from("SYN ACK ack 1 (not 6)"), to("PSH ACK seq 1, 5 bytes")],
        "replay captures/fast-open-refused.pcap")),
    (Mark::EcnSetup, words(
        "Both ends agree on ECN: routers that are near their limit mark packets, in place of dropping them.",
        &[to("SYN ECE CWR"), from("SYN ACK ECE")],
        "trace --lab --ecn")),
    (Mark::AccEcnSetup, words(
        "The client asks for accurate ECN, where marks are counted and not only noticed. A server that does not know \
         it answers as to ECN.",
        &[to("SYN ECE CWR AE"), from("SYN ACK CWR")],
        "send --lab -f SEWe")),
    (Mark::MptcpJoin, words(
        "One more path for a connection of Multipath TCP that exists: the token in the option says which. Who has no \
         such connection answers with RST.",
        &[to("SYN mptcp MP_JOIN"), from("SYN ACK mptcp MP_JOIN")],
        "replay captures/mptcp-join.pcap")),
    (Mark::Md5Signature, words(
        "The segment is signed with a key. A receiver without that key drops it without a word, which looks like a \
         firewall.",
        &[to("SYN md5").at("", "no key"), still("no answer")],
        "send --lab --opt md5=00112233445566778899aabbccddeeff")),
    (Mark::AuthenticationOption, words(
        "The segment is signed with TCP-AO, the successor of the MD5 signature.",
        &[to("SYN ao"), from("SYN ACK ao")],
        "send --lab --opt ao=0102030405060708090a0b0c")),
    (Mark::PossibleSynCookie, words(
        "The server agreed to nothing but the MSS: it is an old stack, or it kept nothing of the SYN and hides its \
         notes in its number, since its SYN queue is full.",
        &[to("SYN mss sack wscale"), from("SYN ACK mss")],
        "replay captures/syn-cookie.pcap")),
    (Mark::SelfConnect, words(
        "A socket connects to itself: a simultaneous open with one end. It happens by chance where a client looks for \
         a local server in the range of its own ports. Over a network it is an attack, and is dropped.",
        &[to("SYN from 40000 to 40000"), from("SYN ACK from itself")],
        "replay captures/self-connect.pcap")),
    (Mark::HandshakeReset, words(
        "Where the last ACK was to come, a RST came. A scanner wants no connection, a program has closed meanwhile, or \
         the kernel knows nothing of a SYN made by hand. The server goes back to LISTEN.",
        &[to("SYN"), from("SYN ACK"), to("RST seq 1").at("", "LISTEN")],
        "send --lab --from syn-received -f R")),
    (Mark::OldDuplicateSyn, words(
        "The SYN before was a late one of an older connection. The server could not know; the client did, and refused \
         its answer. This is why a handshake takes three segments, not two.",
        &[to("SYN seq 90 (old)"), from("SYN ACK ack 91"), to("RST seq 91"), to("SYN seq 100")],
        "replay captures/old-duplicate-syn.pcap")),
    (Mark::LateRefusal, words(
        "The handshake was complete for the client, then the server reset it: its backlog was full and it is set to say \
         so (tcp_abort_on_overflow), or its listening socket was closed meanwhile.",
        &[to("ACK").at("ESTABLISHED", "no place"), from("RST seq 1").at("ECONNRESET", "")],
        "replay captures/backlog-reset.pcap")),
    (Mark::HalfOpen, words(
        "One end has a connection that the other does not: a host crashed, or a segment was never part of one. The \
         answer shows it: an ACK for the old connection, or a RST that knows only what it answers.",
        &[to("ACK seq 1 ack 1").at("ESTABLISHED", "(forgotten)"), from("RST seq 1").at("CLOSED", "")],
        "replay captures/half-open-data.pcap")),
    (Mark::PortReuse, words(
        "A new connection between two sockets that had one before: its SYN has another number, so it is no repetition.",
        &[to("FIN ACK (the old one)"), to("SYN seq 500000 (a new one)"), from("SYN ACK")],
        "send --lab --from time-wait -f S --seq rcv.nxt+1")),
    (Mark::TimeWaitReuse, words(
        "A SYN for a connection that is in TIME-WAIT: with a number, or a timestamp, that is surely newer it may open \
         again at once; else it gets an ACK.",
        &[to("SYN (newer)").at("", "TIME-WAIT"), from("SYN ACK").at("", "SYN-RECEIVED")],
        "send --lab --from time-wait -f S --seq rcv.nxt+1")),
];
