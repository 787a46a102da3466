//! `rawshake send`, run as a program.

#[path = "../common/mod.rs"]
mod common;
#[path = "../trace/program.rs"]
mod program;

mod arguments;
mod from;
mod hops;
mod replies;
mod scapy;
mod scripts;
