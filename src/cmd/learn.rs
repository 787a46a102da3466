//! `rawshake learn`: lessons with real segments.

mod lesson;
mod person;
mod play;
mod record;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, ensure};

use super::columns::Columns;
use super::exit::remark;
use super::new_file::{Force, OUTPUTS};
use super::{Exit, Streams};
use crate::ladder::{Line, Settings};
use crate::learn::{self, Lesson};
use crate::sink::learn as show;
use lesson::{Course, End};
use person::{Left, Person};
use play::Keep;
use record::Record;

const AFTER_HELP: &str = "\
Examples:
  rawshake learn                  the lessons; Enter begins with the next one
  rawshake learn --lesson 1       the first one
  rawshake learn --lesson closing one by its name
  rawshake learn --list           all of them, and which are done
  rawshake learn --lesson 5 --auto
                                  without questions, for a class to look at
  rawshake learn --lesson 5 --teacher
                                  notes for who teaches it, with the answers
  rawshake learn --lesson 1 --auto --keep .
                                  and the capture of each run: lesson-01-1.pcap

A lesson asks what you expect, lets it happen in the embedded lab, which needs
no sudo, and explains what really came. A wrong guess costs nothing. q ends a
lesson, and so does Ctrl-C.
What is done is kept in $XDG_STATE_HOME/rawshake, or ~/.local/state/rawshake.
Exit codes: 0 told (or left by q), 1 a run went another way than the lesson
tells, 2 error, 130 Ctrl-C.";

/// Learn TCP in lessons: guess what comes next, see the real segments, read why
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Begin this lesson: its number or name
    #[arg(short, long, value_name = "LESSON")]
    lesson: Option<String>,
    /// List the lessons, and which of them are done
    #[arg(long, conflicts_with_all = ["lesson", "auto", "teacher", "keep"])]
    list: bool,
    /// Ask nothing: show the right answers and go on; without --lesson, through all lessons
    #[arg(long)]
    auto: bool,
    /// Show the notes for teachers, with the answers, and run nothing; without --lesson, for all lessons
    #[arg(long, conflicts_with_all = ["auto", "keep"])]
    teacher: bool,
    /// Forget which lessons are done
    #[arg(long, conflicts_with_all = ["lesson", "list", "auto", "teacher", "keep"])]
    reset: bool,
    /// Write the capture of each run to a new file in this folder
    #[arg(long, value_name = "FOLDER", group = OUTPUTS)]
    keep: Option<PathBuf>,
    #[command(flatten)]
    force: Force,
    /// Draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    columns: Columns,
}

/// Runs the command.
///
/// # Errors
/// There is no such lesson, or no lab to be had.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let lessons = learn::lessons().map_err(|(name, fault)| anyhow!("lesson {name}: {fault}"))?;
    let record = Record::find();
    if args.reset {
        record.reset().context("cannot forget which lessons are done")?;
        return Ok(Exit::Success);
    }
    // The runs draw ladders, which need that many columns.
    let width = args.columns.of_output().clamp(40, 1000);
    if let Some(folder) = args.keep.as_deref() {
        ensure!(folder.is_dir(), "--keep {folder:?} is no folder; make it first");
    }
    let settings = Settings { width, ascii: args.ascii, ..Settings::default() };
    let chosen = args.lesson.as_deref().map(|word| chosen(lessons, word)).transpose()?;
    let some = chosen.map_or(lessons, std::slice::from_ref);
    if args.list {
        for line in show::list(lessons, &record.progress(), &settings) {
            show::line(&line, streams.out)?;
        }
        return Ok(Exit::Success);
    }
    if args.teacher {
        for line in some.iter().flat_map(|lesson| show::notes(lesson, lessons.len(), &settings)) {
            show::line(&line, streams.out)?;
        }
        return Ok(Exit::Success);
    }
    let keep = args.keep.as_deref().map(|folder| Keep { folder, force: args.force });
    let mut person = Person::new(args.auto, streams.out)?;
    let mut school = School { lessons, settings: &settings, keep, record, notes: Vec::new() };
    let ended = match (chosen, args.auto) {
        (None, false) => school.open(&mut person),
        _ => school.all(some, &mut person),
    };
    let signal = person.signal();
    for note in school.notes {
        remark(streams.err, &note)?;
    }
    match (ended, signal) {
        (_, Some(signal)) => Ok(Exit::Signal(signal.number())),
        (Err(error), None) if error.is::<Left>() => Ok(Exit::Success),
        (ended, None) => ended,
    }
}

