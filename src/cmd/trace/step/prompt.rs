//! The prompt: a segment of ours, what is typed about it, and what becomes of it.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;

use super::tally::Tally;
use crate::cmd::keyboard::Lines;
use crate::drive::Passing;
use crate::explain::{Statement, safe};
use crate::ladder::Settings;
use crate::sink::step as show;
use crate::step::{Change, Mode, Order, Origins, Outgoing, Prediction, Proposal, changed_words, help, order};

/// Columns of a typed line that are shown again.
const ECHO: usize = 60;

/// What stands before the cursor.
const PROMPT: &str = "> ";

/// The segment that is asked about.
struct Question {
    proposal: Proposal,
    /// What is told of it.
    told: Vec<Statement>,
    origins: Origins,
    /// As it is to leave.
    now: Outgoing,
    is_hidden: bool,
}

/// Asks about one segment after the other.
pub(super) struct Prompt {
    keyboard: Lines,
    question: Option<Question>,
    /// Segments are hidden until they were predicted.
    predicts: bool,
    is_open: bool,
    /// The cursor stands behind the prompt.
    is_asking: bool,
    /// The hint on what can be typed was shown: for segments that are shown, and for hidden ones.
    hinted: [bool; 2],
    tally: Tally,
}

impl Prompt {
    pub(super) fn new(predicts: bool) -> Self {
        Self {
            keyboard: Lines::new(),
            question: None,
            predicts,
            is_open: false,
            is_asking: false,
            hinted: [false; 2],
            tally: Tally::default(),
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether a segment waits to be decided on.
    pub(super) const fn is_waiting(&self) -> bool {
        self.question.is_some()
    }

    pub(super) const fn open(&mut self) {
        self.is_open = true;
    }

    pub(super) const fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.keyboard.descriptor()
    }

    /// Something else is to be shown.
    pub(super) fn make_way(&mut self, err: &mut dyn Write) -> io::Result<()> {
        if std::mem::take(&mut self.is_asking) { writeln!(err) } else { Ok(()) }
    }

    /// Puts the next segment, with what is told of it.
    pub(super) fn put(
        &mut self,
        (proposal, told, origins): (Proposal, Vec<Statement>, Origins),
        step: u32,
        settings: &Settings,
        err: &mut dyn Write,
    ) -> io::Result<()> {
        let now = proposal.segment.clone();
        let head = if self.predicts {
            format!("Step {step}: you are in {}. What is your next segment?", proposal.before)
        } else {
            format!("Step {step}: your next segment")
        };
        writeln!(err)?;
        show::sentence(&head, settings, err)?;
        let question = self.question.insert(Question { proposal, told, origins, now, is_hidden: self.predicts });
        if !question.is_hidden {
            show::told(&question.told, settings, err)?;
        }
        self.ask(settings, err)
    }

    /// Asks, or asks again.
    pub(super) fn ask(&mut self, settings: &Settings, err: &mut dyn Write) -> io::Result<()> {
        let is_hidden = self.question.as_ref().is_some_and(|question| question.is_hidden);
        if !std::mem::replace(&mut self.hinted[usize::from(is_hidden)], true) {
            let hint =
                if is_hidden { "Flags and numbers, as in SA seq 0 ack 1; Enter shows it" } else { "Enter sends it" };
            show::sentence(&format!("{hint}; ? tells more."), settings, err)?;
        }
        write!(err, "{PROMPT}")?;
        self.is_asking = true;
        err.flush()
    }

    /// Takes what was typed, without waiting; none until it decides.
    pub(super) fn answer(&mut self, settings: &Settings, err: &mut dyn Write) -> io::Result<Option<Passing>> {
        loop {
            if let Some(typed) = self.keyboard.line() {
                self.is_asking = false;
                if !self.keyboard.is_terminal() {
                    writeln!(err, "{}", safe(&typed, ECHO))?;
                }
                let passing = self.take(&typed, settings, err)?;
                if passing.is_some() {
                    return Ok(passing);
                }
                self.ask(settings, err)?;
            } else if self.keyboard.is_over() {
                self.make_way(err)?;
                show::sentence("No more input: the rest is sent without asking.", settings, err)?;
                self.is_open = true;
                self.question = None;
                return Ok(Some(Passing::AsItIs));
            } else if !self.keyboard.look()? {
                return Ok(None);
            }
        }
    }

    /// Does what was typed.
    fn take(&mut self, typed: &str, settings: &Settings, err: &mut dyn Write) -> io::Result<Option<Passing>> {
        let mode = match &self.question {
            Some(question) if question.is_hidden => Mode::Guess,
            _ => Mode::Send,
        };
        let order = match order(typed, mode) {
            Ok(order) => order,
            Err(error) => return show::sentence(&error.to_string(), settings, err).map(|()| None),
        };
        match order {
            Order::Go if mode == Mode::Send => return self.leave().map(Some),
            Order::Drop => {
                self.tally.dropped += 1;
                show::sentence(
                    "Dropped: it never left. Your end does not know, and its clock goes on.",
                    settings,
                    err,
                )?;
                return Ok(Some(Passing::Lost));
            }
            Order::Stop => return Ok(Some(Passing::Stop)),
            Order::Predict => self.toggle(settings, err)?,
            Order::Go => self.reveal(settings, err)?,
            Order::Foretell(prediction) => self.foretell(&prediction, settings, err)?,
            Order::Change(change) => self.change(Some(&change), settings, err)?,
            Order::Undo => self.change(None, settings, err)?,
            Order::Help | Order::Changes | Order::Back => show::help(&help(mode), settings, err)?,
        }
        Ok(None)
    }

    /// The segment leaves, as it was made or as it was changed.
    fn leave(&mut self) -> io::Result<Passing> {
        let passing = self.packet()?;
        match passing {
            Passing::Changed(_) => self.tally.changed += 1,
            _ => self.tally.sent += 1,
        }
        Ok(passing)
    }

    fn packet(&mut self) -> io::Result<Passing> {
        match self.question.take() {
            Some(Question { proposal, now, .. }) if now != proposal.segment => {
                now.bytes().map(Passing::Changed).map_err(io::Error::other)
            }
            _ => Ok(Passing::AsItIs),
        }
    }

    fn toggle(&mut self, settings: &Settings, err: &mut dyn Write) -> io::Result<()> {
        self.predicts = !self.predicts;
        if self.predicts {
            return show::sentence("From the next segment on you predict before you see it.", settings, err);
        }
        show::sentence("Segments are shown at once again.", settings, err)?;
        self.reveal(settings, err)
    }

    fn reveal(&mut self, settings: &Settings, err: &mut dyn Write) -> io::Result<()> {
        let Some(question) = &mut self.question else { return Ok(()) };
        if std::mem::take(&mut question.is_hidden) {
            show::told(&question.told, settings, err)?;
        }
        Ok(())
    }

    fn foretell(&mut self, prediction: &Prediction, settings: &Settings, err: &mut dyn Write) -> io::Result<()> {
        let Some(question) = &self.question else { return Ok(()) };
        let fact = question.proposal.fact((question.origins.seq, question.origins.ack));
        let marks = prediction.marks(&fact);
        self.tally.mark(&marks);
        marks.iter().try_for_each(|mark| show::sentence(&mark.text, settings, err))?;
        self.reveal(settings, err)
    }

    /// Changes a field, or takes all changes back.
    fn change(&mut self, change: Option<&Change>, settings: &Settings, err: &mut dyn Write) -> io::Result<()> {
        let Some(question) = &mut self.question else { return Ok(()) };
        let Question { proposal, origins, now, .. } = question;
        match change {
            Some(change) => change.apply(now, origins),
            None => now.clone_from(&proposal.segment),
        }
        show::told(&changed_words(&proposal.segment, now, (origins.seq, origins.ack)), settings, err)
    }
}
