//! What a listener did, in a few lines or one object.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::craft::listen::Stats;
use crate::explain::{count, grouped};
use crate::sys::words_of;
use crate::trace::SCHEMA;

/// What was seen, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Packets {
    /// Packets of the listener and its clients that were captured.
    pub(super) captured: u64,
    /// Packets that were not shown, as in a flood.
    pub(super) not_shown: u64,
    /// Packets that the capture lost.
    pub(super) not_captured: u64,
    /// Packets that this machine did not let out.
    pub(super) not_sent: u64,
    /// Why the last of them was not, as errno(3).
    #[serde(serialize_with = "in_words", rename = "not_sent_because", skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<i32>,
}

fn in_words<S: Serializer>(errno: &Option<i32>, serializer: S) -> Result<S::Ok, S::Error> {
    errno.map(words_of).serialize(serializer)
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    event: &'static str,
    port: u16,
    #[serde(flatten)]
    stats: &'a Stats,
    #[serde(flatten)]
    packets: Packets,
}

/// One line of JSON.
///
/// # Errors
/// Those of `out`.
pub(super) fn json(out: &mut dyn Write, port: u16, stats: &Stats, packets: Packets) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Object { schema: SCHEMA, event: "listener", port, stats, packets })?;
    writeln!(out)
}

/// Lines for a person: what happened, and nothing of what did not.
pub(super) fn lines(port: u16, stats: &Stats, packets: Packets) -> Vec<String> {
    let mut first = format!("Port {port}: {}, {} accepted", count(stats.syns, "SYN"), grouped(stats.accepted));
    let closed = stats.ended.saturating_sub(stats.aborted);
    let ends =
        [(closed, "closed in good order"), (stats.aborted, "reset by us, as asked"), (stats.broken, "broken off")];
    for (number, how) in ends.into_iter().filter(|(number, _)| *number > 0) {
        first += &format!(", {} {how}", grouped(number));
    }
    let why = packets.refusal.map(|errno| format!(": {}", words_of(errno))).unwrap_or_default();
    let not_sent = format!("that this machine did not let out{why}");
    let rows = [
        (stats.lost, "SYN", "taken as lost, as asked"),
        (stats.duplicate_syns, "SYN", "sent again by a client: our answer was late or lost"),
        (stats.syn_acks_again, "SYN-ACK", "sent again: no third segment came"),
        (stats.half_open_expired, "connection", "left in SYN-RECEIVED until we gave up"),
        (stats.half_open_reset, "connection", "reset by the client in SYN-RECEIVED"),
        (stats.cookies_sent, "SYN cookie", "sent: nothing was kept of the SYN"),
        (stats.cookies_taken, "connection", "taken over by a cookie"),
        (stats.overflow_dropped, "segment", "dropped for lack of a place: the client tries again"),
        (stats.overflow_refused, "segment", "refused with RST for lack of a place: ECONNREFUSED"),
        (stats.strays_reset, "segment", "of no connection, answered with RST"),
        (packets.not_shown, "packet", "not shown: nothing followed"),
        (packets.not_captured, "packet", "lost by the capture: they came too fast"),
        (packets.not_sent, "packet", &not_sent),
    ];
    let told = rows.into_iter().filter(|(number, ..)| *number > 0);
    let told = told.map(|(number, noun, words)| format!("  {} {words}", count(number, noun)));
    std::iter::once(first).chain(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_told() {
        let stats = Stats { syns: 1, accepted: 1, ended: 1, ..Stats::default() };
        assert_eq!(lines(80, &stats, Packets::default()), ["Port 80: 1 SYN, 1 accepted, 1 closed in good order"]);
        let stats = Stats { syns: 3, accepted: 3, ended: 3, aborted: 2, ..Stats::default() };
        let both = "Port 80: 3 SYNs, 3 accepted, 1 closed in good order, 2 reset by us, as asked";
        assert_eq!(lines(80, &stats, Packets::default()), [both]);
        let stats = Stats { syns: 1, accepted: 1, ended: 1, aborted: 1, ..Stats::default() };
        assert_eq!(lines(80, &stats, Packets::default()), ["Port 80: 1 SYN, 1 accepted, 1 reset by us, as asked"]);
        let stats = Stats { syns: 100_000, cookies_sent: 98_976, broken: 1, accepted: 1, ..Stats::default() };
        let lines = lines(80, &stats, Packets { not_shown: 7, ..Packets::default() });
        assert_eq!(lines[0], "Port 80: 100,000 SYNs, 1 accepted, 1 broken off");
        assert!(lines[1].starts_with("  98,976 SYN cookies sent") && lines[2].starts_with("  7 packets not shown"));
    }

    #[test]
    fn json_has_every_count() {
        let mut out = Vec::new();
        json(&mut out, 80, &Stats { syns: 3, ..Stats::default() }, Packets::default()).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&object["event"], &object["port"], &object["syns"]), (&"listener".into(), &80.into(), &3.into()));
        assert_eq!(object["not_captured"], 0);
    }
}
