//! How far a long reading has come.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::source::Source;

/// Readings that are over sooner show nothing.
const LONG: Duration = Duration::from_secs(1);
/// Packets between two looks at the clock.
const PACKETS: u32 = 4096;
/// Times a second that it is drawn at most.
const FREQUENCY: u8 = 10;

const TEMPLATE: &str = "{percent:>3} % of {total_bytes}  [{wide_bar}]  {eta} left";

/// A bar on standard error that goes away in the end.
pub(super) struct Bar {
    begun: Instant,
    packets: u32,
    drawn: Option<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), packets: 0, drawn: None }
    }

    /// Counts a packet; seldom does more.
    #[inline]
    pub(super) fn packet(&mut self, source: &dyn Source) {
        self.packets = self.packets.wrapping_add(1);
        if self.packets.is_multiple_of(PACKETS) {
            self.draw(source);
        }
    }

    #[cold]
    fn draw(&mut self, source: &dyn Source) {
        let progress = source.progress();
        if self.drawn.is_none() && self.begun.elapsed() >= LONG {
            self.drawn = progress.total.map(bar);
        }
        if let Some(bar) = &self.drawn {
            bar.set_position(progress.read);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(FREQUENCY));
    let style = ProgressStyle::with_template(TEMPLATE);
    style.map_or(bar.clone(), |style| bar.with_style(style.progress_chars("=> ")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_one() {
        indicatif::ProgressStyle::with_template(super::TEMPLATE).unwrap();
    }
}
