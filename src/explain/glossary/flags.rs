//! Control bits: nine of them, the combinations that real ends send, and all others by rules.

use super::ecn;
use super::entry::{Entry, statement};
use super::page::{Kind, Page};
use super::picture::{Row, from, lost, still, to};
use super::{article, outcomes};
use crate::tcp::Reply;
use crate::trace::odd_flags;
use crate::wire::{FLAG_NAMES, Flags};

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const FIN: Flags = Flags::FIN;
const RST: Flags = Flags::RST;
const PSH: Flags = Flags::PSH;
const URG: Flags = Flags::URG;
const ECE: Flags = Flags::ECE;
const CWR: Flags = Flags::CWR;
const AE: Flags = Flags::AE;

const BLANK: Entry = Entry::blank(Kind::Flags);

/// Flags that have words of their own: the nine, and combinations with a name or a job.
pub(super) const NAMED: &[(Flags, Entry)] = &[
    (
        SYN,
        Entry {
            gloss: "asks for a connection",
            is: "The request for a connection: \"my numbers begin here\". It takes one sequence number of its own, so that it \
             can be confirmed like data.",
            when: "connect() sends it, first of all; the kernel sends it again for as long as nothing answers.",
            picture: &[
                to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"),
                from("SYN ACK seq 0 ack 1").at("ESTABLISHED", ""),
                to("ACK seq 1 ack 1").at("", "ESTABLISHED"),
            ],
            rfc: "RFC 9293 3.4, 3.5, 3.10.7",
            command: "send --lab -f S",
            ..BLANK
        },
    ),
    (
        SYN.with(ACK),
        Entry {
            gloss: "grants a connection",
            is: "Two messages in one: \"I heard your first number\" and \"mine begins here\".",
            when: "The kernel of a listening host answers a SYN with it by itself.",
            beware: "accept() does not send it, and need not have been called.",
            picture: &[
                to("SYN seq 0").at("SYN-SENT", "SYN-RECEIVED"),
                from("SYN ACK seq 0 ack 1").at("ESTABLISHED", ""),
                to("ACK seq 1 ack 1").at("", "ESTABLISHED"),
            ],
            rfc: "RFC 9293 3.5, 3.10.7.3",
            command: "send --lab --from syn-sent -f SA",
            ..BLANK
        },
    ),
    (
        ACK,
        Entry {
            gloss: "confirms what arrived",
            is: "The acknowledgment number counts: it is the next number that the sender of this ACK expects. Every segment \
             but the first SYN, and some resets, has this flag.",
            when: "The kernel sends it by itself: for data, for SYN and FIN, and for numbers that it did not expect. An ACK \
               without data is never acknowledged itself.",
            beware: "It says that the kernel has the data, not that the program has read them. The last ACK of the handshake \
                 asks for nothing: the request was the SYN.",
            picture: &[to("PSH ACK seq 1, 5 bytes"), from("ACK ack 6 (= 1 + 5)")],
            rfc: "RFC 9293 3.1, 3.4, 3.10.7.4",
            command: "send --lab -f A",
            ..BLANK
        },
    ),
    (
        PSH,
        Entry {
            gloss: "asks that data be handed on at once",
            is: "Push: nothing more waits behind these data, so hand them to the program now.",
            when: "The kernel sets it on the last segment of what send() gave it, together with ACK.",
            beware: "It does not mark messages: recv() may return half of one send(), or two of them together. Alone, without \
                 ACK, it counts for nothing.",
            picture: &[to("PSH ACK seq 1, 5 bytes"), from("ACK ack 6")],
            rfc: "RFC 9293 3.1, 3.9.1.2",
            command: "send --lab --from established -f PA --payload hello",
            ..BLANK
        },
    ),
    (
        PSH.with(ACK),
        Entry {
            gloss: "data",
            is: "Ordinary data: ACK confirms what came, PSH says that no more data wait behind these.",
            when: "send() and write() bring it about, once the window has room for the data.",
            picture: &[to("PSH ACK seq 1 ack 1, 5 bytes"), from("ACK seq 1 ack 6")],
            rfc: "RFC 9293 3.9.1.2, 3.10.7.4",
            command: "trace --lab --send hello",
            ..BLANK
        },
    ),
    (
        FIN,
        Entry {
            gloss: "no more data",
            is: "The end of what its sender has to say. It takes one sequence number, like a SYN. The other direction stays \
             open until the other end sends a FIN of its own.",
            when: "close() and shutdown() send it, behind all data, always together with ACK.",
            beware: "Alone, without ACK, no kernel sends it: port scanners do.",
            picture: &[
                to("FIN ACK seq 6").at("FIN-WAIT-1", "CLOSE-WAIT"),
                from("ACK ack 7").at("FIN-WAIT-2", ""),
                from("FIN ACK seq 6 ack 7").at("TIME-WAIT", "LAST-ACK"),
                to("ACK ack 7").at("", "CLOSED"),
            ],
            rfc: "RFC 9293 3.6, 3.10.7.4",
            command: "send --lab --from established -f FA",
            ..BLANK
        },
    ),
    (
        FIN.with(ACK),
        Entry {
            gloss: "closes one direction",
            is: "\"I have finished sending\", and, by its ACK, how far the other end has been heard.",
            when: "close() and shutdown(SHUT_WR) send it when all data are out; so does the kernel of a process that ends.",
            beware: "It closes one direction only: data may still come the other way.",
            picture: &[
                to("FIN ACK seq 6 ack 6").at("FIN-WAIT-1", "CLOSE-WAIT"),
                from("ACK ack 7").at("FIN-WAIT-2", ""),
            ],
            rfc: "RFC 9293 3.6, 3.10.4",
            command: "trace --lab --send hello",
            ..BLANK
        },
    ),
    (
        FIN.with(PSH).with(ACK),
        Entry {
            gloss: "the last data and the FIN in one",
            is: "The last data, and behind them the end of this direction: the FIN takes the number after the last octet.",
            when: "A kernel puts both together where close() follows before the data have left, as with TCP_CORK.",
            picture: &[
                to("FIN PSH ACK seq 1, 5 bytes").at("FIN-WAIT-1", "CLOSE-WAIT"),
                from("ACK ack 7 (= 1 + 5 + 1)"),
            ],
            rfc: "RFC 9293 3.4, 3.10.4",
            command: "trace --lab --close half --send hello",
            ..BLANK
        },
    ),
    (
        RST,
        Entry {
            gloss: "ends a connection",
            is: "Reset: the connection is gone, or never was. Nobody answers it; what is still on its way is lost.",
            when: "A kernel answers an ACK for a connection that it does not know with it.",
            beware: "It is believed for its sequence number alone: exact, it ends the connection, whoever sent it. \
                 In SYN-SENT it counts only with ACK.",
            picture: &[to("ACK seq 1 (of no connection)").at("", "CLOSED"), from("RST seq 1")],
            rfc: "RFC 9293 3.5.2, 3.5.3; RFC 5961 3",
            command: "send --lab --from established -f R",
            ..BLANK
        },
    ),
    (
        RST.with(ACK),
        Entry {
            gloss: "refuses, or ends at once",
            is: "A reset that tells what it is about: with this ACK a client knows that its own SYN is refused.",
            when: "A closed port answers a SYN with it; close() sends it where data were left unread, or with SO_LINGER 0.",
            picture: &[to("SYN seq 0").at("SYN-SENT", "CLOSED"), from("RST ACK seq 0 ack 1").at("CLOSED", "")],
            rfc: "RFC 9293 3.5.2, 3.10.7.1",
            command: "trace --lab --lab-server refuses",
            ..BLANK
        },
    ),
    (
        URG,
        Entry {
            gloss: "the urgent pointer counts",
            is: "The urgent pointer counts: the data up to where it points are urgent. Few programs use it still.",
            when: "send() with MSG_OOB sends it, together with ACK.",
            beware: "TCP has no second channel: the octet stays in its place in the stream. Alone, without ACK, it counts for \
                 nothing.",
            picture: &[to("PSH ACK URG seq 1, urgent 3")],
            rfc: "RFC 9293 3.8.5; RFC 6093",
            command: "send --lab --from established -f PAU --urgent 3 --payload hello",
            ..BLANK
        },
    ),
    (
        ECE,
        Entry {
            gloss: "congestion was met on the way",
            is: "A router has marked a packet instead of dropping it, and its receiver echoes that to the sender.",
            when: "The receiver sets it on every ACK until the sender answers with CWR; on a SYN it asks for ECN.",
            beware: "Alone, without ACK, it counts for nothing.",
            picture: &[to("PSH ACK (marked on its way)"), from("ACK ECE ack 6"), to("PSH ACK CWR seq 6")],
            rfc: "RFC 3168 6.1",
            command: "replay captures/congestion.pcap",
            ..BLANK
        },
    ),
    (
        CWR,
        Entry {
            gloss: "the sender has slowed down",
            is: "Congestion window reduced: the ECE was heard, and its cause is dealt with.",
            when: "The sender sets it once, on the next data after an ECE; on a SYN, with ECE, it asks for ECN.",
            beware: "Alone, without ACK, it counts for nothing.",
            picture: &[from("ACK ECE ack 6"), to("PSH ACK CWR seq 6")],
            rfc: "RFC 3168 6.1.2",
            command: "replay captures/congestion.pcap",
            ..BLANK
        },
    ),
    (
        AE,
        Entry {
            also: &["NS"],
            gloss: "part of a counter of congestion marks",
            is: "Accurate ECN: with CWR and ECE it is a number of three bits, how many marked packets arrived. The bit was \
             called NS once, for an experiment that is over.",
            when: "Both ends use it so once they have agreed on accurate ECN; on a SYN, with CWR and ECE, it asks for that.",
            beware: "Alone, without ACK, it counts for nothing.",
            picture: &[to("SYN ECE CWR AE"), from("SYN ACK CWR (agreed)"), to("ACK ECE CWR AE (the count)")],
            rfc: "RFC 9768 3",
            command: "send --lab -f SEWe",
            ..BLANK
        },
    ),
    (
        SYN.with(ECE).with(CWR),
        Entry {
            gloss: "asks for a connection with ECN",
            is: "A SYN that also asks: can you do ECN? A server that can answers with ECE beside SYN ACK.",
            when: "connect() sends it where the system asks for ECN (on Linux tcp_ecn = 1).",
            picture: &[to("SYN ECE CWR"), from("SYN ACK ECE (agreed)"), to("ACK")],
            rfc: "RFC 3168 6.1.1",
            command: "trace --lab --ecn",
            ..BLANK
        },
    ),
    (
        Flags::NONE,
        Entry {
            also: &["null"],
            gloss: "no flag at all",
            is: "A segment without any flag. A closed port answers it with a reset, an open one is silent: port scanners send \
             it to learn which is which.",
            when: "No socket call sends it.",
            picture: &[lost("(no flag)").at("", "LISTEN"), to("(no flag)").at("", "CLOSED"), from("RST ACK")],
            rfc: "RFC 9293 3.10.7",
            command: "send --lab -f none",
            ..BLANK
        },
    ),
    (
        FIN.with(PSH).with(URG),
        Entry {
            also: &["xmas"],
            gloss: "the Xmas segment of port scanners",
            is: "Three flags lit like a tree, and no ACK: a closed port answers with a reset, an open one is silent.",
            when: "No socket call sends it: port scanners do.",
            picture: &[
                still("FIN PSH URG: no answer").at("", "LISTEN"),
                to("FIN PSH URG").at("", "CLOSED"),
                from("RST ACK"),
            ],
            rfc: "RFC 9293 3.10.7",
            command: "send --lab -f FPU",
            ..BLANK
        },
    ),
];

