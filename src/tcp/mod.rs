//! RFC 9293 as data and small functions: states, sequence arithmetic, events, the transition table.

mod answer;
mod call;
mod event;
mod judge;
mod linux;
mod relative;
mod respond;
mod seq;
mod state;
mod table;
mod variables;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Expected, Number, Shape, Standing, expected};
pub use call::Call;
pub use event::Event;
pub use judge::{
    Basis, Damage, Heard, Judgement, Observed, Ruling, Verdict, judge, judge_by_answer, judge_with_or_without_program,
    state_after,
};
pub use linux::{Cause, Difference, LINUX, linux_differs};
pub use relative::{ORIGINS, Origin, Relative, RelativeError, WINDOW};
pub use respond::{Arriving, Events, Response, respond, section_of};
pub use seq::Seq;
pub use state::State;
pub use table::{Next, RULES, Reply, Rule, next_state, rule_for};
pub use variables::Variables;
