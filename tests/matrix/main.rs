//! Every segment in every state: what RFC 9293 asks for, what Linux does, and what the kernel of this machine does.

mod rules;
#[path = "../support/mod.rs"]
mod support;
mod table;
