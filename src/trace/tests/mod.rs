//! Conversations, segment by segment.

mod script;

mod closing;
mod data;
mod odd;
mod opening;
mod proptests;
