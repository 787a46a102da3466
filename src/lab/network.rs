//! The cable between the two hosts.

use super::Error;
use super::host::{HOSTS, Host, SERVER, YOU};
use super::keeper::Keeper;
use crate::sys::{self, link};

/// Joins the namespace of this thread with that of the keeper and gives both ends their addresses.
pub(super) fn connect(keeper: &Keeper) -> Result<(), Error> {
    link::create_cable(YOU.plug(), SERVER.plug(), keeper.namespace())?;
    configure(&YOU)?;
    keeper.run(|| configure(&SERVER))??;
    Ok(())
}

/// The order matters: addresses given before the interface is up are lost in IPv6, neighbours written down before it
/// resolves are forgotten.
fn configure(host: &Host) -> sys::Result<()> {
    link::set_up("lo")?;
    link::offloads_off(host.name)?;
    link::set_resolving(host.name, false)?;
    link::set_up(host.name)?;
    for (address, prefix) in host.networks() {
        link::add_address(host.name, address, prefix)?;
    }
    link::set_resolving(host.name, true)?;
    // No ARP and no neighbour discovery: a capture shows the conversation and nothing else.
    for other in HOSTS.iter().filter(|other| other.mac != host.mac) {
        for (address, _) in other.networks() {
            link::set_neighbour(host.name, address, other.mac)?;
        }
    }
    Ok(())
}
