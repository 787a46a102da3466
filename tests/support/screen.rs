//! A terminal for the program: a pseudo-terminal of the kernel, and what somebody would see on its screen.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// Whether the cursor is shown.
const CURSOR: &str = "?25";

/// What is on the screen, and what has left it at the top.
#[derive(Clone, Debug, Default)]
pub(crate) struct Screen {
    rows: usize,
    columns: usize,
    /// The lines down to the lowest that was ever written.
    lines: Vec<String>,
    /// Row and column of the cursor.
    cursor: (usize, usize),
    /// Lines that went up and out.
    pub(crate) scrolled: Vec<String>,
    /// An escape sequence that is not complete.
    sequence: String,
    /// Colours and styles were asked for.
    pub(crate) is_styled: bool,
    /// What was switched and not back again, such as `?1049`, the other screen.
    pub(crate) switched: BTreeSet<String>,
}

impl Screen {
    fn new(rows: usize, columns: usize) -> Self {
        Self { rows, columns, lines: vec![String::new()], ..Self::default() }
    }

    /// What somebody reads, without empty lines at the end.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n").trim_end().to_owned()
    }

    fn feed(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                _ if !self.sequence.is_empty() => self.escape(character),
                '\x1b' => self.sequence.push(character),
                '\r' => self.cursor.1 = 0,
                '\n' => self.down(),
                other => self.print(other),
            }
        }
    }

    /// The only sequences that there may be leave nothing to restore behind, or are looked at at the end.
    fn escape(&mut self, character: char) {
        self.sequence.push(character);
        let Some(parameters) = self.sequence.strip_prefix("\x1b[") else { return };
        if !character.is_ascii_alphabetic() {
            return;
        }
        match (character, parameters.trim_end_matches(character)) {
            ('A', lines) => self.cursor.0 = self.cursor.0.saturating_sub(lines.parse().expect("a number")),
            ('J', "") => {
                self.lines.truncate(self.cursor.0 + 1);
                self.lines[self.cursor.0].truncate(self.cursor.1);
            }
            ('K', "2") => self.lines[self.cursor.0].clear(),
            ('m', _) => self.is_styled = true,
            // Of all, the cursor alone is there from the start.
            ('h', CURSOR) => drop(self.switched.remove(CURSOR)),
            ('l', CURSOR) => drop(self.switched.insert(CURSOR.to_owned())),
            ('h', mode) => drop(self.switched.insert(mode.to_owned())),
            ('l', mode) => drop(self.switched.remove(mode)),
            _ => panic!("{:?}", self.sequence),
        }
        self.sequence.clear();
    }

    fn down(&mut self) {
        self.cursor.0 += 1;
        if self.cursor.0 == self.lines.len() {
            self.lines.push(String::new());
        }
        if self.lines.len() > self.rows {
            self.scrolled.push(self.lines.remove(0));
            self.cursor.0 -= 1;
        }
    }

    fn print(&mut self, character: char) {
        // In times, which have no other word for it.
        let character = if character == 'µ' { 'u' } else { character };
        assert!(character.is_ascii_graphic() || character == ' ', "{character:?}");
        if self.cursor.1 == self.columns {
            self.cursor.1 = 0;
            self.down();
        }
        let line = &mut self.lines[self.cursor.0];
        let end = (self.cursor.1 + 1).min(line.len());
        line.replace_range(self.cursor.1..end, &character.to_string());
        self.cursor.1 += 1;
    }
}

/// A terminal on which a program runs.
pub(crate) struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<Screen>>,
    reader: JoinHandle<()>,
    is_gone: Arc<AtomicBool>,
}

impl Terminal {
    /// A terminal of this size, and a program's three standard streams on it.
    pub(crate) fn new(rows: u16, columns: u16) -> (Self, [Stdio; 3]) {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pseudo-terminal");
        unlockpt(&master).expect("it opens");
        tcsetwinsize(&master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let slave = File::options().read(true).write(true).open(name.to_str().expect("UTF-8")).expect("the other end");
        let screen = Arc::new(Mutex::new(Screen::new(rows.into(), columns.into())));
        let (mut output, shown) = (File::from(master), Arc::clone(&screen));
        let keyboard = output.try_clone().expect("a copy");
        let is_gone = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&is_gone);
        let reader = std::thread::spawn(move || {
            let mut octets = [0; 4096];
            // The end is an error: nobody has the other end open any more.
            while is_readable(&output, &gone)
                && let Ok(length @ 1..) = output.read(&mut octets)
            {
                let text = std::str::from_utf8(&octets[..length]).expect("ASCII");
                shown.lock().expect("a screen").feed(text);
            }
        });
        let streams = [(); 3].map(|()| Stdio::from(OwnedFd::from(slave.try_clone().expect("a copy"))));
        (Self { keyboard, screen, reader, is_gone }, streams)
    }

    /// How it takes what is typed and shows what is written.
    pub(crate) fn modes(&self) -> String {
        format!("{:?}", tcgetattr(&self.keyboard).expect("a terminal"))
    }

    /// Types something, which the terminal shows where the cursor is.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("a terminal");
    }

    /// Waits until the screen is as it should be.
    pub(crate) fn until(&self, is_right: impl Fn(&str) -> bool) -> String {
        for _ in 0..20_000 {
            let text = self.screen.lock().expect("a screen").text();
            if is_right(&text) {
                return text;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{:#?}", self.screen.lock());
    }

    /// Closes the terminal under the program, as when its window is closed.
    pub(crate) fn hang_up(self) {
        self.is_gone.store(true, Ordering::SeqCst);
        self.reader.join().expect("a reader");
    }

    /// The screen at the end of the program.
    pub(crate) fn end(self) -> Screen {
        self.reader.join().expect("a reader");
        let screen = self.screen.lock().expect("a screen");
        assert!(screen.switched.is_empty(), "{screen:#?}");
        screen.clone()
    }
}

/// Waits until there is something to read, or its end; false where the terminal is closed first.
fn is_readable(output: &File, is_gone: &AtomicBool) -> bool {
    let often = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    loop {
        if is_gone.load(Ordering::SeqCst) {
            return false;
        }
        let mut polled = [PollFd::new(output, PollFlags::IN)];
        if poll(&mut polled, Some(&often)).is_ok_and(|ready| ready > 0) {
            return true;
        }
    }
}
