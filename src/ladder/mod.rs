//! The picture without a toolkit: lanes, rows, arrows, notes and gaps, laid out once for every sink that draws.

mod settings;

pub use settings::{Settings, Verbosity};
