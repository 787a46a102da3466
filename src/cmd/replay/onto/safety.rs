//! What is not sent before somebody has said that it may be.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anyhow::{bail, ensure};

use super::survey::Survey;
use crate::cmd::replay::args::Args;
use crate::cmd::replay::input;
use crate::drive::onto::Plan;
use crate::explain::grouped;
use crate::sys::{Interface, InterfaceKind};

/// Addresses that are named.
const NAMED: usize = 3;

/// Lets packets through only where they stay on this machine, come from it, or somebody has said `--yes`.
///
/// # Errors
/// Says which addresses are not ours, and what to do.
pub(super) fn check(args: &Args, interface: &Interface, plan: &Plan) -> anyhow::Result<()> {
    if args.onto.yes || args.against.lab.lab || !is_heard(interface) {
        return Ok(());
    }
    let name = interface.name.escape_debug();
    ensure!(
        input::is_repeatable(args),
        "others may hear what goes through {name}, and what comes through a pipe cannot be looked through before: \
         --yes sends it all the same; nothing was sent"
    );
    let survey = Survey::of(args, plan, interface)?;
    if survey.foreign.is_empty() {
        return Ok(());
    }
    bail!(
        "others may hear what goes through {name}, and the capture holds packets from {}: --yes sends them all the \
         same, --dry-run shows them; nothing was sent",
        foreign(&survey.foreign)
    )
}

/// Whether what goes through the interface can leave this machine.
pub(super) fn is_heard(interface: &Interface) -> bool {
    interface.kind != InterfaceKind::Loopback
}

/// `192.0.2.1 and 4 more addresses that this machine does not own`.
pub(super) fn foreign(addresses: &BTreeSet<IpAddr>) -> String {
    let named: Vec<_> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    match (addresses.len(), addresses.len().saturating_sub(NAMED)) {
        (1, _) => format!("{named}, an address that this machine does not own"),
        (_, 0) => format!("{named}, addresses that this machine does not own"),
        (_, more) => format!("{named} and {} more that this machine does not own", grouped(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_addresses_are_named_and_the_others_counted() {
        let of = |count: u8| foreign(&(1..=count).map(|last| IpAddr::from([192, 0, 2, last])).collect());
        assert_eq!(of(1), "192.0.2.1, an address that this machine does not own");
        assert_eq!(of(2), "192.0.2.1, 192.0.2.2, addresses that this machine does not own");
        assert_eq!(of(5), "192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more that this machine does not own");
    }
}
