#!/bin/sh
# A server written in shell: socat forks for each connection and makes it what a shell reads and writes, which hands it on to
# cat. Three clients on the other host call at once.
#
# $1: the program, to join the lab; $2: a file for what strace sees of the server.
set -eu
calls=accept,accept4,listen,dup,dup2,dup3,fcntl,close,close_range,read,write,recvfrom,sendto,shutdown
strace -f -qq -yy -e trace="$calls" -o "$2" \
    socat TCP-LISTEN:9000,fork,reuseaddr EXEC:'sh tests/kernel_column/programs/answer.sh',nofork &
until grep -qs 'listen(.*= 0' "$2"; do sleep 0.02; done
"$1" lab run --join -- sh -c '
    for name in Anna Bo Chris; do
        printf "%s\nas it is\n" "$name" | socat -t9 - TCP:192.0.2.2:9000 &
    done
    wait' >&2
kill "$(head -n 1 "$2" | cut -d " " -f 1)"
wait || true