/// What each flag says beside others; those of ECN depend on them.
fn meaning(flag: Flags, all: Flags) -> String {
    let gloss = |flag| NAMED.iter().find(|(named, _)| *named == flag).map_or("", |(_, entry)| entry.gloss);
    let aside = match flag {
        SYN | FIN if all.rst() => ", but RST beside it wins",
        FIN if all.syn() => ", as nothing was sent yet: it contradicts the SYN",
        PSH if all.intersects(SYN | RST) => ", but there are none to hand on",
        _ => "",
    };
    format!("{}{aside}", gloss(flag))
}

/// The row of the nine flags and the named combinations; none for the others.
fn named(flags: Flags) -> Option<Entry> {
    let (_, entry) = NAMED.iter().find(|(named, _)| *named == flags)?;
    Some(*entry)
}

/// A few words on any combination.
pub(super) fn gloss(flags: Flags) -> String {
    named(flags).map_or_else(|| kind_of(flags).0.to_owned(), |entry| entry.gloss.to_owned())
}

/// What a combination amounts to, by the flag that is looked at first: in few words, and in a sentence.
const fn kind_of(flags: Flags) -> (&'static str, &'static str) {
    match (flags.rst(), flags.syn(), flags.ack(), flags.fin()) {
        (true, _, true, _) => (
            "a reset with more flags",
            "A reset: RST is looked at before SYN, FIN and data, so the others change nothing. With ACK it also counts in \
             SYN-SENT.",
        ),
        (true, _, false, _) => (
            "a reset with more flags",
            "A reset: RST is looked at before SYN, FIN and data, so the others change nothing. Without ACK it does not \
             count in SYN-SENT.",
        ),
        (_, true, true, true) => (
            "grants a connection and ends it at once",
            "A SYN ACK with a FIN: it grants a connection, and says that no data will follow on it.",
        ),
        (_, true, true, false) => ("grants a connection, with more flags", "A SYN ACK: it grants a connection."),
        (_, true, false, true) => (
            "asks for a connection and ends it at once",
            "A SYN with a FIN: it asks for a connection, and says that no data will follow on it.",
        ),
        (_, true, false, false) => ("asks for a connection, with more flags", "A SYN: it asks for a connection."),
        (_, _, true, true) => (
            "closes one direction, with more flags",
            "A FIN with its ACK: its sender has finished sending, and says how far it has heard the other end.",
        ),
        (_, _, true, false) => ("an ACK with more flags", "An ACK, with or without data: it says what arrived."),
        (_, _, false, true) => (
            "a FIN without ACK, which does not count",
            "A FIN without ACK. A connection passes over whatever lacks ACK, so it does not close anything.",
        ),
        (_, _, false, false) => {
            ("without ACK, it does not count", "Neither SYN, RST nor ACK: a connection passes over whatever lacks ACK.")
        }
    }
}

