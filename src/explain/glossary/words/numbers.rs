//! Words for what TCP counts, waits for and keeps.

use super::super::entry::Entry;
use super::super::picture::{from, lost, still, to};
use super::BLANK;

/// Their pages.
pub(super) const NUMBERS: &[Entry] = &[
    Entry {
        name: "sequence number",
        also: &["seq"],
        gloss: "counts what is sent",
        is: "The number of the first octet in a segment. SYN and FIN take one number each, so that they can be confirmed; \
             an ACK without data takes none.",
        beware: "Pictures count from 0. On the wire counting begins at a random number and goes round after 2^32.",
        picture: &[to("SYN seq 0"), to("PSH ACK seq 1, 5 bytes"), to("FIN ACK seq 6")],
        rfc: "RFC 9293 3.4",
        command: "trace --lab --send hello --absolute",
        ..BLANK
    },
    Entry {
        name: "acknowledgment number",
        also: &["ack number"],
        gloss: "the next number that its sender expects",
        is: "It counts where the ACK flag is set: all numbers below it have arrived.",
        beware: "It says nothing of the program: the kernel has the octets, nobody need have read them.",
        picture: &[to("PSH ACK seq 1, 5 bytes"), from("ACK ack 6 (= 1 + 5)")],
        rfc: "RFC 9293 3.4",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "ISN",
        also: &["initial sequence number", "ISS", "IRS"],
        gloss: "the first number that an end chooses",
        is: "Initial sequence number: what the SYN carries. Each end chooses its own, hard to guess, so that no stranger \
             can write into the connection and old segments do not fit.",
        beware: "It is not 0 or 1: programs only show it so.",
        picture: &[to("SYN seq 2715998422"), from("SYN ACK seq 991, ack 2715998423")],
        rfc: "RFC 9293 3.4.1; RFC 6528",
        command: "trace --lab --absolute --isn 1000",
        ..BLANK
    },
    Entry {
        name: "RTT",
        also: &["round-trip time", "round trip"],
        gloss: "how long it takes there and back",
        is: "Round-trip time: from sending something until its answer is there. The handshake measures the first one.",
        when: "TCP measures it all the time, to know when an answer is late.",
        picture: &[to("SYN"), from("SYN ACK (one RTT later)")],
        rfc: "RFC 6298",
        command: "ping --lab -c 3",
        ..BLANK
    },
    Entry {
        name: "RTO",
        also: &["retransmission timeout"],
        gloss: "how long an end waits for an ACK before it repeats",
        is: "Retransmission timeout: where no ACK comes in this time, the oldest data are sent again, and the time is \
             doubled. It follows the RTT; before the first one it is 1 s.",
        picture: &[lost("SYN"), to("SYN (again, 1 s later)"), from("SYN ACK")],
        rfc: "RFC 6298",
        command: "trace --lab --lab-wire drop=1",
        ..BLANK
    },
    Entry {
        name: "MSL",
        also: &["maximum segment lifetime"],
        gloss: "the longest life of a segment",
        is: "Maximum segment lifetime, 2 min by RFC 9293. TIME-WAIT lasts two of them: one for the last ACK to arrive or \
             die, one for a FIN that comes again.",
        beware: "Linux does not compute with it: its TIME-WAIT lasts 60 s, fixed.",
        picture: &[from("FIN ACK").at("TIME-WAIT", "LAST-ACK"), to("ACK"), still("two MSL later").at("CLOSED", "")],
        rfc: "RFC 9293 3.4.2",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "window",
        also: &["receive window", "win"],
        gloss: "room for more data",
        is: "Each segment tells how many octets beyond its acknowledgment number the sender may send. It is room in the \
             receiver's buffer: it shrinks as data come, and grows as the program reads.",
        beware: "The 16 bits are shifted by the window scale, but never in a SYN. 0 means stop.",
        picture: &[to("data").at("", "nobody reads"), from("ACK win 0"), from("ACK win 4096").at("", "recv()")],
        rfc: "RFC 9293 3.8.6",
        command: "listen --lab --window 3",
        ..BLANK
    },
    Entry {
        name: "checksum",
        gloss: "a sum by which damage shows",
        is: "16 bits over header, data and addresses. A segment with a wrong one is dropped without a word.",
        beware: "In a capture made on the sending host it often looks wrong: the interface fills it in later.",
        picture: &[lost("SYN (wrong checksum)").at("", "LISTEN"), still("no answer")],
        rfc: "RFC 9293 3.1",
        command: "send --lab --bad-checksum",
        ..BLANK
    },
    Entry {
        name: "active open",
        gloss: "to open by sending the first SYN",
        is: "What connect() does: CLOSED to SYN-SENT, with a SYN.",
        picture: &[to("SYN").at("SYN-SENT", "LISTEN")],
        rfc: "RFC 9293 3.10.1",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "passive open",
        gloss: "to open by waiting for a SYN",
        is: "What listen() does: CLOSED to LISTEN, and nothing is sent.",
        picture: &[still("").at("", "LISTEN"), to("SYN").at("", "SYN-RECEIVED")],
        rfc: "RFC 9293 3.10.1",
        command: "listen --lab",
        ..BLANK
    },
    Entry {
        name: "synchronized state",
        also: &["synchronised state"],
        gloss: "a state in which both ISN are known to this end",
        is: "ESTABLISHED and all states after it but CLOSED. There every segment is first held against the window.",
        rfc: "RFC 9293 3.5.2",
        command: "explain states",
        ..BLANK
    },
    Entry {
        name: "SYN queue",
        also: &["half-open queue"],
        gloss: "what a listener keeps of unfinished handshakes",
        is: "Clients whose SYN was answered and whose ACK has not come: each waits in SYN-RECEIVED.",
        beware: "It is not the backlog, which counts finished handshakes. A flood of SYNs fills this one.",
        picture: &[to("SYN").at("", "SYN-RECEIVED"), from("SYN ACK"), still("no ACK comes").at("", "waits 63 s")],
        rfc: "RFC 4987 2.1",
        command: "replay captures/syn-flood.pcap",
        ..BLANK
    },
    Entry {
        name: "SYN cookie",
        gloss: "a server's notes, kept in its own first number",
        is: "Where the SYN queue is full, the server keeps nothing: its ISN is computed from the 4-tuple and a secret, and \
             the client's ACK brings it back.",
        beware: "What the SYN offered is forgotten but for the MSS, or hidden in timestamps; the SYN ACK is never repeated.",
        picture: &[
            to("SYN").at("", "LISTEN"),
            from("SYN ACK seq = cookie").at("", "LISTEN"),
            to("ACK ack = cookie + 1").at("", "ESTABLISHED"),
        ],
        rfc: "RFC 4987 3.6",
        command: "listen --lab --syn-cookies=always",
        ..BLANK
    },
    Entry {
        name: "SYN flood",
        gloss: "many SYNs whose handshakes are never finished",
        is: "An attack that fills the SYN queue, so that honest clients find no place. SYN cookies are the answer to it.",
        picture: &[to("SYN (forged source)"), to("SYN (another)"), to("SYN (another)").at("", "queue full")],
        rfc: "RFC 4987 2",
        command: "replay captures/syn-flood.pcap",
        ..BLANK
    },
    Entry {
        name: "SO_REUSEADDR",
        also: &["address already in use"],
        gloss: "allows a port that is still in use",
        is: "A socket option to set before bind(): it allows a port whose old connections are still in TIME-WAIT.",
        beware: "The old listening socket must have had it, too. It never lets two sockets listen on one port: that is \
                 SO_REUSEPORT.",
        rfc: "RFC 9293 3.4.2",
        command: "trace --lab --close passive --send x",
        ..BLANK
    },
    Entry {
        name: "SO_LINGER",
        also: &["linger"],
        gloss: "what close() does with unsent data",
        is: "A socket option: with a time, close() waits for that long until all is acknowledged; with 0 s it sends RST \
             and throws the rest away.",
        beware: "With 0 it avoids TIME-WAIT at the price of lost data.",
        picture: &[to("RST ACK").at("CLOSED", "CLOSED")],
        rfc: "RFC 9293 3.10.5",
        command: "trace --lab --close reset",
        ..BLANK
    },
    Entry {
        name: "Nagle",
        also: &["nagle's algorithm", "TCP_NODELAY", "TCP_CORK"],
        gloss: "small data wait until the last ones are acknowledged",
        is: "At most one small segment is on its way: more small data wait for its ACK, and go out together. TCP_NODELAY \
             turns it off.",
        beware: "Against a delayed ACK it makes both ends wait, up to 40 ms.",
        picture: &[to("1 octet"), still("more wait"), from("ACK"), to("20 octets in one")],
        rfc: "RFC 9293 3.7.4",
        command: "replay captures/delayed-ack.pcap",
        ..BLANK
    },
    Entry {
        name: "RST guard",
        also: &["rst-guard"],
        gloss: "keeps our own kernel from refusing answers to us",
        is: "A socket with a filter that drops all. It holds our port, so that the kernel finds it and sends no RST for a \
             connection that was made by hand.",
        beware: "Without it the kernel always wins the race, and the connection is dead after 10 µs.",
        picture: &[to("SYN, made by hand"), from("SYN ACK"), still("no RST").at("guard", ""), to("ACK, made by hand")],
        rfc: "",
        command: "trace --lab --rst-guard off",
        ..BLANK
    },
    Entry {
        name: "lab",
        also: &["namespace"],
        gloss: "two hosts inside this program's own network",
        is: "Two network namespaces joined by a virtual cable, with a real kernel server at the far end. Nothing leaves \
             the machine, and mostly it needs no privilege.",
        rfc: "",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "ladder",
        gloss: "the picture of a connection: two lines, arrows between",
        is: "Time runs down, each end has a line, and each arrow is a segment. A state stands where it begins.",
        beware: "Between the two ends of an arrow they disagree: the states never change on one row.",
        picture: &[to("SYN").at("SYN-SENT", "SYN-RECEIVED"), from("SYN ACK").at("ESTABLISHED", "")],
        rfc: "",
        command: "trace --lab --send hello",
        ..BLANK
    },
];
