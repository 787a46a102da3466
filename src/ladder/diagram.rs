//! The state diagram of a connection (RFC 9293 figure 5), drawn from the transition table: where boxes and lines stand is
//! data here, which ways there are and what they are called is not.

use super::layout::{Line, ascii, wrap};
use super::model::Style;
use super::settings::Settings;
use crate::explain::glossary::{Transition, span_of_states, transitions};
use crate::tcp::{Event, State};

/// Columns of the drawing.
const WIDTH: usize = 80;
const HEIGHT: usize = 39;

/// Each box: its state, the column of its middle, its first row.
const BOXES: [(State, usize, usize); 12] = [
    (State::Closed, 40, 0),
    (State::Listen, 40, 6),
    (State::SynReceived, 15, 12),
    (State::SynSent, 65, 12),
    (State::Established, 40, 18),
    (State::FinWait1, 15, 24),
    (State::CloseWait, 65, 24),
    (State::FinWait2, 15, 30),
    (State::Closing, 40, 30),
    (State::LastAck, 65, 30),
    (State::TimeWait, 40, 36),
    (State::Closed, 65, 36),
];

/// One way in the drawing: it is told by its ends and its event.
struct Edge {
    from: State,
    to: State,
    event: Event,
    /// Corners, column and row; the last one is the head.
    path: &'static [(usize, usize)],
    /// Where its label begins.
    label: (usize, usize),
}

const fn edge(
    (from, to): (State, State),
    event: Event,
    path: &'static [(usize, usize)],
    label: (usize, usize),
) -> Edge {
    Edge { from, to, event, path, label }
}

#[rustfmt::skip]
const EDGES: &[Edge] = &[
    edge((State::Closed, State::Listen), Event::PassiveOpen, &[(40, 3), (40, 5)], (42, 4)),
    edge((State::Closed, State::SynSent), Event::ActiveOpen, &[(45, 1), (69, 1), (69, 11)], (48, 0)),
    edge((State::Listen, State::SynReceived), Event::Syn, &[(34, 7), (15, 7), (15, 11)], (19, 6)),
    edge((State::Listen, State::SynSent), Event::Send, &[(45, 7), (62, 7), (62, 11)], (48, 6)),
    edge((State::SynSent, State::SynReceived), Event::Syn, &[(58, 13), (23, 13)], (34, 12)),
    edge((State::SynSent, State::Established), Event::SynAck, &[(62, 15), (62, 16), (43, 16), (43, 17)], (46, 15)),
    edge((State::SynReceived, State::Established), Event::AckOfSyn, &[(20, 15), (20, 16), (37, 16), (37, 17)], (22, 15)),
    edge((State::SynReceived, State::FinWait1), Event::Close, &[(10, 15), (10, 23)], (12, 18)),
    edge((State::Established, State::FinWait1), Event::Close, &[(36, 21), (36, 22), (19, 22), (19, 23)], (17, 21)),
    edge((State::Established, State::CloseWait), Event::Fin, &[(44, 21), (44, 22), (62, 22), (62, 23)], (47, 21)),
    edge((State::FinWait1, State::FinWait2), Event::AckOfFin, &[(15, 27), (15, 29)], (17, 28)),
    edge((State::FinWait1, State::Closing), Event::Fin, &[(22, 25), (40, 25), (40, 29)], (26, 24)),
    edge((State::CloseWait, State::LastAck), Event::Close, &[(65, 27), (65, 29)], (46, 28)),
    edge((State::FinWait2, State::TimeWait), Event::Fin, &[(15, 33), (15, 37), (33, 37)], (17, 35)),
    edge((State::Closing, State::TimeWait), Event::AckOfFin, &[(40, 33), (40, 35)], (42, 34)),
    edge((State::LastAck, State::Closed), Event::AckOfFin, &[(65, 33), (65, 35)], (50, 33)),
    edge((State::TimeWait, State::Closed), Event::TimeWaitTimeout, &[(47, 37), (59, 37)], (49, 38)),
];

impl Edge {
    /// The rule that it stands for.
    fn transition<'a>(&self, all: &'a [Transition]) -> Option<&'a Transition> {
        all.iter().find(|one| (one.from, one.to, one.event) == (self.from, self.to, self.event))
    }
}

