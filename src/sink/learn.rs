//! Lessons as text: what somebody reads before and behind the runs.

use std::io::{self, Write};

use super::ladder::write_line;
use crate::ladder::{Line, Settings, Span, Style, ascii, wrap};
use crate::learn::{Ask, Failed, Filled, Lesson, Paragraph, Prediction, Progress, Step, Tone};
use crate::quiz::{Answer, Judged};

/// Text is no wider: longer lines are hard to read.
const MEASURE: usize = 80;

/// Writes one line.
///
/// # Errors
/// The destination could not be written to.
pub fn line(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    write_line(out, line)
}

/// The title of a lesson, one of so many, and its question.
#[must_use]
pub fn head(lesson: &Lesson, of: usize, settings: &Settings) -> Vec<Line> {
    let title = format!("Lesson {} of {of}: {}", lesson.number, lesson.title);
    let mut lines = words(&[(Style::Heading, &title)], "", settings);
    lines.extend(words(&[(Style::Reason, &lesson.question)], "", settings));
    lines
}

/// A heading, with an empty line before it.
#[must_use]
pub fn heading(text: &str, settings: &Settings) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    lines.extend(words(&[(Style::Heading, text)], "", settings));
    lines
}

/// Paragraphs, with an empty line before each; commands are together, and indented.
#[must_use]
pub fn paragraphs(paragraphs: &[Filled], settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut is_behind_command = false;
    for paragraph in paragraphs {
        let is_command = matches!(paragraph, Filled::Command(_));
        if !(is_command && is_behind_command) {
            lines.push(Line::default());
        }
        lines.extend(match paragraph {
            Filled::Sentences(spans) => sentences(spans, "", settings),
            Filled::Command(command) => command_line(command, settings),
        });
        is_behind_command = is_command;
    }
    lines
}

/// Sentences behind `indent`.
#[must_use]
pub fn sentences(spans: &[crate::learn::Span], indent: &str, settings: &Settings) -> Vec<Line> {
    let style = |tone| match tone {
        Tone::Plain => Style::Plain,
        Tone::Term => Style::State,
        Tone::Captured => Style::Data,
    };
    let parts: Vec<_> = spans.iter().map(|span| (style(span.tone), span.text.as_str())).collect();
    words(&parts, indent, settings)
}

/// A command that is run, or to be typed: never folded, so that it can be copied.
fn command_line(command: &str, settings: &Settings) -> Vec<Line> {
    vec![Line(vec![span(Style::Call, &format!("    {}", drawn(command, settings)))])]
}

/// The command that runs now.
#[must_use]
pub fn run(command: &str, settings: &Settings) -> Vec<Line> {
    vec![
        Line::default(),
        Line(vec![span(Style::Call, &drawn(&format!("$ rawshake {command}"), settings))]),
        Line::default(),
    ]
}

/// The choices of a prediction, if it has any.
#[must_use]
pub fn choices(ask: &Ask, settings: &Settings) -> Vec<Line> {
    let Ask::Choice(choices) = ask else { return Vec::new() };
    let numbered = choices.iter().enumerate().map(|(at, choice)| format!("{}. {}", at + 1, choice.text));
    numbered.flat_map(|text| hanging(&text, settings)).collect()
}

/// `  1. …`, and what goes on below its first word.
fn hanging(text: &str, settings: &Settings) -> Vec<Line> {
    let lines = wrap(text, measure(settings) - 5);
    let indent = |at| if at == 0 { "  " } else { "     " };
    lines.iter().enumerate().map(|(at, line)| plain(&format!("{}{line}", indent(at)))).collect()
}

/// Whether a prediction was right, and what is; `judged` is none where nobody was asked.
#[must_use]
pub fn judgement(judged: Option<&Judged>, answer: &Answer, settings: &Settings) -> Vec<Line> {
    let right = answer.words();
    let (style, first, rest) = match judged {
        Some(Judged::Right) => (Style::Opening, "Right: ", right),
        Some(Judged::Wrong(read)) => (Style::Reset, "Wrong: ", format!("{read}. Right is {right}")),
        Some(Judged::Unreadable(_)) => (Style::Warning, "Not answered. ", format!("Right is {right}")),
        None => (Style::Opening, "Right is ", right),
    };
    let mut lines = vec![Line::default()];
    lines.extend(words(&[(style, first), (Style::Heading, &rest), (Style::Plain, ".")], "", settings));
    lines
}

/// Why an answer is right.
#[must_use]
pub fn because(spans: &[crate::learn::Span], settings: &Settings) -> Vec<Line> {
    let because = crate::learn::Span { text: "Because ".to_owned(), tone: Tone::Plain };
    sentences(&[std::slice::from_ref(&because), spans].concat(), "", settings)
}

/// A run went another way than the lesson tells, and is made again.
#[must_use]
pub fn again(failures: &[Failed], settings: &Settings) -> Vec<Line> {
    differences("This run went another way than the lesson tells; it is made again.", failures, settings)
}

/// A run went another way than the lesson tells, and so the lesson ends here.
#[must_use]
pub fn otherwise(failures: &[Failed], settings: &Settings) -> Vec<Line> {
    let text = "This run went another way than the lesson tells, more than once; what is drawn above is what came. The \
                explanation would not be true, and is left out. A machine that is busy does this: begin the lesson again later.";
    differences(text, failures, settings)
}

