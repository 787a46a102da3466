#!/bin/sh
# What tshark says of the UDP streams and the echo pairs in each capture of a folder, for tests/exchanges.
#
# usage: scripts/tshark-exchanges.sh FOLDER >tests/exchanges/tshark.tsv
#
# FOLDER has files.tsv, whose first column names the captures. Files without either have no row. A stream counts where its
# datagram is the innermost packet: neither a tunnel, nor quoted by an ICMP error, nor found in the payload of TCP.
set -eu
folder=${1:?usage: scripts/tshark-exchanges.sh FOLDER}
tab=$(printf '\t')

echo "file${tab}udp_streams${tab}echo_pairs"
tail -n +2 "$folder/files.tsv" | cut -f 1 | while IFS= read -r file; do
    tshark -2 -n -r "$folder/$file" -Y 'udp or icmp or icmpv6' -T fields -E occurrence=l \
        -e frame.protocols -e udp.stream -e icmp.resp_to -e icmpv6.resp_to </dev/null 2>/dev/null |
        awk -F '\t' -v file="$file" '
            function is_payload(protocols, number, parts, at, last) {
                number = split(protocols, parts, ":")
                for (at = 1; at <= number; at++) if (parts[at] == "udp") last = at
                for (at = 1; at <= number; at++) {
                    if (parts[at] ~ /^(tcp|icmp|icmpv6)$/) return 0
                    if (at > last && parts[at] ~ /^(ip|ipv6)$/) return 0
                }
                return last
            }
            is_payload($1) && $2 != "" { streams[$2] }
            $3 != "" || $4 != "" { pairs++ }
            END {
                for (stream in streams) count++
                if (count || pairs) printf "%s\t%d\t%d\n", file, count, pairs
            }'
done