fn chosen<'a>(lessons: &'a [Lesson], word: &str) -> anyhow::Result<&'a Lesson> {
    learn::find(lessons, word).ok_or_else(|| {
        anyhow!("no lesson is called {word:?}; rawshake learn --list shows all, from 1 to {}", lessons.len())
    })
}

/// The lessons, and what is kept of them.
struct School<'a> {
    lessons: &'static [Lesson],
    settings: &'a Settings,
    keep: Option<Keep<'a>>,
    record: Record,
    /// What is to be said at the end.
    notes: Vec<String>,
}

impl School<'_> {
    /// Shows the lessons, and begins those that are chosen, until the learner leaves.
    fn open(&mut self, person: &mut Person<'_>) -> anyhow::Result<Exit> {
        loop {
            let progress = self.record.progress();
            person.show(&show::list(self.lessons, &progress, self.settings))?;
            let lesson = self.choose(progress.next(self.lessons), person)?;
            person.show(&[Line::default()])?;
            self.teach(lesson, person)?;
            person.pause("Enter: the lessons")?;
        }
    }

    /// The lesson that is chosen; `next` by Enter alone.
    fn choose(&self, next: Option<&'static Lesson>, person: &mut Person<'_>) -> anyhow::Result<&'static Lesson> {
        let offer = next.map_or("All are done".to_owned(), |next| format!("Enter begins lesson {}", next.number));
        let mut before = "\n";
        loop {
            let typed = person.line(&format!("{before}{offer}; or a number or name; q ends >"))?;
            let lesson = if typed.is_empty() { next } else { learn::find(self.lessons, &typed) };
            if let Some(lesson) = lesson {
                return Ok(lesson);
            }
            before = "No lesson is called so. ";
        }
    }

    /// Goes through these lessons.
    fn all(&mut self, lessons: &[Lesson], person: &mut Person<'_>) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        for (at, lesson) in lessons.iter().enumerate() {
            if at > 0 {
                person.show(&[Line::default(), Line::default()])?;
            }
            if self.teach(lesson, person)? == End::Otherwise {
                exit = Exit::NoReply;
            }
        }
        Ok(exit)
    }

    fn teach(&mut self, lesson: &Lesson, person: &mut Person<'_>) -> anyhow::Result<End> {
        let is_absent = person.is_absent();
        let mut course = Course { lesson, of: self.lessons.len(), settings: self.settings, keep: self.keep, person };
        let end = course.go()?;
        // Nobody has learned what nobody was asked.
        if end == End::Done && !is_absent {
            let note = self.record.finish(lesson).filter(|note| !self.notes.contains(note));
            self.notes.extend(note);
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd;
    use crate::learn::{Paragraph, Step};

    /// The commands that a lesson runs, or gives to be typed.
    fn commands(lesson: &Lesson) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        let mut typed: Vec<&Paragraph> = lesson.notes.iter().collect();
        for step in &lesson.steps {
            match step {
                Step::Run(run) => commands.push(run.command.clone()),
                Step::Say(_, text) => typed.extend(text),
                Step::Predict(_) => {}
            }
        }
        for paragraph in typed {
            let Paragraph::Command(command) = paragraph else { continue };
            let words = command.strip_prefix("sudo ").unwrap_or(command).strip_prefix("rawshake ");
            commands.push(learn::words(words.unwrap_or_else(|| panic!("{command}"))).expect("quotes that are closed"));
        }
        commands
    }

    #[test]
    fn every_command_of_a_lesson_is_one() {
        let lessons = learn::lessons().unwrap_or_else(|(name, fault)| panic!("{name}: {fault}"));
        for lesson in lessons {
            let commands = commands(lesson);
            assert!(commands.len() >= 2, "{}", lesson.name);
            for words in commands {
                let whole = std::iter::once("rawshake").chain(words.iter().map(String::as_str));
                if let Err(error) = cmd::command().try_get_matches_from(whole) {
                    panic!("{}: {words:?}: {error}", lesson.name);
                }
            }
        }
    }
}
