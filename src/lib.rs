//! `rawshake` shows TCP as it is. This page is the map of the house; ARCHITECTURE.md says why it is built so.
//!
//! Pure rooms (no clock, file, socket, environment or terminal): [`wire`], [`measure`], [`tcp`], [`trace`], [`explain`],
//! [`ladder`], [`quiz`], [`step`] and [`craft`]. The other rooms touch the outside world and need the feature `cli`.

pub mod craft;
pub mod explain;
pub mod ladder;
pub mod learn;
pub mod measure;
pub mod quiz;
pub mod step;
pub mod tcp;
pub mod trace;
pub mod wire;

#[cfg(feature = "cli")]
pub mod cmd;
#[cfg(feature = "cli")]
pub mod drive;
#[cfg(feature = "cli")]
pub mod lab;
#[cfg(feature = "cli")]
pub mod sink;
#[cfg(feature = "cli")]
pub mod source;
#[cfg(feature = "cli")]
#[allow(unsafe_code)]
pub mod sys;
