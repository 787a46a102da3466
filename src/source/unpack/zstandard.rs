//! Zstandard (RFC 8878): any number of frames, skippable ones among them.

use std::io;

use zstd::stream::raw::{Decoder as Frames, InBuffer, Operation as _, OutBuffer};

use super::{Decoder, Step};

/// Bytes of a frame that are asked for first; what comes next, each step says.
const FRAME_START: usize = 5;
/// Bytes of a block's header, which the library asks for together with the block before.
const BLOCK_HEADER: usize = 3;

pub(super) struct Zstandard {
    frames: Frames<'static>,
    /// Bytes up to the end of the current block at most. It is never given more: what it unpacks in the call in which it
    /// finds damage is lost.
    wanted: usize,
    /// A frame has ended, and the next one has not begun.
    between: bool,
}

impl Zstandard {
    /// Refuses frames that look back over more than 128 MiB, which is the library's own limit.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { frames: Frames::new()?, wanted: FRAME_START, between: false })
    }
}

impl Decoder for Zstandard {
    fn tool(&self) -> &'static str {
        "zstd"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut input = InBuffer::around(&input[..input.len().min(self.wanted)]);
        if self.between && input.src.is_empty() {
            return Step { consumed: 0, produced: 0, damage: None };
        }
        let mut output = OutBuffer::around(output);
        let result = self.frames.run(&mut input, &mut output);
        if let Ok(hint) = result {
            self.between = hint == 0;
            self.wanted = match hint {
                0 => FRAME_START,
                1..=BLOCK_HEADER => hint,
                _ => hint - BLOCK_HEADER,
            };
        }
        Step {
            consumed: input.pos(),
            produced: output.pos(),
            damage: result.err().map(|error| error.to_string().to_lowercase()),
        }
    }

    fn may_end(&self) -> bool {
        self.between
    }
}

/// Whether the first bytes are those of a frame, or of a skippable frame, with which some compressors begin.
pub(super) fn is_magic(start: &[u8]) -> bool {
    matches!(start, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}
