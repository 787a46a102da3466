//! What is wrong with a file is found, with its line.

use super::fixture::{GOOD, changed};
use crate::learn::{Ask, Paragraph, Piece, Step, parse};

/// What is said of the file.
fn told(text: &str) -> String {
    parse(text).map_or_else(|fault| fault.to_string(), |_| "nothing is wrong".to_owned())
}

#[test]
fn a_good_file_is_read_whole() {
    let lesson = parse(GOOD).unwrap();
    assert_eq!((lesson.number, lesson.minutes, lesson.name.as_str()), (7, 3, "small"));
    assert_eq!(lesson.introduces, ["pair"]);
    let Step::Say(_, question) = &lesson.steps[0] else { panic!("{lesson:?}") };
    let plain = |text: &str| Piece::Plain(text.to_owned());
    let pieces = vec![plain("Two are a "), Piece::Term("pair".to_owned()), plain(". They belong together.")];
    assert_eq!(question, &[Paragraph::Sentences(pieces)]);
    let Step::Run(run) = &lesson.steps[2] else { panic!("{lesson:?}") };
    assert_eq!(run.command, ["trace", "--lab", "--lab-wire", "drop=2 seed=7"]);
    let Step::Predict(prediction) = &lesson.steps[4] else { panic!("{lesson:?}") };
    let Ask::Choice(choices) = &prediction.ask else { panic!("{lesson:?}") };
    assert_eq!(choices.iter().map(|choice| choice.is_right).collect::<Vec<_>>(), [false, true]);
    assert_eq!(choices[0].remark, [plain("No: it was the other.")]);
    let Some(Step::Say(_, tries)) = lesson.steps.last() else { panic!("{lesson:?}") };
    assert_eq!(tries[1..], ["rawshake trace --lab", "rawshake ping --lab"].map(|line| Paragraph::Command(line.into())));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let mut wrong = Vec::new();
    for (from, to, wanted) in [
        ("---\nnumber", "number", "line 1: a lesson begins with ---"),
        ("introduces: pair\n---", "introduces: pair\n", "line 9: `` does not describe a lesson"),
        ("needs: the lab", "likes: the lab", "line 6: `likes` does not describe a lesson"),
        ("minutes: 3\n", "", "the lines on top lack `minutes`"),
        ("minutes: 3", "minutes: 3\nminutes: 4", "line 8: `minutes` is there twice"),
        ("minutes: 3", "minutes: 0", "line 7: `0` is no number from 1 to 255"),
        ("number: 7", "number: seven", "line 2: `seven` is no number"),
        ("name: small", "name: Small one", "line 3: the name `Small one`"),
        ("title: A small one", "title:", "the lines on top lack `title`"),
        ("# Question", "Hello\n\n# Question", "text stands before the first heading"),
        ("# Question", "# Asks", "line 11: `Asks` is no heading"),
        ("# Textbook\nIt says otherwise.", "# Textbook", "line 48: there is nothing below this heading"),
        ("# Explain\nIt was {answer.ack}, and you {answer.you}.\n", "", "# Explain comes behind # Run"),
        ("# Try", "# Textbook", "# Try comes behind # Textbook"),
        ("# Teacher\nBe patient.\n", "", "# Teacher comes last"),
        ("flags = answer.flags\n", "", "line 15: a prediction has no answer"),
        ("because: so it is, {answer.ack}.", "", "line 15: a prediction has no because:"),
        ("Which flags come?\n", "", "a prediction has no question"),
        ("* the second", "- the second", "a prediction has two to six choices, and * before the right one"),
        ("- the first\n", "* the first\n", "a prediction has two to six choices, and * before the right one"),
        ("  > No: it was", "No: it was", "`No: it was` is not understood here"),
        ("$ ping --lab\n", "", "a run has one command"),
        ("$ ping --lab", "$ ping --lab\n$ ping --lab", "a run has one command"),
        ("'drop=2 seed=7'", "'drop=2 seed=7", "a run has one command"),
        ("hello: you SYN", "hello: you HELLO", "`you HELLO` is not understood here"),
        ("hello: you SYN", "hello: you SYN often", "`you SYN often` is not understood here"),
        ("hello: you SYN", "hello you SYN", "`hello you SYN` is not understood here"),
        ("hello: you SYN", "Hello: you SYN", "`Hello` is the name of something else already, or no name"),
        ("ping: you icmp 8", "hello: you icmp 8", "`hello` is the name of something else already"),
        ("ping: you icmp 8", "ping: you icmp 8/x", "`you icmp 8/x` is not understood here"),
        ("SYN ACK after hello", "SYN ACK after hullo", "`hullo` is not found by then"),
        ("expect answer.ack = hello.seq + 1", "expect answer.ack", "is not understood here: expect VALUE = VALUE"),
        ("hello.seq + 1", "hello.sequence + 1", "`hello.sequence` is no field"),
        ("hello.seq + 1", "pong.seq + 1", "`pong` is not found by then"),
        ("It was {answer.ack}", "It was {pong.count}", "line 27: `pong` is not found by then"),
        (
            "because: so it is, {answer.ack}.",
            "because: so it is, {ping.count}.",
            "line 15: `ping` is not found by then",
        ),
        ("It was {answer.ack}", "It was {answer.ack", "a { is opened and not closed"),
        ("It was {answer.ack}", "It was {answer}", "`answer` is no field"),
        ("a *pair*", "a *pair", "a * is opened and not closed"),
        ("a *pair*", "a *{hello.seq}*", "a * is opened and not closed"),
        ("Two are a *pair*.", "Two are {hello.seq}.", "`hello` is not found by then"),
    ] {
        let told = told(&changed(from, to));
        if !told.contains(wanted) {
            wrong.push(format!("{from:?} > {to:?}: {told}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_text_makes_it_panic() {
    assert_eq!(told(""), "line 1: a lesson begins with --- and the lines that describe it, and another ---");
    for cut in 0..GOOD.len() {
        let _ = told(&GOOD[..cut]);
        let _ = told(&GOOD[cut..]);
        let mut other = GOOD.to_owned();
        other.replace_range(cut..=cut, "\u{e4}");
        let _ = told(&other);
    }
}
