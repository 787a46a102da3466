//! The same through the whole program: many damaged files on one command line, with the options that choose and order.

use std::fs;
use std::process::Command;

use crate::changed;
use crate::files::captures;
use crate::pass::assert_clean;
use crate::random::Random;

/// Damaged files of one run.
const FILES: usize = 300;

const RUNS: [&str; 9] = [
    "--list --sort duration:desc",
    "--list --where segments>2",
    "--merge --stats",
    "--merge --format lines -p all",
    "--merge --list --sort handshake",
    "--stats --format json -f tcp",
    "--where not(marks~ack)and(duration>1ms)",
    "--only reset,three-way,bad-checksum --format json",
    "-p all -vv",
];

#[test]
fn the_program_survives_damaged_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = captures();
    let mut random = Random::new(1);
    let names: Vec<_> = (0..FILES)
        .map(|number| {
            let capture = &files[random.below(files.len())];
            let name = format!("{number}-{}", capture.name);
            fs::write(folder.path().join(&name), changed(capture, &mut random)).expect("a file");
            name
        })
        .collect();
    for arguments in RUNS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rawshake"));
        command.current_dir(folder.path()).args(["replay", "--color", "never"]).args(arguments.split(' ')).args(&names);
        let output = command.output().expect("the program");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        // Some of the files cannot be read to their end; the others are shown.
        assert_eq!(output.status.code(), Some(2), "{arguments}: {}", said[1]);
        said.iter().for_each(|text| assert_clean(text));
        assert!(!said[0].is_empty() && said[1].contains("rawshake: "), "{arguments}: {}", said[1]);
    }
}
