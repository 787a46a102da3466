//! `trace --step` and `replay --step`: a person at a pseudo-terminal drives them, and scripts through a pipe; what was changed
//! or dropped is looked for in the capture file by tshark.

#[path = "../common/mod.rs"]
mod common;

mod changes;
mod ends;
mod person;
mod program;
mod recorded;
mod wire;
