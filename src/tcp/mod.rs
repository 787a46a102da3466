//! RFC 9293 as data and small functions: states, sequence arithmetic, events, the transition table.

mod call;
mod seq;
mod state;

pub use call::Call;
pub use seq::Seq;
pub use state::State;
