//! Maps the outcome of a command to an exit code.

fn main() {}
