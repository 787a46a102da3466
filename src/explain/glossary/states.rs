//! The states of an end of a connection.

use super::entry::{Entry, statement};
use super::page::{Kind, Page};
use super::picture::{Row, from, still, to};
use super::{outcomes, transitions};
use crate::tcp::State;

/// The words about one state.
struct Words {
    gloss: &'static str,
    is: &'static str,
    beware: &'static str,
    picture: &'static [Row],
    command: &'static str,
}

/// Where every state is explained.
const SECTION: &str = "RFC 9293 3.3.2, 3.6";

const fn words(state: State) -> Words {
    match state {
        State::Closed => Words {
            gloss: "no connection",
            is: "No connection at all. It is where every end begins and ends; no memory is kept for it.",
            beware: "A closed port is not silent: it answers with RST, unless a firewall keeps it from that.",
            picture: const { &[to("SYN seq 0").at("", "CLOSED"), from("RST ACK seq 0 ack 1").at("", "CLOSED")] },
            command: "send --lab --from closed -f S",
        },
        State::Listen => Words {
            gloss: "waits for a SYN",
            is: "A server waits for clients. A socket in this state belongs to no connection: it never carries data, and \
                 every client that comes gets a state of its own.",
            beware: "The kernel answers a SYN by itself as soon as listen() has run; accept() is not needed for it.",
            picture: const {
                &[
                    still("").at("", "LISTEN"),
                    to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"),
                    from("SYN ACK seq 0 ack 1"),
                    still("").at("", "(and LISTEN goes on)"),
                ]
            },
            command: "send --lab --from listen -f S",
        },
        State::SynSent => Words {
            gloss: "its SYN is out",
            is: "A client has sent its SYN and has heard nothing yet: connect() waits here.",
            beware: "Silence is not refusal. Refused means that a RST ACK came, for the SYN that was sent; in silence the \
                     SYN is sent again, until connect() gives up with ETIMEDOUT.",
            picture: const {
                &[to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"), from("SYN ACK seq 0 ack 1").at("ESTABLISHED", "")]
            },
            command: "send --lab --from syn-sent -f SA",
        },
        State::SynReceived => Words {
            gloss: "its SYN ACK is out",
            is: "A SYN came and was answered with SYN ACK; the ACK that completes the handshake is still on its way.",
            beware: "The client is ESTABLISHED by now, and may believe it is served. No program knows of this end yet.",
            picture: const {
                &[
                    to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"),
                    from("SYN ACK seq 0 ack 1").at("ESTABLISHED", "SYN-RECEIVED"),
                    to("ACK seq 1 ack 1").at("", "ESTABLISHED"),
                ]
            },
            command: "send --lab --from syn-received -f A",
        },
        State::Established => Words {
            gloss: "open both ways",
            is: "The handshake is done, and data may flow both ways.",
            beware: "The two ends come here one after the other, the client first. accept() comes later still.",
            picture: const {
                &[
                    from("SYN ACK seq 0 ack 1").at("ESTABLISHED", "SYN-RECEIVED"),
                    to("ACK seq 1 ack 1").at("", "ESTABLISHED"),
                    to("PSH ACK seq 1, 5 bytes"),
                ]
            },
            command: "send --lab --from established -f S",
        },
        State::FinWait1 => Words {
            gloss: "its FIN is out",
            is: "This end closed first: its FIN is on its way, and may be lost and sent again.",
            beware: "close() has returned already: that it did says nothing about the other end.",
            picture: const { &[to("FIN ACK seq 6").at("FIN-WAIT-1", "CLOSE-WAIT"), from("ACK ack 7").at("FIN-WAIT-2", "")] },
            command: "send --lab --from fin-wait-1 -f A",
        },
        State::FinWait2 => Words {
            gloss: "its FIN is confirmed",
            is: "This end closed first, the other has confirmed that, and has not closed yet. It may go on sending data for \
                 as long as it likes.",
            beware: "After shutdown() the data are read; after close() nobody can read them, and they are answered with \
                     RST. Linux ends this state after 60 s once its program has called close().",
            picture: const {
                &[
                    from("ACK ack 7").at("FIN-WAIT-2", "CLOSE-WAIT"),
                    from("PSH ACK seq 6, 5 bytes"),
                    from("FIN ACK seq 11 ack 7").at("TIME-WAIT", "LAST-ACK"),
                ]
            },
            command: "send --lab --from fin-wait-2 -f PA --payload hello",
        },
        State::CloseWait => Words {
            gloss: "the other end has closed",
            is: "The other end has sent its FIN, the kernel has confirmed it, and now waits for its own program to call \
                 close(). recv() returns 0; send() still works.",
            beware: "Many sockets here mean a program that forgets to close them. No timer ends this state, and no kernel \
                     setting helps.",
            picture: const {
                &[
                    from("FIN ACK seq 6").at("CLOSE-WAIT", "FIN-WAIT-1"),
                    to("ACK ack 7").at("", "FIN-WAIT-2"),
                    still("").at("recv() = 0", ""),
                ]
            },
            command: "send --lab --from close-wait -f FA",
        },
        State::Closing => Words {
            gloss: "the FINs crossed",
            is: "Both ends closed at the same time: each sent a FIN before it saw the other's.",
            beware: "It is rare, and lasts for one round trip: where it takes longer, the ACK was lost.",
            picture: const {
                &[
                    to("FIN ACK seq 6").at("FIN-WAIT-1", "FIN-WAIT-1"),
                    from("FIN ACK seq 6 (they cross)").at("CLOSING", "CLOSING"),
                    from("ACK ack 7").at("TIME-WAIT", ""),
                ]
            },
            command: "trace --lab --close simultaneous --send hello",
        },
        State::LastAck => Words {
            gloss: "its FIN, the second, is out",
            is: "This end closed second: its own FIN is out, and the ACK of it is all that is missing.",
            beware: "There is no TIME-WAIT for who closes second: from here it goes straight to CLOSED.",
            picture: const { &[to("FIN ACK seq 6 ack 7").at("LAST-ACK", "TIME-WAIT"), from("ACK ack 7").at("CLOSED", "")] },
            command: "send --lab --from last-ack -f A",
        },
        State::TimeWait => Words {
            gloss: "closed, and remembers for a while",
            is: "Both ends have closed. The one that closed first remembers the numbers for a while: for a FIN that comes \
                 again, and against late segments. RFC 9293 asks for 4 min, Linux takes 60 s.",
            beware: "It is no error, and belongs to who closes first, client or server. A server that starts again beside \
                     it needs SO_REUSEADDR.",
            picture: const {
                &[
                    from("FIN ACK seq 6 ack 7").at("TIME-WAIT", "LAST-ACK"),
                    to("ACK seq 7 (again if lost)").at("", "CLOSED"),
                ]
            },
            command: "send --lab --from time-wait -f FA",
        },
    }
}

/// The row of a state.
pub(super) fn entry(state: State) -> Entry {
    let Words { gloss, is, beware, picture, command } = words(state);
    let name = state.name();
    Entry { kind: Kind::State, name, gloss, is, beware, picture, command, rfc: SECTION, ..Entry::blank(Kind::State) }
}

/// What ss(8) calls a state, where that is neither the name of RFC 9293 nor the kernel's.
const fn name_in_ss(state: State) -> Option<&'static str> {
    match state {
        State::Closed => Some("UNCONN"),
        State::Established => Some("ESTAB"),
        _ => None,
    }
}

/// The page on a state.
pub(super) fn page(state: State) -> Page {
    let mut page = entry(state).page();
    let kernel = state.kernel_name();
    page.also = if kernel == state.name() { Vec::new() } else { vec![kernel.to_owned()] };
    page.also.extend(name_in_ss(state).map(str::to_owned));
    page.outcomes = outcomes::of_state(state);
    let ways = [("From", transitions::into(state)), ("Leads", transitions::out_of(state))];
    page.paragraphs.splice(1..1, ways.into_iter().filter_map(|(subject, text)| statement(subject, text)));
    page
}
