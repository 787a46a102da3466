//! What goes wrong around a run: files that are there already, disks that are full, readers that leave, interfaces that go,
//! limits, and signals at every step. Each ends with a clear line and the right exit code, and leaves nothing behind.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod full;
mod keyboard;
#[allow(dead_code, reason = "some of it is for those that are killed")]
#[path = "../killed/left.rs"]
mod left;
mod limits;
mod outputs;
mod run;
mod signals;
mod wire;
