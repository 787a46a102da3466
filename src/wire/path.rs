//! Which headers stand around the IP packet that was decoded.

use std::fmt;

use super::Layer;

/// Layers that a path holds at most.
pub(super) const CAPACITY: usize = 15;

/// The headers before the innermost IP header, outermost first, an outer IP header among them.
///
/// A segment on plain Ethernet has the path "Ethernet"; one in a VXLAN tunnel "Ethernet, IPv4, VXLAN, Ethernet".
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path {
    layers: [Layer; CAPACITY],
    len: u8,
}

impl Path {
    /// A path without a header: the packet begins with IP.
    pub(super) const EMPTY: Self = Self { layers: [Layer::Link; CAPACITY], len: 0 };

    /// Appends a layer; false when the path is full.
    pub(super) const fn push(&mut self, layer: Layer) -> bool {
        let len = self.len as usize;
        if len < CAPACITY {
            self.layers[len] = layer;
            self.len += 1;
        }
        len < CAPACITY
    }

    /// This path and a layer behind it, if there is room.
    pub(super) const fn with(mut self, layer: Layer) -> Self {
        self.push(layer);
        self
    }

    /// The layers, outermost first; at most 15.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers[..usize::from(self.len)]
    }

    /// Whether the innermost IP packet is carried by another one.
    #[must_use]
    pub fn is_tunnel(&self) -> bool {
        self.layers().iter().any(|layer| matches!(layer, Layer::Ipv4 | Layer::Ipv6))
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.layers()).finish()
    }
}

/// The layers' names, joined by commas.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, layer) in self.layers().iter().enumerate() {
            write!(f, "{}{layer}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_bounded() {
        let mut path = Path::EMPTY;
        assert!((0..CAPACITY).all(|_| path.push(Layer::Vlan)));
        assert!(!path.push(Layer::Vlan));
        assert_eq!(path.layers().len(), CAPACITY);
    }

    #[test]
    fn a_tunnel_is_ip_in_ip() {
        let mut path = Path::EMPTY;
        path.push(Layer::Ethernet);
        assert!(!path.is_tunnel());
        path.push(Layer::Ipv4);
        path.push(Layer::Gre);
        assert!(path.is_tunnel());
        assert_eq!(path.to_string(), "Ethernet, IPv4, GRE");
    }
}
