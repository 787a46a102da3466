//! Rows for what kernels told: on the side of whose kernel it is.

use super::super::item::{Item, KernelItem};
use super::super::{Lane, Moment, Row, Style, calls};
use super::Pen;
use crate::explain;
use crate::trace::KernelKind;

impl Pen<'_> {
    pub(super) fn kernel(&mut self, item: &Item, kernel: &KernelItem) {
        let KernelItem { event, told } = kernel;
        let side = event.side;
        if let Some(text) = explain::kernel_warning(event, self.voice.names) {
            return self.row(Row { lane: Lane::Mark(text), ..Row::default() });
        }
        let (style, parts) = match &event.kind {
            KernelKind::Called(_) | KernelKind::Returned { .. } => {
                (Style::Call, calls::words(&event.kind, *told, &mut self.caller[side]))
            }
            kind => (style(kind), explain::kernel_words(event).into_iter().collect()),
        };
        self.known.kernel |= !parts.is_empty();
        let time = item.after.map(Moment::After);
        self.row(Row { time, lane: Lane::Kernel { side, style, parts }, ..Row::default() });
    }
}

const fn style(kind: &KernelKind) -> Style {
    match kind {
        KernelKind::ResetSent { .. } | KernelKind::ResetReceived => Style::Reset,
        KernelKind::Dropped { .. } | KernelKind::Again { .. } => Style::Warning,
        _ => Style::State,
    }
}
