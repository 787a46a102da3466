//! The thread that reads the buffers. It has to be one whose own calls are not recorded: each read would otherwise put
//! two more records into the buffer that it empties.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::buffer::Buffer;
use super::record::Record;
use crate::sys::{Error, Result, clock};

/// The buffers are emptied this often, though nobody asks.
const PAUSE: Duration = Duration::from_millis(100);
/// Records that are held until somebody asks; what comes beyond is counted as lost.
const HELD: usize = 200_000;

/// What is asked of the thread.
enum Ask {
    Records,
    Lost,
}

/// What it answers.
enum Answer {
    Records(Result<Vec<Record>>),
    Lost(Result<u64>),
}

/// The thread, and the way to it.
#[derive(Debug)]
pub(super) struct Reader {
    /// `None` only while it is being dropped: without a sender the thread ends.
    asks: Option<Sender<Ask>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread; `calls` has not yet any tracepoint that the thread itself could meet.
    pub(super) fn start(
        sockets: Buffer,
        calls: Buffer,
        begin: fn(&mut Buffer, &mut Buffer) -> Result<()>,
    ) -> Result<Self> {
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let (ready, begun) = channel();
        let body = move || {
            let mut state = State { sockets, calls, held: Vec::new(), lost: 0, failure: None };
            let started = state.calls.not_this_thread().and_then(|()| begin(&mut state.sockets, &mut state.calls));
            let failed = started.is_err();
            if ready.send(started).is_ok() && !failed {
                state.serve(&asked, &answer);
            }
        };
        let thread = Builder::new().name("kernel trace".to_owned()).spawn(body);
        let thread = Some(thread.map_err(|source| Error::os("start a thread", source))?);
        let this = Self { asks: Some(asks), answers, thread };
        begun.recv().unwrap_or_else(|_| Err(gone()))?;
        Ok(this)
    }

    fn ask(&self, ask: Ask) -> Option<Answer> {
        self.asks.as_ref()?.send(ask).ok()?;
        self.answers.recv().ok()
    }

    /// All that was recorded before this call and was not given yet, in no order.
    pub(super) fn records(&self) -> Result<Vec<Record>> {
        match self.ask(Ask::Records) {
            Some(Answer::Records(records)) => records,
            _ => Err(gone()),
        }
    }

    /// How many records were lost.
    pub(super) fn lost(&self) -> Result<u64> {
        match self.ask(Ask::Lost) {
            Some(Answer::Lost(lost)) => lost,
            _ => Err(gone()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.asks.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn gone() -> Error {
    Error::os("read the kernel's trace", std::io::Error::other("its thread has ended"))
}

/// What the thread keeps.
struct State {
    sockets: Buffer,
    calls: Buffer,
    held: Vec<Record>,
    lost: u64,
    failure: Option<Error>,
}

impl State {
    fn serve(&mut self, asked: &Receiver<Ask>, answer: &Sender<Answer>) {
        loop {
            let reply = match asked.recv_timeout(PAUSE) {
                Err(RecvTimeoutError::Timeout) => {
                    self.failure = self.failure.take().or(self.drain().err());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(Ask::Records) => Answer::Records(self.take()),
                Ok(Ask::Lost) => Answer::Lost(self.count_lost()),
            };
            if answer.send(reply).is_err() {
                return;
            }
        }
    }

    fn drain(&mut self) -> Result<()> {
        self.calls.read(&mut self.held)?;
        self.sockets.read(&mut self.held)?;
        let beyond = self.held.len().saturating_sub(HELD);
        self.held.truncate(HELD);
        self.lost += beyond as u64;
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<Record>> {
        self.failure.take().map_or(Ok(()), Err)?;
        // One CPU's buffer is read after the other's. What was recorded meanwhile has to wait for what others recorded
        // before it.
        let began = clock::now();
        self.drain()?;
        let (ready, later) = std::mem::take(&mut self.held).into_iter().partition(|record| record.time <= began);
        self.held = later;
        Ok(ready)
    }

    fn count_lost(&self) -> Result<u64> {
        Ok(self.lost + self.sockets.lost()? + self.calls.lost()?)
    }
}
