//! Maps the outcome of a command to an exit code, and does nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    rawshake::cmd::main()
}
