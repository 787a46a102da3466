//! A person at the keyboard, and answers from a pipe.

use std::process::Command;

use crate::common::support::program::RAWSHAKE;
use crate::common::support::screen::Terminal;
use serde_json::Value;

use crate::{capture, questions, quiz, right};

/// A quiz on a terminal that sends the signals of its keys.
fn on_terminal(arguments: &[&str]) -> (Terminal, std::process::Child) {
    let (terminal, [input, output, error]) = Terminal::new(24, 80);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait", RAWSHAKE, "quiz", "--ascii"]).args(arguments);
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    let child = command.stdin(input).stdout(output).stderr(error).spawn().expect("setsid of util-linux");
    drop(command);
    (terminal, child)
}

fn is_asked(screen: &str, number: usize) -> bool {
    screen.ends_with("\n>") && screen.contains(&format!("Question {number} of "))
}

#[test]
fn a_person_answers_every_question_at_80_by_24() {
    let arguments = [&capture("four-segment"), "--seed", "7", "--questions", "12"];
    let book = questions(&quiz(&[&arguments[..], &["--format", "json"]].concat(), ""));
    assert_eq!(book.len(), 12);
    let (mut terminal, mut child) = on_terminal(&arguments);
    for (at, question) in book.iter().enumerate() {
        // The question is on the screen from its first line to the prompt.
        terminal.until(|screen| is_asked(screen, at + 1));
        terminal.type_in("what?\n");
        terminal.until(|screen| screen.contains("That cannot be read here; type") && screen.ends_with("\n>"));
        terminal.type_in(&format!("{}\n", right(question).to_lowercase()));
        terminal.until(|screen| screen.contains("Right: "));
    }
    terminal.until(|screen| screen.ends_with("Marks: 12 of 12 right"));
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    terminal.end();
}

#[test]
fn ctrl_c_ends_with_the_marks_so_far() {
    let arguments = [&capture("four-segment"), "--seed", "7", "--questions", "3"];
    let first = right(&questions(&quiz(&[&arguments[..], &["--format", "json"]].concat(), ""))[0]);
    let (mut terminal, mut child) = on_terminal(&arguments);
    terminal.until(|screen| is_asked(screen, 1));
    terminal.type_in(&format!("{first}\n"));
    terminal.until(|screen| is_asked(screen, 2));
    terminal.type_in("\x03");
    terminal.until(|screen| screen.contains("Marks: 1 of 3 right; 2 not answered"));
    assert_eq!(child.wait().expect("its end").code(), Some(130));
    terminal.end();
}

#[test]
fn a_pipe_answers_line_by_line_and_its_end_ends_the_quiz() {
    let file = capture("three-segment");
    let arguments = [file.as_str(), "--seed", "3", "--questions", "6", "--format", "json"];
    let book = questions(&quiz(&arguments, ""));
    let typed: Vec<String> = book.iter().map(right).collect();
    let all = quiz(&arguments, &typed.join("\n"));
    assert_eq!(all.code, Some(0), "{all:?}");
    assert!(questions(&all).iter().all(|question| question["right"] == true), "{all:?}");
    let some = quiz(&arguments, &format!("{}\n\nno answer\n", typed[0]));
    assert_eq!(some.code, Some(1));
    let marks = some.events().pop().expect("marks");
    assert_eq!(
        (&marks["right"], &marks["answered"], &marks["questions"]),
        (&1.into(), &2.into(), &6.into()),
        "{marks}"
    );
    let entries = questions(&some);
    assert_eq!((&entries[2]["typed"], &entries[2]["right"]), (&"no answer".into(), &false.into()));
    assert!(entries[3]["typed"].is_null());
}

#[test]
fn flags_are_read_in_any_spelling() {
    let file = capture("three-segment");
    let arguments = [file.as_str(), "--seed", "3", "--kind", "next-flags", "--questions", "100", "--format", "json"];
    let book = questions(&quiz(&arguments, ""));
    let at = book.iter().position(|question| question["answer"] == "SYN ACK").expect("a SYN ACK");
    for spelling in ["SA", "sa", "syn+ack", "SYN-ACK", "[S.]", "S.", "ack syn", "0x12", " Syn,Ack "] {
        let said = quiz(&arguments, &format!("{}{spelling}\n", "\n".repeat(at)));
        assert_eq!(questions(&said)[at]["right"], true, "{spelling}");
    }
    for wrong in ["S", "A", "SYN ACK FIN", "0x10"] {
        let said = quiz(&arguments, &format!("{}{wrong}\n", "\n".repeat(at)));
        assert_eq!(questions(&said)[at]["right"], false, "{wrong}");
    }
}

#[test]
fn a_seed_repeats_a_quiz_and_another_does_not() {
    let of = |seed: &str| quiz(&[&capture("four-segment"), "--seed", seed, "--format", "json"], "").out;
    assert_eq!(of("1"), of("1"));
    assert_ne!(of("1"), of("2"));
}

