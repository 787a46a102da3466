//! One ladder: from steps to places.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::{Words, label};
use super::Drawn;
use super::arrows::Path;
use super::lifelines::Life;
use super::palette::{class, state_class};
use crate::explain;
use crate::ladder::{ArrowEnd, Ladder, Lifeline, Note, Settings, Shot, Step, Style, What, steps, wrap};
use crate::sink::ladders::Shown;
use crate::trace::{Pair, Side};

/// Pixels of a character, and of a line of text.
const CHAR: i32 = 8;
const LINE: i32 = 18;
/// Where the text at the left begins.
const LEFT: i32 = 12;
/// Pixels for times, and for the words beside a lifeline.
const TIME: i32 = 96;
const MARGIN: i32 = 122;
/// Pixels that an arrow falls where two cross, so that it shows.
const CROSSING: i32 = 30;

/// What stands where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Of the whole drawing.
    pub(super) width: i32,
    /// The lifelines.
    lanes: Pair<i32>,
}

impl Frame {
    pub(super) fn new(settings: &Settings) -> Self {
        let width = i32::try_from(settings.width).unwrap_or(i32::MAX).clamp(60, 400) * 11;
        Self { width, lanes: Pair { client: TIME + MARGIN, server: width - MARGIN } }
    }

    /// Characters between the lifelines.
    const fn room(&self) -> usize {
        ((self.lanes.server - self.lanes.client - 24) / CHAR) as usize
    }

    /// Where the middle between the lifelines is.
    const fn middle(&self) -> i32 {
        (self.lanes.server + self.lanes.client) / 2
    }
}

/// A segment whose arrival is below what left before it arrived.
struct Flying<'a> {
    shot: Shot<'a>,
    start: i32,
    /// What still has to leave before.
    before: u8,
    number: usize,
}

