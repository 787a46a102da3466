//! The cable between the two hosts.

use super::Error;
use super::host::{HOSTS, Host, SERVER, YOU, prefix};
use super::keeper::Keeper;
use crate::sys::{self, link};

/// Joins the namespace of this thread with that of the keeper and gives both ends their addresses.
pub(super) fn connect(keeper: &Keeper) -> Result<(), Error> {
    link::create_cable(YOU.plug(), SERVER.plug(), keeper.namespace())?;
    configure(&YOU)?;
    keeper.run(|| configure(&SERVER))??;
    Ok(())
}

/// The order matters: an interface takes addresses when it is up, and forgets its neighbours then.
fn configure(host: &Host) -> sys::Result<()> {
    link::set_up("lo")?;
    link::offloads_off(host.name)?;
    link::set_up(host.name)?;
    for address in host.addresses() {
        link::add_address(host.name, address, prefix(address))?;
    }
    // No ARP and no neighbour discovery: a capture shows the conversation and nothing else.
    for other in HOSTS.iter().filter(|other| other.mac != host.mac) {
        for address in other.addresses() {
            link::set_neighbour(host.name, address, other.mac)?;
        }
    }
    Ok(())
}
