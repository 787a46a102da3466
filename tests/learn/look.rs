//! What a lesson looks like: its first screen, and what is told of a capture that is always the same.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use rawshake::ladder::{Line, Settings};
use rawshake::learn::{FILES, Findings, Heading, Lesson, Scene, Step, find, lessons};
use rawshake::sink::learn as show;
use rawshake::trace::{Tracer, TracerOptions};

use crate::common::support::tracing::packets;
use crate::{School, names};

#[test]
fn every_file_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/learn/lessons");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut files: Vec<String> = files.map(|name| name.into_string().expect("UTF-8")).collect();
    files.sort();
    let listed: Vec<String> = FILES.iter().map(|(name, _)| format!("{name}.md")).collect();
    assert_eq!(files, listed);
}

#[test]
fn the_first_screen_of_each_lesson_fits() {
    let school = School::new();
    for name in names() {
        let said = school.learn(&["--lesson", &name], "");
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{name}");
        let lines: Vec<&str> = said.out.trim_end().lines().collect();
        assert!(lines.len() <= 24, "{name} has {} lines:\n{}", lines.len(), said.out);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{name}: {}", said.out);
        assert_eq!(lines.last(), Some(&">"), "{name} begins with a question to the learner: {}", said.out);
    }
}

#[test]
fn the_list_of_the_lessons_fits_a_screen() {
    let said = School::new().learn(&["--list"], "");
    assert!(said.out.lines().count() <= 21 && said.out.lines().all(|line| line.len() <= 80), "{}", said.out);
    assert_eq!(said.out.lines().count(), lessons().expect("lessons").len(), "each has one line: {}", said.out);
}

#[test]
fn the_notes_of_each_lesson_have_its_answers() {
    let said = School::new().learn(&["--teacher"], "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let predictions = |lesson: &Lesson| lesson.steps.iter().filter(|step| matches!(step, Step::Predict(_))).count();
    let wanted: usize = lessons().expect("lessons").iter().map(predictions).sum();
    assert_eq!(said.out.matches("Right is ").count() + said.out.matches("tells what is right").count(), wanted);
    assert_eq!(said.out.matches("\nFor the teacher\n").count(), names().len());
}

#[test]
fn the_first_screen_in_both_colours() {
    let school = School::new();
    insta::assert_snapshot!("first-screen", school.learn(&["--lesson", "1"], "").out);
    let colour = school.command(&["--color", "always", "--lesson", "1"]).output().expect("rawshake").stdout;
    insta::assert_snapshot!("first-screen-in-colour", String::from_utf8(colour).expect("UTF-8"));
}

/// What lesson 1 says of a capture, when somebody typed this.
fn told(lesson: &Lesson, typed: Option<&str>, settings: &Settings) -> Vec<Line> {
    let mut scene = Scene::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let mut tracer = Tracer::new(TracerOptions::default());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/four-segment.pcap");
    packets(&file, &mut |number, packet, decoded, hint| {
        scene.packet(number, packet, decoded);
        tracer.packet(number, packet, decoded, hint, &mut |event| scene.event(event));
    });
    tracer.finish(&mut |event| scene.event(event));
    let mut findings = Findings::default();
    let mut lines = Vec::new();
    for step in &lesson.steps {
        match step {
            Step::Run(run) => findings.look(run, &scene),
            Step::Say(Heading::Explain, text) => {
                let filled: Vec<_> = text.iter().map(|text| findings.fill(text).expect("all is there")).collect();
                lines.extend(show::paragraphs(&filled, settings));
            }
            _ => {}
        }
        if let (Step::Predict(prediction), true) = (&lesson.steps[1], matches!(step, Step::Run(_))) {
            let answer = findings.answer(&prediction.ask).expect("an answer");
            lines.extend(show::judgement(typed.map(|typed| answer.judge(typed)).as_ref(), &answer, settings));
            lines.extend(show::because(&findings.sentences(&prediction.because).expect("a reason"), settings));
        }
    }
    lines
}

#[test]
fn what_is_told_in_both_colours() {
    let lesson = find(lessons().expect("lessons"), "handshake").expect("the first lesson");
    let plain = |lines: &[Line]| lines.iter().map(Line::plain).collect::<Vec<_>>().join("\n");
    let settings = Settings { width: 80, ..Settings::default() };
    insta::assert_snapshot!("told", plain(&told(lesson, Some("SA"), &settings)));
    let narrow = Settings { width: 60, ascii: true, ..Settings::default() };
    insta::assert_snapshot!("told-narrow-and-wrong", plain(&told(lesson, Some("SYN"), &narrow)));
    let mut coloured = Vec::new();
    colored::control::set_override(true);
    for line in told(lesson, None, &settings) {
        show::line(&line, &mut coloured).expect("a line");
    }
    insta::assert_snapshot!("told-in-colour", String::from_utf8(coloured).expect("UTF-8"));
}
