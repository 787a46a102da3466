//! What stands below the options in the help.

use crate::tcp::{ORIGINS, Origin};

/// Below the short help.
pub(super) fn short() -> String {
    format!("Examples:\n{FIRST_EXAMPLES}{SUDO_EXAMPLES}\n{SHORT_CODES}{CAUTION}")
}

/// Below the long help. The numbers that `--seq` and `--ack` can count from stand in one table, and here.
pub(super) fn long() -> String {
    let origin = |origin: &Origin| format!("          {:<8} {}\n", origin.name, origin.meaning);
    let origins: String = ORIGINS.iter().map(origin).collect();
    format!(
        "Examples:\n{FIRST_EXAMPLES}{MORE_EXAMPLES}{SUDO_EXAMPLES}{MORE_SUDO_EXAMPLES}\n{FIELDS}\n{NUMBERS}{origins}{SUMS}\n\
         {SERIES}\n{SCRIPTS}\n{EQUIVALENTS}\n{EXPECTED}\n{STATES}\n{LONG_CODES}{CAUTION}"
    )
}

const FIRST_EXAMPLES: &str = "  rawshake send --lab                        a SYN, and the SYN-ACK of a server
  rawshake send --lab -f FPU --opt ts=1,0    the Xmas segment of port scanners
  rawshake send --lab -f SA --ack 1000       a SYN-ACK that nobody asked for
  rawshake send --lab --from established -f R --seq rcv.nxt+100
                                             what a reset does that is not exact
  rawshake send --lab --file SCRIPT          several lines, checked like a test
";

const MORE_EXAMPLES: &str = "  rawshake send --lab --from time-wait -f S --seq rcv.nxt+1
                                             a new connection in place of an old
  rawshake send --lab --opt mss/3=1460 --opt raw=0505
                                             options with wrong lengths
  rawshake send --lab --hex                  every octet, and what it means
  rawshake send --lab -6 --payload-random 4000 --fragment 1200
";

const SUDO_EXAMPLES: &str = "  sudo rawshake send 192.0.2.7 -p 20-25,80 --rate 100
                                             which ports answer
  sudo rawshake send 192.0.2.7:443 --ttl 1-30
                                             the way there, as traceroute
";

const MORE_SUDO_EXAMPLES: &str = "  sudo rawshake send 192.0.2.7 --udp -p 53 --payload hi
  sudo rawshake send 192.0.2.7 -c 100 -i u1000
                                             SYNs 1 ms apart, reply times
  sudo rawshake send 192.0.2.7 25 --from time-wait --request 'QUIT\\r\\n' -f S
                                             a SYN to a TIME-WAIT
";

const FIELDS: &str = "\
Flags:    letters of hping3, nping (S F R P A U, E or X, C or Y, N) and tcpdump
          (. for ACK, E, W, e), names (syn,ack or fin+ack), or a number to
          0xfff, whose upper three bits are the reserved ones. A name comes
          first: ECE is that flag.
Options:  --opt NAME[/LENGTH][=VALUE], once for each, in their order. /LENGTH
          writes a wrong length octet. They are padded with zeros.
          mss=1460 wscale=7 sackok sack=1:5,7:9 ts=TSVAL,TSECR tfo[=HEX]
          mptcp[=HEX] md5=HEX ao=HEX uto=300 exp=HEX exp2=HEX nop eol raw=HEX,
          or any kind by its number: 77=HEX
";

const NUMBERS: &str = "\
Numbers:  with --from and --file, --seq and --ack count from the connection, as
          the end sees it that gets the segment:
";

const SUMS: &str = "          and behind it +N, -N, +rcv.wnd (the window that it offers):
          rcv.nxt+rcv.wnd is the first one beyond. In closed and listen, where
          no connection is, they are numbers that one could have.
";

