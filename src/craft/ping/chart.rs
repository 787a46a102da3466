//! The distribution of round trips, as lines.

use std::fmt::Write as _;
use std::time::Duration;

use super::Rtt;
use super::text::millis;

/// The percentiles that are told.
pub const PERCENTILES: [u64; 4] = [50, 90, 95, 99];

/// One line of percentiles; nothing before the first reply.
#[must_use]
pub fn percentiles(rtt: &Rtt) -> String {
    let times: Option<Vec<_>> = PERCENTILES.iter().map(|percent| rtt.histogram.percentile(*percent)).collect();
    let Some(times) = times else { return String::new() };
    let names = PERCENTILES.map(|percent| format!("p{percent}")).join("/");
    let times: Vec<_> = times.into_iter().map(millis).collect();
    format!("rtt {names} = {} ms\n", times.join("/"))
}

/// Where the rows of a histogram begin, in each decade: steps that look equal in ratio, many or few of them.
const FINE: [u64; 10] = [1_000, 1_250, 1_600, 2_000, 2_500, 3_200, 4_000, 5_000, 6_300, 8_000];
const COARSE: [u64; 3] = [1_000, 2_000, 5_000];
/// From the shortest to the longest, fine steps are few enough up to this ratio.
const FINE_UP_TO: u128 = 20;
/// Marks of the longest bar.
const WIDTH: u64 = 40;

/// One row for each step between the shortest and the longest round trip; nothing before the first reply.
#[must_use]
pub fn histogram(rtt: &Rtt) -> String {
    let rows = rows(rtt);
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0);
    let width = rows.iter().map(|row| millis(row.end).len()).max().unwrap_or(0);
    let digits = most.to_string().len();
    rows.iter().fold(String::new(), |mut text, Row { start, end, count }| {
        let [start, end] = [start, end].map(|time| millis(*time));
        let marks = (count * WIDTH).div_ceil(most.max(1)) as usize;
        let bar = "#".repeat(marks);
        let line = format!("{start:>width$} to {end:>width$} ms  {count:>digits$}  {bar}");
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}

/// The round trips from `start` to just below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    start: Duration,
    end: Duration,
    count: u64,
}

fn rows(rtt: &Rtt) -> Vec<Row> {
    let Some(longest) = rtt.histogram.longest() else { return Vec::new() };
    let is_narrow = longest.as_nanos() <= rtt.min.as_nanos().max(1) * FINE_UP_TO;
    let steps: &[u64] = if is_narrow { &FINE } else { &COARSE };
    let starts: Vec<u64> = (0..15).flat_map(|decade| steps.iter().map(move |step| step * 10_u64.pow(decade))).collect();
    let mut rows: Vec<Row> = Vec::new();
    // What is shorter than the first step belongs to it.
    let bounds = std::iter::once(0).chain(starts.iter().copied().skip(1)).zip(starts.iter().skip(1));
    let mut times = rtt.histogram.iter().peekable();
    for (start, end) in bounds {
        let [start, end] = [start, *end].map(Duration::from_nanos);
        let mut count = 0;
        while let Some((_, more)) = times.next_if(|(time, _)| *time < end) {
            count += more;
        }
        if count > 0 || !rows.is_empty() {
            rows.push(Row { start, end, count });
        }
        if times.peek().is_none() {
            break;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn rtt(micros: impl IntoIterator<Item = u64>) -> Rtt {
        let mut rtt = Rtt::default();
        micros.into_iter().for_each(|micros| rtt.add(Duration::from_micros(micros)));
        rtt
    }

    #[test]
    fn of_nothing_is_nothing() {
        assert_eq!((percentiles(&Rtt::default()), histogram(&Rtt::default())), (String::new(), String::new()));
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let line = percentiles(&rtt((1..=100).map(|number| number * 1_000)));
        let times = line.strip_prefix("rtt p50/p90/p95/p99 = ").and_then(|line| line.strip_suffix(" ms\n")).unwrap();
        for (time, exact) in times.split('/').zip([50.0, 90.0, 95.0, 99.0]) {
            assert!((time.parse::<f64>().unwrap() - exact).abs() <= exact / 100.0, "{line}");
        }
    }

    #[test]
    fn near_each_other_in_fine_steps() {
        assert_snapshot!(histogram(&rtt([43, 44, 45, 46, 52, 55, 90, 91, 92, 93, 110, 500])), @r"
        0.040 to 0.050 ms  4  ########################################
        0.050 to 0.063 ms  2  ####################
        0.063 to 0.080 ms  0
        0.080 to 0.100 ms  4  ########################################
        0.100 to 0.125 ms  1  ##########
        0.125 to 0.160 ms  0
        0.160 to 0.200 ms  0
        0.200 to 0.250 ms  0
        0.250 to 0.320 ms  0
        0.320 to 0.400 ms  0
        0.400 to 0.500 ms  0
        0.500 to 0.630 ms  1  ##########
        ");
    }

    #[test]
    fn far_from_each_other_in_coarse_steps() {
        assert_snapshot!(histogram(&rtt((0..100).map(|n| 30 + n % 7).chain([2_500, 120_000]))), @r"
          0.020 to   0.050 ms  100  ########################################
          0.050 to   0.100 ms    0
          0.100 to   0.200 ms    0
          0.200 to   0.500 ms    0
          0.500 to   1.000 ms    0
          1.000 to   2.000 ms    0
          2.000 to   5.000 ms    1  #
          5.000 to  10.000 ms    0
         10.000 to  20.000 ms    0
         20.000 to  50.000 ms    0
         50.000 to 100.000 ms    0
        100.000 to 200.000 ms    1  #
        ");
    }

    #[test]
    fn the_shortest_and_the_longest_have_a_row() {
        let total = |rtt: &Rtt| rows(rtt).iter().map(|row| row.count).sum::<u64>();
        assert_eq!(total(&rtt([0, 1])), 2);
        assert_eq!(total(&rtt([1_000, 2_100_000_000_000])), 2, "as long as the longest run");
    }
}
