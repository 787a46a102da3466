//! What joins the two hosts: a cable, or a wire of our own between two cables.

use std::fs;

use super::Error;
use super::host::{HOSTS, Host, SERVER, YOU, prefix};
use super::keeper::Keeper;
use super::wire::Plugs;
use crate::sys::frames::FrameSocket;
use crate::sys::link::{self, Plug};
use crate::sys::{self, Namespace};

/// The wire's end of the cable to the near host, and to the far one.
const NEAR: Plug<'_> = Plug { name: "near", mac: [0x02, 0, 0, 0, 1, 1] };
const FAR: Plug<'_> = Plug { name: "far", mac: [0x02, 0, 0, 0, 1, 2] };

/// Where the kernel of this network namespace says which ports it chooses for clients that name none.
const PORTS: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Where it says from which port on no privilege is needed.
const FIRST_FREE: &str = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

/// Joins the namespace of this thread with that of the keeper and gives both ends their addresses.
pub(super) fn connect(keeper: &Keeper) -> Result<(), Error> {
    link::create_cable(YOU.plug(), SERVER.plug(), keeper.namespace())?;
    configure(&YOU)?;
    keeper.run(|| configure(&SERVER))??;
    Ok(())
}

/// The same through a namespace in the middle: gives the sockets on which both hosts are heard there. They keep that
/// namespace.
pub(super) fn connect_through_wire(keeper: &Keeper) -> Result<Plugs, Error> {
    let middle = Keeper::start()?;
    link::create_cable(YOU.plug(), NEAR, middle.namespace())?;
    let namespace = middle.run(Namespace::current)??;
    keeper.run(move || link::create_cable(SERVER.plug(), FAR, &namespace))??;
    let (near, far) = middle.run(|| (open(NEAR), open(FAR)))?;
    configure(&YOU)?;
    keeper.run(|| configure(&SERVER))??;
    Ok(Plugs { near: near?, far: far? })
}

fn open(plug: Plug<'_>) -> sys::Result<FrameSocket> {
    link::offloads_off(plug.name)?;
    link::set_up(plug.name)?;
    FrameSocket::open(plug.name)
}

/// The order matters: an interface takes addresses when it is up, and forgets its neighbours then.
fn configure(host: &Host) -> sys::Result<()> {
    link::set_up("lo")?;
    link::offloads_off(host.name)?;
    link::set_up(host.name)?;
    choose_ports_apart();
    open_low_ports();
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

/// Lets the clients of one lab call from other ports than those of the next. All labs have the same addresses, and the
/// kernel goes on from the last port that it gave in any of them: of two clients that call at once, both would have the same
/// 4-tuple, and the tracepoints, which are the whole machine's, would tell of them as of one.
///
/// Where /proc cannot be written to, nothing else is the worse for it.
fn choose_ports_apart() {
    let first = 32_768 + 2 * (std::process::id() % 4_096);
    let _ = fs::write(PORTS, format!("{first} 60999"));
}

/// Lets programs of the lab have any port: privileges may be given up before a port is taken.
///
/// Where /proc cannot be written to, ports below 1024 can be had only before that.
fn open_low_ports() {
    let _ = fs::write(FIRST_FREE, "0");
}
