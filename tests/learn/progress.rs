//! What is kept of who has learned what, and where nothing is.

use std::fs;
use std::os::unix::fs::symlink;

use crate::{School, has_lab};

/// The names of the lessons that `--list` shows as done.
fn done(school: &School) -> Vec<String> {
    let list = school.learn(&["--list"], "").out;
    let done = list.lines().filter_map(|line| line.strip_prefix("done"));
    done.map(|line| line.split_whitespace().nth(1).expect("a name").to_owned()).collect()
}

#[test]
fn a_lesson_that_is_done_is_kept_until_it_is_forgotten() {
    let school = School::new();
    assert!(done(&school).is_empty());
    let said = school.learn(&["--lesson", "handshake"], "SA\n");
    if !has_lab(&said) {
        return;
    }
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.out.contains("\nRight: SYN ACK.\n"), "{}", said.out);
    assert_eq!(done(&school), ["handshake"]);
    assert_eq!(fs::read_to_string(school.path("state/rawshake/lessons")).expect("a record"), "handshake\n");
    assert_eq!(school.learn(&["--reset"], "").code, Some(0));
    assert!(done(&school).is_empty());
    assert_eq!(school.learn(&["--reset"], "").code, Some(0));
}

#[test]
fn a_lesson_that_was_left_is_not_done() {
    let school = School::new();
    for typed in ["", "q\n"] {
        let said = school.learn(&["--lesson", "1"], typed);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        assert!(!said.out.contains("$ rawshake"), "nothing ran: {}", said.out);
    }
    assert!(done(&school).is_empty() && school.left().is_empty());
}

#[test]
fn a_record_that_is_damaged_or_elsewhere_does_no_harm() {
    let school = School::new();
    let folder = school.path("state/rawshake");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(
        folder.join("lessons"),
        [&[0xff, 0, b'\n'][..], b"handshake\n../x\n\x1b[31m\n", &[b'a'; 200_000]].concat(),
    )
    .expect("a record");
    assert_eq!(done(&school), ["handshake"]);
    fs::remove_dir_all(&folder).expect("no folder");
    let other = school.path("other");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("lessons"), "handshake\n").expect("a record");
    symlink(&other, &folder).expect("a link");
    assert!(done(&school).is_empty(), "no link is followed");
    let said = school.learn(&["--lesson", "1"], "SA\n");
    if has_lab(&said) {
        assert_eq!(said.code, Some(0));
        assert!(said.err.starts_with("Progress is not kept: "), "{}", said.err);
        assert_eq!(fs::read_to_string(other.join("lessons")).expect("a record"), "handshake\n");
        assert_eq!(fs::read_dir(&other).expect("a folder").count(), 1);
    }
}

#[test]
fn nothing_is_kept_without_a_home_or_under_sudo() {
    let school = School::new();
    let run = |set: &[(&str, &str)]| {
        let mut command = school.command(&["--lesson", "1", "--ascii"]);
        command.env_remove("XDG_STATE_HOME").envs(set.iter().copied());
        let input = school.path("typed");
        fs::write(&input, "SA\n").expect("a file");
        let output = command.stdin(fs::File::open(input).expect("a file")).output().expect("rawshake");
        crate::Said::of(output)
    };
    let homeless = run(&[]);
    if !has_lab(&homeless) {
        return;
    }
    assert_eq!((homeless.code, homeless.err.as_str()), (Some(0), ""));
    let home = school.path("home");
    fs::create_dir(&home).expect("a folder");
    let home = home.to_str().expect("UTF-8");
    if rustix::process::geteuid().is_root() {
        let sudo = run(&[("HOME", home), ("SUDO_UID", "1000")]);
        assert_eq!(sudo.code, Some(0));
        assert_eq!(sudo.err, "Progress is not kept under sudo; the lessons need none: rawshake learn.\n");
        std::os::unix::fs::chown(home, Some(crate::NOBODY), None).expect("another owner");
        let foreign = run(&[("HOME", home)]);
        assert!(foreign.err.contains("the folder belongs to another user"), "{}", foreign.err);
        assert_eq!(fs::read_dir(home).expect("a folder").count(), 0, "root writes nothing into another user's home");
        std::os::unix::fs::chown(home, Some(0), None).expect("the owner");
    }
    let own = run(&[("HOME", home)]);
    assert_eq!((own.code, own.err.as_str()), (Some(0), ""));
    assert!(school.path("home/.local/state/rawshake/lessons").exists());
}
