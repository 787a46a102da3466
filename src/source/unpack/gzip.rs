//! gzip (RFC 1952): any number of members, one behind the other.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Decoder, Step};

/// The largest window of deflate, 32 KiB.
const WINDOW_BITS: u8 = 15;

pub(super) struct Gzip {
    member: Decompress,
    /// A member has ended, and the next one has not begun.
    between: bool,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { member: Decompress::new_gzip(WINDOW_BITS), between: false }
    }
}

impl Decoder for Gzip {
    fn tool(&self) -> &'static str {
        "gzip"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.between {
            // Zeros behind a member fill up a block of a tape or a disk, as gzip takes them.
            let padding = input.iter().take_while(|byte| **byte == 0).count();
            if padding > 0 || input.is_empty() {
                return Step { consumed: padding, produced: 0, damage: None };
            }
            *self = Self::new();
        }
        let (taken, given) = (self.member.total_in(), self.member.total_out());
        let result = self.member.decompress(input, output, FlushDecompress::None);
        self.between = matches!(result, Ok(Status::StreamEnd));
        Step {
            consumed: count(taken, self.member.total_in()),
            produced: count(given, self.member.total_out()),
            damage: result.err().map(|error| error.message().unwrap_or("corrupt compressed data").to_owned()),
        }
    }

    fn may_end(&self) -> bool {
        self.between
    }
}

/// How far a total went on within one call, which cannot be more than a slice holds.
fn count(before: u64, after: u64) -> usize {
    usize::try_from(after - before).unwrap_or(usize::MAX)
}