/// Who sends such a segment, where no row says so.
fn sender(flags: Flags) -> String {
    if let Some(mark) = odd_flags(flags, 0) {
        return format!("No socket call sends this: see the phenomenon {}.", mark.name());
    }
    let deciding = Flags::from_bits(flags.bits() & (SYN | FIN | RST | ACK).bits());
    let text = flags.intersects(PSH | URG);
    if flags.intersects(SYN | RST) && text {
        return "No kernel is known to set PSH or URG here, and no receiver looks at them.".to_owned();
    }
    let like = named(deciding).map_or("", |entry| entry.when);
    if flags.contains(URG) {
        return "send() with MSG_OOB brings it about: the octets up to the urgent pointer are urgent.".to_owned();
    }
    format!("As {}: {like}", article(&deciding.to_string()))
}

/// What each of several flags says, and the bits of ECN together.
fn bits(flags: Flags) -> String {
    let ecn = Flags::from_bits(flags.bits() & (ECE | CWR | AE).bits());
    let ordinary = FLAG_NAMES.iter().filter(|(flag, ..)| flags.contains(*flag) && !ecn.contains(*flag));
    let mut list: Vec<String> = ordinary.map(|(flag, name, ..)| format!("{name}: {}", meaning(*flag, flags))).collect();
    if ecn != Flags::NONE {
        list.push(format!("{ecn}: {}", ecn::meaning(flags)));
    }
    list.join("; ")
}

