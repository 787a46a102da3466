//! Errors of socket calls, and what on the wire, or beside it, brings them about.

use super::entry::Entry;
use super::page::Kind;
use super::picture::{from, lost, still, to};

const BLANK: Entry = Entry::blank(Kind::Errno);

/// The number of each error on Linux, as programs print it. A few machines (Alpha, MIPS, PA-RISC, SPARC) have others.
pub(super) const NUMBERS: [(&str, [u8; 1]); 28] = [
    ("ECONNREFUSED", [111]),
    ("ECONNRESET", [104]),
    ("EPIPE", [32]),
    ("ETIMEDOUT", [110]),
    ("EHOSTUNREACH", [113]),
    ("ENETUNREACH", [101]),
    ("EADDRINUSE", [98]),
    ("EADDRNOTAVAIL", [99]),
    ("EINPROGRESS", [115]),
    ("EAGAIN", [11]),
    ("EISCONN", [106]),
    ("ENOTCONN", [107]),
    ("ECONNABORTED", [103]),
    ("EMSGSIZE", [90]),
    ("EPERM", [1]),
    ("EACCES", [13]),
    ("ENOPROTOOPT", [92]),
    ("EHOSTDOWN", [112]),
    ("ENONET", [64]),
    ("EPROTO", [71]),
    ("EOPNOTSUPP", [95]),
    ("EBADF", [9]),
    ("EINTR", [4]),
    ("EINVAL", [22]),
    ("EMFILE", [24]),
    ("ENFILE", [23]),
    ("ENOMEM", [12]),
    ("ENOTSOCK", [88]),
];

/// The number of the error with this name.
pub(super) fn numbers(name: &str) -> &'static [u8] {
    NUMBERS.iter().find(|row| row.0 == name).map_or(&[], |row| &row.1)
}

