//! How far a long reading has come.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::source::{Progress, Source};

/// Readings that are over sooner show nothing.
const LONG: Duration = Duration::from_secs(1);
/// Packets between two looks at the clock.
const PACKETS: u64 = 4096;
/// Times a second that it is drawn at most.
const FREQUENCY: u8 = 10;

const TEMPLATE: &str = "{percent:>3} % of {total_bytes}  [{wide_bar}]  {msg}";

/// A bar on standard error that goes away in the end.
pub(super) struct Bar {
    begun: Instant,
    /// The number of the packet at which the clock is looked at again.
    next: u64,
    drawn: Option<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), next: PACKETS, drawn: None }
    }

    /// So many packets were read; seldom does anything.
    #[inline]
    pub(super) fn packets(&mut self, count: u64, source: &dyn Source) {
        if count >= self.next {
            self.next = count + PACKETS;
            self.draw(source);
        }
    }

    #[cold]
    fn draw(&mut self, source: &dyn Source) {
        let progress = source.progress();
        let elapsed = self.begun.elapsed();
        let left = left(elapsed, progress);
        if let Some(bar) = &self.drawn {
            bar.set_message(left);
            bar.set_position(progress.read);
        } else if elapsed >= LONG {
            self.drawn = progress.total.map(|total| bar(total).with_position(progress.read).with_message(left));
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

/// How long the rest will take if it goes on like that: `3s left`. The bar itself would count from its first drawing.
fn left(elapsed: Duration, progress: Progress) -> String {
    let done = progress.fraction().unwrap_or(0.0);
    let rest = Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 / done - 1.0)).ok();
    rest.map_or_else(String::new, |rest| format!("{:#} left", HumanDuration(rest)))
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(FREQUENCY));
    let style = ProgressStyle::with_template(TEMPLATE);
    style.map_or(bar.clone(), |style| bar.with_style(style.progress_chars("=> ")))
}

#[cfg(test)]
mod tests {
    use super::{Duration, Progress};

    #[test]
    fn the_template_is_one() {
        indicatif::ProgressStyle::with_template(super::TEMPLATE).unwrap();
    }

    #[test]
    fn the_rest_takes_as_long_for_each_byte_as_what_was_read() {
        let left = |read| super::left(Duration::from_secs(2), Progress { read, total: Some(100) });
        assert_eq!((&*left(5), &*left(50), &*left(100)), ("38s left", "2s left", "0s left"));
        assert_eq!(left(0), "");
    }
}