/// All blanks are one.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number that stands behind `name` in a row.
fn shown<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    let mut words = row["segment"].as_str().expect("text").split_whitespace().skip_while(|word| *word != name);
    words.nth(1).filter(|word| *word != "?")
}

/// Whether the rows of `one` give away what `asked` asks for.
fn gives_away(one: &Value, asked: &Value) -> bool {
    let row = one["rows"].as_array().expect("rows").iter().find(|row| row["packet"] == asked["packet"]);
    one["connection"] == asked["connection"]
        && row.is_some_and(|row| match asked["kind"].as_str().expect("text") {
            "next-flags" => row["segment"] != "?",
            "next-seq" => shown(row, "seq").is_some(),
            "next-ack" => shown(row, "ack").is_some(),
            _ => false,
        })
}

#[test]
fn no_question_gives_away_a_later_one() {
    let mut pairs = 0;
    for (name, seed) in
        ["four-segment", "data-both-ways", "time-wait-reuse"].iter().flat_map(|name| [(name, "1"), (name, "2")])
    {
        let book = questions(&quiz(&[&capture(name), "--seed", seed, "-n", "30", "--format", "json"], ""));
        for (at, one) in book.iter().enumerate() {
            for asked in &book[at + 1..] {
                pairs += 1;
                // Of one segment two numbers may be asked for.
                let wrong = gives_away(one, asked) && one["packet"] != asked["packet"];
                assert!(!wrong || one["kind"] == "order" || one["kind"] == "wrong", "{one}\n{asked}");
            }
        }
    }
    assert!(pairs > 1000, "{pairs}");
}

#[test]
fn a_sheet_says_how_many_questions_the_others_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sheet.txt");
    let export = |name: &str, count: &str| {
        let said = quiz(
            &[&capture(name), "--seed", "7", "-n", count, "--export", path.to_str().expect("UTF-8"), "--force"],
            "",
        );
        assert_eq!(said.code, Some(0), "{said:?}");
        said.err
    };
    // Many connections, each with a question of its own; and one that has to serve for all.
    assert!(!export("syn-flood", "5").contains("looking at the others"));
    assert!(export("last-ack-lost", "30").contains("of them can be answered by looking at the others"));
}

#[test]
fn a_sheet_has_no_answer_and_its_key_has_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = folder.path().join("sheet.txt");
    let path = sheet.to_str().expect("UTF-8");
    let file = capture("four-segment");
    let arguments = [file.as_str(), "--seed", "7", "--export", path];
    let said = quiz(&arguments, "");
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{said:?}");
    let read = |path: String| std::fs::read_to_string(path).expect("a file");
    let (sheet, key) = (read(path.to_owned()), read(format!("{path}.key")));
    let book = questions(&quiz(&[&file, "--seed", "7", "-n", "1000", "--format", "json"], ""));
    assert!(sheet.lines().chain(key.lines()).all(|line| line.chars().count() <= 80));
    let asked: Vec<String> = sheet.split("\nQuestion ").skip(1).map(flat).collect();
    let answers: Vec<String> = key.split("\n\n").skip(1).map(flat).collect();
    assert_eq!((asked.len(), answers.len(), sheet.matches("\nAnswer: ____").count()), (10, 10, 10));
    assert!(!sheet.contains("Right") && !sheet.contains("explain"));
    let mut compared = 0;
    for (at, (asked, answer)) in asked.iter().zip(&answers).enumerate() {
        assert!(asked.starts_with(&format!("{} of 10: ", at + 1)) && answer.starts_with(&format!("{}. ", at + 1)));
        // What is asked of a segment alone has the same answer whenever it is asked.
        let same = |question: &&Value| {
            let kind = question["kind"].as_str().expect("text");
            let alone = kind.starts_with("next-") || kind == "returns" || kind == "cause";
            alone && asked.contains(kind) && asked.contains(&flat(question["ask"].as_str().expect("text")))
        };
        if let Some(question) = book.iter().find(same) {
            let right = question["answer"].as_str().expect("text");
            let right = right.split_once(". ").map_or(right, |(_, choice)| choice);
            assert!(answer.contains(&flat(right)), "{asked}: {answer}, not {right}");
            compared += 1;
        }
    }
    assert!(compared >= 4, "{sheet}");
    let again = quiz(&arguments, "");
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("is there already; name another file, or say --force"), "{}", again.err);
    assert_eq!(quiz(&[&arguments[..], &["--force"]].concat(), "").code, Some(0));
}

#[test]
fn what_cannot_be_asked_about_is_told() {
    for (arguments, told) in [
        (vec![capture("mid-stream")], "nothing to ask about"),
        (vec!["no-such-file.pcap".to_owned()], "no-such-file.pcap"),
        (vec!["-".to_owned()], "answers come from standard input"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = quiz(&arguments, "");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(told), "{}", said.err);
    }
}
