//! Conversations, segment by segment.

mod script;

mod abnormal;
mod closing;
mod data;
mod memory;
mod odd;
mod opening;
mod orderly;
mod probing;
mod proptests;
mod zeek;
