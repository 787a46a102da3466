//! What became of several hosts, in the lines of fping.

use std::time::Duration;

use super::Statistics;
use super::text::round_trip;

/// One line for each host, the names aligned; `tails` follow theirs.
#[must_use]
pub fn summary(rows: &[(&str, &Statistics)], tails: &[String]) -> String {
    let width = width(rows.iter().map(|(host, _)| *host));
    let tails = tails.iter().map(String::as_str).chain(std::iter::repeat(""));
    let lines = rows.iter().zip(tails).map(|((host, statistics), tail)| {
        let Statistics { transmitted, received, rtt, .. } = statistics;
        let loss = statistics.loss().floor();
        let times = match received {
            0 => String::new(),
            _ => format!(", min/avg/max = {}", [rtt.min, rtt.mean(), rtt.max].map(round_trip).join("/")),
        };
        format!("{host:<width$} : xmt/rcv/%loss = {transmitted}/{received}/{loss:.0}%{times}\n{tail}")
    });
    "\n".to_owned() + &lines.collect::<String>()
}

/// The round trips of each host in milliseconds, `-` for a request without a reply; nothing for a host without any.
#[must_use]
pub fn trips(rows: &[(&str, &[Option<Duration>])]) -> String {
    let width = width(rows.iter().map(|(host, _)| *host));
    let told = rows.iter().filter(|(_, trips)| !trips.is_empty());
    let lines = told.map(|(host, trips)| {
        let trips = trips.iter().map(|trip| trip.map_or_else(|| "-".to_owned(), round_trip));
        format!("{host:<width$} : {}\n", trips.collect::<Vec<_>>().join(" "))
    });
    lines.collect()
}

fn width<'a>(hosts: impl Iterator<Item = &'a str>) -> usize {
    hosts.map(|host| host.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn hosts_are_aligned() {
        let mut some = Statistics { transmitted: 3, received: 2, ..Statistics::default() };
        [1_234, 12_345].into_iter().for_each(|micros| some.rtt.add(Duration::from_micros(micros)));
        let none = Statistics { transmitted: 3, ..Statistics::default() };
        let rows = [("server", &some), ("192.0.2.9", &none), ("x", &Statistics::default())];
        let tails = ["below\n".to_owned()];
        let times = [Some(Duration::from_micros(1_234)), None, Some(Duration::from_micros(12_345))];
        let all = summary(&rows, &tails) + &trips(&[("server", &times), ("192.0.2.9", &[None; 3]), ("x", &[])]);
        assert_snapshot!(all, @r"

        server    : xmt/rcv/%loss = 3/2/33%, min/avg/max = 1.23/6.79/12.3
        below
        192.0.2.9 : xmt/rcv/%loss = 3/0/100%
        x         : xmt/rcv/%loss = 0/0/0%
        server    : 1.23 - 12.3
        192.0.2.9 : - - -
        ");
    }
}
