//! The other side in the lab: a program with a kernel's socket that does what was recorded.

use crate::craft::conversation::{Act, Conversation, Line, Role};
use crate::lab::{Cue, Deed, Script};

/// What `role` did, for a program of the lab; without thinking where it goes `fast`.
pub(super) fn script(conversation: &Conversation, role: Role, fast: bool) -> Script {
    let cue = |Line { heard, think, act }: Line| Cue {
        heard: heard.octets,
        end: heard.fin,
        think: if fast { std::time::Duration::ZERO } else { think },
        deed: match act {
            Act::Say(octets) => Deed::Say(octets),
            Act::Shut => Deed::Shut,
            Act::Reset => Deed::Reset,
        },
    };
    let cues = conversation.script(role).into_iter().map(cue).collect();
    Script { octets: conversation.part(role).octets.clone(), cues }
}
