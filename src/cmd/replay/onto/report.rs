//! What is said of a run when it is over: one record, as text and as JSON.

use std::io::{self, Write};
use std::time::Duration;

use colored::Colorize as _;
use serde::Serialize;

use crate::cmd::output::{Format, OutputArgs};
use crate::craft::lateness::Lateness;
use crate::craft::pace::Rate;
use crate::drive::onto::{End, Outcome, Plan};
use crate::explain::{count, duration, grouped};
use crate::ladder;
use crate::sys::Interface;
use crate::sys::transmit::Transmitter;
use crate::trace::SCHEMA;

/// What was sent, how fast, and how much too late.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    schema: u32,
    event: &'static str,
    interface: String,
    via: &'static str,
    /// Why it ended: `complete`, `timeout`, `stopped`, `refused` or `unfit`.
    end: &'static str,
    /// Why no more packets were taken, or which one cannot be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    packets: u64,
    bytes: u64,
    seconds: f64,
    /// Over the time from the first departure to the last; none where that is no time.
    packets_per_second: Option<f64>,
    bits_per_second: Option<f64>,
    lateness: Option<Late>,
    errors: Errors,
    /// What the far end of the lab says.
    #[serde(skip_serializing_if = "Option::is_none")]
    far_end: Option<FarEnd>,
}

/// The other end of the lab's cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FarEnd {
    /// Frames that arrived there, also those that the near kernel sends by itself.
    pub(super) heard: u64,
    /// Frames that its kernel sent, mostly answers.
    pub(super) sent: u64,
}

/// Actual departures behind their schedule, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Late {
    median_ns: u64,
    p99_ns: u64,
    longest_ns: u64,
    /// Departures that the kernel stamped; of the others our clock tells when they were handed over.
    stamped: u64,
}

/// Packets that the kernel did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Errors {
    too_long: u64,
    /// Packets to broadcast and multicast addresses, which were not asked for.
    broadcast: u64,
    /// Times that the queue was full; the packet was offered again.
    queue_full: u64,
}

