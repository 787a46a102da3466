//! What a run needs that both sides have: what the hand-made end is told, and how it went.

use std::time::Duration;

use super::args::AgainstArgs;
use super::pattern::Patterns;
use super::recording::Recording;
use crate::cmd::kept::Kept;
use crate::craft::conversation::{Comparison, Conversation, Pace, Player};
use crate::craft::{Offer, Timing};
use crate::sys::{Signal, random};
use crate::wire::IpFields;

/// From the first SYN to the second.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long TIME-WAIT answers a repeated FIN.
const LINGER: Duration = Duration::from_millis(300);
/// How often the same is sent again: enough for a wire that loses one packet of twenty.
const RETRIES: u8 = 6;
/// The receive window.
pub(super) const WINDOW: u32 = 64_240;

/// How a run went.
pub(super) struct Played {
    /// What the tracer saw.
    pub(super) kept: Kept,
    /// The signal that ended it.
    pub(super) signal: Option<Signal>,
    /// What went otherwise than asked, in a sentence.
    pub(super) complaint: Option<String>,
    /// Octets that we said.
    pub(super) said: usize,
    /// What the peer said.
    pub(super) heard: Comparison,
}

/// The player of our side.
pub(super) fn player(args: &AgainstArgs, recording: &Recording) -> Player {
    let conversation = &recording.conversation;
    let pace = Pace { fast: args.fast, wait: args.wait.0, patience: patience(args, conversation) };
    Player::new(conversation, args.role(), Box::new(Patterns(args.ignore.clone())), pace)
}

/// How long the peer may say nothing.
fn patience(args: &AgainstArgs, conversation: &Conversation) -> Duration {
    args.deadline.0 + conversation.longest_silence()
}

/// How long the endpoint waits for what.
pub(super) fn timing(args: &AgainstArgs, conversation: &Conversation) -> Timing {
    Timing {
        timeout: TIMEOUT,
        retries: RETRIES,
        wait: args.wait.0,
        // First the player loses patience, and goes on; then the endpoint.
        deadline: patience(args, conversation) + args.deadline.0,
        linger: LINGER,
    }
}

/// The IP header of our packets.
pub(super) fn ip() -> anyhow::Result<IpFields> {
    Ok(IpFields { identification: random::u16()?, flow_label: random::u32()?, ..IpFields::default() })
}

/// The options that our side offered when it was recorded, as far as a packet of ours has room.
pub(super) fn offer(args: &AgainstArgs, recording: &Recording, room: u16) -> Offer {
    let offer = recording.conversation.part(args.role()).offer;
    Offer { mss: offer.mss.map(|mss| mss.min(room)), ..offer }
}
