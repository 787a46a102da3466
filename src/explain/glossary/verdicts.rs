//! Verdicts: how a connection opened, and how it closed.

use super::entry::Entry;
use super::page::Kind;
use super::picture::{Row, from, lost, still, to};
use crate::trace::{Handshake, Mark, Termination};

const BLANK: Entry = Entry::blank(Kind::Verdict);

/// Phenomena that are a verdict, or the option of that name, seen at one segment: one page explains both.
pub(super) const SHARED: [(Mark, &str); 7] = [
    (Mark::Refused, "refused"),
    (Mark::SimultaneousOpen, "simultaneous-open"),
    (Mark::SplitHandshake, "split"),
    (Mark::FastOpen, "fast-open"),
    (Mark::SimultaneousClose, "simultaneous-close"),
    (Mark::Sack, "sack"),
    (Mark::Mptcp, "mptcp"),
];

const OPEN: &[Row] = &[
    to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"),
    from("SYN ACK seq 0 ack 1").at("ESTABLISHED", ""),
    to("ACK seq 1 ack 1").at("", "ESTABLISHED"),
];

/// The page on a way to open.
pub(super) const fn opening(handshake: Handshake) -> Entry {
    let entry = match handshake {
        Handshake::ThreeWay => Entry {
            also: &["three-way handshake", "handshake", "3-way"],
            gloss: "opened by SYN, SYN ACK, ACK",
            is: "Each end tells its first number and hears it confirmed: four messages, two of which share a segment.",
            when: "The rule. connect() returns after the second segment, accept() may return after the third.",
            beware: "The request is the SYN; the last ACK asks for nothing, it confirms. A third segment is needed so that \
                     the client can refuse the answer to an old SYN that was late.",
            picture: OPEN,
            rfc: "RFC 9293 3.5, figure 6",
            command: "trace --lab",
            ..BLANK
        },
        Handshake::SimultaneousOpen => Entry {
            gloss: "both ends sent a SYN before they saw the other's",
            is: "Both ends call connect() to each other, and the SYNs cross: one connection in four segments, and nobody is \
                 the server. No LISTEN is needed.",
            picture: const {
                &[
                    to("SYN seq 0 (they cross)").at("SYN-SENT", "SYN-SENT"),
                    from("SYN seq 0").at("SYN-RECEIVED", "SYN-RECEIVED"),
                    to("SYN ACK").at("", "ESTABLISHED"),
                    from("SYN ACK").at("ESTABLISHED", ""),
                ]
            },
            rfc: "RFC 9293 3.5, figure 7",
            command: "trace --lab --open simultaneous",
            ..BLANK
        },
        Handshake::Split => Entry {
            also: &["split-handshake"],
            gloss: "the SYN was answered with a SYN",
            is: "The called end answers with a SYN of its own in place of SYN ACK: by the rules of the simultaneous open \
                 the client then sends the SYN ACK, and the roles turn round.",
            when: "No kernel does so of itself. It has confused firewalls.",
            picture: const {
                &[
                    to("SYN").at("SYN-SENT", ""),
                    from("SYN").at("SYN-RECEIVED", ""),
                    to("SYN ACK").at("", "ESTABLISHED"),
                    from("ACK").at("ESTABLISHED", ""),
                ]
            },
            rfc: "RFC 9293 3.10.7.3",
            command: "listen --lab --split-handshake",
            ..BLANK
        },
        Handshake::FastOpen => Entry {
            also: &["tcp fast open (verdict)"],
            gloss: "data rode on the SYN and counted at once",
            is: "With a cookie of an earlier visit the data on the SYN count at once: a whole RTT is saved.",
            when: "Client and server ask for it, and the client was there before.",
            picture: const {
                &[to("SYN tfo cookie, 5 bytes").at("", "recv() = 5"), from("SYN ACK ack 6 (= 1 + 5)"), to("ACK")]
            },
            rfc: "RFC 7413 4.2",
            command: "replay captures/fast-open.pcap",
            ..BLANK
        },
        Handshake::Refused => Entry {
            gloss: "a RST ACK answered the SYN",
            is: "The host is there, and no program listens on that port, or a firewall says so. connect() fails with \
                 ECONNREFUSED after one RTT.",
            beware: "The RST needs its ACK: it says which SYN is refused, and without it the client passes over it. A \
                     RST itself is never answered.",
            picture: const { &[to("SYN seq 0").at("SYN-SENT", "CLOSED"), from("RST ACK seq 0 ack 1").at("CLOSED", "")] },
            rfc: "RFC 9293 3.5.2, 3.10.7.1",
            command: "trace --lab --lab-server refuses",
            ..BLANK
        },
        Handshake::Unanswered => Entry {
            also: &["filtered", "timeout"],
            gloss: "nothing answered the SYN",
            is: "The SYN was sent again and again, and nothing came back: a firewall drops it, the host is down, or a \
                 backlog is full. connect() fails with ETIMEDOUT in the end.",
            beware: "Silence is not refusal: a host without a listener answers at once.",
            picture: const {
                &[lost("SYN").at("SYN-SENT", ""), lost("SYN (again, 1 s later)"), lost("SYN (again, 2 s later)")]
            },
            rfc: "RFC 9293 3.8.3",
            command: "trace --lab --lab-server silent --retries 2 --timeout 0.3",
            ..BLANK
        },
        Handshake::Unreachable => Entry {
            gloss: "an ICMP error answered the SYN",
            is: "Not the server but somebody on the way answered: the SYN cannot be delivered, and an ICMP message that \
                 quotes it says why. connect() fails at once.",
            picture: const { &[to("SYN").at("SYN-SENT", "(router)"), from("ICMP host unreachable").at("EHOSTUNREACH", "")] },
            rfc: "RFC 9293 3.9.2.2; RFC 1122 4.2.3.9",
            command: "replay captures/icmp-error.pcap",
            ..BLANK
        },
        Handshake::SynReceived => Entry {
            also: &["half-open handshake"],
            gloss: "SYN and SYN ACK were seen, and no more",
            is: "The handshake stopped half way: the server answered and waits in SYN-RECEIVED, the client's ACK did not \
                 come. Linux repeats the SYN ACK five times and forgets it after about 63 s.",
            when: "The last ACK was lost, the client is gone, or it never meant to finish: a SYN flood.",
            picture: const {
                &[
                    to("SYN").at("", "SYN-RECEIVED"),
                    from("SYN ACK"),
                    from("SYN ACK (again)"),
                    still("no ACK").at("", "gone after 63 s"),
                ]
            },
            rfc: "RFC 9293 3.8.3; RFC 4987 2",
            command: "send --lab -f S",
            ..BLANK
        },
        Handshake::Aborted => Entry {
            gloss: "SYN, SYN ACK, and then a reset",
            is: "The server granted the connection and got a reset for it: it goes back to LISTEN, and its program never \
                 hears of it.",
            when: "A scanner that wants no connection, a client that gave up meanwhile, or a kernel that knows nothing of \
                   a SYN that was made by hand.",
            picture: const { &[to("SYN").at("", "SYN-RECEIVED"), from("SYN ACK"), to("RST seq 1").at("", "LISTEN")] },
            rfc: "RFC 9293 3.10.7.4",
            command: "trace --lab --rst-guard off",
            ..BLANK
        },
        Handshake::Probe => Entry {
            gloss: "nothing was opened: a segment of no connection was sent, to see what comes back",
            is: "A segment made by hand that asks for no connection. No end had one, so nothing opens and nothing closes; \
                 the answer, or that there is none, is all there is to tell.",
            rfc: "RFC 9293 3.10.7",
            command: "send --lab -f FA",
            ..BLANK
        },
        Handshake::OneWay => Entry {
            also: &["one direction", "asymmetric"],
            gloss: "only one end's part of the handshake was captured",
            is: "Of all packets of the connection the capture has one end's: SYN and ACK without the SYN ACK between them, or \
                 a SYN ACK without the SYN. Nothing is said of what the other end sent, or when.",
            when: "The two ways lead through different routers, a mirror port copies one way only, or a capture filter names \
                   a source or a destination.",
            picture: const { &[to("SYN seq 0"), still("(not in the capture)"), to("ACK seq 1 ack 1")] },
            rfc: "RFC 9293 3.5",
            command: "replay captures/one-way.pcap",
            ..BLANK
        },
        Handshake::MidStream => Entry {
            gloss: "the capture began after the handshake",
            is: "No SYN was seen: what the ends agreed on, and the window scale, cannot be known, and numbers count from \
                 the first that was seen.",
            picture: const { &[still("(not in the capture)"), to("PSH ACK, 5 bytes").at("ESTABLISHED?", "ESTABLISHED?")] },
            rfc: "RFC 9293 3.4",
            command: "replay captures/mid-stream.pcap",
            ..BLANK
        },
    };
    Entry { name: handshake.name(), ..entry }
}