impl Report {
    pub(super) fn new(
        interface: &Interface,
        transmitter: &Transmitter,
        plan: &Plan,
        (outcome, far_end): (&Outcome, Option<FarEnd>),
    ) -> Self {
        let seconds = outcome.took.as_secs_f64();
        let rate = |count| rate(count, outcome.sent, seconds, plan).filter(|_| !plan.one_at_a_time);
        Self {
            schema: SCHEMA,
            event: "sent",
            interface: interface.name.clone(),
            via: transmitter.via().name(),
            end: match outcome.end {
                End::Complete => "complete",
                End::Timeout => "timeout",
                End::Stopped => "stopped",
                End::Refused(_) => "refused",
                End::Unfit(..) => "unfit",
            },
            reason: match &outcome.end {
                End::Refused(refusal) => Some(refusal.to_string()),
                End::Unfit(number, unfit) => Some(format!("packet {number}: {unfit}")),
                End::Complete | End::Timeout | End::Stopped => None,
            },
            packets: outcome.sent,
            bytes: outcome.octets,
            seconds,
            packets_per_second: rate(outcome.sent),
            bits_per_second: rate(outcome.octets * 8),
            far_end,
            lateness: Late::of(&outcome.lateness),
            errors: Errors { too_long: outcome.too_long, broadcast: outcome.left_out, queue_full: outcome.full },
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn show(&self, output: &OutputArgs, out: &mut dyn Write) -> io::Result<()> {
        if output.format == Format::Json {
            serde_json::to_writer(&mut *out, self)?;
            return out.write_all(b"\n");
        }
        if output.quiet {
            return Ok(());
        }
        for (name, text) in self.rows() {
            let text = if output.ascii { ladder::ascii(&text) } else { text };
            writeln!(out, "{} {text}", format!("{name:<8}").bold())?;
        }
        Ok(())
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let took = duration(Duration::from_secs_f64(self.seconds));
        let mut rows = vec![
            ("Sent", format!("{}, {} in {took}", count(self.packets, "packet"), count(self.bytes, "byte"))),
            ("Through", format!("{} via {}", self.interface.escape_debug(), self.via)),
        ];
        if let (Some(packets), Some(bits)) = (self.packets_per_second, self.bits_per_second) {
            rows.insert(1, ("Rate", format!("{} packets/s, {}", grouped(packets.round() as u64), bits_in_words(bits))));
        }
        rows.extend(self.lateness.map(|late| ("Late", late.words())));
        if let Some(FarEnd { heard, sent }) = self.far_end {
            rows.push(("Far end", format!("heard {}, sent {}", count(heard, "frame"), grouped(sent))));
        }
        if self.errors.broadcast > 0 {
            rows.push(("Left out", left_out(self.errors.broadcast)));
        }
        if self.errors.queue_full > 0 {
            rows.push((
                "Waited",
                format!("{} times for room in the interface's queue", grouped(self.errors.queue_full)),
            ));
        }
        rows
    }
}

impl Late {
    fn of(lateness: &Lateness) -> Option<Self> {
        let late = lateness.late();
        let nanos = |time: Option<Duration>| time.and_then(|time| u64::try_from(time.as_nanos()).ok());
        Some(Self {
            median_ns: nanos(late.percentile(50))?,
            p99_ns: nanos(late.percentile(99))?,
            longest_ns: nanos(late.longest())?,
            stamped: lateness.stamped(),
        })
    }

    fn words(self) -> String {
        let [median, p99, longest] =
            [self.median_ns, self.p99_ns, self.longest_ns].map(|nanos| duration(Duration::from_nanos(nanos)));
        let clock = match self.stamped {
            0 => "by our clock, before each was handed over".to_owned(),
            stamped => format!("by the kernel's stamps of {}", grouped(stamped)),
        };
        format!("median {median}, 99 % within {p99}, longest {longest} ({clock})")
    }
}

/// `count` for each second, of something that `packets` have in `seconds`: with a schedule the first departure begins the
/// time and belongs to no gap. None where there is no time.
pub(super) fn rate(count: u64, packets: u64, seconds: f64, plan: &Plan) -> Option<f64> {
    let gaps = if plan.rate == Rate::TopSpeed { packets } else { packets.saturating_sub(1) };
    (seconds > 0.0 && gaps > 0).then(|| count as f64 / packets as f64 * gaps as f64 / seconds)
}

/// What is said of packets to many.
pub(super) fn left_out(packets: u64) -> String {
    format!("{} to broadcast or multicast addresses (--allow-broadcast)", grouped(packets))
}

/// `8.2 Mbit/s`.
pub(super) fn bits_in_words(bits: f64) -> String {
    let units = [("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)];
    let (unit, size) = units.into_iter().find(|(_, size)| bits >= *size).unwrap_or(("bit/s", 1.0));
    format!("{:.1} {unit}", bits / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_in_the_unit_a_person_would_say() {
        let words = [999.0, 1e3, 8.24e6, 1.5e10].map(bits_in_words);
        assert_eq!(words, ["999.0 bit/s", "1.0 kbit/s", "8.2 Mbit/s", "15.0 Gbit/s"]);
    }

    #[test]
    fn the_text_says_what_the_record_says() {
        let late = Late { median_ns: 3_000, p99_ns: 12_000, longest_ns: 1_500_000, stamped: 1_234 };
        let report = Report {
            schema: SCHEMA,
            event: "sent",
            interface: "veth0".to_owned(),
            via: "batch",
            end: "complete",
            reason: None,
            packets: 1_234,
            bytes: 123_400,
            seconds: 2.0,
            packets_per_second: Some(617.0),
            bits_per_second: Some(493_600.0),
            far_end: Some(FarEnd { heard: 1_233, sent: 7 }),
            lateness: Some(late),
            errors: Errors { too_long: 0, broadcast: 2, queue_full: 3 },
        };
        let rows: Vec<_> = report.rows().into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert_eq!(
            rows,
            [
                "Sent: 1,234 packets, 123,400 bytes in 2.0 s",
                "Rate: 617 packets/s, 493.6 kbit/s",
                "Through: veth0 via batch",
                "Late: median 3 µs, 99 % within 12 µs, longest 1.5 ms (by the kernel's stamps of 1,234)",
                "Far end: heard 1,233 frames, sent 7",
                "Left out: 2 to broadcast or multicast addresses (--allow-broadcast)",
                "Waited: 3 times for room in the interface's queue",
            ]
        );
    }
}
