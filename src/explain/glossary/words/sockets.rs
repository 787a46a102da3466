//! Words for sockets, and for the programs that use them.

use super::super::entry::Entry;
use super::super::picture::{from, lost, still, to};
use super::BLANK;

/// Their pages.
pub(super) const SOCKETS: &[Entry] = &[
    Entry {
        name: "non-blocking socket",
        also: &["O_NONBLOCK", "SO_ERROR"],
        gloss: "a socket whose calls never wait",
        is: "A socket with O_NONBLOCK: where a call would have to wait it fails with EAGAIN, or EINPROGRESS for connect(); \
             SO_ERROR then tells how that ended.",
        rfc: "POSIX fcntl(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "socket option",
        also: &["SO_KEEPALIVE", "TCP_DEFER_ACCEPT", "MSG_OOB"],
        gloss: "what a program may ask of its socket",
        is: "setsockopt() sets it: SO_KEEPALIVE asks for probes of a silent peer, TCP_DEFER_ACCEPT wakes the program only \
             when data have come. MSG_OOB is for one send() only, and sends urgent data.",
        beware: "It is no option of the TCP header, which travels in segments.",
        rfc: "POSIX setsockopt(2); tcp(7)",
        command: "replay captures/keep-alive.pcap",
        ..BLANK
    },
    Entry {
        name: "segment",
        gloss: "what TCP sends in one piece",
        is: "What one end of TCP sends to the other in one piece: a header of 20 to 60 octets, and perhaps data. It travels \
             in an IP packet.",
        beware: "One send() is not one segment: TCP cuts and joins the stream as it likes.",
        picture: &[to("header | data")],
        rfc: "RFC 9293 3.1",
        command: "send --lab --hex",
        ..BLANK
    },
    Entry {
        name: "octet",
        also: &["byte"],
        gloss: "eight bits",
        is: "Eight bits. Standards of the network say octet, since a byte once had other sizes.",
        rfc: "RFC 9293 4",
        command: "send --lab --hex",
        ..BLANK
    },
    Entry {
        name: "header",
        gloss: "what stands before the data",
        is: "The first 20 to 60 octets of a segment: ports, numbers, flags, window, checksum and options.",
        rfc: "RFC 9293 3.1",
        command: "explain header",
        ..BLANK
    },
    Entry {
        name: "client",
        gloss: "the end that asks for the connection",
        is: "The end that calls connect(): it asks, and needs no port that others know.",
        beware: "Once the connection is open both ends are alike: either may send, and either may close first.",
        picture: &[to("SYN").at("client", "server"), from("SYN ACK"), to("ACK")],
        rfc: "RFC 9293 3.5",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "server",
        gloss: "the end that waits to be asked",
        is: "The end that calls listen() on a port that clients know, and accept() for each of them.",
        beware: "Its kernel answers clients before the program hears of them.",
        picture: &[still("").at("", "listen()"), to("SYN"), from("SYN ACK"), to("ACK").at("", "accept()")],
        rfc: "RFC 9293 3.5",
        command: "listen --lab",
        ..BLANK
    },
    Entry {
        name: "kernel",
        gloss: "the part of the system that speaks TCP",
        is: "The heart of the operating system. It sends and answers segments; programs only ask it to, by socket calls.",
        beware: "It answers what it does not know with RST: also what comes back for a segment made by hand.",
        rfc: "RFC 9293 3.9.1",
        command: "trace --lab --rst-guard off",
        ..BLANK
    },
    Entry {
        name: "port",
        gloss: "a number from 1 to 65535, for one service of a host",
        is: "A number that tells the connections and services of one host apart. Each segment names two of them, one for \
             either end.",
        beware: "The port is not used up by a client: all connections of a server have the same port on its side.",
        picture: &[to("40001 to 80"), to("40002 to 80")],
        rfc: "RFC 9293 3.1",
        command: "send --lab -p 7,80,81",
        ..BLANK
    },
    Entry {
        name: "socket",
        gloss: "an end of a conversation, in a program's hand",
        is: "To RFC 9293 an address and a port; to a program the handle that socket() gives, through which it sends and \
             receives.",
        beware: "A program's socket may be shared by several processes: it lives until the last of them closes it.",
        rfc: "RFC 9293 4",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "connection",
        gloss: "two sockets that keep numbers for each other",
        is: "An agreement between two sockets: each keeps what it has sent and heard. Nothing on the way knows of it.",
        beware: "Where one end forgets it (a crash), the other does not notice until it sends something.",
        picture: &[to("SYN"), from("SYN ACK"), to("ACK").at("ESTABLISHED", "ESTABLISHED")],
        rfc: "RFC 9293 3.3",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "4-tuple",
        also: &["four-tuple", "5-tuple", "socket pair"],
        gloss: "both addresses and both ports: what names a connection",
        is: "Source address, source port, destination address, destination port. Together they name one connection; \
             segments belong to the same one if all four are the same.",
        beware: "So one port serves many clients: their addresses or ports differ. With the protocol it is a 5-tuple, but \
                 TCP and UDP never search the same table.",
        picture: &[
            to("192.0.2.1:40001 to 192.0.2.2:80").at("", "one"),
            to("192.0.2.1:40002 to 192.0.2.2:80").at("", "another"),
        ],
        rfc: "RFC 9293 3.3.1",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "listening socket",
        gloss: "a server's socket that only waits for clients",
        is: "The socket that listen() was called on. It is in LISTEN for all its life, and never carries data: each client \
             gets a connection socket of its own.",
        beware: "Closing it leaves the accepted connections alone, and resets those that wait to be accepted.",
        picture: &[to("SYN").at("", "listening socket"), from("SYN ACK"), to("ACK").at("", "a new socket")],
        rfc: "RFC 9293 3.3.2, 3.9.1.1",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "connection socket",
        also: &["accepted socket"],
        gloss: "a server's socket for one client",
        is: "What accept() returns: a socket of one 4-tuple, with numbers, buffers and a state of its own.",
        beware: "It has the same local port as the listening socket: no new port is taken for it.",
        picture: &[to("data").at("40001", "accept() = 4"), to("data").at("40002", "accept() = 5")],
        rfc: "RFC 9293 3.9.1",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "backlog",
        also: &["accept queue", "listen queue"],
        gloss: "how many connections may wait for accept()",
        is: "The number that listen() is given: how many finished handshakes may wait for accept(). On Linux one more \
             than it says, and no more than net.core.somaxconn.",
        when: "Where it is full, Linux drops SYNs in silence; the client sends them again, and gets in late or not at all.",
        beware: "It does not limit the clients that are served, and a full one does not refuse: ECONNREFUSED means that \
                 nothing listens.",
        picture: &[lost("SYN").at("", "queue full"), to("SYN (again)").at("", "accept() made room"), from("SYN ACK")],
        rfc: "RFC 4987 (on floods)",
        command: "listen --lab --backlog 1 --lab-clients 4 --table",
        ..BLANK
    },
    Entry {
        name: "stream socket",
        also: &["SOCK_STREAM", "stream"],
        gloss: "a socket of TCP: octets in order, none missing",
        is: "SOCK_STREAM, for TCP: a connection first, then octets that arrive all, once, and in order.",
        beware: "It keeps no borders: two send() can arrive as one recv(), or in three parts.",
        picture: &[still("").at("send(3) send(2)", ""), to("5 octets").at("", "recv() = 5")],
        rfc: "RFC 9293 2.2",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "datagram socket",
        also: &["SOCK_DGRAM", "datagram"],
        gloss: "a socket of UDP: single messages, no promise",
        is: "SOCK_DGRAM, for UDP: each send is one message with borders. No connection, no order, no repetition.",
        beware: "It may be lost without a word. Only a closed port is told, by ICMP port unreachable.",
        picture: &[to("one datagram"), lost("another, lost")],
        rfc: "RFC 768",
        command: "ping --lab --udp 7 -c 2",
        ..BLANK
    },
    Entry {
        name: "raw socket",
        also: &["SOCK_RAW"],
        gloss: "a socket for packets made by hand",
        is: "SOCK_RAW: the program writes the header itself, any header. It is how this program sends segments that no \
             connection of the kernel stands behind, and it needs a privilege (CAP_NET_RAW).",
        beware: "The kernel hears the answers, too, and refuses them with RST unless something keeps it from that.",
        picture: &[to("SYN, made by hand"), from("SYN ACK"), to("RST (by your own kernel)")],
        rfc: "",
        command: "trace --lab --rst-guard off",
        ..BLANK
    },
    Entry {
        name: "fork server",
        also: &["fork-per-connection server"],
        gloss: "a server with one process for each client",
        is: "A server that calls fork() for each accept(): the child talks to one client, the parent goes on accepting.",
        beware: "After fork() both hold the socket: where the parent does not close its copy, the child's close() sends no \
                 FIN, and the client waits for ever.",
        picture: &[
            to("SYN").at("", "accept(), fork()"),
            to("data").at("", "child: recv()"),
            from("FIN ACK").at("", "close() in both"),
        ],
        rfc: "",
        command: "trace --lab --lab-server never-closes --send hello --deadline 2",
        ..BLANK
    },
    Entry {
        name: "thread server",
        also: &["thread", "threaded server"],
        gloss: "a server with one thread for each client",
        is: "A server that starts a thread for each accept(). The threads share memory and all sockets.",
        beware: "The sockets are shared, so one close() is enough; but ten thousand clients need ten thousand threads.",
        picture: &[to("SYN").at("", "accept(), thread"), to("data").at("", "thread: recv()")],
        rfc: "",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "event-driven server",
        also: &["event server", "epoll", "select"],
        gloss: "a server that serves all clients in one loop",
        is: "One thread asks the kernel (poll, epoll) which sockets have something to do, and serves them in turn. None may \
             make it wait.",
        beware: "On the wire it cannot be told from the others: clients see the same segments.",
        picture: &[to("data of one").at("", "epoll: recv()"), to("data of another").at("", "epoll: recv()")],
        rfc: "",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "hybrid server",
        also: &["SO_REUSEPORT"],
        gloss: "several processes or threads, an event loop in each",
        is: "One event loop for each processor, as web servers have it. With SO_REUSEPORT each has a listening socket of \
             its own on the same port, and the kernel deals the clients out.",
        beware: "SO_REUSEADDR does not allow that: it is for a port that only old connections still use.",
        picture: &[to("SYN of one").at("", "loop 1"), to("SYN of another").at("", "loop 2")],
        rfc: "",
        command: "listen --lab --lab-clients 4 --table",
        ..BLANK
    },
];