const SCRIPTS: &str = "\
Scripts:  a line of --file holds the options of one packet, or one of these; #
          begins a comment. examples/scripts/ has five, and the whole story.
          expect WHAT [seq=N] [ack=N] [window=N] [len=N] [within=TIME]
                      the next packet that comes: WHAT is flags such as SA,
                      nothing, anything, rfc (what RFC 9293 asks for), udp, or
                      icmp [TYPE[/CODE]]; --timeout if no time is said
          maybe WHAT  the same, but anything else is left for the next line
          wait TIME
          Where numbers are left out, lines carry on with the connection:
            -f S
            expect SA ack=irs+1
            -f A
            -f PA --payload \"GET / HTTP/1.0\\r\\n\\r\\n\"
            expect A ack=rcv.nxt
          Exit code 0 if all that is expected came, else 1.
";

const SERIES: &str = "\
Series:   -p 20-25,80 is one packet to each port, --ttl 1-30 one to each hop
          until the host answers, each after the reply to the one before or
          --timeout, unless -i or --rate says how fast; --sweep takes either.
          Below come how many were answered, and percentiles of the reply
          times; with -q under a list nothing else, as in ping and hping3. In
          JSON that is a `series`, times_ns in nanoseconds.
";

const EQUIVALENTS: &str = "\
The same as in other tools:
  hping3  -S -A -F -R -P -U -X -Y, -s -p -k, -w -O -M -L, -a -t -o -N -x -y -g,
          -d -E, -b, -1 -2 -C -K, -c, -i u100, --fast --faster, -8 -T, -I, -j -V
  nping   --tcp --udp --flags --seq --ack --win --source-port --dest-port --ttl
          --tos --id --df --mf --badsum --badsum-ip --data HEX --data-string
          --data-length --icmp-type --icmp-code --delay --rate -c -e -4 -6
  ping    -c -i -W -t -I -4 -6 -q
Otherwise than there: -f is --flags (hping3's -f is --fragment), -s is the
source port (ping's size is -d), and -c counts packets that are sent, as in
hping3. There is no -n, and no need of it: addresses are always numbers.
";

const EXPECTED: &str = "\
Expected: the answer is held against what RFC 9293 section 3.10.7, with RFC
          5961, asks of the target's state. Without --from the answer tells
          that state: LISTEN or CLOSED. Where Linux is known to answer
          otherwise, the reason is given; the exit code is 1 all the same.
          Not judged: UDP and ICMP, a --ttl series, SYNs after the first that
          --keep their ports, what follows the first 1,000 packets, and what by
          an ICMP error never got there (exit code 1); after a source quench or
          a redirect it went on, and its answer is waited for. Nor is silence
          where the answer goes to a spoofed address (exit code 0), or where
          Ctrl-C came first.
          What no ladder can show (a fragment alone, a wrong data offset, an
          ICMP error) is told in a line, in JSON a `packet`: sent, why.
          In JSON each is a `judgement`: sent, state, expected and observed
          (reply, seq, ack, next_state), agrees (null where an ICMP error came),
          known (a stack that does so), rfc_section, note.
";

const STATES: &str = "\
States:   the lab's program does what --from needs of it. Elsewhere, and with
          --lab-server, a program reacts to what it gets: --request (else an
          HTTP request with Connection: close) makes it answer and close first,
          for fin-wait-1, fin-wait-2, closing and time-wait; our FIN makes it
          close for last-ack, and for close-wait it must not close yet. syn-sent
          is only in the lab: nobody else's program calls us; nor can it be seen
          whether one still holds its socket (fin-wait-2-orphan). -i waits in
          the state; --show-equivalent shows the segment that was sent. There is
          one connection and one segment: no --count, no --sweep.
          A connection made for --from is freed with a RST in the end, but for
          those of the lab, which go with it.
";

const SHORT_CODES: &str = "\
Exit codes: 0 what RFC 9293 asks for came back (or no answer, where it asks for
none), 1 something else or nothing did, 2 error, 130 Ctrl-C.
";

const LONG_CODES: &str = "\
Exit codes: 0 what RFC 9293 asks for came back (to -f R, or to a wrong checksum,
that is no answer; where nothing is judged, anything), 1 something else or
nothing did, 2 error, 130 Ctrl-C.
";

const CAUTION: &str = "Send only to hosts that you own or may test.";