/// A ladder in the making.
pub(super) struct Drawing<'a> {
    frame: Frame,
    words: Words,
    /// Of the ladder in its document.
    index: usize,
    y: i32,
    /// Lifelines first: arrows and text lie above them.
    below: String,
    above: String,
    lives: Pair<Life>,
    /// How the lifelines are by now.
    lifelines: Pair<Lifeline>,
    flying: Vec<Flying<'a>>,
    names: Pair<String>,
    /// Pixels that an arrow falls.
    slope: i32,
    shots: usize,
    stops: Vec<i32>,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(frame: Frame, words: Words, index: usize) -> Self {
        let lives = Pair { client: Life::new(frame.lanes.client, 0), server: Life::new(frame.lanes.server, 0) };
        let (below, above) = (String::new(), String::new());
        let (names, lifelines) = (Pair::default(), Pair::default());
        Self {
            frame,
            words,
            index,
            y: 0,
            below,
            above,
            lives,
            lifelines,
            flying: Vec::new(),
            names,
            slope: 0,
            shots: 0,
            stops: Vec::new(),
        }
    }

    /// Draws it.
    pub(super) fn whole(mut self, shown: &'a Shown) -> Drawn {
        let ladder = &shown.ladder;
        self.y = 6;
        self.prose("title", LEFT, &shown.heading(), self.columns(LEFT) * 13 / 16);
        self.prose("quiet", LEFT, &ladder.certainty, self.columns(LEFT));
        self.flight(ladder.flight);
        self.heads(ladder);
        for step in steps(ladder) {
            if self.stops.is_empty() && matches!(step.what, What::Shot(_)) {
                self.stops.push(self.y + 4);
            }
            self.step(&step);
            if matches!(step.what, What::Shot(_)) {
                self.stops.push(self.y + 2);
            }
        }
        self.land_all();
        self.y += 4;
        for side in Side::BOTH {
            self.lives[side].end(self.y, &mut self.below);
        }
        self.y += 10;
        self.verdict(ladder);
        // The last step shows all.
        let height = self.y + 4;
        self.stops.last_mut().into_iter().for_each(|last| *last = height);
        Drawn { text: self.below + &self.above, height, stops: self.stops }
    }

    /// How far arrows fall, and why.
    fn flight(&mut self, flight: Option<Duration>) {
        let micros = flight.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        self.slope = micros.and_then(u64::checked_ilog2).map_or(10, |log| (2 * log as i32 - 4).clamp(8, 40));
        if let Some(flight) = flight {
            let text = format!(
                "Slope of the arrows: about {} on their way, half of the handshake (inferred).",
                explain::duration(flight)
            );
            self.prose("quiet", LEFT, &text, self.columns(LEFT));
        }
    }

    /// Characters from `x` to the right edge.
    const fn columns(&self, x: i32) -> usize {
        ((self.frame.width - x - LEFT) / CHAR) as usize
    }

    fn heads(&mut self, ladder: &Ladder) {
        self.y += LINE + 8;
        for side in Side::BOTH {
            self.names[side] = ladder.lanes[side].label.clone();
        }
        let sockets = Side::BOTH.map(|side| ladder.lanes[side].end.map_or_else(String::new, |end| end.to_string()));
        let labels = Side::BOTH.map(|side| ladder.lanes[side].label.clone());
        self.head("strong", &labels);
        self.head("quiet", &sockets);
        for side in Side::BOTH {
            self.lives[side] = Life::new(self.frame.lanes[side], self.y - LINE + 8);
        }
        self.y += 4;
    }

    /// Both names on a line if there is room for them.
    fn head(&mut self, class: &str, [left, right]: &[String; 2]) {
        let columns = |text: &str| i32::try_from(text.chars().count()).unwrap_or(i32::MAX).saturating_mul(CHAR);
        let begin = |side: Side, text: &str| {
            let half = columns(text) / 2;
            let most = self.frame.width - LEFT - 2 * half;
            (self.frame.lanes[side] - half).min(most).max(LEFT)
        };
        let (x1, x2) = (begin(Side::Client, left), begin(Side::Server, right));
        self.put(class, x1, "start", left);
        if x1 + columns(left) + CHAR > x2 {
            self.y += LINE;
        }
        self.put(class, x2, "start", right);
        self.y += LINE;
    }

    fn verdict(&mut self, ladder: &Ladder) {
        let widest = ladder.verdict.iter().map(|said| said.subject.len() as i32).max().unwrap_or(0);
        let x = LEFT + (widest + 2) * CHAR;
        for said in &ladder.verdict {
            self.y += LINE;
            self.put("strong", LEFT, "start", said.subject);
            self.y -= LINE;
            self.prose("", x, &said.text, self.columns(x));
        }
    }

    /// Text in lines, each below what was there.
    fn prose(&mut self, class: &str, x: i32, text: &str, columns: usize) {
        for line in wrap(text, columns) {
            self.y += LINE;
            self.put(class, x, "start", &line);
        }
    }

    /// Text at the present height.
    fn put(&mut self, class: &str, x: i32, anchor: &str, text: &str) {
        self.put_at(self.y, class, x, anchor, text);
    }

    fn put_at(&mut self, y: i32, class: &str, x: i32, anchor: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let text = self.words.text(text);
        let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.above, "<text{class} x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>");
    }

    fn step(&mut self, step: &Step<'a>) {
        self.lifelines = step.lifelines;
        if matches!(step.what, What::Fold(_) | What::Gap(_) | What::Said(_)) {
            self.land_all();
        }
        match &step.what {
            What::Shot(shot) => return self.shot(shot),
            What::Margins(notes) => {
                self.y += LINE;
                Side::BOTH.into_iter().for_each(|side| self.note(side, self.y, notes[side]));
            }
            What::Kernel(side, style, parts) => self.kernel(*side, *style, parts),
            What::Fold(parts) => self.between("quiet", &self.words.folded(parts)),
            What::Gap(text) => self.between("quiet", &self.words.gap(text)),
            What::Said(text) => self.between("warning halo", text),
        }
        if let Some(time) = step.time {
            self.put("quiet", TIME - 8, "end", &time.words());
        }
    }

    fn between(&mut self, class: &str, text: &str) {
        for line in wrap(text, self.frame.room()) {
            self.y += LINE;
            self.put(class, self.frame.middle(), "middle", &line);
        }
    }

    fn kernel(&mut self, side: Side, style: Style, parts: &[String]) {
        let class = match style {
            Style::Call => "call",
            Style::State => "state",
            _ => "warning",
        };
        let (x, anchor) = match side {
            Side::Client => (self.frame.lanes.client + 12, "start"),
            Side::Server => (self.frame.lanes.server - 12, "end"),
        };
        for (index, line) in wrap(&label(parts), self.frame.room() - 2).into_iter().enumerate() {
            self.y += LINE;
            let mark = if index > 0 { "" } else { "◆" };
            let line = if side == Side::Client { format!("{mark} {line}") } else { format!("{line} {mark}") };
            self.put(class, x, anchor, line.trim());
        }
    }

    /// A word beside a lifeline. A state colours it from here on.
    fn note(&mut self, side: Side, y: i32, note: Option<&Note>) {
        let mut class = self.lives[side].class();
        if let Some(note) = note {
            let (x, anchor) = match side {
                Side::Client => (self.frame.lanes.client - 10, "end"),
                Side::Server => (self.frame.lanes.server + 10, "start"),
            };
            if note.style == Style::State {
                class = state_class(&note.text);
                self.put_at(y, &format!("state {class}"), x, anchor, &note.text);
            } else {
                self.put_at(y, "call", x, anchor, &note.text);
            }
        }
        self.lives[side].change(y - 4, self.lifelines[side], class, &mut self.below);
    }

    /// A segment leaves. Where others leave before it arrives, it is on its way until then.
    fn shot(&mut self, shot: &Shot<'a>) {
        let Some(arrow) = shot.arrow else { return };
        self.shots += 1;
        self.y += 4;
        let crosses = arrow.crossed > 0 || !self.flying.is_empty();
        let _ = writeln!(
            self.above,
            "<g class=\"{}\" id=\"k{}s{}\" tabindex=\"-1\"><title>{}</title>",
            class(arrow.style),
            self.index,
            self.shots,
            self.words.text(&self.in_words(shot))
        );
        self.label(shot, arrow.from, crosses);
        let start = self.y + 9;
        let flying = Flying { shot: shot.clone(), start, before: arrow.crossed, number: self.shots };
        let falls = if crosses { CROSSING.max(self.slope) } else { self.slope };
        if arrow.crossed == 0 {
            self.fly(&flying, start + falls);
        }
        let _ = writeln!(self.above, "</g>");
        if let Some(time) = shot.time {
            self.put_at(start + 4, "quiet", TIME - 8, "end", &time.words());
        }
        self.note(arrow.from, start - 4, shot.states[arrow.from]);
        self.y = start + 2;
        if arrow.crossed == 0 {
            self.land_those_before(start);
            self.arrived(&flying, start + falls);
        } else {
            self.land_those_before(start);
            self.flying.push(flying);
        }
    }

    /// The label above an arrow: in the middle, or at its sender where it crosses another.
    fn label(&mut self, shot: &Shot<'_>, from: Side, crosses: bool) {
        let (x, anchor) = match (crosses, from) {
            (false, _) => (self.frame.middle(), "middle"),
            (true, Side::Client) => (self.frame.lanes.client + 14, "start"),
            (true, Side::Server) => (self.frame.lanes.server - 14, "end"),
        };
        let flags = shot.parts.first().map_or("", String::as_str);
        for (index, line) in wrap_parts(shot.parts, self.frame.room()).into_iter().enumerate() {
            self.y += LINE;
            let rest = line.strip_prefix(flags).filter(|_| index == 0);
            let text = match rest {
                Some(rest) => {
                    let (flags, rest) = (self.words.text(flags), self.words.text(rest));
                    format!("<tspan class=\"flags\">{flags}</tspan>{rest}")
                }
                None => self.words.text(&line),
            };
            let y = self.y;
            let _ =
                writeln!(self.above, "<text class=\"halo\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
        }
    }

    /// Draws the way of what arrives at height `end`.
    fn fly(&mut self, flying: &Flying<'_>, end: i32) {
        let Some(arrow) = &flying.shot.arrow else { return };
        let lane = |side: Side| f64::from(self.frame.lanes[side]) + if side == Side::Client { 2.0 } else { -2.0 };
        let path =
            Path { from: (lane(arrow.from), f64::from(flying.start)), to: (lane(arrow.from.other()), f64::from(end)) };
        path.draw(arrow, &mut self.above);
    }

    /// What it brings its receiver to, and what is said of it.
    fn arrived(&mut self, flying: &Flying<'a>, end: i32) {
        let shot = &flying.shot;
        let Some(arrow) = shot.arrow else { return };
        let to = arrow.from.other();
        self.note(to, end + 4, shot.states[to]);
        // A lost one falls no further than to where it was lost.
        let is_lost = matches!(arrow.end, ArrowEnd::Lost | ArrowEnd::Unanswered);
        let below = if is_lost { (end - flying.start) / 2 } else { end - flying.start };
        self.y = self.y.max(flying.start + below + 2);
        if !shot.options.is_empty() {
            for line in wrap_parts(shot.options, self.frame.room()) {
                self.y += LINE;
                self.put("quiet halo", self.frame.middle(), "middle", &line);
            }
        }
        let marks = shot.marks.iter().map(|text| ("warning halo", format!("≠ {text}")));
        let reasons = shot.reasons.iter().map(|text| ("quiet halo", (*text).to_owned()));
        let said: Vec<_> = reasons.chain(marks).collect();
        said.iter().for_each(|(class, text)| self.prose(class, self.frame.lanes.client + 14, text, self.frame.room()));
        self.y += 2;
    }

    /// One more has left at `start`: lets arrive what only waited for that.
    fn land_those_before(&mut self, start: i32) {
        let mut flying = std::mem::take(&mut self.flying);
        flying.iter_mut().for_each(|one| one.before = one.before.saturating_sub(1));
        let (down, still): (Vec<_>, Vec<_>) = flying.into_iter().partition(|one| one.before == 0);
        self.flying = still;
        self.land(down, start);
    }

    fn land_all(&mut self) {
        let flying = std::mem::take(&mut self.flying);
        self.land(flying, self.y);
    }

    fn land(&mut self, flying: Vec<Flying<'a>>, start: i32) {
        for (index, one) in flying.into_iter().enumerate() {
            let end = start + 12 + 10 * index as i32;
            let style = one.shot.arrow.map_or(Style::Plain, |arrow| arrow.style);
            // Below all text, some of which is in the way.
            let above = std::mem::take(&mut self.above);
            self.fly(&one, end);
            let way = std::mem::replace(&mut self.above, above);
            let (class, number) = (class(style), one.number);
            let _ = writeln!(self.below, "<g class=\"{class} way\" id=\"k{}s{number}w\">\n{way}</g>", self.index);
            self.arrived(&one, end);
        }
    }

    /// For who hears it, and for who points at it.
    fn in_words(&self, shot: &Shot<'_>) -> String {
        let Some(arrow) = &shot.arrow else { return String::new() };
        let [from, to] = [arrow.from, arrow.from.other()].map(|side| &self.names[side]);
        let end = match arrow.end {
            ArrowEnd::Arrives => "",
            ArrowEnd::Ignored => ", which takes no notice",
            ArrowEnd::Lost => ", lost on the way",
            ArrowEnd::Unanswered => ", not answered",
        };
        let way = if arrow.midway { "a router between " } else { "" };
        let mut text = format!("{} from {way}{from} to {to}{end}", label(shot.parts));
        for side in Side::BOTH {
            if let Some(note) = shot.states[side] {
                let _ = write!(text, "; {}: {}", self.names[side], note.text);
            }
        }
        shot.reasons.iter().for_each(|reason| {
            let _ = write!(text, "; {reason}");
        });
        text
    }
}

/// Parts on lines of `columns`, kept whole if they can be.
fn wrap_parts(parts: &[String], columns: usize) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + part.chars().count() <= columns => {
                line.push_str("  ");
                line.push_str(part);
            }
            _ if part.chars().count() <= columns => lines.push(part.clone()),
            _ => lines.extend(wrap(part, columns)),
        }
    }
    lines
}
