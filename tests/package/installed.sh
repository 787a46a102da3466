#!/bin/sh
# Installs the package, uses it as an ordinary user, and removes it: on a system where that harms nobody.
set -eu
cd /
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
files() { find /etc /opt /srv /usr /var -xdev -name '*rawshake*' -not -path '/var/cache/man/*' | sort; }
files >/run/before

dpkg -i /run/rawshake.deb >/run/said 2>&1 || { cat /run/said >&2; exit 1; }
getcap /usr/bin/rawshake | grep -q 'cap_net_admin,cap_net_raw' || { echo "no capabilities" >&2; exit 1; }

user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
ip link set lo up
user rawshake doctor || { echo "doctor: $?" >&2; exit 1; }
user rawshake trace --lab --send hello -q >/run/ladder
grep -q 'FIN ACK' /run/ladder
# Over a raw socket, to a port of this machine where nobody listens.
user rawshake trace 127.0.0.1:9 --timeout 1 -q >/run/refused || [ $? = 1 ]
grep -q RST /run/refused
user rawshake ping 127.0.0.1 -c 1 | grep -q ' 0% packet loss'
user rawshake replay /usr/share/doc/rawshake/captures/four-segment.pcap --list | grep -q four-segment

if command -v man >/dev/null; then
    for page in rawshake rawshake-trace rawshake-lab-serve; do
        man -P cat "$page" 2>/dev/null | grep -q EXAMPLES || { echo "no page $page" >&2; exit 1; }
    done
else
    zcat /usr/share/man/man1/rawshake-trace.1.gz | grep -q EXAMPLES
fi
bash -c 'source /usr/share/bash-completion/completions/rawshake && complete -p rawshake' >/dev/null

dpkg --purge rawshake >/run/said 2>&1 || { cat /run/said >&2; exit 1; }
files >/run/after
if diff /run/before /run/after; then echo "nothing is left"; else exit 1; fi
