//! docs/TRUST.md: every promise there names tests, and each of them is there and runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::rust_files;

/// A row of a table of promises.
struct Row {
    promise: String,
    /// The tests that hold it, `tests/BINARY::name` or `src/FOLDER::name`.
    tests: Vec<(String, String)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of all tables that have a column of tests.
fn rows(text: &str) -> Vec<Row> {
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let is_row = |line: &&str| line.starts_with('|') && !line.starts_with("| Promise |") && !line.starts_with("| ---");
    text.lines()
        .filter(is_row)
        .map(|line| {
            let cells = cells(line);
            assert_eq!(cells.len(), 3, "promise, tests and limits: {line}");
            let words = cells[1].split('`').skip(1).step_by(2);
            let test = |word: &str| {
                let (place, name) = word.rsplit_once("::").unwrap_or_else(|| panic!("{word} is no test: {line}"));
                (place.to_owned(), name.to_owned())
            };
            Row { promise: cells[0].clone(), tests: words.map(test).collect() }
        })
        .collect()
}

/// The files of a place: a folder, a file without its ending, or both.
fn files(place: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let folder = root().join(place);
    if folder.is_dir() {
        rust_files(&folder, &mut found);
    }
    found.extend(Some(folder.with_extension("rs")).filter(|file| file.is_file()));
    found
}

/// Whether a file has such a test, which every run of the tests runs.
fn has(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    lines.iter().enumerate().filter(|(_, line)| line.starts_with(&head)).any(|(at, _)| {
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let above: Vec<_> = above.collect();
        above.iter().any(|line| **line == "#[test]") && !above.iter().any(|line| line.starts_with("#[ignore"))
    })
}

#[test]
fn every_promise_names_tests_that_are_there() {
    let text = fs::read_to_string(root().join("docs/TRUST.md")).expect("docs/TRUST.md");
    let rows = rows(&text);
    assert!(rows.len() >= 20, "{} promises", rows.len());
    let mut wrong = Vec::new();
    for Row { promise, tests } in rows {
        if tests.is_empty() {
            wrong.push(format!("no test: {promise}"));
        }
        for (place, name) in tests {
            let is_there = (place.starts_with("tests/") || place.starts_with("src/"))
                && files(&place).iter().any(|file| has(&fs::read_to_string(file).expect("a source file"), &name));
            if !is_there {
                wrong.push(format!("{place} has no test {name} that always runs: {promise}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_test_that_is_not_there_or_does_not_run_is_found_out() {
    let text = "    #[test]\n    fn one() {\n#[test]\n#[ignore = \"long\"]\nfn two() {\nfn three() {\n";
    assert_eq!(["one", "two", "three", "on"].map(|name| has(text, name)), [true, false, false, false]);
    let rows =
        rows("| Promise | Held by | Limits |\n| --- | --- | --- |\n| a | `tests/x::one`, `src/y::two` | none |\n");
    let pairs = [("tests/x", "one"), ("src/y", "two")].map(|(place, name)| (place.to_owned(), name.to_owned()));
    assert_eq!((rows.len(), &rows[0].tests[..]), (1, &pairs[..]));
}
