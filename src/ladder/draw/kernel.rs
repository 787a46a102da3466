//! Rows for what kernels told: on the side of whose kernel it is.

use super::super::item::{Item, KernelItem};
use super::super::{Lane, Moment, Row, Style};
use super::Pen;
use crate::explain::{self, Told};
use crate::trace::{KernelEvent, KernelKind, Side};

impl Pen<'_> {
    pub(super) fn kernel(&mut self, item: &Item, kernel: &KernelItem) {
        let KernelItem { event, told } = kernel;
        let side = event.side;
        if let Some(text) = explain::kernel_warning(event, self.voice.names) {
            return self.row(Row { lane: Lane::Mark(text), ..Row::default() });
        }
        let (style, parts) = match &event.kind {
            KernelKind::Called(_) | KernelKind::Returned { .. } => (Style::Call, self.call_parts(side, event, *told)),
            kind => (style(kind), explain::kernel_words(event).into_iter().collect()),
        };
        self.known.kernel |= !parts.is_empty();
        let time = item.after.map(Moment::After);
        self.row(Row { time, lane: Lane::Kernel { side, style, parts }, ..Row::default() });
    }

    /// A call, and who made it where that is another than before.
    fn call_parts(&mut self, side: Side, event: &KernelEvent, told: Told) -> Vec<String> {
        let caller = match &event.kind {
            KernelKind::Called(call) | KernelKind::Returned { call, .. } => call.process,
            _ => return Vec::new(),
        };
        let mut parts = vec![explain::system_call(&event.kind, told)];
        if self.caller[side].replace(caller) != Some(caller) {
            parts.push(explain::process(&caller));
        }
        parts
    }
}

const fn style(kind: &KernelKind) -> Style {
    match kind {
        KernelKind::ResetSent { .. } | KernelKind::ResetReceived => Style::Reset,
        KernelKind::Dropped { .. } | KernelKind::Again { .. } => Style::Warning,
        _ => Style::State,
    }
}
