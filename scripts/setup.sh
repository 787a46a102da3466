#!/bin/sh
# Installs what building and testing need and the machine lacks, from Debian's packages.
#   scripts/setup.sh build   a C linker and libpcap's headers
#   scripts/setup.sh test    the tools as well that the tests compare with
#   scripts/setup.sh bench   the programs as well that are measured beside this one
set -eu

missing=""
need() { # need COMMAND-OR-FILE PACKAGE
    case "$1" in
        /*) for file in $1; do [ -e "$file" ] && return; done ;;
        *) command -v "$1" >/dev/null 2>&1 && return ;;
    esac
    missing="$missing $2"
}

PATH="$PATH:/usr/sbin:/sbin"
need cc gcc
need pkg-config pkg-config
need '/usr/include/pcap/pcap.h' libpcap-dev
if [ "${1:-build}" = test ]; then
    need tshark tshark
    need tcpdump tcpdump
    need ping iputils-ping
    need ip iproute2
    need setpriv util-linux
    need strace strace
    need socat socat # a server that forks for each client and runs a shell behind each
    need curl curl
    need ethtool ethtool
    need man man-db # man pages and completions are read by those they are for
    need zsh zsh
    need fish fish
    need nft nftables
    need setcap libcap2-bin
    need objdump binutils
    need rsvg-convert librsvg2-bin
    need chromium chromium # the page that --format html makes is opened in it
    need plantuml plantuml # with mermaid, below, it reads the diagrams that are made for it
    need python3 python3-venv
    if command -v python3 >/dev/null 2>&1 && ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
        missing="$missing python3-venv"
    fi
fi

if [ "${1:-build}" = bench ]; then
    need tshark tshark
    need tcpdump tcpdump
    need tcptrace tcptrace # argus is left to people: its package starts a service that captures
    need ping iputils-ping
    need tcpreplay tcpreplay
    need hping3 hping3
    need nping nmap
fi

# scapy, which builds the same packets from the same fields, from PyPI into target/scapy.
scapy() {
    [ "$1" = test ] && [ ! -x target/scapy/bin/python ] || return 0
    echo "setup: installing scapy into target/scapy" >&2
    if ! { python3 -m venv target/scapy && target/scapy/bin/pip install -q 'scapy==2.8.0'; } >&2; then
        rm -rf target/scapy
        echo "setup: without scapy the tests that compare with it are skipped" >&2
    fi
}

# Mermaid, from the npm registry into target/mermaid: the one file that a browser needs.
mermaid() {
    [ "$1" = test ] && [ ! -e target/mermaid/mermaid.min.js ] || return 0
    if ! command -v npm >/dev/null 2>&1; then
        echo "setup: without npm there is no Mermaid, and the tests that draw with it are skipped" >&2
        return 0
    fi
    echo "setup: fetching mermaid into target/mermaid" >&2
    mkdir -p target/mermaid
    if ! (cd target/mermaid && npm pack --silent mermaid@12.3.0 >/dev/null &&
        tar -xzf mermaid-12.3.0.tgz --strip-components=2 package/dist/mermaid.min.js) >&2; then
        echo "setup: without mermaid the tests that draw with it are skipped" >&2
    fi
    rm -f target/mermaid/mermaid-12.3.0.tgz
}

if [ -z "$missing" ]; then
    scapy "${1:-build}"
    mermaid "${1:-build}"
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: please install with your package manager:$missing" >&2
    exit 2
fi
if [ "$(id -u)" = 0 ]; then
    run=""
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
    run="sudo"
elif [ "${1:-build}" != build ] && [ -e /usr/include/pcap/pcap.h ] && command -v cc >/dev/null 2>&1; then
    echo "setup: without root these are not installed, and comparisons with them are skipped:$missing" >&2
    exit 0
else
    echo "setup: installing needs root; ask somebody who has it to run: apt-get install$missing" >&2
    exit 2
fi
echo "setup: installing$missing" >&2
# shellcheck disable=SC2086
{
    $run apt-get update -qq
    $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
} >&2
scapy "${1:-build}"
mermaid "${1:-build}"
