//! `rawshake` shows TCP as it is. This page is the map of the house; ARCHITECTURE.md says why it is built so.
//!
//! Pure rooms (no clock, file, socket, environment or terminal): [`wire`], [`tcp`], [`trace`], [`explain`], [`ladder`]
//! and [`craft`]. The other rooms touch the outside world and need the feature `cli`.

pub mod wire;