/// The picture of a combination without one of its own: what a listener answers.
fn picture(flags: Flags) -> &'static [Row] {
    const SILENCE: &[Row] = &[to("this segment").at("", "LISTEN"), still("no answer")];
    const RESET: &[Row] = &[to("this segment").at("", "LISTEN"), from("RST")];
    const GRANTED: &[Row] = &[to("this segment").at("", "SYN-RECEIVED"), from("SYN ACK")];
    match outcomes::answer_of_listen(flags) {
        Reply::Nothing => SILENCE,
        Reply::SynAck => GRANTED,
        _ => RESET,
    }
}

/// The letters with which `send --flags` takes this combination.
fn letters(flags: Flags) -> String {
    if flags == Flags::NONE {
        return "none".to_owned();
    }
    FLAG_NAMES.iter().filter(|(flag, ..)| flags.contains(*flag)).map(|(.., letter, _)| *letter).collect()
}

/// The page on any of the 512 combinations.
pub(super) fn page(flags: Flags) -> Page {
    let entry = named(flags).unwrap_or(Entry { is: kind_of(flags).1, rfc: "RFC 9293 3.1, 3.10.7", ..BLANK });
    let mut page = entry.page();
    page.name = flags.to_string();
    page.gloss = gloss(flags);
    let tcpdump = if flags == Flags::NONE { "[none]".to_owned() } else { format!("[{}]", flags.tcpdump()) };
    page.also.extend([format!("{:#05x}", flags.bits()), tcpdump]);
    let several = flags.names().count() > 1;
    let bits = statement("Bits", if several { bits(flags) } else { String::new() });
    page.paragraphs.splice(1..1, bits);
    if named(flags).is_none() {
        page.paragraphs.extend(statement("When", sender(flags)));
        page.picture = picture(flags).to_vec();
        page.command = format!("send --lab -f {}", letters(flags));
    }
    page.outcomes = outcomes::by_state(flags);
    page
}
