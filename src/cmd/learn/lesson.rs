//! One lesson, from its question to what to try next.

use anyhow::Context as _;

use super::person::Person;
use super::play::{self, Keep, Played};
use crate::ladder::{Line, Settings};
use crate::learn::{Failed, Findings, Heading, Lesson, Paragraph, Prediction, Run, Step};
use crate::sink::learn as show;

/// A run that goes another way than the lesson tells is repeated so often in all.
const ATTEMPTS: usize = 3;

/// A lesson that goes on.
pub(super) struct Course<'a, 'b> {
    pub(super) lesson: &'a Lesson,
    /// How many lessons there are.
    pub(super) of: usize,
    pub(super) settings: &'a Settings,
    /// Where captures are kept.
    pub(super) keep: Option<Keep<'a>>,
    pub(super) person: &'a mut Person<'b>,
}

/// How a lesson ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was told whole.
    Done,
    /// A run went another way than it tells, again and again.
    Otherwise,
}

impl Course<'_, '_> {
    /// Goes through the lesson.
    ///
    /// # Errors
    /// There is no lab, something cannot be written, or the learner has left.
    pub(super) fn go(&mut self) -> anyhow::Result<End> {
        let mut findings = Findings::default();
        let mut runs = 0;
        let mut asked: Option<(&Prediction, Option<String>)> = None;
        self.person.show(&show::head(self.lesson, self.of, self.settings))?;
        for step in &self.lesson.steps {
            match step {
                Step::Say(heading, text) => self.say(*heading, text, &findings)?,
                Step::Predict(prediction) => asked = Some((prediction, self.ask(prediction, &findings)?)),
                Step::Run(run) => {
                    runs += 1;
                    let (played, failures) = self.play(run, &mut findings)?;
                    if !failures.is_empty() {
                        self.person.show(&show::otherwise(&failures, self.settings))?;
                        return Ok(End::Otherwise);
                    }
                    if let Some(keep) = self.keep {
                        keep.copy(&played.pcap, &format!("lesson-{:02}-{runs}.pcap", self.lesson.number))?;
                    }
                    if let Some((prediction, typed)) = asked.take() {
                        self.judge(prediction, typed.as_deref(), &findings)?;
                    }
                }
            }
        }
        Ok(End::Done)
    }

    fn say(&mut self, heading: Heading, text: &[Paragraph], findings: &Findings) -> anyhow::Result<()> {
        let over = match heading {
            Heading::Question => None,
            Heading::Explain => Some("What happened"),
            Heading::Textbook => Some("Where the textbook is wrong"),
            Heading::Try => Some("Try it yourself"),
        };
        let mut lines = over.map(|over| show::heading(over, self.settings)).unwrap_or_default();
        lines.extend(self.paragraphs(text, findings)?);
        self.person.show(&lines)
    }

    fn paragraphs(&self, text: &[Paragraph], findings: &Findings) -> anyhow::Result<Vec<Line>> {
        let filled = text.iter().map(|paragraph| findings.fill(paragraph)).collect::<Result<Vec<_>, _>>();
        Ok(show::paragraphs(&filled.context("the lesson cannot be told")?, self.settings))
    }

    /// Asks for a prediction: what was typed, or none where nobody is asked.
    fn ask(&mut self, prediction: &Prediction, findings: &Findings) -> anyhow::Result<Option<String>> {
        let mut lines = show::heading("What do you expect?", self.settings);
        // The question stands right below its heading.
        lines.extend(self.paragraphs(&prediction.question, findings)?.into_iter().skip(1));
        lines.extend(show::choices(&prediction.ask, self.settings));
        self.person.show(&lines)?;
        if self.person.is_absent() {
            return Ok(None);
        }
        self.person.answer(&prediction.ask.form()).map(Some)
    }

    /// Runs until it goes as the lesson tells; how it did not at last.
    fn play(&mut self, run: &Run, findings: &mut Findings) -> anyhow::Result<(Played, Vec<Failed>)> {
        self.person.show(&show::run(&run.written, self.settings))?;
        let mut attempt = 1;
        loop {
            let played = play::play(run, self.settings, self.person)?;
            findings.look(run, &played.scene);
            let failures = findings.failures(run);
            if failures.is_empty() || attempt == ATTEMPTS {
                self.person.show_output(&played.output, self.settings.width)?;
                return Ok((played, failures));
            }
            self.person.show(&show::again(&failures, self.settings))?;
            attempt += 1;
        }
    }

    fn judge(&mut self, prediction: &Prediction, typed: Option<&str>, findings: &Findings) -> anyhow::Result<()> {
        const UNTOLD: &str = "the run does not tell what is right";
        let answer = findings.answer(&prediction.ask).context(UNTOLD)?;
        let judged = typed.map(|typed| answer.judge(typed));
        let mut lines = show::judgement(judged.as_ref(), &answer, self.settings);
        if let Some(remark) = judged.as_ref().and_then(|judged| prediction.remark(judged)) {
            lines.extend(show::sentences(&findings.sentences(remark).context(UNTOLD)?, "", self.settings));
        }
        lines.extend(show::because(&findings.sentences(&prediction.because).context(UNTOLD)?, self.settings));
        self.person.pause("Enter: the answer")?;
        self.person.show(&lines)
    }
}
