//! Colours, in both schemes. No `var()`: not every viewer knows it.

use std::fmt::Write as _;

use crate::ladder::Style;
use crate::tcp::State;

/// A class: the attribute that it colours, and its colours on a light and a dark ground.
type Colour = (&'static str, &'static str, &'static str, &'static str);

/// Every class with a colour. On their grounds all have a contrast of 4.5 and more.
#[rustfmt::skip]
const COLOURS: &[Colour] = &[
    (".ground", "fill", "#ffffff", "#0d1117"),
    ("text", "fill", "#1f2328", "#e6edf3"),
    (".halo", "stroke", "#ffffff", "#0d1117"),
    (".quiet", "fill", "#59636e", "#9198a1"),
    (".warning", "fill", "#a40e7c", "#f778ba"),
    (".call", "fill", "#1b6e85", "#56d4dd"),
    (".shot", "stroke", "#59636e", "#9198a1"), (".shot .head", "fill", "#59636e", "#9198a1"),
    (".opening", "stroke", "#116329", "#3fb950"), (".opening .flags, .opening .head", "fill", "#116329", "#3fb950"),
    (".closing", "stroke", "#7d4e00", "#d29922"), (".closing .flags, .closing .head", "fill", "#7d4e00", "#d29922"),
    (".reset", "stroke", "#c21c2b", "#ff7b72"), (".reset .flags, .reset .head", "fill", "#c21c2b", "#ff7b72"),
    (".data", "stroke", "#0550ae", "#79c0ff"), (".data .flags, .data .head", "fill", "#0550ae", "#79c0ff"),
    (".odd", "stroke", "#a40e7c", "#f778ba"), (".odd .flags, .odd .head", "fill", "#a40e7c", "#f778ba"),
    (".shot .open", "fill", "#ffffff", "#0d1117"),
    ("line.none", "stroke", "#818b98", "#6e7681"),
    ("line.listen", "stroke", "#818b98", "#6e7681"), ("text.listen", "fill", "#59636e", "#9198a1"),
    ("line.begins", "stroke", "#1f883d", "#3fb950"), ("text.begins", "fill", "#116329", "#3fb950"),
    ("line.stands", "stroke", "#0969da", "#58a6ff"), ("text.stands", "fill", "#0550ae", "#79c0ff"),
    ("line.ends", "stroke", "#bf8700", "#d29922"), ("text.ends", "fill", "#7d4e00", "#d29922"),
    ("line.waits", "stroke", "#8250df", "#a371f7"), ("text.waits", "fill", "#6639ba", "#d2a8ff"),
];

/// What is the same in both schemes.
const SHAPES: &str = "\
text{font-family:\"DejaVu Sans Mono\",\"Liberation Mono\",Menlo,Consolas,monospace;font-size:13px;stroke:none;white-space:pre}
.halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.title{font-size:16px;font-weight:bold}.strong,.flags,.state{font-weight:bold}
.life{stroke-width:4;fill:none}.dotted{stroke-width:2;stroke-dasharray:2 5}.dashed{stroke-dasharray:9 5}
.shot line,.shot path{stroke-width:2;fill:none}.shot .faint{stroke-dasharray:6 4}
.shot .touch{stroke-width:16;stroke-opacity:0}
.shot .head,.shot .open{stroke-linejoin:round;stroke-width:1.5}
";

/// The element with the style sheet. On paper it is light, whatever the screen is.
pub(super) fn style() -> String {
    let mut sheet = format!("<style>\n{SHAPES}");
    let rules = |sheet: &mut String, dark: bool| {
        for (class, attribute, light, on_dark) in COLOURS {
            let colour = if dark { on_dark } else { light };
            let _ = writeln!(sheet, "{class}{{{attribute}:{colour}}}");
        }
    };
    rules(&mut sheet, false);
    sheet.push_str("@media screen and (prefers-color-scheme: dark){\n");
    rules(&mut sheet, true);
    sheet.push_str("}\n</style>\n");
    sheet
}

/// The class of a segment.
pub(super) const fn class(style: Style) -> &'static str {
    match style {
        Style::Opening => "shot opening",
        Style::Closing => "shot closing",
        Style::Reset => "shot reset",
        Style::Data => "shot data",
        Style::Warning => "shot odd",
        _ => "shot",
    }
}

/// The class of a state, by the name that stands in the margin.
pub(super) fn state_class(name: &str) -> &'static str {
    let name = name.trim_end_matches('?');
    let state = State::ALL.into_iter().find(|state| state.name() == name);
    match state {
        None | Some(State::Closed) => "none",
        Some(State::Listen) => "listen",
        Some(State::SynSent | State::SynReceived) => "begins",
        Some(State::Established) => "stands",
        Some(State::FinWait1 | State::FinWait2 | State::Closing | State::CloseWait | State::LastAck) => "ends",
        Some(State::TimeWait) => "waits",
    }
}