/// The page on a way to close.
pub(super) const fn closing(termination: Termination) -> Entry {
    let entry = match termination {
        Termination::FourSegment => Entry {
            also: &["four-way close", "four-way handshake", "4-way"],
            gloss: "closed by FIN, ACK, FIN, ACK",
            is: "Two directions, each closed by its own sender and confirmed by the other end.",
            when: "The second program closes some time after the first one's FIN came: its kernel has sent the ACK alone.",
            beware: "It is no rule that there are four: where the second closes at once, FIN and ACK share a segment. \
                     TIME-WAIT is left to who closed first.",
            picture: const {
                &[
                    to("FIN ACK seq 6").at("FIN-WAIT-1", "CLOSE-WAIT"),
                    from("ACK ack 7").at("FIN-WAIT-2", ""),
                    from("FIN ACK seq 6 ack 7").at("TIME-WAIT", "LAST-ACK"),
                    to("ACK ack 7").at("", "CLOSED"),
                ]
            },
            rfc: "RFC 9293 3.6, figure 12",
            command: "trace --lab --lab-think 0.06 --send hello",
            ..BLANK
        },
        Termination::ThreeSegment => Entry {
            also: &["three-way close"],
            gloss: "closed by FIN, FIN with ACK, ACK",
            is: "The same four messages as in the close by four segments: the ACK of the first FIN waited, and rode on the \
                 second.",
            when: "The second program closes before its kernel has sent the ACK: within some milliseconds, or 40 ms where \
                   ACKs are delayed.",
            picture: const {
                &[
                    to("FIN ACK seq 6").at("FIN-WAIT-1", "LAST-ACK"),
                    from("FIN ACK seq 6 ack 7").at("TIME-WAIT", ""),
                    to("ACK ack 7").at("", "CLOSED"),
                ]
            },
            rfc: "RFC 9293 3.6",
            command: "trace --lab --lab-think 0 --send hello",
            ..BLANK
        },
        Termination::SimultaneousClose => Entry {
            gloss: "both ends sent a FIN before they saw the other's",
            is: "Both programs close at the same time, and the FINs cross: both ends pass through CLOSING, and both keep \
                 TIME-WAIT.",
            picture: const {
                &[
                    to("FIN ACK (they cross)").at("FIN-WAIT-1", "FIN-WAIT-1"),
                    from("FIN ACK").at("CLOSING", "CLOSING"),
                    to("ACK").at("", "TIME-WAIT"),
                    from("ACK").at("TIME-WAIT", ""),
                ]
            },
            rfc: "RFC 9293 3.6, figure 13",
            command: "trace --lab --close simultaneous --send hello",
            ..BLANK
        },
        Termination::OneSided => Entry {
            gloss: "one end sent its FIN, the other none that was confirmed",
            is: "Half a close: one end is in FIN-WAIT-2, and the other in CLOSE-WAIT until its program calls close().",
            when: "A program that never closes, or a capture that ended too early.",
            picture: const {
                &[
                    to("FIN ACK").at("FIN-WAIT-1", "CLOSE-WAIT"),
                    from("ACK").at("FIN-WAIT-2", ""),
                    still("nothing more").at("", "never closes"),
                ]
            },
            rfc: "RFC 9293 3.6",
            command: "trace --lab --lab-server never-closes --send hello --deadline 2",
            ..BLANK
        },
        Termination::Reset => Entry {
            also: &["reset (verdict)"],
            gloss: "ended by a RST",
            is: "A RST ended it: both ends are CLOSED at once, nobody waits in TIME-WAIT, and what was on its way is lost.",
            when: "close() with unread data or SO_LINGER 0, data for a program that is gone, or a host that has forgotten \
                   the connection.",
            beware: "A RST is never acknowledged: its sender does not learn whether it arrived.",
            picture: const { &[to("PSH ACK, 5 bytes"), from("RST ACK").at("ECONNRESET", "close(), unread")] },
            rfc: "RFC 9293 3.10.5, 3.10.7.4",
            command: "trace --lab --close reset --send hello",
            ..BLANK
        },
        Termination::None => Entry {
            also: &["not closed"],
            gloss: "not closed in this capture",
            is: "Neither FIN nor RST was seen: it is open still, it never opened, or an end vanished without a word (a \
                 crash, a cut cable).",
            beware: "TCP alone never notices a silent end: without data to send, or keep-alive, it stays open for ever.",
            picture: const {
                &[to("PSH ACK, 5 bytes"), from("ACK"), still("(the capture ends)").at("ESTABLISHED", "ESTABLISHED")]
            },
            rfc: "RFC 9293 3.8.4",
            command: "trace --lab --close none --send hello",
            ..BLANK
        },
    };
    Entry { name: termination.name(), ..entry }
}

/// Every verdict.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    Handshake::ALL.into_iter().map(opening).chain(Termination::ALL.into_iter().map(closing))
}
