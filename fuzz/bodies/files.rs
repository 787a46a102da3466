//! Capture files in every format, packed or not, alone and merged with themselves.

use rawshake::source::{CaptureFile, Merge, Source};

use super::assert_clean;

/// Packets at most, where a packed file says that it has more: it is read in pieces, and so has no bound of its own.
const MOST: usize = 1 << 16;

/// A capture file.
pub(crate) fn body(data: &[u8]) {
    let open = || CaptureFile::new(data, "fuzzed").inspect_err(|error| assert_clean(&error.to_string()));
    if let Ok(file) = open() {
        read(file);
    }
    read(Merge::new([open(), open()].into_iter().flatten().collect()));
}

fn read(mut source: impl Source) {
    for _ in 0..MOST {
        match source.next() {
            Ok(Some(packet)) => assert!(packet.bytes.len() <= 1 << 24),
            Ok(None) => return,
            Err(error) => {
                assert_clean(&error.to_string());
                if error.is_final() {
                    return;
                }
            }
        }
    }
}
