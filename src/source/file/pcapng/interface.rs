//! What a section says of an interface.

use super::super::clock::Clock;
use super::super::endian::Endian;
use super::Damage;
use super::options::Options;
use crate::source::link;
use crate::wire::LinkType;

const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
/// Bytes of link type, reserved field and snapshot length, before the options.
pub(super) const FIXED: usize = 8;

/// An interface as its description block gives it.
pub(super) struct Interface {
    pub(super) link: LinkType,
    pub(super) clock: Clock,
    snapshot_length: u32,
}

impl Interface {
    /// From a block's body of at least [`FIXED`] bytes. Options behind a damaged one are not used.
    pub(super) fn read(endian: Endian, body: &[u8]) -> (Self, Option<Damage>) {
        let mut interface = Self {
            link: link::from_file(endian.u16(body, 0)),
            clock: Clock::default(),
            snapshot_length: endian.u32(body, 4),
        };
        let damage = interface.read_options(endian, &body[FIXED..]).err();
        (interface, damage)
    }

    /// Bytes that a packet of this interface has at most.
    pub(super) fn limit(&self) -> usize {
        match self.snapshot_length {
            0 => usize::MAX,
            length => length as usize,
        }
    }

    fn read_options(&mut self, endian: Endian, options: &[u8]) -> Result<(), Damage> {
        for option in Options::new(endian, options) {
            let (code, value) = option?;
            let damage = Damage::BlockOption { code, length: value.len() as u16 };
            self.read_option(endian, code, value).ok_or(damage)?;
        }
        Ok(())
    }

    /// None when the value's length does not fit the option.
    fn read_option(&mut self, endian: Endian, code: u16, value: &[u8]) -> Option<()> {
        match code {
            IF_TSRESOL => self.clock.set_resolution(*<&[u8; 1]>::try_from(value).ok()?.first()?),
            IF_TSOFFSET => self.clock.offset_seconds = endian.i64(value.try_into().ok()?),
            _ => {}
        }
        Some(())
    }
}
