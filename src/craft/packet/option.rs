//! TCP options as they are asked for, each with its length octet right or wrong.

use crate::wire::option_kind as kind;

/// One option, to be written as it stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionSpec {
    /// One octet without a length: end of list, or no operation.
    Single(u8),
    /// Kind, length and data.
    Long {
        /// The kind octet.
        kind: u8,
        /// The length octet; none for the right one.
        length: Option<u8>,
        /// What follows.
        data: Vec<u8>,
    },
    /// Octets that need not make an option at all.
    Raw(Vec<u8>),
}

impl OptionSpec {
    /// End of the option list.
    pub const END: Self = Self::Single(kind::END);
    /// No operation.
    pub const NOP: Self = Self::Single(kind::NOP);

    /// An option of this kind, its length octet right.
    #[must_use]
    pub fn long(kind: u8, data: impl Into<Vec<u8>>) -> Self {
        Self::Long { kind, length: None, data: data.into() }
    }

    /// Appends its octets to `out`. A length of more than 255 octets is written as 255.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match self {
            Self::Single(kind) => out.push(*kind),
            Self::Long { kind, length, data } => {
                let right = u8::try_from(data.len() + 2).unwrap_or(u8::MAX);
                out.extend([*kind, length.unwrap_or(right)]);
                out.extend_from_slice(data);
            }
            Self::Raw(octets) => out.extend_from_slice(octets),
        }
    }

    /// The octets of all `options`, in their order, not padded.
    #[must_use]
    pub fn octets(options: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        options.iter().for_each(|option| option.emit(&mut out));
        out
    }
}
