//! What is told of one segment beside the drawing: in words, and octet by octet.

use std::fmt::Write as _;

use super::super::{Words, label};
use super::octets::{Kept, Octets};
use crate::explain::{self, Field};
use crate::ladder::Shot;

/// Octets of one field that are shown.
const MOST: usize = 64;

/// An article on `shot`, which has this number in the ladder of this name.
pub(super) fn article(shot: &Shot<'_>, (ladder, number): (&str, usize), octets: &Octets, words: &Words) -> String {
    let mut out = format!("<article id=\"{ladder}t{number}\">\n<h3>{}</h3>\n", words.text(&label(shot.parts)));
    if !shot.options.is_empty() {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", words.text(&label(shot.options)));
    }
    let said: Vec<&str> = shot.told.iter().map(String::as_str).chain(shot.marks.iter().copied()).collect();
    let said = if said.is_empty() { shot.reasons.clone() } else { said };
    for text in said {
        let _ = writeln!(out, "<p>{}</p>", words.text(text));
    }
    if let Some((packet, kept)) = shot.packet.and_then(|packet| Some((packet, octets.get(packet)?))) {
        table(packet, kept, words, &mut out);
    }
    out + "</article>\n"
}

fn table(packet: u64, kept: &Kept, words: &Words, out: &mut String) {
    let count = explain::count(kept.len as u64, "octet");
    let more = match (kept.octets.is_empty(), kept.whole) {
        (true, _) => ", too long to be shown one by one",
        (false, true) => "",
        (false, false) => ", cut by the capture",
    };
    let _ = writeln!(out, "<p class=\"note\">Packet {packet}, {count} from its IP header on{more}</p>");
    if kept.octets.is_empty() {
        return;
    }
    out.push_str("<table>\n");
    // Checksums and lengths of what is cut would look wrong.
    let fields = if kept.whole { explain::anatomy(&kept.octets) } else { Vec::new() };
    if fields.is_empty() {
        let _ = writeln!(out, "<tr><td class=\"hex\">{}</td></tr>", hex(&kept.octets));
    }
    let mut layer = "";
    for field in &fields {
        if field.layer != layer {
            layer = field.layer;
            let _ = writeln!(out, "<tr><th colspan=\"3\">{}</th></tr>", words.text(layer));
        }
        row(field, &kept.octets, words, out);
    }
    out.push_str("</table>\n");
}

fn row(field: &Field, octets: &[u8], words: &Words, out: &mut String) {
    let own = hex(octets.get(field.octets.clone()).unwrap_or_default());
    let name = words.text(field.name);
    let value = words.text(format!("{}  {}", field.value, field.meaning).trim());
    let _ = writeln!(out, "<tr><td class=\"hex\">{own}</td><td>{name}</td><td>{value}</td></tr>");
}

fn hex(octets: &[u8]) -> String {
    let shown: Vec<_> = octets.iter().take(MOST).map(|octet| format!("{octet:02x}")).collect();
    let lines: Vec<_> = shown.chunks(4).map(|line| line.join(" ")).collect();
    let more = if octets.len() > MOST { " &#8230;" } else { "" };
    lines.join("\n") + more
}
