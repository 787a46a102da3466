//! How far a source has come.

/// How much of its files a source has read, in bytes of the files as they are, compressed or not.
///
/// A source reads ahead: the packet at hand lies up to a buffer's size before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read: u64,
    /// Bytes there are; none where nobody knows, as of a pipe.
    pub total: Option<u64>,
}

impl Progress {
    /// The part that is read, from 0 to 1; none where the whole is not known.
    #[must_use]
    pub fn fraction(self) -> Option<f64> {
        match self.total {
            // A file may have grown since it was opened.
            Some(total) if total > self.read => Some(self.read as f64 / total as f64),
            Some(_) => Some(1.0),
            None => None,
        }
    }
}

/// The progress over several files; the whole is known where it is of each.
impl std::iter::Sum for Progress {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self { read: 0, total: Some(0) }, |sum, part| Self {
            read: sum.read + part.read,
            total: sum.total.zip(part.total).map(|(sum, part)| sum + part),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_needs_a_whole_and_never_passes_it() {
        let fraction = |read, total| Progress { read, total }.fraction();
        assert_eq!(fraction(1, None), None);
        assert_eq!(fraction(0, Some(0)), Some(1.0));
        assert_eq!(fraction(1, Some(4)), Some(0.25));
        assert_eq!(fraction(5, Some(4)), Some(1.0));
    }

    #[test]
    fn a_sum_knows_its_whole_when_every_part_does() {
        let parts = [Progress { read: 1, total: Some(2) }, Progress { read: 3, total: Some(4) }];
        assert_eq!(parts.into_iter().sum::<Progress>(), Progress { read: 4, total: Some(6) });
        let pipe = Progress { read: 5, total: None };
        assert_eq!(parts.into_iter().chain([pipe]).sum::<Progress>(), Progress { read: 9, total: None });
    }
}
