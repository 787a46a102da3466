//! `--step`: before each segment of ours somebody is asked.

mod consequence;
mod prompt;
mod run;
mod tally;

pub(super) use run::{check, run};

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use self::consequence::Consequence;
use self::prompt::Prompt;
use crate::cmd::show::Show;
use crate::craft::Emit;
use crate::drive::{Gate, Passing, Seen, Watcher};
use crate::explain::{self, Case, Names};
use crate::ladder::Settings;
use crate::sink::step::{self as show, OneByOne};
use crate::step::{Ledger, Origins, Outgoing, Piece, Proposal, words};
use crate::tcp::{Seq, State};
use crate::trace::{Event, EventKind, Hint, Origin, Pair, Tracer, TracerOptions};
use crate::wire::{Content, Segment, Time};

/// A wait that is worth a word.
const LONG: Duration = Duration::from_millis(900);

/// Shows a run while it goes on, and asks before each segment of ours. The conversation is on standard error; what the run
/// would show without it stays where it is.
pub(super) struct Stepper<'a> {
    show: Show<'a>,
    err: &'a mut dyn Write,
    settings: Settings,
    tracer: Tracer,
    drawn: OneByOne,
    ledger: Ledger,
    consequence: Consequence,
    prompt: Prompt,
    /// Our state when our last segment had left, or was dropped.
    from: State,
    steps: u32,
    /// Until when the last wait goes that was told of.
    told: Option<Time>,
}

impl<'a> Stepper<'a> {
    /// Steps through what `show` shows; with `predicts` each segment is hidden until it was predicted.
    pub(super) fn new(
        show: Show<'a>,
        tracing: TracerOptions,
        settings: Settings,
        predicts: bool,
        err: &'a mut dyn Write,
    ) -> Self {
        Self {
            show,
            err,
            settings,
            tracer: Tracer::new(tracing),
            drawn: OneByOne::default(),
            ledger: Ledger::default(),
            consequence: Consequence::default(),
            prompt: Prompt::new(predicts),
            from: State::Closed,
            steps: 0,
            told: None,
        }
    }

    /// The end: what the run showed.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let told = self.conclude();
        self.show.finish()?;
        Ok(told?)
    }

    fn conclude(&mut self) -> io::Result<()> {
        self.prompt.make_way(self.err)?;
        let case = self.consequence.silence();
        self.explain(case)?;
        writeln!(self.err)?;
        show::sentence(&self.prompt.tally().words(), &self.settings, self.err)?;
        writeln!(self.err)
    }

    /// The number that the peer waits for, where it was left with a connection because it did not get what was made for it.
    fn held_open(&self) -> Option<Seq> {
        self.consequence.held_open().filter(|_| self.prompt.tally().is_meddled())
    }

    /// Where the numbers count from: SEG.SEQ and SEG.ACK.
    fn zeros(&self, piece: &Piece) -> (Seq, Seq) {
        if self.settings.absolute { (Seq(0), Seq(0)) } else { (self.ledger.ours(piece), self.ledger.theirs()) }
    }

    /// The peer, with an article.
    fn peer(&self) -> String {
        let sockets = self.drawn.opened().map(|opened| Pair { client: opened.client, server: opened.server });
        let names = Names::new(sockets, self.settings.ours, self.settings.peer_name.as_deref());
        names.you().map_or_else(|| "the server".to_owned(), |you| names.the(you.other()))
    }

    fn explain(&mut self, case: Option<Case>) -> io::Result<()> {
        let Some(case) = case else { return Ok(()) };
        writeln!(self.err)?;
        show::told(&case.statements(), &self.settings, self.err)
    }

    /// Says why the peer repeats itself while a segment of ours waits at the prompt.
    fn excuse(&mut self, events: &[Event]) -> io::Result<()> {
        if !self.prompt.is_waiting() {
            return Ok(());
        }
        let repeated = events.iter().find_map(|event| match &event.kind {
            EventKind::Segment(segment) if segment.origin == Origin::Wire => {
                explain::impatience(segment.marks, &self.peer())
            }
            _ => None,
        });
        let Some(text) = repeated else { return Ok(()) };
        writeln!(self.err)?;
        show::sentence(&text, &self.settings, self.err)
    }

    fn follow(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let case = match (&seen.decoded.content, seen.origin) {
            (Content::Segment(segment), Origin::Wire) => {
                self.ledger.came(&piece(segment));
                self.consequence.came(seen.decoded)
            }
            (Content::Segment(segment), _) => {
                self.consequence.left(segment);
                None
            }
            (Content::Icmp(icmp), _) => {
                let v6 = seen.decoded.ip.as_ref().is_some_and(|ip| ip.source.is_ipv6());
                self.consequence.complained(explain::icmp_words(v6, icmp.kind, icmp.code).says.to_owned())
            }
            _ => None,
        };
        self.explain(case)
    }
}

