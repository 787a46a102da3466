//! From what was kept to rows.

use std::collections::HashSet;

use super::builder::Frame;
use super::item::{Item, What};
use crate::explain::{self, Known, Names, Reason, Topic};
use crate::ladder::item::KernelItem;
use crate::ladder::{Arrow, Ladder, Lane, LaneHead, Lifeline, Moment, Row, Settings, Style, Verbosity, calls};
use crate::trace::exchange::{ExchangeError, Message};
use crate::trace::{Pair, Process, Side};

/// Draws what was kept of one exchange.
pub(super) fn draw(settings: &Settings, frame: &Frame, items: &[Item]) -> Ladder {
    let ends = (frame.began.map(|began| Pair { client: began.client, server: began.server }))
        .or_else(|| frame.summary.map(|summary| Pair { client: summary.client, server: summary.server }));
    let names = Names::new(None, None, None);
    let mut pen =
        Pen { settings, frame, names: &names, rows: Vec::new(), said: HashSet::new(), caller: Pair::default() };
    items.iter().for_each(|item| pen.item(item));
    let known = Known { kernel: pen.caller.client.or(pen.caller.server).is_some(), ..Known::default() };
    let rows = pen.rows;
    let head = |side: Side| LaneHead { label: names.label(side).to_owned(), end: ends.map(|ends| ends[side]) };
    let verdict = frame.summary.filter(|_| settings.verbosity > Verbosity::Quiet);
    let v6 = ends.is_some_and(|ends| ends.client.ip().is_ipv6());
    Ladder {
        kind: format!("{} exchange", explain::exchange_name(frame.protocol, v6)),
        number: frame.number,
        lanes: Pair { client: head(Side::Client), server: head(Side::Server) },
        certainty: known.line(&names),
        flight: None,
        rows,
        verdict: verdict.map_or_else(Vec::new, |summary| explain::exchange_verdict(&summary, frame.protocol, &names)),
    }
}

struct Pen<'a> {
    settings: &'a Settings,
    frame: &'a Frame,
    names: &'a Names,
    rows: Vec<Row>,
    said: HashSet<Topic>,
    /// Who called last at each end.
    caller: Pair<Option<Process>>,
}

impl Pen<'_> {
    fn item(&mut self, item: &Item) {
        match &item.what {
            What::Message(message) => self.message(item, message),
            What::Error(error) => self.error(item, error),
            What::Kernel(kernel) => self.call(item, kernel),
            What::Fold(tally) => {
                let words = tally.words(self.frame.protocol, self.names);
                self.row(Row { lane: Lane::Fold(words), ..Row::default() });
            }
        }
    }

    fn message(&mut self, item: &Item, message: &Message) {
        let style = if message.len > 0 { Style::Data } else { Style::BareAck };
        let parts = explain::message_label(message, self.frame.protocol);
        self.row(Row { lane: Lane::Label { style, parts }, ..Row::default() });
        self.arrow(item, message.number, Arrow { from: message.from, style, end: item.end, midway: false, crossed: 0 });
        if let Some(began) = &self.frame.began {
            let ascii = self.settings.ascii;
            self.reasons(explain::message_reasons(message, self.frame.protocol, began, ascii));
        }
        self.remarks(message.number);
    }

    fn error(&mut self, item: &Item, error: &ExchangeError) {
        let protocol = self.frame.protocol;
        if error.answers.is_none() {
            self.row(Row { lane: Lane::Gap(explain::quoted_unseen().to_owned()), ..Row::default() });
        }
        let style = Style::Warning;
        self.row(Row { lane: Lane::Label { style, parts: explain::error_label(error) }, ..Row::default() });
        let from = error.about.other();
        let sender = self.frame.began.map(|began| if from == Side::Client { began.client } else { began.server });
        let midway = sender.is_none_or(|sender| sender.ip() != error.from);
        self.arrow(item, error.number, Arrow { from, style, end: item.end, midway, crossed: 0 });
        self.reasons(explain::error_reasons(error, protocol, self.names));
        self.remarks(error.number);
    }

    fn call(&mut self, item: &Item, KernelItem { event, told }: &KernelItem) {
        let side = event.side;
        let parts = calls::words(&event.kind, *told, &mut self.caller[side]);
        let time = item.after.map(Moment::After);
        self.row(Row { time, lane: Lane::Kernel { side, style: Style::Call, parts }, ..Row::default() });
    }

    fn arrow(&mut self, item: &Item, packet: u64, arrow: Arrow) {
        let time = Some(item.after.map_or(Moment::Start, Moment::After));
        self.row(Row { time, packet: Some(packet), lane: Lane::Arrow(arrow), ..Row::default() });
    }

    fn reasons(&mut self, reasons: Vec<Reason>) {
        for reason in reasons {
            if self.settings.verbosity.tells(reason.weight, &mut self.said) {
                self.row(Row { lane: Lane::Reason(reason.text), ..Row::default() });
            }
        }
    }

    /// What was remarked in the capture.
    fn remarks(&mut self, packet: u64) {
        for text in self.settings.remarks(packet) {
            self.row(Row { lane: Lane::Reason(text), ..Row::default() });
        }
    }

    fn row(&mut self, row: Row) {
        self.rows.push(Row { lifelines: Pair::both(Lifeline::Open), ..row });
    }
}
