//! Words for what lies below and beside TCP.

use super::super::entry::Entry;
use super::super::picture::{from, to};
use super::BLANK;

/// Their pages.
pub(super) const NETWORK: &[Entry] = &[
    Entry {
        name: "TCP",
        also: &["transmission control protocol"],
        gloss: "carries a stream of octets both ways, all and in order",
        is: "Transmission Control Protocol: two programs send each other octets, and each octet arrives once and in order, \
             or both ends hear that it cannot.",
        picture: &[to("SYN"), from("SYN ACK"), to("ACK"), to("PSH ACK, 5 bytes")],
        rfc: "RFC 9293",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "UDP",
        also: &["user datagram protocol"],
        gloss: "carries single messages, with no promise",
        is: "User Datagram Protocol: a message with two ports and a checksum, and nothing more. No handshake, no order, no \
             repetition: what is lost is lost.",
        picture: &[to("a datagram"), from("an answer, perhaps")],
        rfc: "RFC 768",
        command: "ping --lab --udp 7 -c 2",
        ..BLANK
    },
    Entry {
        name: "IP",
        also: &["internet protocol", "IPv4", "IPv6"],
        gloss: "brings packets from host to host, if it can",
        is: "Internet Protocol: packets with two addresses, passed on from router to router. They may be lost, doubled or \
             overtaken; TCP makes good for it.",
        rfc: "RFC 791; RFC 8200",
        command: "ping --lab -c 2",
        ..BLANK
    },
    Entry {
        name: "ICMP",
        also: &["ICMPv6", "internet control message protocol"],
        gloss: "how hosts and routers report trouble with packets",
        is: "Internet Control Message Protocol: what routers and hosts tell of a packet that cannot be delivered, and what \
             ping sends. An error quotes the start of the packet that it is about.",
        picture: &[to("a packet").at("", "(router)"), from("ICMP error")],
        rfc: "RFC 792; RFC 4443",
        command: "send --lab --udp -p 9",
        ..BLANK
    },
    Entry {
        name: "ICMP echo",
        also: &["echo request", "echo reply", "ping", "ICMP 8/0", "ICMP 0/0", "ICMPv6 128/0", "ICMPv6 129/0"],
        gloss: "asks a host whether it is there",
        is: "An echo request carries an identifier, a number and any data; the host that it is for sends them back in an echo \
             reply. Its kernel does that, no program.",
        beware: "No reply proves nothing: many hosts and firewalls drop it. And who replies need not serve TCP.",
        picture: &[to("echo request seq 1"), from("echo reply seq 1")],
        rfc: "RFC 792; RFC 4443 4",
        command: "ping --lab -c 2",
        ..BLANK
    },
    Entry {
        name: "ICMP timestamp",
        also: &["timestamp request", "timestamp reply", "ICMP 13/0", "ICMP 14/0"],
        gloss: "asks a host for its clock",
        is: "A timestamp request carries when it was sent; the reply adds when it came and when it left again, in \
             milliseconds since midnight.",
        beware: "It tells strangers the clock of a machine: many firewalls drop it.",
        picture: &[to("timestamp request"), from("timestamp reply")],
        rfc: "RFC 792",
        command: "send --lab --icmp timestamp",
        ..BLANK
    },
    Entry {
        name: "ICMP information",
        also: &["information request", "information reply", "ICMP 15/0", "ICMP 16/0"],
        gloss: "asked for the number of a network, once",
        is: "With an information request a host once asked which network it is on. Hosts are told that with their address \
             today, and nobody answers it any more.",
        rfc: "RFC 792; RFC 6918",
        command: "send --lab --icmp 15",
        ..BLANK
    },
    Entry {
        name: "ICMP address mask",
        also: &["address mask request", "address mask reply", "ICMP 17/0", "ICMP 18/0"],
        gloss: "asked for the mask of a network, once",
        is: "With an address mask request a host once asked how much of its address is the network's. Hosts are told that \
             with their address today, and nobody answers it any more.",
        rfc: "RFC 950; RFC 6918",
        command: "send --lab --icmp mask",
        ..BLANK
    },
    Entry {
        name: "TTL",
        also: &["time to live", "hop limit"],
        gloss: "how many routers a packet may pass still",
        is: "Time to live: each router takes one off, and at 0 drops the packet and says so by ICMP. So packets cannot go \
             in circles for ever.",
        rfc: "RFC 791 3.2",
        command: "replay captures/ttl-exceeded.pcap",
        ..BLANK
    },
    Entry {
        name: "ECN",
        also: &["explicit congestion notification", "ECT"],
        gloss: "routers mark packets before they have to drop them",
        is: "Explicit Congestion Notification: a packet says that its ends understand it (ECT), a router near its limit \
             marks it, and the receiver tells the sender, who slows down.",
        picture: &[to("SYN ECE CWR"), from("SYN ACK ECE"), to("ACK")],
        rfc: "RFC 3168",
        command: "trace --lab --ecn",
        ..BLANK
    },
    Entry {
        name: "PAWS",
        gloss: "old segments show by their old timestamps",
        is: "Protection against wrapped sequence numbers: on a fast link numbers come round again in seconds. A segment with \
             an older timestamp than the last one is of a former round, and is dropped.",
        picture: &[to("seq 1 ts 2000"), to("seq 6 ts 1000 (dropped)"), from("ACK ack 6")],
        rfc: "RFC 7323 5",
        command: "replay captures/old-timestamp.pcap",
        ..BLANK
    },
    Entry {
        name: "ARP",
        gloss: "asks a link which interface has an address",
        is: "Address Resolution Protocol: before the first packet to a neighbour its hardware address is asked for. Where \
             nobody answers, connect() fails with EHOSTUNREACH, and no segment was ever sent.",
        rfc: "RFC 826",
        command: "ping --lab -c 1",
        ..BLANK
    },
];
