//! What is typed: arguments of every command, conditions of `--where`, and scripts of `send --file`.

use std::cell::RefCell;

use clap::{Command, FromArgMatches as _};
use rawshake::cmd::{self, Cli};

use super::assert_clean;

thread_local! {
    /// The tree of arguments, which takes far longer to grow than to ask.
    static TREE: RefCell<Command> = RefCell::new(cmd::command());
}

/// One argument a line; the same text as a condition and as a script.
pub(crate) fn body(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words = ["rawshake"].into_iter().chain(text.split('\n'));
    if let Ok(matches) = TREE.with_borrow_mut(|tree| tree.try_get_matches_from_mut(words)) {
        let _ = Cli::from_arg_matches(&matches);
    }
    for error in [cmd::replay::check_condition(&text).err(), cmd::send::check_script(&text).err()] {
        // What was typed comes back in it.
        let _ = error.map(|error| assert_clean(&error.escape_debug().to_string()));
    }
}
