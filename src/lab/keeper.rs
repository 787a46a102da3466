//! The thread that keeps the server's network namespace and runs there what it is given.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::Error;
use crate::sys::{self, Namespace, namespace};

type Work = Box<dyn FnOnce() + Send>;

/// A thread on the server's host. Threads that its work starts are on that host too.
#[derive(Debug)]
pub(super) struct Keeper {
    /// `None` only while it is being dropped: without a sender the thread ends.
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    namespace: Namespace,
}

impl Keeper {
    /// Starts the thread in a new network namespace of the current user namespace.
    pub(super) fn start() -> Result<Self, Error> {
        let (work, queue) = channel::<Work>();
        let (ready, entered) = channel::<sys::Result<Namespace>>();
        let body = move || {
            let namespace = namespace::enter_new_network().and_then(|()| Namespace::current());
            let failed = namespace.is_err();
            if ready.send(namespace).is_err() || failed {
                return;
            }
            queue.into_iter().for_each(|work| work());
        };
        let thread = Builder::new().name("lab server".to_owned()).spawn(body);
        let thread = thread.map_err(|source| sys::Error::os("start a thread", source))?;
        let namespace = entered.recv().map_err(|_| Error::Gone)??;
        Ok(Self { work: Some(work), thread: Some(thread), namespace })
    }

    /// A handle of the namespace.
    pub(super) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Runs `work` on the thread and waits for its answer. Its panic becomes ours.
    pub(super) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = channel();
        let work: Work = Box::new(move || {
            // Nobody waits for the answer any more: then it is lost, and nothing else is.
            let _ = answer.send(catch_unwind(AssertUnwindSafe(work)));
        });
        self.work.as_ref().and_then(|queue| queue.send(work).ok()).ok_or(Error::Gone)?;
        match answered.recv() {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(Error::Gone),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