fn piece(segment: &Segment<'_>) -> Piece {
    Piece { seq: Seq(segment.seq), ack: Seq(segment.ack), len: segment.payload_len, flags: segment.flags }
}

impl Watcher for Stepper<'_> {
    fn packet(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        let shown = self.show.packet(seen);
        self.prompt.make_way(self.err)?;
        let hint = Hint { origin: seen.origin, calls: seen.calls, ..Hint::default() };
        let mut events = Vec::new();
        self.tracer.packet(seen.number, seen.packet, seen.decoded, hint, &mut |event| events.push(*event));
        let (drawn, settings) = (&mut self.drawn, &self.settings);
        events.iter().try_for_each(|event| drawn.event(event, settings, self.err))?;
        self.follow(seen)?;
        self.excuse(&events)?;
        shown
    }

    fn waiting(&mut self, now: Time, until: Time, state: State) -> io::Result<()> {
        let wait = until.since(now);
        if wait > LONG && self.told.is_none_or(|told| told < now) {
            self.told = Some(until);
            let text = format!("{state}: nothing to send; your next timer goes off in {:.1} s.", wait.as_secs_f64());
            show::sentence(&text, &self.settings, self.err)?;
        }
        Ok(())
    }

    fn gate(&mut self) -> Option<&mut dyn Gate> {
        Some(self)
    }
}

impl Gate for Stepper<'_> {
    fn is_open(&self) -> bool {
        self.prompt.is_open()
    }

    fn open(&mut self) {
        self.prompt.open();
    }

    fn propose(&mut self, emit: &Emit, before: State) -> io::Result<()> {
        let case = self.consequence.silence();
        self.explain(case)?;
        let segment = Outgoing::of(&emit.packet).map_err(io::Error::other)?;
        let proposal = Proposal { segment, from: self.from, before, to: emit.state, calls: emit.calls };
        let piece = proposal.piece();
        let zeros = self.zeros(&piece);
        let told = words(&proposal, &self.ledger, zeros, &self.peer());
        let receiver = *self.consequence.peer().variables();
        let origins = Origins { seq: zeros.0, ack: zeros.1, receiver };
        self.ledger.made(&piece);
        self.steps += 1;
        self.prompt.put((proposal, told, origins), self.steps, &self.settings, self.err)
    }

    fn repeat(&mut self) -> io::Result<()> {
        self.prompt.ask(&self.settings, self.err)
    }

    fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        self.prompt.descriptor()
    }

    fn answer(&mut self) -> io::Result<Option<Passing>> {
        let passing = self.prompt.answer(&self.settings, self.err)?;
        if let Some(Passing::Changed(packet)) = &passing {
            self.consequence.changed();
            let changed = Outgoing::of(packet).map_err(io::Error::other)?;
            if changed.fields.flags.syn() {
                self.ledger.begun_at(Seq(changed.fields.seq));
            }
        }
        Ok(passing)
    }

    fn passed(&mut self, state: State) {
        self.from = state;
    }
}