/// The characters of the drawing: horizontal, vertical, the corners, and the heads.
struct Glyphs {
    horizontal: char,
    vertical: char,
    /// By the sides that they join: right and down, left and down, right and up, left and up.
    corners: [char; 4],
    /// Right, left, down, up.
    heads: [char; 4],
}

const UNICODE: Glyphs =
    Glyphs {
        horizontal: '─', vertical: '│', corners: ['┌', '┐', '└', '┘'], heads: ['▶', '◀', '▼', '▲']
    };
const ASCII: Glyphs =
    Glyphs { horizontal: '-', vertical: '|', corners: ['+', '+', '+', '+'], heads: ['>', '<', 'v', '^'] };

/// Draws into cells; each has a character and a style.
struct Canvas {
    cells: Vec<Vec<(char, Style)>>,
    glyphs: &'static Glyphs,
}

impl Canvas {
    fn put(&mut self, (column, row): (usize, usize), char: char, style: Style) {
        if let Some(cell) = self.cells.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell = (char, style);
        }
    }

    fn text(&mut self, (column, row): (usize, usize), text: &str, style: Style) {
        for (index, char) in text.chars().enumerate() {
            self.put((column + index, row), char, style);
        }
    }

    fn state(&mut self, (state, middle, top): (State, usize, usize)) {
        let name = state.name();
        let left = middle - (name.len() + 4) / 2;
        let right = left + name.len() + 3;
        let [down_right, down_left, up_right, up_left] = self.glyphs.corners;
        for row in [top, top + 2] {
            (left..=right).for_each(|column| self.put((column, row), self.glyphs.horizontal, Style::Lifeline));
        }
        for (place, corner) in [
            ((left, top), down_right),
            ((right, top), down_left),
            ((left, top + 2), up_right),
            ((right, top + 2), up_left),
        ] {
            self.put(place, corner, Style::Lifeline);
        }
        for column in [left, right] {
            self.put((column, top + 1), self.glyphs.vertical, Style::Lifeline);
        }
        self.text((left + 2, top + 1), name, Style::State);
    }

    /// A line from corner to corner, with a head at its end.
    fn path(&mut self, path: &[(usize, usize)]) {
        for pair in path.windows(2) {
            self.stroke(pair[0], pair[1]);
        }
        for three in path.windows(3) {
            let corner = self.corner(three[0], three[1], three[2]);
            self.put(three[1], corner, Style::Plain);
        }
        if let [.., before, last] = path {
            let head = self.glyphs.heads[direction(*before, *last)];
            self.put(*last, head, Style::Plain);
        }
    }

    fn stroke(&mut self, from: (usize, usize), to: (usize, usize)) {
        for column in from.0.min(to.0)..=from.0.max(to.0) {
            for row in from.1.min(to.1)..=from.1.max(to.1) {
                let line = if from.1 == to.1 { self.glyphs.horizontal } else { self.glyphs.vertical };
                self.put((column, row), line, Style::Plain);
            }
        }
    }

    fn corner(&self, before: (usize, usize), here: (usize, usize), after: (usize, usize)) -> char {
        let has = |way| direction(here, before) == way || direction(here, after) == way;
        let [right, left, down] = [0, 1, 2].map(has);
        let index = match (right, left, down) {
            (true, _, true) => 0,
            (_, true, true) => 1,
            (true, ..) => 2,
            _ => 3,
        };
        self.glyphs.corners[index]
    }
}

/// Right, left, down, up: as the heads stand.
const fn direction(from: (usize, usize), to: (usize, usize)) -> usize {
    match (from.0 < to.0, from.0 > to.0, from.1 < to.1) {
        (true, ..) => 0,
        (_, true, _) => 1,
        (_, _, true) => 2,
        _ => 3,
    }
}

