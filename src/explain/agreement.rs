//! Which options both ends agreed on.

use super::Names;
use crate::trace::{Pair, Side, Summary};
use crate::wire::OptionSummary;

/// Maximum segment size towards an end that offered none (RFC 9293 section 3.7.1, for IPv4 and IPv6).
const DEFAULT_MSS: (u16, u16) = (536, 1220);

/// Whether an option was offered.
type Offers = fn(&OptionSummary) -> bool;

/// Options that are in force only if both SYNs carry them.
const MUTUAL: [(&str, Offers); 4] = [
    ("SACK", |options| options.sack_permitted),
    ("timestamps", |options| options.timestamps.is_some()),
    ("MPTCP", |options| options.mptcp.is_some()),
    ("window scale", |options| options.window_scale.is_some()),
];

/// The words after `Agreed`: what is in force, client's value first, then what only one end offered.
pub(super) fn agreement(summary: &Summary, names: &Names) -> Option<String> {
    let offered = match (summary.offered.client, summary.offered.server) {
        (Some(client), Some(server)) => Pair { client, server },
        (None, None) => return Some("unknown: neither SYN is in the capture, so windows may be scaled".to_owned()),
        (Some(_), None) if summary.one_way == Some(Side::Client) => {
            return Some(format!("unknown: {} SYN ACK is not in the capture", names.whose(Side::Server)));
        }
        (Some(_), None) => return None,
        (None, Some(_)) => return Some(format!("unknown: {} SYN is not in the capture", names.whose(Side::Client))),
    };
    let mut parts = vec![mss(&offered, summary.client.is_ipv6())];
    if let (Some(client), Some(server)) = (offered.client.window_scale, offered.server.window_scale) {
        parts.push(format!("window scale {client}/{server}"));
    }
    let both = |has: Offers| has(&offered.client) && has(&offered.server);
    let named = MUTUAL.iter().filter(|(name, has)| *name != "window scale" && both(*has));
    parts.extend(named.map(|(name, _)| (*name).to_owned()));
    let ecn = summary.ecn.client && summary.ecn.server;
    parts.extend(ecn.then(|| "ECN".to_owned()));
    let mut text = parts.join(", ");
    for side in Side::BOTH {
        if let Some(refused) = offered_alone(summary, &offered, side) {
            text += &format!("; not {refused}: only {} offered", names.the(side));
        }
    }
    Some(text)
}

fn mss(offered: &Pair<OptionSummary>, v6: bool) -> String {
    let default = if v6 { DEFAULT_MSS.1 } else { DEFAULT_MSS.0 };
    let of =
        |options: &OptionSummary| options.mss.map_or_else(|| format!("{default} (not said)"), |mss| mss.to_string());
    format!("mss {}/{}", of(&offered.client), of(&offered.server))
}

/// What `side` offered and the other end did not.
fn offered_alone(summary: &Summary, offered: &Pair<OptionSummary>, side: Side) -> Option<String> {
    let alone = |has: Offers| has(&offered[side]) && !has(&offered[side.other()]);
    let mut names: Vec<_> = MUTUAL.iter().filter(|(_, has)| alone(*has)).map(|(name, _)| *name).collect();
    // Only the client offers: its SYN asks, and the SYN ACK agrees or not.
    let ecn = side == Side::Client && summary.ecn.client && !summary.ecn.server;
    names.extend(ecn.then_some("ECN"));
    (!names.is_empty()).then(|| names.join(", "))
}