fn differences(text: &str, failures: &[Failed], settings: &Settings) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    lines.extend(words(&[(Style::Warning, text)], "", settings));
    for failed in failures {
        let Failed { expected, came } = failed;
        lines.extend(words(&[(Style::Reason, &format!("Expected {expected}; it was {came}."))], "  ", settings));
    }
    lines.push(Line::default());
    lines
}

/// What a teacher wants to know of a lesson before it: the predictions with their answers, the commands, and the notes.
#[must_use]
pub fn notes(lesson: &Lesson, of: usize, settings: &Settings) -> Vec<Line> {
    let mut lines = head(lesson, of, settings);
    let Lesson { minutes, needs, introduces, .. } = lesson;
    let introduced = introduces.join(", ");
    for text in [format!("Takes {minutes} minutes; needs {needs}."), format!("Explains {introduced}.")] {
        lines.extend(words(&[(Style::Plain, &text)], "", settings));
    }
    for step in &lesson.steps {
        match step {
            Step::Predict(prediction) => lines.extend(answered(prediction, settings)),
            Step::Run(run) => {
                lines.push(Line::default());
                lines.extend(command_line(&format!("rawshake {}", run.written), settings));
            }
            Step::Say(..) => {}
        }
    }
    lines.extend(heading("For the teacher", settings));
    lines.extend(raw(&lesson.notes, settings));
    lines.push(Line::default());
    lines
}

/// A prediction with its answer, as far as it is known before the run.
fn answered(prediction: &Prediction, settings: &Settings) -> Vec<Line> {
    let mut lines = raw(&prediction.question, settings);
    let right = match &prediction.ask {
        Ask::Choice(_) => format!("Right is {}.", prediction.ask.form().words()),
        Ask::Flags(path) | Ask::Number(path) => format!("The run tells what is right: {path}."),
    };
    lines.extend(choices(&prediction.ask, settings));
    lines.extend(words(&[(Style::Opening, &right)], "", settings));
    lines
}

/// Paragraphs before any run: what will be captured stands by its name.
fn raw(text: &[Paragraph], settings: &Settings) -> Vec<Line> {
    paragraphs(&text.iter().map(Paragraph::unfilled).collect::<Vec<_>>(), settings)
}

/// The lessons, and which of them are done.
#[must_use]
pub fn list(lessons: &[Lesson], progress: &Progress, settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    for lesson in lessons {
        let (mark, style) = if progress.is_done(lesson) { ("done", Style::Opening) } else { ("", Style::Plain) };
        let title = format!("{:<15} {}", lesson.name, lesson.title);
        let mut texts = wrap_behind(&title, 16, measure(settings) - 10).into_iter();
        let first = format!(" {:>2}  ", lesson.number);
        lines.push(Line(vec![
            span(style, &format!("{mark:<4}")),
            span(Style::Heading, &first),
            span(Style::Plain, &drawn(&texts.next().unwrap_or_default(), settings)),
        ]));
        lines.extend(texts.map(|text| plain(&drawn(&format!("         {text}"), settings))));
    }
    lines
}

/// `text`, whose first columns are a name, so folded that what goes on stands behind the name.
fn wrap_behind(text: &str, name: usize, columns: usize) -> Vec<String> {
    let (name, rest) = text.split_at(name.min(text.len()));
    let folded = wrap(rest, columns.saturating_sub(name.len()).max(10));
    let blank = " ".repeat(name.len());
    folded.iter().enumerate().map(|(at, line)| format!("{}{line}", if at == 0 { name } else { &blank })).collect()
}

/// Words in their styles, folded.
fn words(parts: &[(Style, &str)], indent: &str, settings: &Settings) -> Vec<Line> {
    let columns = measure(settings).saturating_sub(indent.len());
    let drawn: Vec<_> = parts.iter().map(|(style, text)| (*style, drawn(text, settings))).collect();
    let whole: String = drawn.iter().map(|(_, text)| text.as_str()).collect();
    let mut styles = drawn.iter().flat_map(|(style, text)| text.chars().map(move |char| (*style, char)));
    wrap(&whole, columns).iter().map(|line| styled(line, indent, &mut styles)).collect()
}

/// One line of a folded text, whose characters come with their styles; those that folding took away are passed over.
fn styled(text: &str, indent: &str, styles: &mut impl Iterator<Item = (Style, char)>) -> Line {
    let mut line = Line(if indent.is_empty() { Vec::new() } else { vec![span(Style::Plain, indent)] });
    for wanted in text.chars() {
        let style = styles.find(|(_, char)| *char == wanted).map_or(Style::Plain, |(style, _)| style);
        match line.0.last_mut() {
            Some(last) if last.style == style => last.text.push(wanted),
            _ => line.0.push(span(style, wanted.encode_utf8(&mut [0; 4]))),
        }
    }
    line
}

fn measure(settings: &Settings) -> usize {
    settings.width.clamp(40, MEASURE)
}

fn drawn(text: &str, settings: &Settings) -> String {
    if settings.ascii { ascii(text) } else { text.to_owned() }
}

fn span(style: Style, text: &str) -> Span {
    Span { style, text: text.to_owned() }
}

fn plain(text: &str) -> Line {
    Line(vec![span(Style::Plain, text)])
}
