//! `rawshake trace` as a program: in its lab, on loopback, without privileges, with wrong arguments; its capture files are
//! read by tshark.

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod closing;
mod datagrams;
mod failing;
mod interrupt;
mod kernel_client;
mod loopback;
mod many;
mod program;
mod tshark;
