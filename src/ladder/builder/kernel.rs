//! What kernels told, among the other items of a connection.

use super::super::Verbosity;
use super::super::item::{KernelItem, What};
use super::Builder;
use crate::explain::Told;
use crate::trace::{CallEvent, KernelEvent, KernelKind};
use crate::wire::Time;

/// Calls that move data: many of them are alike.
const DATA: [&str; 11] = [
    "sendto",
    "sendmsg",
    "sendmmsg",
    "write",
    "writev",
    "sendfile64",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "read",
    "readv",
];

/// A call that had nothing to do: programs that do not wait make it all the time.
const NOTHING: &str = "EAGAIN";

impl Builder {
    pub(super) fn kernel(&mut self, time: Time, event: &KernelEvent) {
        match &event.kind {
            KernelKind::Compared(result) => self.compared[event.side] = Some(*result),
            KernelKind::Called(_) => {
                self.pass_on_call();
                self.entered = Some((time, *event));
                self.watched[event.side] = true;
            }
            KernelKind::Returned { call, errno, .. } => self.returned(time, event, call, *errno),
            _ => self.keep(time, event, Told::Whole),
        }
    }

    /// A call that was entered, if it is known by now that something else happens before it returns.
    pub(super) fn pass_on_call(&mut self) {
        if let Some((time, event)) = self.entered.take() {
            self.keep(time, &event, Told::Entered);
        }
    }

    fn returned(&mut self, time: Time, event: &KernelEvent, call: &CallEvent, errno: Option<&'static str>) {
        let own = self.entered.take_if(|(_, entered)| matches!(&entered.kind, KernelKind::Called(it) if it == call));
        if own.is_some() && errno == Some(NOTHING) && self.settings.verbosity < Verbosity::Verbose {
            return;
        }
        self.pass_on_call();
        match own {
            Some((entered, _)) => self.keep(entered, event, Told::Whole),
            None => self.keep(time, event, Told::Returned),
        }
    }

    fn keep(&mut self, time: Time, event: &KernelEvent, told: Told) {
        if told == Told::Whole && !matches!(event.kind, KernelKind::Returned { .. }) {
            self.pass_on_call();
        }
        // What was before the first segment has no time of its own: all times count from there.
        let is_before = self.last.is_none();
        let mut item = self.item(time, What::Kernel(KernelItem { event: *event, told }));
        if is_before {
            self.last = None;
            item.after = None;
        }
        if is_data(event) && self.settings.verbosity < Verbosity::Verbose {
            self.run.push(item, &mut self.items);
        } else {
            self.run.end(&mut self.items);
            self.items.push(item);
        }
    }
}

/// Whether it is like many others: octets were moved.
fn is_data(event: &KernelEvent) -> bool {
    matches!(&event.kind, KernelKind::Returned { call, result: 1.., .. } if DATA.contains(&call.call))
}
