//! One file for each subcommand: its arguments and a short run.
