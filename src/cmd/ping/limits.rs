//! What is for root alone: iputils draws the same lines.

use std::time::Duration;

use anyhow::ensure;

use super::args::Args;
use crate::sys::privilege;

/// The least time between two requests of anybody else.
const USER_INTERVAL_MS: u64 = 2;
/// The most requests that anybody else may send at once.
const USER_PRELOAD: u64 = 3;

/// The most hosts of one run: each has a socket, and a scanner this is not.
pub(super) const HOSTS: usize = 128;

/// Whether this run may do what only root may: in the lab nobody is disturbed.
fn is_free(args: &Args) -> bool {
    args.lab || privilege::is_root()
}

/// The time between two requests that is asked for.
pub(super) fn interval(args: &Args) -> Duration {
    let usual = Duration::from_secs(if args.flood { 0 } else { 1 });
    let period = args.period.map(|millis| Duration::from_millis(millis.into()));
    args.interval.map(|interval| interval.0).or(period).unwrap_or(usual)
}

/// The least time between two requests that following the round trips may lead to.
pub(super) fn least_interval(args: &Args) -> Duration {
    Duration::from_millis(if is_free(args) { 0 } else { USER_INTERVAL_MS })
}

/// Refuses what only root may ask for.
///
/// # Errors
/// Says what would be allowed.
pub(super) fn check(args: &Args) -> anyhow::Result<()> {
    ensure!(args.hosts.len() <= HOSTS, "{} hosts are too many for one run: give at most {HOSTS}", args.hosts.len());
    ensure!(
        args.hosts.len() < 2 || !args.capture.is_wanted(),
        "--pcap records one host: ping one alone, or capture several with tcpdump icmp"
    );
    if is_free(args) {
        return Ok(());
    }
    ensure!(
        interval(args) >= least_interval(args),
        "cannot flood: only root may send more often than every {USER_INTERVAL_MS} ms; use -i 0.002 or more, or --lab"
    );
    ensure!(
        args.preload <= USER_PRELOAD,
        "cannot send {} requests at once: only root may send more than {USER_PRELOAD}; use -l {USER_PRELOAD}, or --lab",
        args.preload
    );
    Ok(())
}
