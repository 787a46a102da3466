//! What several tests need.

#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod flood;
pub(crate) mod program;
pub(crate) mod running;
pub(crate) mod screen;
pub(crate) mod tracing;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Puts on record that a test could not run here, and why; `make test` shows the record at the end.
pub(crate) fn skip(test: &str, reason: &str) {
    let record = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("skipped-tests.txt");
    let mut file = OpenOptions::new().create(true).append(true).open(record).expect("the record of skipped tests");
    writeln!(file, "{test}: {reason}").expect("the record of skipped tests");
}

/// Whether a program is installed; if not, that is put on record for `test`, and where CI=true it is a failure.
pub(crate) fn installed(test: &str, program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    found || missing(test, &format!("{program} is not installed"))
}

/// Whether the file is there that scripts/setup.sh brings for `test`; as for a program that is not installed.
pub(crate) fn brought(test: &str, file: &Path) -> bool {
    file.exists() || missing(test, &format!("there is no {}: scripts/setup.sh test brings it", file.display()))
}

fn missing(test: &str, reason: &str) -> bool {
    skip(test, reason);
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: {reason}");
    false
}
