//! The kernel column: what the kernel of the lab's server tells, in its place among the segments.

mod account;
mod own;
mod polled;
mod programs;
mod shell;
mod situations;
mod without;

#[path = "../common/mod.rs"]
mod common;
