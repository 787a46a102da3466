//! Why the other end repeats itself while somebody thinks.

use crate::trace::{Mark, Marks};

/// Why `peer`, with its article, repeats itself while somebody thinks; none for what is no repetition. The kernel of the peer
/// does not know that anybody does.
#[must_use]
pub fn impatience(marks: Marks, peer: &str) -> Option<String> {
    let rows = [
        (
            Mark::SynAckRetransmission,
            "its handshake is not finished; Linux waits ever longer, and forgets it after a minute",
        ),
        (Mark::FinRetransmission, "its FIN is not acknowledged"),
        (Mark::Retransmission, "its data is not acknowledged"),
    ];
    let (_, why) = rows.into_iter().find(|(mark, _)| marks.has(*mark))?;
    Some(format!("While you think {peer} goes on: its timer went off, since {why}. Your own timers stand still."))
}
