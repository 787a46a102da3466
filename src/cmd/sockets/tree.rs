//! Connection sockets beneath the listening sockets that they came from.

use super::family::Families;
use super::view::Row;
use super::words;
use crate::explain::count;
use crate::ladder::wrap;
use crate::tcp::State;

/// What the lines are drawn with.
struct Glyphs {
    branch: &'static str,
    last: &'static str,
    trunk: &'static str,
    nothing: &'static str,
    both: &'static str,
}

const UNICODE: Glyphs = Glyphs { branch: "├─ ", last: "└─ ", trunk: "│  ", nothing: "   ", both: "↔" };
const ASCII: Glyphs = Glyphs { branch: "|- ", last: "`- ", trunk: "|  ", nothing: "   ", both: "<->" };

/// On a screen of so many columns where there is one.
pub(super) fn lines(rows: &[Row], width: Option<usize>, ascii: bool) -> Vec<String> {
    let families = Families::of(rows);
    let pen = Pen { rows, width: width.unwrap_or(usize::MAX), glyphs: if ascii { &ASCII } else { &UNICODE } };
    let mut lines = Vec::new();
    for (listener, children) in &families.listeners {
        pen.listener(*listener, children, &mut lines);
    }
    pen.group("TCP sockets of no listening socket", &families.alone, &mut lines);
    pen.group("UDP sockets", &families.datagrams, &mut lines);
    lines
}

struct Pen<'a> {
    rows: &'a [Row],
    width: usize,
    glyphs: &'static Glyphs,
}

impl Pen<'_> {
    fn listener(&self, listener: usize, children: &[usize], lines: &mut Vec<String>) {
        let row = &self.rows[listener];
        let stem = if children.is_empty() { self.glyphs.nothing } else { self.glyphs.trunk };
        let half = children.iter().filter(|child| self.rows[**child].state == Some(State::SynReceived)).count();
        let half = (half > 0).then(|| format!("{} half open", count(half as u64, "connection")));
        self.write(("", stem), row, half, lines);
        self.children(children, lines);
    }

    fn group(&self, heading: &str, members: &[usize], lines: &mut Vec<String>) {
        if !members.is_empty() {
            lines.push(heading.to_owned());
            self.children(members, lines);
        }
    }

    fn children(&self, children: &[usize], lines: &mut Vec<String>) {
        for (index, child) in children.iter().enumerate() {
            let row = &self.rows[*child];
            let Glyphs { branch, last, trunk, nothing, .. } = self.glyphs;
            let stems = if index + 1 < children.len() { (*branch, *trunk) } else { (*last, *nothing) };
            self.write(stems, row, None, lines);
        }
    }

    /// State and 4-tuple.
    fn name(&self, row: &Row) -> String {
        let kernel = row.socket.state.name();
        let state = match row.state_name() {
            name if name == kernel => name.to_owned(),
            name => format!("{name} ({kernel})"),
        };
        match row.remote().as_str() {
            "*" => format!("{state}  {}", row.local()),
            remote => format!("{state}  {} {} {remote}", row.local(), self.glyphs.both),
        }
    }

    /// A socket behind the first stem, and remarks below it behind the second; its process where there is room.
    fn write(&self, (first, below): (&str, &str), row: &Row, more: Option<String>, lines: &mut Vec<String>) {
        let columns = |text: &str| text.chars().count();
        let room = self.width.saturating_sub(columns(below) + 2).max(1);
        let (mut name, owner) = (self.name(row), Some(words::owner(row)).filter(|owner| owner != "-"));
        let fits = owner.as_ref().is_some_and(|owner| columns(&name) + 2 + columns(owner) <= room);
        if let Some(owner) = owner.as_ref().filter(|_| fits) {
            name += &format!("  {owner}");
        }
        let name = if columns(&name) <= room { vec![name] } else { wrap(&name, room) };
        let remarks: Vec<_> = owner.filter(|_| !fits).into_iter().chain(words::remarks(row)).chain(more).collect();
        let below = format!("{below}  ");
        let stems = std::iter::once(first).chain(std::iter::repeat(below.as_str()));
        let texts = name.into_iter().chain(wrap(&remarks.join("; "), room));
        lines.extend(stems.zip(texts).map(|(stem, text)| format!("{stem}{text}")));
    }
}
