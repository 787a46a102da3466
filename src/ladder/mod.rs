//! The picture without a toolkit: lanes, rows, arrows, notes and gaps, laid out once for every sink that draws.
//!
//! A [`Builder`] takes the events of one connection and keeps what is worth a row; what can be told only in hindsight
//! (which segment was never answered) is decided there. [`Builder::finish`] gives the [`Ladder`], and [`layout`]
//! turns it into lines of styled text; other sinks draw the rows themselves.

mod alone;
mod builder;
mod calls;
mod diagram;
mod draw;
mod exchange;
mod fate;
mod fold;
mod gaps;
mod handout;
mod header;
mod item;
mod items;
mod layout;
mod model;
mod page;
mod settings;
mod steps;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod tests;

pub use alone::{alone, turns};
pub use builder::Builder;
pub use diagram::state_diagram;
pub use exchange::ExchangeBuilder;
pub use handout::{Handout, handout};
pub use header::header;
pub use layout::{Line, Span, ascii, heads, layout, lines, side_by_side, statements, wrap};
pub use model::{Arrow, ArrowEnd, Ladder, Lane, LaneHead, Lifeline, Moment, Note, Row, Style};
pub use page::{list, page};
pub use settings::{Settings, Verbosity};
pub use steps::{Shot, Step, What, steps};
