//! What is read of the environment: nothing but what stands here.

use super::must_be_listed;

/// Ways to it.
const WAYS: [&str; 11] = [
    "env::var",
    "env::vars",
    "env::var_os",
    "env::vars_os",
    "env::set_var",
    "env::remove_var",
    "env::temp_dir",
    "env::home_dir",
    "env::split_paths",
    "getenv",
    "environ",
];

/// Where it is asked for what, and why that is no way in. Behind sudo and with capabilities of the file, all but colours and
/// who called are gone before the first of these is reached (`keep_only_colours`).
const ASKED: [(&str, &str); 6] = [
    // Who called; validated against the list of users.
    ("src/sys/confine/identity.rs", "let found = find(|name| std::env::var_os(name)"),
    // What is taken away.
    ("src/sys/confine/identity.rs", "std::env::vars_os().filter"),
    ("src/sys/confine/identity.rs", "std::env::remove_var(name)"),
    // Whether a terminal can be written to in place.
    ("src/cmd/in_place.rs", "std::env::var_os(\"TERM\")"),
    // The shell of who runs a lab without sudo.
    ("src/cmd/lab/shell.rs", "std::env::var_os(\"SHELL\")"),
    // Where progress is kept; under sudo nowhere.
    ("src/cmd/learn/record.rs", "env::var_os("),
];

#[test]
fn the_environment_is_asked_for_nothing_but_what_is_listed() {
    must_be_listed(&WAYS, &ASKED);
}
