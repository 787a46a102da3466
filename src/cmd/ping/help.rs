//! What stands below the options in the help.

/// Below the short help.
pub(super) fn short() -> String {
    format!("Examples:\n{EXAMPLES}\n{CODES}")
}

/// Below the long help.
pub(super) fn long() -> String {
    format!("Examples:\n{EXAMPLES}{MORE_EXAMPLES}\n{SIGNALS}\n{SEVERAL}\n{PORTS}\n{DIFFERENCES}\n{CODES}")
}

const EXAMPLES: &str = "  rawshake ping --lab -c 3             in the lab, without privileges
  rawshake ping --lab --tcp 7 -c 3     is the port open, and how far is it?
  sudo rawshake ping 192.0.2.7
";

const MORE_EXAMPLES: &str = "  sudo rawshake ping --udp 33434 192.0.2.7      to a port that is closed
  sudo rawshake ping -C 5 --period 200 192.0.2.7 192.0.2.8
                                       two hosts; every round trip in the end
  sudo rawshake ping -M do -s 1472 -c 1 192.0.2.7
                                       do 1500 bytes get through in one piece?
  sudo rawshake ping -t 3 -c 1 -v 192.0.2.7
                                       who is three hops away, what it says
  sudo rawshake ping -A -c 100 -q 192.0.2.7     as fast as the replies come
  sudo rawshake ping -R -c 1 192.0.2.7          the way there and back, where
                                       routers record it
  rawshake ping --lab -c 1000 -i 0 -q --histogram
                                       how round trips are distributed
  rawshake ping --lab -c 6 --lab-wire 'delay=20ms dup=4 drop=6 corrupt=10'
                                       what goes wrong, and its names
";

const SIGNALS: &str = "\
Ctrl-C ends with the summary, and so does a hangup; Ctrl-\\ (SIGQUIT) shows the
numbers up to now.
";

const SEVERAL: &str = "\
Several hosts are pinged at once, up to 128, with one line of summary for each,
as fping has it. Of fping's letters -C is here, and -p is --period; the others
mean what they mean to ping.
";

const PORTS: &str = "\
--tcp and --udp send each request from a port of its own, through a raw socket,
and hear the answers in a capture, whose clock measures the round trips; they
need what trace needs. Our kernel is kept from answering. A SYN-ACK is answered
with a reset, of which the program behind the port hears nothing, or with
--tcp-end fin by a FIN. An open UDP port stays silent unless its program knows
what to say to the data of -s and -p. A closed one may stay silent, too: Linux
sends a host six ICMP errors at once, and then one a second.
";

const DIFFERENCES: &str = "\
Output and letters are those of ping from iputils, with these differences:
  - replies with a wrong checksum are named and counted as corrupted, not as
    received
  - replies to requests that were never sent are not counted
  - -w takes fractions; -p takes no more than 16 bytes; wrong arguments exit
    with 2, never 1
  - -s ends at what fits into one packet (65507 for IPv4, 65527 for IPv6)
  - the host is shown as it was written, never by its canonical name
  - a link-local address needs its interface, by % or -I
  - -I with an address chooses the version of that address
  - errors of this machine are told in our own words
  - -v explains: it shows no socket numbers, and no dump of the header that an
    error quotes
  - -R chooses IPv4
  - -M takes probe, too
  - no broadcast (-b) and the other letters that are not listed above
";

const CODES: &str = "\
Exit codes: 0 some reply of every host, 1 none (or, with -c and -w, fewer than
asked for), 2 error. An answer of a closed port is a reply.
Ping only hosts that you own or may test.";
