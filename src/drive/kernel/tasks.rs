//! Which thread belongs to which process, and what it is called.

use std::collections::HashMap;
use std::fs;

use crate::sys::processes;
use crate::trace::{Process, Text};

/// Shares the descriptors, as a thread does (clone(2)).
pub(super) const CLONE_FILES: u64 = 0x400;
/// Is a thread of the same process.
const CLONE_THREAD: u64 = 0x1_0000;
/// Threads that are remembered.
const MOST: usize = 65_536;

/// The threads that are known.
#[derive(Debug, Default)]
pub(super) struct Tasks(HashMap<u32, Process>);

impl Tasks {
    /// The threads that these processes have now.
    pub(super) fn of(processes: &[u32]) -> Self {
        let threads =
            processes.iter().flat_map(|process| processes::threads(*process).into_iter().map(|it| (*process, it)));
        let named = threads.map(|(process, thread)| {
            let name = fs::read(format!("/proc/{process}/task/{thread}/comm")).unwrap_or_default();
            let name = Text::of(name.strip_suffix(b"\n").unwrap_or(&name));
            (thread, Process { process, thread, name })
        });
        Self(named.take(MOST).collect())
    }

    /// Their numbers.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.0.keys().copied().collect()
    }

    /// A thread made another. True where that is a process of its own.
    pub(super) fn born(&mut self, parent: u32, thread: u32, name: &[u8], flags: u64) -> bool {
        let own = flags & CLONE_THREAD == 0;
        let process = if own { thread } else { self.get(parent).process };
        if self.0.len() < MOST {
            self.0.insert(thread, Process { process, thread, name: Text::of(name) });
        }
        own
    }

    /// It has ended.
    pub(super) fn forget(&mut self, thread: u32) {
        self.0.remove(&thread);
    }

    pub(super) fn rename(&mut self, thread: u32, name: &[u8]) {
        if let Some(known) = self.0.get_mut(&thread) {
            known.name = Text::of(name);
        }
    }

    /// Whether nobody is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is one of those that are watched.
    pub(super) fn knows(&self, thread: u32) -> bool {
        self.0.contains_key(&thread)
    }

    /// Who that is; of an unknown one nothing but its number.
    pub(super) fn get(&self, thread: u32) -> Process {
        self.0.get(&thread).copied().unwrap_or(Process { process: thread, thread, name: Text::of(b"?") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_belong_to_their_process_and_forks_do_not() {
        let mut tasks = Tasks::of(&[std::process::id()]);
        let own = tasks.numbers()[0];
        let process = tasks.get(own).process;
        assert_eq!(process, std::process::id());
        assert!(!tasks.born(own, 4_194_301, b"worker\0\0", CLONE_THREAD | CLONE_FILES));
        assert!(tasks.born(own, 4_194_302, b"child", 0));
        let worker = tasks.get(4_194_301);
        assert_eq!((worker.process, worker.name.to_text().as_str()), (process, "worker"));
        assert_eq!(tasks.get(4_194_302).process, 4_194_302);
        tasks.rename(4_194_302, b"cat");
        assert_eq!(tasks.get(4_194_302).name.to_text(), "cat");
        assert_eq!(tasks.get(4_194_303).name.to_text(), "?");
    }
}
