//! Socket calls, and what they send.

use super::entry::Entry;
use super::page::Kind;
use super::picture::{from, still, to};

const BLANK: Entry = Entry::blank(Kind::Call);

/// Every call; each is also known by its name without parentheses.
pub(super) const CALLS: &[Entry] = &[
    Entry {
        name: "socket()",
        gloss: "makes a socket; sends nothing",
        is: "Gives a program a socket of a family and a type, in CLOSED. Nothing is sent.",
        when: "First of all, in client and server.",
        rfc: "POSIX socket(2)",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "setsockopt()",
        gloss: "sets an option of a socket; sends nothing",
        is: "Sets what the kernel is to do otherwise: SO_REUSEADDR, SO_LINGER, TCP_NODELAY. Nothing is sent.",
        when: "Mostly before bind(), connect() or listen().",
        rfc: "POSIX setsockopt(2)",
        command: "trace --lab --close reset",
        ..BLANK
    },
    Entry {
        name: "bind()",
        gloss: "gives a socket its address and port; sends nothing",
        is: "Chooses the local address and port. Nothing is sent, and nobody can connect yet.",
        when: "In a server before listen(); in a client only where the port matters.",
        beware: "It fails with EADDRINUSE where the port is taken, also by old connections in TIME-WAIT.",
        rfc: "POSIX bind(2)",
        command: "trace --lab --source-port 40000",
        ..BLANK
    },
    Entry {
        name: "listen()",
        gloss: "from now on the kernel answers a SYN",
        is: "Makes a listening socket: CLOSED to LISTEN. Nothing is sent, but from now on the kernel finishes \
             handshakes by itself.",
        when: "In a server, after bind().",
        beware: "Clients are let in although the program has never called accept(): until the backlog is full.",
        picture: &[still("").at("", "listen()"), to("SYN"), from("SYN ACK").at("ESTABLISHED", "(by the kernel)")],
        rfc: "RFC 9293 3.10.1",
        command: "listen --lab",
        ..BLANK
    },
    Entry {
        name: "connect()",
        gloss: "asks for a connection",
        is: "Asks for a connection: sends a SYN, repeats it, and returns when SYN ACK has come, or with an error.",
        when: "In a client.",
        beware: "That it returned does not mean that the server's program knows of it, or ever will.",
        picture: &[to("SYN").at("connect()", ""), from("SYN ACK").at("returns 0", ""), to("ACK")],
        rfc: "RFC 9293 3.10.1",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "accept()",
        also: &["accept4()"],
        gloss: "takes a finished connection; sends nothing",
        is: "Takes the oldest connection that waits in the backlog, and gives it a connection socket. Nothing is sent.",
        when: "In a server, again and again; it waits where no connection does.",
        beware: "The connection was ESTABLISHED before. It may even be closed or reset already: then recv() tells.",
        picture: &[to("SYN"), from("SYN ACK"), to("ACK").at("", "ESTABLISHED"), still("").at("", "accept() returns")],
        rfc: "RFC 9293 3.9.1",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "send()",
        also: &["write()", "sendto()", "sendmsg()", "sendmmsg()", "writev()", "sendfile()", "sendfile64()"],
        gloss: "gives data to the kernel",
        is: "Copies data into the kernel's buffer and returns. They leave when the window and Nagle allow it.",
        when: "In ESTABLISHED and CLOSE-WAIT.",
        beware: "That it returned does not mean that anything was sent, let alone received or read.",
        picture: &[to("PSH ACK seq 1, 5 bytes").at("send(5) = 5", ""), from("ACK ack 6")],
        rfc: "RFC 9293 3.10.2",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "recv()",
        also: &["read()", "recvfrom()", "recvmsg()", "recvmmsg()", "readv()"],
        gloss: "takes data that have arrived",
        is: "Takes what has arrived, as much as there is, or waits. 0 means that the other end has sent its FIN and all \
             before it was read.",
        when: "Any time. It sends nothing, unless it opens a window that was closed.",
        beware: "It knows no messages: five octets sent may come as two and three.",
        picture: &[to("PSH ACK 5 bytes").at("", "recv() = 5"), to("FIN ACK").at("", "recv() = 0")],
        rfc: "RFC 9293 3.10.3",
        command: "trace --lab --close passive --send hello",
        ..BLANK
    },
    Entry {
        name: "shutdown()",
        also: &["SHUT_WR", "SHUT_RD", "shutdown(WR)"],
        gloss: "sends a FIN and goes on receiving",
        is: "shutdown(SHUT_WR) says that no more data will come from here: a FIN goes out behind them. Receiving goes on.",
        when: "Where the other end shall know that this was all, and still answer.",
        beware: "shutdown(SHUT_RD) sends nothing at all. It acts on the connection at once, also where other processes \
                 hold the socket; close() waits for the last one.",
        picture: &[to("FIN ACK").at("shutdown()", ""), from("PSH ACK, 5 bytes"), from("FIN ACK")],
        rfc: "RFC 9293 3.10.4, 3.6.1",
        command: "trace --lab --close half --send hello",
        ..BLANK
    },
    Entry {
        name: "close()",
        also: &["close_range()"],
        gloss: "gives the socket back",
        is: "Gives up the socket. The kernel sends the rest of the data and a FIN, and sees the close through by itself.",
        when: "When a program is done, or ends: then its kernel does the same.",
        beware: "It sends RST instead where data were left unread, or with SO_LINGER 0; and nothing where another process \
                 holds the socket still, or in SYN-SENT.",
        picture: &[
            to("FIN ACK").at("close()", "recv() = 0"),
            from("ACK"),
            from("FIN ACK").at("", "close()"),
            to("ACK"),
        ],
        rfc: "RFC 9293 3.10.4",
        command: "trace --lab --send hello",
        ..BLANK
    },
    Entry {
        name: "abort",
        also: &["SO_LINGER 0", "AF_UNSPEC"],
        gloss: "close() with SO_LINGER 0: sends a RST",
        is: "The connection is thrown away: RST ACK goes out, what is still to be sent or read here is lost, and nothing remains.",
        when: "close() with SO_LINGER on and 0 s; on Linux also connect() to AF_UNSPEC.",
        picture: &[to("RST ACK").at("CLOSED", "CLOSED")],
        rfc: "RFC 9293 3.10.5",
        command: "trace --lab --close reset --send hello",
        ..BLANK
    },
    Entry {
        name: "poll()",
        gloss: "waits until one of many sockets has something to do",
        is: "Waits until one of many sockets can be read or written, so that one loop serves them all. Nothing is sent.",
        when: "In servers that are driven by events; epoll does the same for thousands.",
        rfc: "POSIX poll(2)",
        command: "listen --lab --lab-clients 3 --table",
        ..BLANK
    },
    Entry {
        name: "fork()",
        gloss: "makes a second process that shares the sockets",
        is: "Doubles the process: both hold every socket. Nothing is sent.",
        when: "In servers with one process for each client, after accept().",
        beware: "A FIN goes out only when the last process has closed its copy.",
        rfc: "POSIX fork(2)",
        command: "trace --lab --lab-server never-closes --send hello --deadline 2",
        ..BLANK
    },
    Entry {
        name: "dup()",
        also: &["dup2()", "dup3()", "fcntl()", "ioctl()"],
        gloss: "gives a socket a second descriptor",
        is: "Makes another number of a file for the same socket in the same process: both lead to one connection. Nothing \
             is sent.",
        when: "Where a program wants a socket at a certain number, as standard input of another program. fcntl() does it, \
               too, and says, as ioctl() can, whether a program that is started has the descriptor.",
        beware: "close() of one of them sends nothing: the FIN goes out when the last is closed.",
        rfc: "POSIX dup(2)",
        command: "trace --lab --send hello",
        ..BLANK
    },
];
