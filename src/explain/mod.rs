//! The words: every sentence that a learner reads, for flags, options, states, calls, marks, errors and verdicts.
//!
//! Nothing here draws or decides; a sentence is made from an event or a summary, the names of both ends, and whether
//! numbers are shown as they are on the wire. What is said of a segment follows RFC 9293.

mod agreement;
mod anatomy;
mod calls;
mod certainty;
mod comments;
mod exchange;
pub mod glossary;
mod icmp;
mod impatience;
mod judgement;
mod kernel;
mod marks;
mod names;
mod oddities;
mod one_way;
mod options;
mod probed;
mod reasons;
mod rerun;
mod reset;
mod stacks;
mod tally;
mod verdict;
mod voice;
mod words;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use anatomy::{Field, anatomy, anatomy_of_either};
pub use calls::call;
pub use certainty::{Known, NO_STATE, Sources};
pub use comments::comment;
pub use exchange::{
    ExchangeTally, ExchangeTopic, error_is_advice, error_label, error_reasons, exchange_name, exchange_verdict,
    message_label, message_reasons, quoted_unseen,
};
pub use icmp::{IcmpWords, icmp_advice, icmp_is_advice, icmp_label, icmp_reasons, icmp_words};
pub use impatience::impatience;
pub use judgement::{Case, damage_words};
pub use kernel::{Told, kernel_verdict, kernel_warning, kernel_words, process, system_call};
pub use marks::is_ignored;
pub use names::Names;
pub use oddities::oddity;
pub use options::{option_words, rare_options};
pub use reasons::{Reason, Topic, Weight, reasons};
pub use rerun::{Bytes, Difference, Facet, Rerun, Share, differences};
pub use stacks::why_linux_differs;
pub use tally::{Tally, gap};
pub use verdict::{Statement, elsewhere, verdict};
pub use voice::{Number, Voice};
pub use words::{
    brief_duration, count, duration, grouped, ordinal, payload, push_brief_duration, push_number, quoted, safe,
};
