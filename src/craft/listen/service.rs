//! The program behind a listening socket: what it answers.

use crate::craft::Endpoint;
use crate::wire::Time;

/// What the program does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on reading.
    Read,
    /// It closes.
    Close,
}

/// Talks to one client.
pub trait Service {
    /// `recv()` brought these octets; what to answer is appended to `answer`.
    fn read(&mut self, octets: &[u8], answer: &mut Vec<u8>) -> Next;

    /// What reads, answers and closes in its place, by a clock and as it likes; none where the listener does.
    fn takes_over(&mut self) -> Option<&mut dyn Program> {
        None
    }
}

/// A program that has an endpoint to itself.
pub trait Program {
    /// Does what is due. Gives the time at which it wants to be asked again, whatever arrives.
    fn run(&mut self, now: Time, endpoint: &mut Endpoint) -> Option<Time>;
}

/// Says what it hears.
#[derive(Clone, Copy, Debug, Default)]
pub struct Echo;

impl Service for Echo {
    fn read(&mut self, octets: &[u8], answer: &mut Vec<u8>) -> Next {
        answer.extend_from_slice(octets);
        Next::Read
    }
}

/// Answers the first that it hears with a text, and nothing after that.
#[derive(Clone, Debug, Default)]
pub struct Text(Option<Vec<u8>>);

impl Text {
    /// Answers with `text`; with an empty one not at all.
    #[must_use]
    pub const fn new(text: Vec<u8>) -> Self {
        Self(Some(text))
    }
}

impl Service for Text {
    fn read(&mut self, _: &[u8], answer: &mut Vec<u8>) -> Next {
        answer.extend(self.0.take().into_iter().flatten());
        Next::Read
    }
}
