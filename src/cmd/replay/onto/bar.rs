//! How far the sending has come: a line on a terminal that goes away in the end.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::drive::onto::SoFar;
use crate::explain::{duration, grouped};

/// Runs that are over sooner show nothing.
const LONG: Duration = Duration::from_secs(1);
/// Steps of the whole.
const STEPS: u64 = 1000;
/// Where the whole is known, and where it is not.
const WHOLE: &str = "{percent:>3} % [{wide_bar}] {msg}";
const OPEN: &str = "{msg}";

/// The line.
#[derive(Default)]
pub(super) struct Bar {
    drawn: Option<ProgressBar>,
}

impl Bar {
    /// Draws it anew, once the run is a long one.
    pub(super) fn draw(&mut self, so_far: &SoFar) {
        if so_far.took < LONG {
            return;
        }
        let (words, step) = (words(so_far), (so_far.fraction.unwrap_or(0.0) * STEPS as f64) as u64);
        let first = || bar(so_far.fraction.is_some()).with_message(words.clone()).with_position(step);
        let bar = self.drawn.get_or_insert_with(first);
        bar.set_message(words);
        bar.set_position(step);
        bar.tick();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}

fn bar(is_known: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(if is_known { WHOLE } else { OPEN });
    style.map_or(bar.clone(), |style| bar.with_style(style.progress_chars("=> ")))
}

/// `1,234 packets, 617/s, 12 s left`.
fn words(so_far: &SoFar) -> String {
    let rate = so_far.sent as f64 / so_far.took.as_secs_f64();
    let words = format!("{} packets, {}/s", grouped(so_far.sent), grouped(rate.round() as u64));
    let left = so_far.fraction.filter(|fraction| *fraction > 0.0).and_then(|fraction| {
        Duration::try_from_secs_f64(so_far.took.as_secs_f64() * (1.0 - fraction).max(0.0) / fraction).ok()
    });
    left.map_or(words.clone(), |left| format!("{words}, {} left", duration(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_some() {
        for template in [WHOLE, OPEN] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn rate_and_time_left_are_told() {
        let so_far = SoFar { sent: 1234, octets: 0, took: Duration::from_secs(2), fraction: Some(0.25) };
        assert_eq!(words(&so_far), "1,234 packets, 617/s, 6.0 s left");
        assert_eq!(words(&SoFar { fraction: None, ..so_far }), "1,234 packets, 617/s");
        assert_eq!(words(&SoFar { fraction: Some(0.0), ..so_far }), "1,234 packets, 617/s");
    }
}