/// Every error.
pub(super) const ERRNOS: &[Entry] = &[
    Entry {
        name: "ECONNREFUSED",
        also: &["connection refused"],
        gloss: "nothing listens there",
        is: "connect() fails: the host is there, and no program listens on that port, or a firewall says so.",
        when: "A RST ACK answers the SYN; or ICMP port unreachable does.",
        beware: "A full backlog does not refuse: on Linux it drops the SYN, and the error is ETIMEDOUT.",
        picture: &[to("SYN seq 0").at("connect()", "CLOSED"), from("RST ACK seq 0 ack 1").at("ECONNREFUSED", "")],
        rfc: "RFC 9293 3.10.7.3",
        command: "trace --lab --lab-server refuses",
        ..BLANK
    },
    Entry {
        name: "ECONNRESET",
        also: &["connection reset by peer"],
        gloss: "the other end has reset the connection",
        is: "A call fails: a RST came in the middle of the connection. What was on its way is lost. On Linux recv() \
             gives first what had arrived; RFC 9293 lets a kernel throw it away.",
        when: "In all synchronized states but CLOSE-WAIT, where it is EPIPE.",
        beware: "It is told once: after it recv() returns 0 and send() fails with EPIPE.",
        picture: &[to("PSH ACK, 5 bytes"), from("RST ACK").at("recv(): ECONNRESET", "close(), unread")],
        rfc: "RFC 9293 3.10.7.4",
        command: "listen --lab --close reset",
        ..BLANK
    },
    Entry {
        name: "EPIPE",
        also: &["broken pipe", "SIGPIPE"],
        gloss: "sending where nothing may be sent any more",
        is: "send() fails, and the signal SIGPIPE comes: this end has shut its direction, or a RST came after the other's \
             FIN.",
        when: "The first send() after the other end closed still succeeds: only the RST that it brings makes the next one \
               fail.",
        picture: &[
            from("FIN ACK").at("", "close()"),
            to("PSH ACK, 5 bytes").at("send() = 5", ""),
            from("RST").at("send(): EPIPE", ""),
        ],
        rfc: "RFC 9293 3.10.2",
        command: "replay captures/data-after-close.pcap",
        ..BLANK
    },
    Entry {
        name: "ETIMEDOUT",
        also: &["connection timed out"],
        gloss: "nobody answered for too long",
        is: "connect() gives up after its last SYN, or a connection after its last repetition: nothing ever came back.",
        when: "On Linux a connect() without any answer takes about 130 s; data without an ACK about 15 min.",
        beware: "Silence is a firewall, a host that is down, a full backlog, or a lost route: the wire does not tell which.",
        picture: &[lost("SYN").at("connect()", ""), lost("SYN (again)"), lost("SYN (again)").at("ETIMEDOUT", "")],
        rfc: "RFC 9293 3.8.3",
        command: "trace --lab --lab-server silent --retries 2 --timeout 0.3",
        ..BLANK
    },
    Entry {
        name: "EHOSTUNREACH",
        also: &["no route to host"],
        gloss: "no way to that host",
        is: "connect() fails: a router or this machine knows the network, but nobody answers for the host there.",
        when: "ICMP host unreachable, or no answer to ARP for 3 s on the own link; also ICMP time exceeded.",
        beware: "Only while SYN-SENT: an open connection takes the same ICMP as a hint, and lives on.",
        picture: &[to("SYN").at("connect()", "(router)"), from("ICMP host unreachable").at("EHOSTUNREACH", "")],
        rfc: "RFC 9293 3.9.2.2; RFC 1122 4.2.3.9",
        command: "replay captures/icmp-error.pcap",
        ..BLANK
    },
    Entry {
        name: "ENETUNREACH",
        also: &["network is unreachable"],
        gloss: "no route to that network",
        is: "connect() fails: this machine, or a router, has no route to the network of that address.",
        when: "At once and without any segment, if the own routing table has no route; else by ICMP.",
        picture: &[still("no SYN leaves").at("connect()", ""), still("").at("ENETUNREACH", "")],
        rfc: "RFC 9293 3.9.2.2",
        command: "explain icmp 3/0",
        ..BLANK
    },
    Entry {
        name: "EADDRINUSE",
        also: &["address already in use (errno)"],
        gloss: "the port is taken",
        is: "bind() or listen() fails: a socket has this port, or old connections in TIME-WAIT still use it.",
        when: "A server that starts again; SO_REUSEADDR on the old and the new socket avoids it.",
        picture: &[still("").at("", "TIME-WAIT"), still("").at("", "bind(): EADDRINUSE")],
        rfc: "POSIX bind(2)",
        command: "trace --lab --close passive --send x",
        ..BLANK
    },
    Entry {
        name: "EADDRNOTAVAIL",
        gloss: "the address is not ours, or no port is left",
        is: "bind() fails for an address that this host does not have; connect() where the 4-tuple is still busy, or all \
             ports of the own side are.",
        when: "Tens of thousands of connections to one server, each with its TIME-WAIT here, use up the ports.",
        rfc: "POSIX bind(2), connect(2)",
        command: "trace --lab --count 20",
        ..BLANK
    },
    Entry {
        name: "EINPROGRESS",
        also: &["EALREADY"],
        gloss: "connect() goes on without the program",
        is: "No failure: the SYN is out, and the socket is not to make the program wait. poll() tells when it can be written; \
             then SO_ERROR says whether it is open. A second connect() meanwhile fails with EALREADY.",
        when: "connect() on a socket with O_NONBLOCK.",
        picture: &[to("SYN").at("EINPROGRESS", ""), from("SYN ACK").at("poll() wakes", "")],
        rfc: "POSIX connect(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "EAGAIN",
        also: &["EWOULDBLOCK"],
        gloss: "nothing to do now, and the program will not wait",
        is: "No failure: recv() has no data, send() no room, accept() no client, and the socket is not to wait.",
        when: "On sockets with O_NONBLOCK or a time limit; try again when poll() says so.",
        rfc: "POSIX recv(2)",
        command: "listen --lab --window 3",
        ..BLANK
    },
    Entry {
        name: "EISCONN",
        gloss: "the socket is connected already",
        is: "connect() fails on a socket that has a connection, or listens.",
        when: "Also after EINPROGRESS, once the first call has succeeded.",
        rfc: "POSIX connect(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "ENOTCONN",
        gloss: "the socket has no connection",
        is: "recv() or shutdown() fails on a socket that was never connected, or a listening socket.",
        when: "Often a program has confused the listening socket with the connection socket.",
        rfc: "POSIX recv(2), shutdown(2)",
        command: "explain listening socket",
        ..BLANK
    },
    Entry {
        name: "ECONNABORTED",
        gloss: "gone before accept() could take it",
        is: "accept() fails: the connection was reset while it waited in the backlog.",
        when: "BSD systems. Linux hands the dead connection out, and only recv() then fails with ECONNRESET.",
        picture: &[to("SYN"), from("SYN ACK"), to("ACK"), to("RST").at("", "accept()?")],
        rfc: "POSIX accept(2)",
        command: "listen --lab --lab-client resets",
        ..BLANK
    },
    Entry {
        name: "EMSGSIZE",
        gloss: "too long for one packet",
        is: "send() on a datagram or raw socket fails: the packet is longer than the link takes, and must not be cut.",
        when: "TCP never returns it: it cuts the stream itself.",
        rfc: "POSIX send(2)",
        command: "ping --lab -M do -s 2000 -c 1 -W 1",
        ..BLANK
    },
    Entry {
        name: "EPERM",
        also: &["operation not permitted", "CAP_NET_RAW"],
        gloss: "a privilege is missing",
        is: "The kernel refuses what needs a privilege: a raw socket needs CAP_NET_RAW, and a firewall can refuse sending so, \
             too.",
        when: "As an ordinary user outside the lab; with --lab this program needs none.",
        rfc: "capabilities(7)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "EACCES",
        also: &["permission denied"],
        gloss: "this is forbidden",
        is: "bind() to a port below 1024 without privilege, a route that prohibits, or ICMPv6 from a firewall.",
        when: "connect() fails with it at once where a rule of the own machine forbids the way.",
        rfc: "POSIX bind(2)",
        command: "explain icmpv6 1/1",
        ..BLANK
    },
    Entry {
        name: "ENOPROTOOPT",
        gloss: "the host does not speak that protocol",
        is: "connect() fails: ICMP protocol unreachable came, so the host is there and has no TCP. It is also what \
             setsockopt() says of an unknown option.",
        when: "ICMP type 3, code 2.",
        rfc: "RFC 1122 4.2.3.9",
        command: "explain icmp 3/2",
        ..BLANK
    },
    Entry {
        name: "EHOSTDOWN",
        gloss: "the host is not known to its network",
        is: "connect() fails: the last router says that there is no such host.",
        when: "ICMP type 3, code 7, on Linux.",
        rfc: "RFC 1122 3.2.2.1",
        command: "explain icmp 3/7",
        ..BLANK
    },
    Entry {
        name: "ENONET",
        gloss: "our own host is cut off",
        is: "connect() fails: a router says that the source of the SYN is isolated. Nothing sends that today.",
        when: "ICMP type 3, code 8, on Linux.",
        rfc: "RFC 1122 3.2.2.1",
        command: "explain icmp 3/8",
        ..BLANK
    },
    Entry {
        name: "EPROTO",
        gloss: "somebody could not read our header",
        is: "connect() fails: a router or host complains of the IP header of the SYN.",
        when: "ICMP parameter problem.",
        rfc: "RFC 1122 3.2.2.5",
        command: "explain icmp 12/0",
        ..BLANK
    },
    Entry {
        name: "EOPNOTSUPP",
        gloss: "this cannot be done with it",
        is: "connect() fails: the way that the packet was to take by its IP options does not exist. accept() says so of \
             a datagram socket.",
        when: "ICMP type 3, code 5 (source route failed).",
        rfc: "RFC 1122 3.2.2.1",
        command: "explain icmp 3/5",
        ..BLANK
    },
    Entry {
        name: "EBADF",
        also: &["bad file descriptor"],
        gloss: "no such descriptor",
        is: "A call fails: the number that it was given is of no open file. Nothing is sent.",
        when: "After close(), where a program goes on using the number.",
        beware: "The number may be in use again, for another connection: then the call succeeds, in the wrong place.",
        rfc: "POSIX close(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "EINTR",
        also: &["interrupted system call"],
        gloss: "a signal came while a call waited",
        is: "A call fails before anything has happened: a signal came while it waited. The connection goes on.",
        when: "In connect(), accept(), recv() and send() that wait.",
        beware: "connect() goes on in the kernel: who calls it again hears EALREADY or EISCONN.",
        rfc: "POSIX signal(7)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "EINVAL",
        also: &["invalid argument"],
        gloss: "the call makes no sense here",
        is: "A call fails: an argument is wrong, or the socket is in no state for it. Nothing is sent.",
        when: "accept() on a socket that does not listen, bind() on one that has an address.",
        rfc: "POSIX bind(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "EMFILE",
        also: &["too many open files"],
        gloss: "this process has no descriptor left",
        is: "A call fails: the process has as many files open as it may, and each connection is one.",
        when: "In accept() of a busy server, or socket() of a busy client.",
        beware: "The connection that accept() was to take stays in the backlog: a server that calls again at once runs in circles.",
        rfc: "POSIX accept(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "ENFILE",
        also: &["too many open files in system"],
        gloss: "this machine has no descriptor left",
        is: "As EMFILE, for all processes of the machine together.",
        when: "In accept() and socket().",
        rfc: "POSIX accept(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "ENOMEM",
        also: &["cannot allocate memory"],
        gloss: "the kernel has no memory for it",
        is: "A call fails: the kernel has no room for a socket or for what is to be sent.",
        when: "In any call, on a machine that is full.",
        rfc: "POSIX socket(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "ENOTSOCK",
        also: &["socket operation on non-socket"],
        gloss: "the descriptor is of no socket",
        is: "A call for sockets fails: the number leads to a file or a pipe.",
        when: "Where a number was mixed up, mostly after close() and a new open file.",
        rfc: "POSIX connect(2)",
        command: "trace --lab",
        ..BLANK
    },
];
