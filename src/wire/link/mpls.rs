//! MPLS label stacks (RFC 3032).

use super::super::walk::{Next, Walk};
use super::super::{Layer, Stop};
use super::ethernet::ethernet;

/// The labels, whose meaning only the routers know: what follows them is guessed from its first four bits (RFC 4928
/// section 3), 0 being the control word of an Ethernet pseudowire (RFC 4448 section 4.6).
pub(in super::super) fn mpls(walk: &mut Walk<'_>) -> Result<Next, Stop> {
    walk.enter(Layer::Mpls)?;
    loop {
        let [_, _, bottom_of_stack, _] = walk.take(Layer::Mpls)?;
        if bottom_of_stack & 1 == 1 {
            break;
        }
    }
    match walk.peek().map(|[octet]: [u8; 1]| octet >> 4) {
        Some(0) => {
            walk.skip(4);
            Ok(Next::Header(ethernet))
        }
        Some(4 | 6) | None => Ok(Next::Ip), // cut: the IP header says so
        Some(other) => Err(walk.unknown(Layer::Mpls, other)),
    }
}
