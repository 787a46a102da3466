//! A gate that each segment of ours has to pass: somebody looks at it first, and may change it or let it be lost.
//!
//! While that lasts our clock stands still, so that no timer goes off; what arrives is taken in and shown all the same.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::connection::Run;
use super::wire::{Error, Woken};
use crate::craft::{Emit, Outcome};
use crate::sys::Signal;
use crate::tcp::{Call, State};
use crate::wire::{LinkType, Packet, Segment, Time, decode};

/// How long the answer to a segment is waited for before the next one is asked about.
const ANSWER: Duration = Duration::from_millis(250);
/// How long nothing must have come, so that what comes together is taken in together; and the longest to wait for that.
const QUIET: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// From one look to the next where nothing happens.
const NAP: Duration = Duration::from_secs(60);

/// No socket call.
const NONE: [Option<Call>; 2] = [None, None];

/// What becomes of a segment at the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passing {
    /// It leaves as it is.
    AsItIs,
    /// This packet leaves in its place.
    Changed(Vec<u8>),
    /// It never leaves, and our end does not know.
    Lost,
    /// The user has had enough.
    Stop,
}

/// Who is asked.
pub trait Gate {
    /// Whether nobody is asked any longer: everything passes.
    fn is_open(&self) -> bool;

    /// Opens it for good.
    fn open(&mut self);

    /// Shows a segment that is about to leave; `before` is our state before it.
    ///
    /// # Errors
    /// It could not be shown.
    fn propose(&mut self, emit: &Emit, before: State) -> io::Result<()>;

    /// Asks once more, since other things were shown in between.
    ///
    /// # Errors
    /// It could not be shown.
    fn repeat(&mut self) -> io::Result<()>;

    /// What becomes readable when there is an answer; none where answers are there.
    fn keyboard(&self) -> Option<BorrowedFd<'_>>;

    /// Takes what was typed, without waiting; none while it is no answer.
    ///
    /// # Errors
    /// What was typed cannot be read, or nothing be shown.
    fn answer(&mut self) -> io::Result<Option<Passing>>;

    /// What was answered was done, and our end is in `state` now.
    fn passed(&mut self, state: State) {
        let _ = state;
    }
}

impl Run<'_> {
    fn is_gated(&mut self) -> bool {
        !self.line.has_failed() && self.line.gate().is_some_and(|gate| !gate.is_open())
    }

    /// Before a gate the next segment is asked about when the answer to the last one is there.
    pub(super) fn calm_down(&mut self) -> Result<(), Error> {
        let heard = self.endpoint.heard;
        let patience = match self.sent.take() {
            Some(patience) => patience,
            None if heard != self.calm => QUIET,
            None => return Ok(()),
        };
        if !self.is_gated() {
            return Ok(());
        }
        let started = self.line.wire.now();
        let (mut until, mut last) = (if heard == self.calm { started + patience } else { started + QUIET }, heard);
        while self.line.wire.now() < until && !self.line.has_failed() {
            if let Woken::Stop(signal) = self.line.wire.wait(until)? {
                self.interrupt(Some(signal));
                break;
            }
            self.line.listen(&mut self.endpoint)?;
            if self.endpoint.heard != last {
                last = self.endpoint.heard;
                until = (self.line.wire.now() + QUIET).min(started + LONGEST);
            }
        }
        self.calm = self.endpoint.heard;
        self.endpoint.stopped += self.line.wire.now().since(started);
        Ok(())
    }

    /// Sends `emit`, unless the gate has it otherwise.
    pub(super) fn pass(&mut self, emit: Emit, before: State) -> Result<(), Error> {
        if !self.is_gated() {
            return self.leave(emit);
        }
        let started = self.line.wire.now();
        let passing = self.ask(&emit, before);
        self.endpoint.stopped += self.line.wire.now().since(started);
        match passing? {
            Passing::AsItIs => self.leave(emit)?,
            Passing::Lost => self.owed = if emit.calls == NONE { self.owed } else { emit.calls },
            Passing::Changed(packet) => self.leave_changed(emit, packet)?,
            Passing::Stop => self.stop(emit)?,
        }
        let state = self.endpoint.end.state();
        if let Some(gate) = self.line.gate() {
            gate.passed(state);
        }
        Ok(())
    }

    fn ask(&mut self, emit: &Emit, before: State) -> Result<Passing, Error> {
        let mut told = self.line.gate().map_or(Ok(()), |gate| gate.propose(emit, before));
        let mut passed = self.line.counts().0;
        loop {
            let answer = match told {
                Ok(()) => self.line.gate().map_or(Ok(Some(Passing::AsItIs)), |gate| gate.answer()),
                Err(error) => Err(error),
            };
            match answer {
                Ok(Some(passing)) => return Ok(passing),
                Ok(None) => {}
                Err(error) => {
                    self.line.fail(error);
                    return Ok(Passing::Stop);
                }
            }
            if let Woken::Stop(signal) = self.line.wait_for_answer(NAP)? {
                self.signal = Some(signal);
                return Ok(Passing::Stop);
            }
            self.line.listen(&mut self.endpoint)?;
            let now_passed = self.line.counts().0;
            told = if now_passed == passed { Ok(()) } else { self.line.gate().map_or(Ok(()), |gate| gate.repeat()) };
            passed = now_passed;
        }
    }

    /// The user has had enough while a segment waits. A SYN never leaves then; what is open is closed behind the segment.
    fn stop(&mut self, emit: Emit) -> Result<(), Error> {
        let is_syn = with_segment(&emit.packet, |segment| segment.flags.syn()).unwrap_or(false);
        if !is_syn {
            self.leave(emit)?;
        }
        let signal = self.signal;
        self.interrupt(signal);
        if !self.has_sent {
            self.over = Some(Outcome::Interrupted);
        }
        Ok(())
    }

    /// Ends it in good order; a gate is open from now on.
    pub(super) fn interrupt(&mut self, signal: Option<Signal>) {
        self.signal = signal.or(self.signal);
        if let Some(gate) = self.line.gate() {
            gate.open();
        }
        let now = self.endpoint.clock(self.line.wire.now());
        self.endpoint.end.interrupt(now);
    }

    fn leave_changed(&mut self, emit: Emit, packet: Vec<u8>) -> Result<(), Error> {
        let now = self.endpoint.clock(self.line.wire.now());
        let end = &mut *self.endpoint.end;
        with_segment(&emit.packet, |own| with_segment(&packet, |sent| end.sent_instead(now, own, sent)));
        let state = end.state();
        self.leave(Emit { packet, state, ..emit })?;
        self.sent = Some(ANSWER);
        Ok(())
    }

    fn leave(&mut self, mut emit: Emit) -> Result<(), Error> {
        let owed = std::mem::take(&mut self.owed);
        if emit.calls == NONE {
            // What they caused is what is sent again now.
            emit.calls = owed;
        }
        let is_answered = with_segment(&emit.packet, |segment| segment.sequence_len() > 0 && !segment.flags.rst());
        self.sent = Some(if is_answered == Some(true) { ANSWER } else { QUIET });
        self.has_sent = true;
        self.line.send(self.line.wire.now(), emit)
    }
}

/// What `look` makes of the segment in an IP packet.
fn with_segment<T>(bytes: &[u8], look: impl FnOnce(&Segment<'_>) -> T) -> Option<T> {
    let original_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let packet = Packet { time: Time::default(), link: LinkType::RAW, original_len, bytes };
    let decoded = decode(&packet);
    decoded.segment().map(|(_, segment)| look(segment))
}
