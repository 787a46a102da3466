//! Every segment in every state: what RFC 9293 asks for, what Linux does, and what the kernel of this machine does.

#[path = "../common/mod.rs"]
mod common;
mod kernel;
#[path = "../trace/program.rs"]
mod program;
mod rules;
mod table;
