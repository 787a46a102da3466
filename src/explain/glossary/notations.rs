//! Short forms for a whole connection that other tools made known: columns of the list, and fields of JSON.

use super::entry::Entry;
use super::page::Kind;

const BLANK: Entry = Entry::blank(Kind::Word);

/// Every such form.
pub(super) const NOTATIONS: &[Entry] = &[
    Entry {
        name: "conn_state",
        also: &["S0", "S1", "S2", "S3", "REJ", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"],
        gloss: "a connection in one word, as Zeek's conn.log has it",
        is: "S0: a SYN, and nothing came back. REJ: a reset answered it. S1: open, and neither end closed. S2: only the client \
             closed. S3: only the server did. SF: both did, the ordinary case. RSTO: the client, its originator, reset it. \
             RSTR: the server, its responder, did. RSTOS0: a SYN and then a reset of the client, without an answer. RSTRH: a \
             reset of the server, whose client was not seen. SH: SYN and FIN of the client, and nothing of the server. SHR: \
             the same of the server. OTH: anything else, such as the middle of a connection.",
        when: "The column zeek of the list, the verdict with -v, and the field conn_state of --where and of formats for programs.",
        beware: "Zeek looks at flags, not at numbers: a reset that does not count makes RSTO all the same. What counts is told \
                 by the verdict.",
        command: "replay captures/reset.pcap --where conn_state=RSTO",
        ..BLANK
    },
    Entry {
        name: "history",
        also: &["ShADadFf"],
        gloss: "what each end sent, one letter for each kind of segment, as Zeek's conn.log has it",
        is: "The client in upper case, the server in lower case, in the order in which they were seen: S is a SYN without \
             ACK, H a SYN with ACK, A an ACK alone, D data, F a FIN, R a reset; C a wrong checksum, G a gap, T data sent \
             again, W a window of 0; I and Q contradictory flags. A ^ in front: the server was seen first.",
        when: "The column history of the list, the verdict with -v, and the field of that name. ShADadFf is an ordinary connection: SYN, the \
               answer, ACK, data both ways, and a FIN of each.",
        beware: "A and D stand once for each end, however many there were; so the letters tell of kinds, not of numbers.",
        command: "replay captures/four-segment.pcap --where history=ShADadFf",
        ..BLANK
    },
    Entry {
        name: "completeness",
        also: &["tcp.completeness"],
        gloss: "a number that tells which kinds of segment were captured, as Wireshark has it",
        is: "A sum: SYN 1, SYN with ACK 2, ACK 4, data 8, FIN 16, reset 32. So 7 is a handshake, 15 one with data, 31 a \
             connection with data and an ordinary end, 47 one that was reset, 37 a SYN that was refused.",
        when: "The verdict with -v, the field completeness of --where and of formats for programs, and a column of the list where \
               --columns asks for it.",
        beware: "It counts what was captured, in whatever order: 31 does not say that both ends closed.",
        command: "replay captures/reset.pcap --where completeness=47",
        ..BLANK
    },
];
