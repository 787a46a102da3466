//! TCP options in words.

use super::Voice;
use crate::trace::SegmentEvent;
use crate::wire::OptionSummary;

/// Subtypes of the Multipath TCP option (RFC 8684 section 3), by number.
pub(super) const MPTCP_SUBTYPES: [&str; 9] =
    ["MP_CAPABLE", "MP_JOIN", "DSS", "ADD_ADDR", "REMOVE_ADDR", "MP_PRIO", "MP_FAIL", "MP_FASTCLOSE", "MP_TCPRST"];

/// The options of a segment that are worth a row: all of them on a SYN or if `all`, otherwise those that are not on
/// every segment.
#[must_use]
pub fn option_words(segment: &SegmentEvent, voice: &Voice<'_>, all: bool) -> Vec<String> {
    let options = &segment.options;
    let all = all || segment.flags.syn();
    let mut words = Vec::new();
    words.extend(options.mss.map(|mss| format!("mss {mss}")));
    if options.sack_permitted {
        words.push("sack".to_owned());
    }
    if all && let Some((value, echo)) = options.timestamps {
        words.push(if segment.flags.syn() && !voice.absolute { "ts".to_owned() } else { format!("ts {value} {echo}") });
    }
    words.extend(options.window_scale.map(|shift| format!("wscale {shift}")));
    for (left, right) in options.sack.as_slice() {
        words.push(format!("sack {}-{}", voice.of_receiver(segment, *left), voice.of_receiver(segment, *right)));
    }
    words.extend(rare_options(options, all));
    words
}

/// Multipath TCP's data sequence signal, which stands on nearly every segment.
const MPTCP_DSS: u8 = 2;

/// Options that few connections use; those that stand on every segment of such a connection only if `all`.
pub fn rare_options(options: &OptionSummary, all: bool) -> impl Iterator<Item = String> {
    let fast_open = options.fast_open.map(|cookie| match cookie {
        0 => "fast open, asks for a cookie".to_owned(),
        octets => format!("fast open cookie of {octets}"),
    });
    let mptcp = options.mptcp.filter(|subtype| all || *subtype != MPTCP_DSS).map(|subtype| {
        MPTCP_SUBTYPES
            .get(usize::from(subtype))
            .map_or_else(|| format!("mptcp subtype {subtype}"), |name| format!("mptcp {name}"))
    });
    let user_timeout = options.user_timeout.map(|value| {
        let unit = if value & 0x8000 == 0 { "s" } else { "min" };
        format!("user timeout {} {unit}", value & 0x7fff)
    });
    let flags = [
        (all && options.md5, "md5 signature"),
        (all && options.ao, "authentication"),
        (all && options.acc_ecn, "accurate ecn"),
        (options.malformed, "malformed options"),
    ];
    [fast_open, mptcp, user_timeout, options.unknown.map(|kind| format!("kind {kind}"))]
        .into_iter()
        .flatten()
        .chain(flags.into_iter().filter(|(present, _)| *present).map(|(_, words)| words.to_owned()))
}
