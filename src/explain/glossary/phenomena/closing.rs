//! Phenomena of closing.

use super::super::picture::{from, lost, still, to};
use super::{Words, words};
use crate::trace::Mark;

/// The words about the marks of this part.
#[rustfmt::skip]
pub(super) const WORDS: &[(Mark, Words)] = &[
    (Mark::FinRetransmission, words(
        "The FIN was not acknowledged and comes again. Where it was the other's last ACK that was lost, TIME-WAIT is \
         still there to send it once more: that is what it is for.",
        &[lost("FIN ACK seq 6"), to("FIN ACK seq 6 (again)"), from("ACK ack 7")],
        "replay captures/fin-lost.pcap")),
    (Mark::FinWithData, words(
        "The last data and the FIN in one segment: the FIN takes the number behind the data.",
        &[to("FIN PSH ACK seq 1, 5 bytes"), from("ACK ack 7 (= 1 + 5 + 1)")],
        "trace --lab --close half --send hello")),
    (Mark::HalfClose, words(
        "One direction is closed, and data still flow in the other. The FIN said \"I have finished sending\", not \"I have \
         stopped listening\": shutdown(SHUT_WR) closes so.",
        &[to("FIN ACK").at("FIN-WAIT-2", "CLOSE-WAIT"), from("PSH ACK, 5 bytes"), to("ACK")],
        "trace --lab --close half --send hello")),
    (Mark::DataAfterClose, words(
        "Data for an end whose program has called close(): nobody can read them, so a RST comes back, and the sender's \
         next send() fails with EPIPE.",
        &[from("FIN ACK").at("", "close()"), to("PSH ACK, 5 bytes"), from("RST")],
        "send --lab --from fin-wait-2-orphan -f PA --payload hello")),
    (Mark::Abort, words(
        "A RST where nothing before explains one: SO_LINGER with 0 s, or somebody on the way. What was on its way is \
         lost, and there is no TIME-WAIT.",
        &[to("PSH ACK, 5 bytes"), from("RST ACK").at("ECONNRESET", "CLOSED")],
        "trace --lab --close reset --send hello")),
    (Mark::AbortUnread, words(
        "A program called close() with data unread. A FIN would say that all was taken, so its kernel sends RST: the \
         other end shall know. Answers on their way are lost with it.",
        &[to("PSH ACK, 5 bytes").at("", "not read"), from("RST ACK").at("ECONNRESET", "close()")],
        "listen --lab --lab-client resets")),
    (Mark::GaveUp, words(
        "Keep-alives or probes of the window went unanswered: this end believes the other is gone, and resets.",
        &[lost("ACK (keep-alive)"), lost("ACK (keep-alive)"), to("RST ACK").at("ETIMEDOUT", "")],
        "replay captures/keep-alive-unanswered.pcap")),
    (Mark::ListenerClosed, words(
        "The server closed its listening socket while this connection waited for accept(): its kernel resets those. \
         Accepted ones live on.",
        &[to("ACK").at("ESTABLISHED", "no accept()"), from("RST ACK").at("ECONNRESET", "close()")],
        "replay captures/listener-closed.pcap")),
    (Mark::TimeWaitAssassination, words(
        "A RST ended TIME-WAIT before its time, so an old segment may meet a new connection. Linux ignores such a RST \
         with tcp_rfc1337 = 1.",
        &[still("").at("", "TIME-WAIT"), to("RST").at("", "CLOSED")],
        "send --lab --from time-wait -f R")),
];
