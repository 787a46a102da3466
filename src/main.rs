//! Maps the outcome of a command to an exit code, and does nothing else.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: rawshake::sys::memory::Memory = rawshake::sys::memory::Memory;

fn main() -> ExitCode {
    rawshake::cmd::main()
}
