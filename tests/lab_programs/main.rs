//! `rawshake lab`: servers and clients with the kernel's sockets, against the kernel: what is on the wire, which processes
//! there are, and what is left behind.

#[path = "../common/mod.rs"]
mod common;

mod joining;
mod kernel;
mod models;
mod program;
mod running;
mod situations;
