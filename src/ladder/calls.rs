//! System calls, which take one row where nothing happens between entering and returning, and otherwise two.

use super::item::KernelItem;
use crate::explain::{self, Told};
use crate::trace::{KernelEvent, KernelKind, Process};
use crate::wire::Time;

/// A call that had nothing to do: programs that do not wait make it all the time.
const NOTHING: &str = "EAGAIN";

/// The call that was entered last, as long as nothing else has happened.
#[derive(Debug, Default)]
pub(super) struct Calls(Option<(Time, KernelEvent)>);

/// What is to be told, and when that happened.
pub(super) type Row = (Time, KernelItem);

impl Calls {
    /// A call that was entered, if it is known by now that something else happens before it returns.
    pub(super) fn pass_on(&mut self) -> Option<Row> {
        self.0.take().map(|(time, event)| (time, KernelItem { event, told: Told::Entered }))
    }

    /// Takes what a kernel told of a call, and gives what is to be told now, in its order; if `quiet`, nothing of one that had
    /// nothing to do.
    pub(super) fn take(&mut self, time: Time, event: &KernelEvent, quiet: bool) -> [Option<Row>; 2] {
        let KernelKind::Returned { call, errno, .. } = &event.kind else {
            let before = self.pass_on();
            self.0 = Some((time, *event));
            return [before, None];
        };
        let own = self.0.take_if(|(_, entered)| matches!(&entered.kind, KernelKind::Called(it) if it == call));
        if own.is_some() && quiet && *errno == Some(NOTHING) {
            return [None, None];
        }
        let (time, told) = own.map_or((time, Told::Returned), |(entered, _)| (entered, Told::Whole));
        [self.pass_on(), Some((time, KernelItem { event: *event, told }))]
    }
}

/// The words for a call, and who made it where that is another than the last `caller`.
pub(super) fn words(event: &KernelKind, told: Told, caller: &mut Option<Process>) -> Vec<String> {
    let process = match event {
        KernelKind::Called(call) | KernelKind::Returned { call, .. } => call.process,
        _ => return Vec::new(),
    };
    let mut parts = vec![explain::system_call(event, told)];
    if caller.replace(process) != Some(process) {
        parts.push(explain::process(&process));
    }
    parts
}
