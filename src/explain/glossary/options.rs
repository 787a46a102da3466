//! Options of the TCP header, by their kind number.

use super::entry::Entry;
use super::page::Kind;
use super::picture::{from, lost, to};
use crate::wire::option_kind as kind;

const BLANK: Entry = Entry::blank(Kind::Option);

/// Every option, with its kind; two kinds of one row are the two orders of the same counters.
pub(super) const OPTIONS: &[(&[u8], Entry)] = &[
    (
        &[kind::END],
        Entry {
            name: "end of options",
            also: &["eol", "end of option list"],
            gloss: "what follows is only padding",
            is: "One octet, 0: the list of options ends here, and zeros fill up to a multiple of four octets.",
            when: "Where the options do not end there by themselves.",
            picture: &[to("SYN mss eol")],
            rfc: "RFC 9293 3.1",
            command: "send --lab --opt eol --hex",
            ..BLANK
        },
    ),
    (
        &[kind::NOP],
        Entry {
            name: "no-operation",
            also: &["nop"],
            gloss: "one octet that only fills",
            is: "One octet, 1, without a meaning: it brings the next option to a multiple of four octets.",
            when: "Kernels put two of them before timestamps.",
            picture: &[to("ACK nop nop ts")],
            rfc: "RFC 9293 3.1",
            command: "send --lab --opt nop --opt nop --hex",
            ..BLANK
        },
    ),
    (
        &[kind::MSS],
        Entry {
            name: "mss",
            also: &["maximum segment size"],
            gloss: "the most data in one segment that its sender takes",
            is: "Maximum segment size: how many octets of data at most shall come to me in one segment. Each end names its own; \
             the two need not be alike.",
            when: "On SYN and SYN ACK only. Without it the other end sends 536 octets at most.",
            beware: "It is not agreed on, and does not count headers: 1460 is 1500 without 20 for IP and 20 for TCP.",
            picture: &[to("SYN mss 1460"), from("SYN ACK mss 1400"), to("PSH ACK, 1400 bytes at most")],
            rfc: "RFC 9293 3.7.1",
            command: "send --lab --opt mss=1460 --hex",
            ..BLANK
        },
    ),
    (
        &[kind::WINDOW_SCALE],
        Entry {
            name: "wscale",
            also: &["window scale"],
            gloss: "how far its sender's window is to be shifted",
            is: "The 16 bits of the window are too few for fast networks: shifted by this number of bits, 14 at most, they count \
             up to 1 GiB.",
            when: "On SYN and SYN ACK only; it counts if both have it, for each end its own.",
            beware: "The window of a SYN itself is never scaled. Who did not see the handshake cannot know the scale.",
            picture: &[
                to("SYN win 64240 wscale 7"),
                from("SYN ACK win 65160 wscale 10"),
                to("ACK win 502 (x 128 = 64256)"),
            ],
            rfc: "RFC 7323 2",
            command: "trace --lab",
            ..BLANK
        },
    ),
    (
        &[kind::SACK_PERMITTED],
        Entry {
            name: "sack-permitted",
            also: &["sackok", "SACK_PERM"],
            gloss: "you may tell me of holes by SACK",
            is: "Its sender understands SACK: the other end may tell what has arrived beyond a hole.",
            when: "On SYN and SYN ACK only.",
            picture: &[to("SYN sack"), from("SYN ACK sack")],
            rfc: "RFC 2018 2",
            command: "trace --lab",
            ..BLANK
        },
    ),
    (
        &[kind::SACK],
        Entry {
            name: "sack",
            also: &["selective acknowledgment", "sack blocks"],
            gloss: "what has arrived beyond a hole",
            is: "Selective acknowledgment: up to four blocks of numbers that arrived behind something that is missing, so that \
             only the hole need be sent again.",
            when: "On ACKs, as long as there is a hole, if both ends permitted it.",
            beware: "The acknowledgment number stays where the hole begins. What was told by SACK may still be thrown away.",
            picture: &[
                lost("PSH ACK seq 1, 100 bytes"),
                to("PSH ACK seq 101, 100 bytes"),
                from("ACK ack 1 sack 101-201"),
            ],
            rfc: "RFC 2018 3, 4",
            command: "replay captures/sack.pcap",
            ..BLANK
        },
    ),
    (
        &[kind::TIMESTAMPS],
        Entry {
            name: "timestamps",
            also: &["ts", "timestamp", "TSval", "TSecr"],
            gloss: "the sender's clock, and an echo of the other's",
            is: "Two numbers: a tick of the sender's clock, and the last one heard from the other end. The echo measures the \
             RTT, and old segments show by an old clock (PAWS).",
            when: "On every segment, if both had it on SYN and SYN ACK.",
            beware: "The clock starts anywhere, for each connection anew: it does not tell how long a host has been up.",
            picture: &[to("SYN ts 1000 0"), from("SYN ACK ts 7000 1000"), to("ACK ts 1001 7000")],
            rfc: "RFC 7323 3",
            command: "trace --lab --absolute",
            ..BLANK
        },
    ),
    (
        &[kind::MD5],
        Entry {
            name: "md5",
            also: &["TCP-MD5"],
            gloss: "a signature with a shared key (old)",
            is: "A signature over the segment with a key that both ends know, for the sessions of routers. Obsolete.",
            when: "On every segment of such a connection.",
            beware: "Missing, wrong, or not expected: the segment is dropped in silence, which looks like a firewall.",
            picture: &[to("SYN md5").at("", "LISTEN (no key)")],
            rfc: "RFC 2385",
            command: "send --lab --opt md5=00112233445566778899aabbccddeeff",
            ..BLANK
        },
    ),
    (
        &[kind::USER_TIMEOUT],
        Entry {
            name: "user timeout",
            also: &["uto", "TCP_USER_TIMEOUT"],
            gloss: "how long its sender waits for an ACK",
            is: "Tells the other end how long data may stay without an ACK before its sender gives the connection up.",
            when: "Hardly ever: the option TCP_USER_TIMEOUT of Linux is not sent.",
            picture: &[to("SYN user timeout 300 s")],
            rfc: "RFC 5482 3",
            command: "send --lab --opt uto=300",
            ..BLANK
        },
    ),
    (
        &[kind::AO],
        Entry {
            name: "ao",
            also: &["TCP-AO", "authentication option"],
            gloss: "a signature with keys that can change",
            is: "The successor of the MD5 signature: several keys, and they may change while the connection is open.",
            when: "On every segment of such a connection.",
            picture: &[to("SYN ao"), from("SYN ACK ao")],
            rfc: "RFC 5925 2",
            command: "send --lab --opt ao=0102030405060708090a0b0c",
            ..BLANK
        },
    ),
    (
        &[kind::MPTCP],
        Entry {
            name: "mptcp",
            also: &[
                "multipath tcp",
                "multipath",
                "MP_CAPABLE",
                "MP_JOIN",
                "DSS",
                "ADD_ADDR",
                "REMOVE_ADDR",
                "MP_PRIO",
                "MP_FAIL",
                "MP_FASTCLOSE",
                "MP_TCPRST",
            ],
            gloss: "one connection over several paths",
            is: "Multipath TCP: several connections of TCP carry one stream, over several addresses. Its first four bits say \
             what it is about: MP_CAPABLE begins, MP_JOIN adds a path, DSS tells where data stand in the stream, ADD_ADDR and \
             REMOVE_ADDR tell of addresses, MP_PRIO of spare paths, MP_FAIL of damage; MP_FASTCLOSE ends all, MP_TCPRST one \
             path.",
            when: "On SYN and SYN ACK to ask and agree, then on most segments. Without it in the answer all goes on as plain TCP.",
            picture: &[to("SYN mptcp MP_CAPABLE"), from("SYN ACK mptcp MP_CAPABLE"), to("ACK mptcp MP_CAPABLE")],
            rfc: "RFC 8684 3",
            command: "send --lab --opt mptcp",
            ..BLANK
        },
    ),
    (
        &[kind::FAST_OPEN],
        Entry {
            name: "tfo",
            also: &["fast open option", "tcp fast open"],
            gloss: "a ticket, so that data may ride on the SYN",
            is: "TCP Fast Open: empty it asks for a cookie, and the SYN ACK brings one. With the cookie the next SYN may carry \
             data that count at once.",
            when: "On SYN and SYN ACK, where client and server ask for it.",
            beware: "Such data may come twice: it is only for requests that do no harm when repeated.",
            picture: &[to("SYN tfo (empty)"), from("SYN ACK tfo cookie"), to("later: SYN tfo cookie, 5 bytes")],
            rfc: "RFC 7413 4.1",
            command: "send --lab --opt tfo",
            ..BLANK
        },
    ),
    (
        &[kind::ACC_ECN_0, kind::ACC_ECN_1],
        Entry {
            name: "accurate ecn",
            also: &["accecn", "acc-ecn"],
            gloss: "how many octets arrived with which mark",
            is: "Counters of the octets that arrived with each mark of ECN; kinds 172 and 174 have them in two orders.",
            when: "On segments of a connection that has agreed on accurate ECN.",
            picture: &[to("PSH ACK, 5 bytes"), from("ACK accurate ecn")],
            rfc: "RFC 9768 3.2.3",
            command: "send --lab --opt 172=000001000001000001 --hex",
            ..BLANK
        },
    ),
    (
        &[kind::EXPERIMENT_1, kind::EXPERIMENT_2],
        Entry {
            name: "experiment",
            also: &["exp", "experimental option"],
            gloss: "kinds that anybody may try something with",
            is: "Kinds 253 and 254 are free for experiments; the first octets of the data say which one. Fast Open began so.",
            when: "Hardly ever today.",
            picture: &[to("SYN experiment")],
            rfc: "RFC 4727 5; RFC 6994",
            command: "send --lab --opt exp=f989 --hex",
            ..BLANK
        },
    ),
];
