//! `rawshake replay --against` as a program: conversations that kernels had, had again with kernels and with ourselves.

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod client;
mod program;
mod server;
