//! Words of a course on TCP and sockets.

use super::entry::Entry;
use super::page::Kind;
use super::picture::{from, lost, still, to};

const BLANK: Entry = Entry::blank(Kind::Word);

/// Words that need no gloss on the pages that use them: everyday words, and what every reader has met.
pub(super) const COMMON: [&str; 8] = ["client", "server", "connection", "kernel", "port", "socket", "TCP", "IP"];

/// Every word of the course.
pub(super) const WORDS: &[Entry] = &[
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
