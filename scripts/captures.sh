#!/bin/sh
# Makes the files in captures/ again: every one in the lab, by this tool.
set -eu
cd "$(dirname "$0")/.."
rawshake=${RAWSHAKE:-target/release/rawshake}
out=${CAPTURES:-captures}

# lab NAME EXPECTED-EXIT-CODE ARGUMENT…
lab() {
    file="$out/$1.pcap"
    expected="$2"
    shift 2
    code=0
    rm -f "$file"
    "$rawshake" "$@" --pcap "$file" >/dev/null 2>"$out/.stderr" || code=$?
    if [ "$code" != "$expected" ]; then
        echo "captures: $* ended with exit code $code, not $expected:" >&2
        cat "$out/.stderr" >&2
        exit 1
    fi
    echo "$file"
}
trap 'rm -f "$out/.stderr"' EXIT

lab four-segment        0 trace --lab --send hello
lab three-segment       0 trace --lab --lab-think 0 --send hello
lab refused             1 trace --lab --lab-server refuses
lab unanswered          1 trace --lab --lab-server silent --retries 3 --timeout 0.2
lab reset               0 trace --lab --close reset --send hello
lab half-close          0 trace --lab --lab-server http --http --close half
lab passive-close       0 trace --lab --close passive --send hello
lab simultaneous-open   0 trace --lab --open simultaneous
lab simultaneous-close  0 trace --lab --close simultaneous --send hello
lab ipv6                0 trace --lab -6 --send hello
lab data-both-ways      0 trace --lab --lab-server http --http
lab never-closes        1 trace --lab --lab-server never-closes --send hello
lab ping                0 ping --lab -c 3 -i 0.2

# The middle of a stream: the same connection without its SYNs.
rm -f "$out/mid-stream.pcap"
"$rawshake" replay "$out/four-segment.pcap" -f 'tcp[tcpflags] & tcp-syn == 0' --quiet --pcap "$out/mid-stream.pcap" >/dev/null
echo "$out/mid-stream.pcap"

# One direction of it.
one_way() { # name, filter
  rm -f "$out/$1.pcap"
  "$rawshake" replay "$out/four-segment.pcap" -f "$2" --quiet --pcap "$out/$1.pcap" >/dev/null
  echo "$out/$1.pcap"
}
one_way one-way 'dst port 7'
one_way one-way-answers 'src port 7'

# One for each phenomenon.
"${CARGO:-cargo}" run --quiet --release --locked --example captures -- "$out"
