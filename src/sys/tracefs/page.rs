//! A page of the kernel's trace buffer as `trace_pipe_raw` gives it: one CPU's events in their order. The layout is the
//! kernel's documented one (events/header_page, events/header_event), in the byte order of this machine.

/// Octets before the events: a time stamp of 64 bits, and how many octets of events follow, in a word.
const HEADER: usize = 8 + size_of::<usize>();
/// The upper bits of that word say that events are missing, and whether their count stands behind the last event.
const COMMIT: usize = (1 << 30) - 1;
/// Bits of the time in the head of an event.
const DELTA_BITS: u32 = 27;

/// Kinds of event heads; a smaller one is the length of the event in words, or 0 where that stands in the next word.
const PADDING: u32 = 29;
const TIME_EXTEND: u32 = 30;
const TIME_STAMP: u32 = 31;

/// The events of one page.
#[derive(Clone, Debug)]
pub(super) struct Events<'a> {
    rest: &'a [u8],
    time: u64,
}

impl<'a> Events<'a> {
    /// None where the page is too short to be one.
    pub(super) fn of(page: &'a [u8]) -> Option<Self> {
        let time = u64::from_ne_bytes(*page.first_chunk()?);
        let commit = usize::from_ne_bytes(*page.get(8..)?.first_chunk()?) & COMMIT;
        let events = page.get(HEADER..)?;
        Some(Self { rest: &events[..commit.min(events.len())], time })
    }

    fn word(&self, place: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(*self.rest.get(place..)?.first_chunk()?))
    }

    /// The head of the next event: kind, and time since the one before. They are bit fields of one word.
    fn head(&self) -> Option<(u32, u64)> {
        let word = self.word(0)?;
        let (kind, delta) = if cfg!(target_endian = "big") {
            (word >> DELTA_BITS, word & ((1 << DELTA_BITS) - 1))
        } else {
            (word & 31, word >> 5)
        };
        Some((kind, u64::from(delta)))
    }

    /// Moves behind the next event; gives the octets after its head.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (event, rest) = self.rest.split_at_checked(4 + length)?;
        self.rest = rest;
        Some(&event[4..])
    }
}

impl<'a> Iterator for Events<'a> {
    /// When, by the trace clock, and the event's record.
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (kind, delta) = self.head()?;
            let next = u64::from(self.word(4).unwrap_or(0));
            match kind {
                PADDING if delta == 0 => return None,
                PADDING => drop(self.take(next as usize)?), // an event that was taken back
                TIME_EXTEND => {
                    self.take(4)?;
                    self.time = self.time.wrapping_add((next << DELTA_BITS) + delta);
                }
                TIME_STAMP => {
                    self.take(4)?;
                    let kept = self.time >> (DELTA_BITS + 32) << (DELTA_BITS + 32);
                    self.time = kept | ((next << DELTA_BITS) + delta);
                }
                _ => {
                    let record = match kind {
                        0 => self.take(next as usize)?.get(4..)?,
                        words => self.take(words as usize * 4)?,
                    };
                    self.time = self.time.wrapping_add(delta);
                    return Some((self.time, record));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(kind: u32, delta: u32) -> [u8; 4] {
        if cfg!(target_endian = "big") { kind << DELTA_BITS | delta } else { kind | delta << 5 }.to_ne_bytes()
    }

    fn page(events: &[&[u8]]) -> Vec<u8> {
        let events = events.concat();
        let mut page = 1000_u64.to_ne_bytes().to_vec();
        page.extend((events.len() | 1 << 31).to_ne_bytes());
        page.extend(events);
        page.extend([0xff; 64]); // what an older use of the page has left
        page
    }

    #[test]
    fn every_kind_of_event_is_read() {
        let page = page(&[
            &head(2, 5),
            b"abcdefgh",
            &head(0, 1),
            &12_u32.to_ne_bytes(),
            b"12345678",
            &head(TIME_EXTEND, 3),
            &2_u32.to_ne_bytes(),
            &head(1, 0),
            b"wxyz",
            &head(PADDING, 1),
            &8_u32.to_ne_bytes(),
            b"gone",
            &head(1, 7),
            b"last",
            &head(TIME_STAMP, 9),
            &1_u32.to_ne_bytes(),
            &head(1, 0),
            b"then",
        ]);
        let extended = 1006 + (2 << 27) + 3;
        let expected: [(u64, &[u8]); 5] = [
            (1005, b"abcdefgh"),
            (1006, b"12345678"),
            (extended, b"wxyz"),
            (extended + 7, b"last"),
            ((1 << 27) + 9, b"then"),
        ];
        assert_eq!(Events::of(&page).unwrap().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn padding_without_time_ends_a_page() {
        let page = page(&[&head(1, 1), b"here", &head(PADDING, 0), &head(1, 1), b"past"]);
        assert_eq!(Events::of(&page).unwrap().count(), 1);
    }

    #[test]
    fn damage_ends_a_page_and_nothing_else() {
        let whole = page(&[&head(2, 5), b"abcdefgh", &head(0, 1), &u32::MAX.to_ne_bytes()]);
        for length in 0..whole.len() {
            assert!(Events::of(&whole[..length]).is_none_or(|events| events.count() <= 1), "{length}");
        }
        assert_eq!(Events::of(&page(&[&head(PADDING, 1), &0_u32.to_ne_bytes()])).unwrap().count(), 0);
    }
}
