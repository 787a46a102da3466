//! Lines that stand in place on a terminal: drawn again where they are, and gone before anything else is printed.

use std::io::{self, Write};
use std::os::fd::AsFd;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use colored::Colorize as _;

use crate::sys::terminal::{self, Size};

/// A terminal that does not know its size.
const USUAL: Size = Size { rows: 24, columns: 80 };

/// The last lines on a terminal. Nothing about the terminal is set, so there is nothing to restore.
pub(super) struct InPlace {
    out: Box<dyn Write>,
    size: Box<dyn Fn() -> Option<Size>>,
    styled: bool,
    /// Columns of each line that stands there.
    drawn: Vec<usize>,
}

impl InPlace {
    /// On this standard stream; none where it is no terminal, or one whose cursor cannot go up. It writes past
    /// `anstream`, which without colour would take out the movements of the cursor as well.
    pub(super) fn on<S: RawStream + Write + AsFd + 'static>(stream: fn() -> S) -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if is_dumb || !terminal::is_terminal(stream()) {
            return None;
        }
        Some(Self {
            out: Box::new(stream()),
            size: Box::new(move || terminal::size(stream())),
            styled: AutoStream::choice(&stream()) != ColorChoice::Never,
            drawn: Vec::new(),
        })
    }

    fn size(&self) -> Size {
        (self.size)().unwrap_or(USUAL)
    }

    /// Columns of the terminal now.
    pub(super) fn columns(&self) -> usize {
        self.size().columns.into()
    }

    /// Lines that it has room for now, above the one of the cursor.
    pub(super) fn rows(&self) -> usize {
        usize::from(self.size().rows).saturating_sub(1).max(1)
    }

    /// Whether nothing stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// Puts a heading, if any, and these lines in the place of those before. What there is no room for is cut. All goes
    /// out in one write, so that nothing flickers.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(super) fn draw(&mut self, heading: Option<&str>, lines: &[String]) -> io::Result<()> {
        let (rows, columns) = (self.rows(), self.columns());
        let mut text = self.way_up();
        let heading = heading.map(|heading| (heading, true)).into_iter();
        for (line, is_heading) in heading.chain(lines.iter().map(|line| (line.as_str(), false))).take(rows) {
            let line: String = line.chars().take(columns).collect();
            self.drawn.push(line.chars().count());
            text += &match (self.styled, is_heading) {
                (false, _) => line,
                (true, true) => line.bold().to_string(),
                (true, false) => line.dimmed().to_string(),
            };
            text.push('\n');
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Takes the lines away.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let way = self.way_up();
        self.out.write_all(way.as_bytes())?;
        self.out.flush()
    }

    /// The way up over the lines, which go. In a terminal that has become narrower each takes as many as it is folded to.
    fn way_up(&mut self) -> String {
        let columns = self.columns();
        let lines: usize = self.drawn.drain(..).map(|width| width.div_ceil(columns).max(1)).sum();
        if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r\x1b[J") }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.borrow_mut())).unwrap()
        }
    }

    #[test]
    fn each_drawing_takes_the_place_of_the_one_before() {
        let (paper, size) = (Paper::default(), Rc::new(Cell::new(Size { rows: 4, columns: 10 })));
        let asked = Rc::clone(&size);
        let mut place = InPlace {
            out: Box::new(paper.clone()),
            size: Box::new(move || Some(asked.get())),
            styled: false,
            drawn: Vec::new(),
        };
        let (heading, lines) = (Some("0123456789abc"), ["two", "three", "no room"].map(str::to_owned));
        place.draw(heading, &lines).unwrap();
        assert_eq!(paper.take(), "0123456789\ntwo\nthree\n");
        place.draw(None, &lines[..1]).unwrap();
        assert_eq!(paper.take(), "\x1b[3A\r\x1b[Jtwo\n");
        place.draw(heading, &lines[..1]).unwrap();
        paper.take();
        // Ten columns are folded to three lines of four.
        size.set(Size { rows: 9, columns: 4 });
        place.clear().unwrap();
        assert_eq!((paper.take().as_str(), place.is_empty()), ("\x1b[4A\r\x1b[J", true));
        place.clear().unwrap();
        assert_eq!(paper.take(), "");
    }
}
