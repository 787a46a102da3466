//! Events out: one file for each kind of output.
