//! A person at a terminal of 80 columns and 24 lines.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::School;
use crate::common::support::screen::Terminal;

/// `rawshake learn` on a terminal that sends the signals of its keys.
fn sit_down(school: &School, arguments: &[&str]) -> (Terminal, Child) {
    let (terminal, streams) = Terminal::new(24, 80);
    (terminal, start(school, arguments, streams))
}

fn start(school: &School, arguments: &[&str], [input, output, error]: [Stdio; 3]) -> Child {
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(&school.program).args(["learn", "--ascii"]).args(arguments);
    command.env("TERM", "xterm").env("XDG_STATE_HOME", school.path("state")).env("TMPDIR", school.folder.path());
    command.env_remove("NO_COLOR").env_remove("SUDO_UID");
    command.stdin(input).stdout(output).stderr(error).spawn().expect("setsid of util-linux")
}

/// Presses Enter at each page until the screen is right.
fn turn_pages(terminal: &mut Terminal, is_right: impl Fn(&str) -> bool) -> String {
    loop {
        let screen = terminal.until(|screen| is_right(screen) || screen.ends_with("q ends --"));
        if is_right(&screen) {
            return screen;
        }
        terminal.type_in("\n");
        // A screen that only scrolls still ends as before.
        let end: Vec<&str> = screen.lines().rev().take(3).collect();
        terminal.until(|next| next.lines().rev().take(3).collect::<Vec<_>>() != end);
    }
}

/// Whether the machine lets somebody have a lab.
fn has_lab() -> bool {
    let school = School::new();
    crate::has_lab(&school.learn(&["--lesson", "1", "--auto"], ""))
}

#[test]
fn a_person_takes_the_first_lesson_from_the_menu() {
    if !has_lab() {
        return;
    }
    let school = School::new();
    let (mut terminal, mut child) = sit_down(&school, &[]);
    let menu = terminal.until(|screen| screen.ends_with("q ends >"));
    assert!(menu.contains("Enter begins lesson 1; or a number or name; q ends >"), "{menu}");
    terminal.type_in("no such lesson\n");
    terminal.until(|screen| screen.contains("No lesson is called so") && screen.ends_with("q ends >"));
    terminal.type_in("\n");
    let first = terminal.until(|screen| screen.contains("What do you expect?") && screen.ends_with("\n>"));
    assert!(first.contains("Lesson 1 of "), "the first screen holds all from the title to the prompt: {first}");
    terminal.type_in("what?\n");
    terminal.until(|screen| screen.contains("That cannot be read here; type flags") && screen.ends_with("\n>"));
    terminal.type_in("s.\n");
    let judged = turn_pages(&mut terminal, |screen| screen.contains("Right: SYN ACK."));
    assert!(judged.contains("Because "), "{judged}");
    turn_pages(&mut terminal, |screen| screen.ends_with("-- Enter: the lessons, q ends --"));
    terminal.type_in("\n");
    let menu = terminal.until(|screen| screen.contains("Enter begins lesson 2"));
    assert!(menu.contains("done"), "{menu}");
    terminal.type_in("q\n");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert!(school.left().is_empty() && terminal.end().is_styled);
}

#[test]
fn a_wrong_answer_is_told_and_costs_nothing() {
    if !has_lab() {
        return;
    }
    let school = School::new();
    let (mut terminal, mut child) = sit_down(&school, &["--lesson", "2"]);
    terminal.until(|screen| screen.ends_with("\n>"));
    terminal.type_in("1\n");
    let judged = turn_pages(&mut terminal, |screen| screen.contains("Wrong: 1. Nobody answers its SYN."));
    assert!(judged.contains("The kernel needs no program to answer"), "{judged}");
    turn_pages(&mut terminal, |screen| screen.contains("rawshake explain accept"));
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert_eq!(std::fs::read_to_string(school.path("state/rawshake/lessons")).expect("a record"), "accept\n");
    drop(terminal);
}

#[test]
fn q_ends_a_lesson_anywhere() {
    let school = School::new();
    let (mut terminal, mut child) = sit_down(&school, &["--lesson", "1"]);
    terminal.until(|screen| screen.ends_with("\n>"));
    terminal.type_in("q\n");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    assert!(!school.path("state").exists() && school.left().is_empty());
    drop(terminal);
}

#[test]
fn ctrl_c_ends_a_lesson_at_a_question_and_within_a_run() {
    for within in [false, true] {
        let school = School::new();
        let (mut terminal, mut child) = sit_down(&school, &["--lesson", "5"]);
        terminal.until(|screen| screen.ends_with("\n>"));
        if within {
            terminal.type_in("4\n");
            terminal.until(|screen| screen.contains("$ rawshake trace"));
        }
        terminal.type_in("\x03");
        assert_eq!(child.wait().expect("its end").code(), Some(130), "within a run: {within}");
        is_clean(&school);
        drop(terminal);
    }
}

/// A terminal whose other end is in the test's own hand.
fn window(school: &School) -> (File, Child) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pseudo-terminal");
    unlockpt(&master).expect("it opens");
    tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
    let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("UTF-8");
    let slave = File::options().read(true).write(true).open(name).expect("the other end");
    let streams = [(); 3].map(|()| slave.try_clone().expect("a copy"));
    let child = start(school, &["--lesson", "5"], streams.map(Stdio::from));
    (File::from(master), child)
}

fn read_until(terminal: &mut File, wanted: &str) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(wanted) {
        let mut octets = [0; 1024];
        let count = terminal.read(&mut octets).expect("what it writes");
        read.extend_from_slice(&octets[..count]);
    }
}

#[test]
fn a_terminal_that_is_closed_leaves_nothing_behind() {
    for within in [false, true] {
        let school = School::new();
        let (mut terminal, mut child) = window(&school);
        read_until(&mut terminal, "\n> ");
        if within {
            terminal.write_all(b"4\n").expect("a terminal");
            read_until(&mut terminal, "$ rawshake trace");
        }
        drop(terminal);
        assert!(child.wait().is_ok());
        is_clean(&school);
    }
}

#[test]
fn a_kill_within_a_run_leaves_nothing_behind() {
    let school = School::new();
    let (mut terminal, mut child) = window(&school);
    read_until(&mut terminal, "\n> ");
    terminal.write_all(b"4\n").expect("a terminal");
    read_until(&mut terminal, "$ rawshake trace");
    child.kill().expect("it runs");
    assert!(child.wait().is_ok());
    drop(terminal);
    is_clean(&school);
}

/// Nothing of it runs any more, and no file is left.
fn is_clean(school: &School) {
    let mark = school.folder.path().to_str().expect("UTF-8").to_owned();
    for _ in 0..1000 {
        if !is_mentioned(&mark) && school.left().is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("something is left: {:?}", school.left());
}

/// Whether a process has this in its environment.
fn is_mentioned(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    let found = environments.filter(|environment| environment.windows(mark.len()).any(|part| part == mark.as_bytes()));
    found.count() > 0
}
