//! All words a learner reads, in one place.
