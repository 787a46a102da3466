//! `rawshake listen` as a program, with kernels as its clients: on the far host of a lab, and on loopback.

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod behaviour;
mod flood;
mod http;
mod loopback;
mod program;
mod table;
mod unanswered;
