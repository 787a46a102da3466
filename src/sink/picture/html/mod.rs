//! One page: drawings to step through, and what is told of each segment. It loads nothing and sends nothing.

mod octets;
mod told;

use std::fmt::Write as _;
use std::io::{self, Write};

use self::octets::Octets;
use super::{Words, svg};
use crate::ladder::{Handout, Settings, What, steps};
use crate::sink::ladders::{Draw, Shown};
use crate::wire::{Decoded, Packet};

/// Octets of pages that are kept until the end: the list of connections stands at the start.
const ROOM: usize = 24 << 20;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The only script that a browser runs: SHA-256 of [`SCRIPT`], in Base64.
const SCRIPT_HASH: &str = "6k+KERBR3Hr7OuFMDHeqsJdT5kHdgPR0Hw7ii7M34ZU=";

/// Collects ladders, and writes the page in the end.
pub(super) struct Html<W> {
    settings: Settings,
    words: Words,
    out: W,
    octets: Octets,
    /// Each apart: one text that grows takes up to twice its length.
    sections: Vec<Box<str>>,
    /// Octets of all of them.
    held: usize,
    titles: Vec<String>,
    left_out: u64,
}

impl<W: Write> Html<W> {
    pub(super) fn new(settings: &Settings, out: W) -> Self {
        let words = Words::new(settings, usize::MAX, svg::escape);
        let (octets, settings) = (Octets::default(), settings.clone());
        Self { settings, words, out, octets, sections: Vec::new(), held: 0, titles: Vec::new(), left_out: 0 }
    }

    fn section(&self, shown: &Shown, number: usize) -> String {
        let drawn = svg::drawing(shown, number, &self.settings);
        let name = format!("k{number}");
        let stops: Vec<_> = drawn.stops.iter().map(i32::to_string).collect();
        let head = svg::head(&self.settings, drawn.height, &shown.heading(), svg::ABOUT);
        let head = head.replacen("<svg ", &format!("<svg data-stops=\"{}\" ", stops.join(" ")), 1);
        let mut out = format!("<section id=\"{name}\">\n<div class=\"pair\">\n{head}");
        let _ = writeln!(out, "{}</svg>", drawn.text);
        // Of what is to be filled in nothing is told.
        if self.settings.handout != Some(Handout::Blank) {
            self.tell(shown, &name, &mut out);
        }
        out + "</div>\n</section>\n"
    }

    /// What is told beside the drawing: an article for each segment.
    fn tell(&self, shown: &Shown, name: &str, out: &mut String) {
        out.push_str(
            "<div class=\"told\">\n<p class=\"hint\">Point at a segment, or step, to read what it says.</p>\n",
        );
        let mut shots = 0;
        for step in steps(&shown.ladder) {
            if let What::Shot(shot) = &step.what
                && shot.arrow.is_some()
            {
                shots += 1;
                *out += &told::article(shot, (name, shots), &self.octets, &self.words);
            }
        }
        out.push_str("</div>\n");
    }

    fn page(&mut self) -> io::Result<()> {
        let title = match &*self.titles {
            [one] => self.words.text(one),
            several => format!("{} ladders", several.len()),
        };
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'; base-uri 'none'; \
             form-action 'none'"
        );
        let out = &mut self.out;
        writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
        writeln!(out, "<title>{title}</title>\n{}<style>\n{STYLE}</style>\n</head>\n<body>", svg::style())?;
        writeln!(out, "<h1>{title}</h1>")?;
        if self.titles.len() > 1 {
            writeln!(out, "<nav aria-label=\"Connections\"><ol>")?;
            for (index, title) in self.titles.iter().enumerate() {
                writeln!(out, "<li><a href=\"#k{}\">{}</a></li>", index + 1, self.words.text(title))?;
            }
            writeln!(out, "</ol></nav>")?;
        }
        if self.left_out > 0 {
            writeln!(out, "<p>{}</p>", svg::left_out(self.left_out))?;
        }
        writeln!(out, "{BAR}\n<main>")?;
        for section in &self.sections {
            out.write_all(section.as_bytes())?;
        }
        writeln!(out, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>")
    }
}

/// What steps through a ladder.
const BAR: &str = "\
<div class=\"bar\"><button id=\"back\">Back</button><button id=\"next\">Step</button><button id=\"play\">Play</button>\
<button id=\"whole\">All</button><span id=\"where\" aria-live=\"polite\"></span>\
<span class=\"hint\">Keys: &larr; &rarr; Home End, blank plays</span></div>";

impl<W: Write> Draw for Html<W> {
    fn ladder(&mut self, shown: &Shown) -> io::Result<()> {
        if self.left_out > 0 {
            self.left_out += 1;
            return Ok(());
        }
        let section = self.section(shown, self.titles.len() + 1);
        if self.held + section.len() > ROOM && !self.sections.is_empty() {
            self.left_out += 1;
            return Ok(());
        }
        self.held += section.len();
        self.sections.push(section.into_boxed_str());
        self.titles.push(shown.heading());
        Ok(())
    }

    fn packet(&mut self, number: u64, packet: &Packet<'_>, decoded: &Decoded<'_>) {
        self.octets.add(number, packet, decoded);
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.titles.is_empty() {
            self.page()?;
        }
        self.out.flush()
    }
}
