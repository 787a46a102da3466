//! What can be typed at a prompt.

use super::change::{CHANGES, Change, ChangeError};
use super::prediction::{Prediction, READABLE};

/// What a prompt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A segment of ours that is shown, and about to be sent.
    Send,
    /// The same while it is hidden: what is it going to be?
    Guess,
    /// The next segment of a recorded connection, which is hidden.
    Read,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Send it, or show it.
    Go,
    /// From the next segment on, hide what is to be sent until it was predicted; or no more.
    Predict,
    /// This will be in it.
    Foretell(Prediction),
    /// It is never to leave.
    Drop,
    /// Send it with another field.
    Change(Change),
    /// What can be changed?
    Changes,
    /// As it was made, again.
    Undo,
    /// One step back.
    Back,
    /// What can be typed?
    Help,
    /// To the end.
    Stop,
}

/// What was typed is no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// There is no such word.
    #[error("That cannot be read here; ? shows what can be typed.")]
    Word,
    /// It is no prediction either.
    #[error("That cannot be read here; type {READABLE}, or ? for help.")]
    Prediction,
    /// The value of a field cannot be read.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// One order: its words, where it can be typed, and what it does.
struct Row {
    words: &'static [&'static str],
    modes: &'static [Mode],
    order: Order,
    help: &'static str,
}

const fn row(words: &'static [&'static str], modes: &'static [Mode], order: Order, help: &'static str) -> Row {
    Row { words, modes, order, help }
}

const ALL: &[Mode] = &[Mode::Send, Mode::Guess, Mode::Read];
const LIVE: &[Mode] = &[Mode::Send, Mode::Guess];

/// Every order that is a word alone. Where predictions are typed, `s`, `p` and the like are flags.
const ROWS: [Row; 11] = [
    row(&["", "send", "s"], &[Mode::Send], Order::Go, "sends it"),
    row(&["", "show"], &[Mode::Guess], Order::Go, "shows it without a prediction"),
    row(&["", "next", "n"], &[Mode::Read], Order::Go, "shows it without a prediction"),
    row(&["d", "drop"], LIVE, Order::Drop, "drops it: it never leaves, and your end does not know"),
    row(&["e", "edit"], &[Mode::Send], Order::Changes, "tells what can be changed, and how"),
    row(&["u", "undo"], &[Mode::Send], Order::Undo, "takes all changes back"),
    row(
        &["p", "predict"],
        &[Mode::Send],
        Order::Predict,
        "lets you predict each segment from the next one on, or ends that",
    ),
    row(&["predict"], &[Mode::Guess], Order::Predict, "ends predicting"),
    row(&["b", "back"], &[Mode::Read], Order::Back, "goes back one step"),
    row(&["?", "h", "help"], ALL, Order::Help, "shows this"),
    row(&["q", "quit"], ALL, Order::Stop, "ends"),
];

/// Reads what was typed at a prompt.
///
/// # Errors
/// [`Unread`]: says what would be readable.
pub fn order(typed: &str, mode: Mode) -> Result<Order, Unread> {
    let typed = typed.trim();
    let is_it = |row: &&Row| row.modes.contains(&mode) && row.words.iter().any(|word| word.eq_ignore_ascii_case(typed));
    if let Some(row) = ROWS.iter().find(is_it) {
        return Ok(row.order.clone());
    }
    match mode {
        Mode::Send => Change::read(typed).ok_or(Unread::Word)?.map(Order::Change).map_err(Unread::Change),
        Mode::Guess | Mode::Read => Prediction::read(typed).map(Order::Foretell).ok_or(Unread::Prediction),
    }
}

/// What can be typed at a prompt, and what it does: one row each.
#[must_use]
pub fn help(mode: Mode) -> Vec<(String, &'static str)> {
    let words = |row: &Row| {
        let words: Vec<_> = row.words.iter().map(|word| if word.is_empty() { "Enter" } else { word }).collect();
        words.join(", ")
    };
    let mut lines: Vec<_> =
        ROWS.iter().filter(|row| row.modes.contains(&mode)).map(|row| (words(row), row.help)).collect();
    match mode {
        Mode::Send => {
            lines.push((String::new(), "Your timers stand still while you think; those of the other end do not."));
            lines.splice(1..1, CHANGES.iter().map(|change| (change.form.to_owned(), change.help))).for_each(drop)
        }
        Mode::Guess | Mode::Read => {
            lines.insert(0, ("SA seq 0 ack 1".to_owned(), "predicts flags, numbers or the state; any of them"))
        }
    }
    lines
}