/// The state diagram, and below it the ways that are not drawn; on a screen of less than 80 columns all of them in words.
#[must_use]
pub fn state_diagram(settings: &Settings) -> Vec<Line> {
    let all = transitions();
    let mut lines = Vec::new();
    let is_drawn = settings.width >= WIDTH;
    if is_drawn {
        lines.extend(drawing(&all, settings.ascii));
        lines.push(Line::default());
    }
    let drawn = |one: &&Transition| is_drawn && EDGES.iter().any(|edge| edge.transition(&all) == Some(*one));
    let rest: Vec<&Transition> = all.iter().filter(|one| !drawn(one)).collect();
    lines.extend(in_words(&rest, settings, is_drawn));
    lines
}

fn drawing(all: &[Transition], ascii: bool) -> Vec<Line> {
    let glyphs = if ascii { &ASCII } else { &UNICODE };
    let mut canvas = Canvas { cells: vec![vec![(' ', Style::Plain); WIDTH]; HEIGHT], glyphs };
    BOXES.into_iter().for_each(|one| canvas.state(one));
    for edge in EDGES {
        canvas.path(edge.path);
        if let Some(transition) = edge.transition(all) {
            canvas.text(edge.label, &transition.label(), Style::Reason);
        }
    }
    canvas.cells.iter().map(|row| line(row)).collect()
}

/// Cells as a line: neighbours of one style are one piece.
fn line(cells: &[(char, Style)]) -> Line {
    let mut line = Line::default();
    for piece in cells.chunk_by(|one, other| one.1 == other.1) {
        line.put(piece[0].1, piece.iter().map(|cell| cell.0).collect::<String>());
    }
    line
}

/// The ways in words, by where they lead: `CLOSED  by an abort: LISTEN to TIME-WAIT`.
fn in_words(ways: &[&Transition], settings: &Settings, rest: bool) -> Vec<Line> {
    let about = if rest { "Not drawn:" } else { "Every way from state to state:" };
    let mut lines = vec![styled(Style::Heading, about)];
    for to in State::ALL {
        let mut labels: Vec<(String, Vec<State>)> = Vec::new();
        for way in ways.iter().filter(|way| way.to == to) {
            match labels.iter_mut().find(|(label, _)| *label == way.label()) {
                Some((_, states)) => states.push(way.from),
                None => labels.push((way.label(), vec![way.from])),
            }
        }
        for (_, states) in &mut labels {
            states.sort_by_key(|state| *state as usize);
        }
        let parts = labels.iter().map(|(label, states)| format!("{label} from {}", span_of_states(states)));
        let text = parts.collect::<Vec<_>>().join("; ");
        let indent = 14;
        for (index, text) in wrap(&text, settings.width.clamp(40, 100) - indent).into_iter().enumerate() {
            let mut line = Line::default();
            line.put(Style::State, if index == 0 { to.name() } else { "" });
            line.pad_to(indent);
            line.put(Style::Plain, if settings.ascii { ascii(&text) } else { text });
            lines.push(line);
        }
    }
    lines
}

fn styled(style: Style, text: &str) -> Line {
    let mut line = Line::default();
    line.put(style, text);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, ascii: bool) -> String {
        let settings = Settings { width, ascii, ..Settings::default() };
        state_diagram(&settings).iter().map(|line| line.plain() + "\n").collect()
    }

    #[test]
    fn every_line_of_the_drawing_is_a_rule() {
        let all = transitions();
        for edge in EDGES {
            assert!(edge.transition(&all).is_some(), "{} to {} by {:?}", edge.from, edge.to, edge.event);
        }
        for (state, ..) in BOXES {
            assert!(EDGES.iter().any(|edge| edge.from == state || edge.to == state), "{state}");
        }
    }

    #[test]
    fn every_rule_is_drawn_or_told() {
        for (width, ascii) in [(40, false), (80, false), (80, true), (120, false)] {
            let text = drawn(width, ascii);
            assert!(text.lines().all(|line| line.chars().count() <= width.max(40)), "{text}");
            assert!(!ascii || text.is_ascii());
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for one in transitions() {
                assert!(words.contains(&one.label()), "{}: {text}", one.label());
            }
        }
    }

    #[test]
    fn the_diagram_looks_so() {
        insta::assert_snapshot!("states", drawn(80, false));
        insta::assert_snapshot!("states-ascii", drawn(80, true));
    }
}
