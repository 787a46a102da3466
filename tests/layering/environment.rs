//! What is read of the environment: nothing but what stands here.

use super::{ROOMS, lines};

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
    let root = format!("{}/", env!("CARGO_MANIFEST_DIR"));
    let (mut wrong, mut found) = (Vec::new(), [false; ASKED.len()]);
    for (room, _) in ROOMS {
        for (place, code) in lines(room) {
            if !WAYS.iter().any(|way| super::names(&code, way) || code.contains(&format!("::{way}("))) {
                continue;
            }
            let place = place.strip_prefix(&root).unwrap_or(&place).to_owned();
            let row =
                ASKED.iter().position(|(file, words)| place.starts_with(&format!("{file}:")) && code.contains(words));
            match row {
                Some(row) => found[row] = true,
                None => wrong.push(format!("{place}: {}", code.trim())),
            }
        }
    }
    assert!(wrong.is_empty(), "not in the table: {}", wrong.join("\n"));
    assert!(found.iter().all(|found| *found), "no longer asked: {found:?}");
}
