//! `rawshake replay --onto` as a program: what it puts on a cable, and what comes out at the far end.

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod cable;
mod faults;
mod lab;
mod memory;
mod plain;
mod rewrite;
mod safety;
